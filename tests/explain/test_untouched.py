"""Networks of every kind stay the same to the last bit; ``benchmarks/untouched.py`` asks all there are."""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from striate.explain.attribution.methods import explain
from striate.zoo.networks import create

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("untouched")


class Reused(nn.Module):
    """One ReLU for all, in place, and functional ones; a number that moves at every call; a shared layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.second, self.relu, self.drop = nn.Conv2d(4, 4, 3), nn.ReLU(inplace=True), nn.Dropout()
        self.third = self.second
        self.output = nn.Linear(4, 3)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls.add_(1)
        x = self.relu(self.second(self.relu(self.norm(self.first(x)))))
        x = F.relu(self.drop(self.third(x)), inplace=True)
        return self.output(torch.relu_(x - 0.1).mean((2, 3)))


class Tied(nn.Module):
    """Two layers with one weight, and one layer with two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
        self.second.weight = self.first.weight
        self.again = self.first
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.again(self.relu(self.second(self.relu(self.first(x))))).mean((2, 3))


def test_the_gradient_of_tied_layers_is_theirs() -> None:
    model, x = Tied(), torch.rand(2, 3, 12, 12)
    leaf = x.clone().requires_grad_()
    model(leaf)[:, 1].sum().backward()
    assert torch.equal(explain(model, x, target=1).values, leaf.grad)
    assert model.second.weight is model.first.weight


def made_in_inference_mode() -> nn.Module:
    with torch.inference_mode():
        return Reused()


def with_hooks_of_its_own() -> nn.Module:
    model = Reused()
    model.first.register_forward_hook(lambda module, given, output: output * 2)
    model.second.register_forward_pre_hook(lambda module, given: given)
    model.output.weight.register_hook(lambda gradient: gradient)
    return model


CALM = {"weights": None, "init_weights": False}
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "reused": Reused,
    "tied": Tied,
    "hooked": with_hooks_of_its_own,
    "resnet20": partial(create, "resnet20"),
    "lenet5": partial(create, "lenet5"),
    "torchvision's googlenet": partial(models.get_model, "googlenet", **CALM),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_half_frozen_networks_in_training_mode_with_gradients_stay(untouched: Any, name: str) -> None:
    same, count, raised = untouched.check(name, NETWORKS[name])
    # the eleven methods, 22 calls that raise, and both ways of visualize and invert
    assert (same, count, raised) == (35, 35, 22)


@pytest.mark.parametrize("frozen", [True, False])
def test_networks_made_in_inference_mode_stay(untouched: Any, frozen: bool) -> None:
    model = made_in_inference_mode()
    for part in model.modules():
        part.training = frozen
    before = untouched.whole(model)
    for what, call in untouched.attempts(model, torch.rand(1, 3, 32, 32)):
        if "raising" in what or "no such" in what:
            with pytest.raises((untouched.StriateError, ZeroDivisionError)):
                call()
        else:
            call()
        assert untouched.whole(model) == before, what


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.first.weight.data.view(-1)[0].add_(1e-7),
        lambda model: setattr(model.relu, "inplace", False),
        lambda model: model.norm.eval(),
        lambda model: model.calls.add_(1),
        lambda model: model.first.weight.requires_grad_(False),
        lambda model: setattr(model.first.weight, "grad", torch.zeros_like(model.first.weight)),
        lambda model: model.first.register_forward_hook(print),
        lambda model: model.first.register_full_backward_hook(print),
        lambda model: model.first._load_state_dict_pre_hooks.update(a=print),
        lambda model: setattr(model, "forward", print),
        lambda model: setattr(model, "relu", nn.ReLU()),
    ],
)
def test_the_comparison_notices(untouched: Any, change: Callable[[Any], Any]) -> None:
    model = Reused()
    before = untouched.whole(model)
    assert untouched.whole(model) == before
    change(model)
    assert untouched.whole(model) != before
