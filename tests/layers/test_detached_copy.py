"""A detached copy shares the numbers of the weights; hooks, modes, buffers and references are its own."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from striate.layers.detached_copy import detached_copy


class Referring(nn.Module):
    """Refers to its parts in every way that forward may use."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)
        self.same = self.conv
        self.listed: list[Any] = [self.conv, {"norm": self.norm}]
        self.listed.append(self.listed)  # holds itself
        self.method = self.halved
        self.closure = lambda x: self.norm(self.conv(x))
        self.weights = (self.conv.weight, "text")
        self.partial = functools.partial(nn.Module.__call__, self.norm)

    def halved(self, x: Tensor) -> Tensor:
        return self.conv(x) / 2

    def forward(self, x: Tensor) -> Tensor:
        return self.closure(x) + self.method(x)


def test_references_of_every_kind_lead_to_the_copy():
    model = Referring()
    same = detached_copy(model)
    assert same.same is same.conv is same.listed[0]
    assert same.conv is not model.conv
    assert same.listed[1]["norm"] is same.norm
    assert same.listed[2] is same.listed
    assert same.method.__self__ is same
    assert same.partial.args == (same.norm,)
    assert same.weights[0] is same.conv.weight
    seen = []
    same.conv.register_forward_hook(lambda *_: seen.append(1))
    same(torch.rand(1, 1, 4, 4))
    assert len(seen) == 2  # by the closure and by the method
    assert not model.conv._forward_hooks


def test_the_copy_is_in_evaluation_mode_and_the_model_stays_as_it_is():
    model = Referring().train()
    same = detached_copy(model)
    assert not any(part.training for part in same.modules())
    assert all(part.training for part in model.modules())
    x = torch.rand(2, 1, 5, 5)
    assert torch.equal(same(x), model.eval()(x))


def test_weights_share_memory_and_ask_for_no_gradient_and_buffers_are_copied():
    model = Referring()
    same = detached_copy(model)
    assert same.conv.weight.data_ptr() == model.conv.weight.data_ptr()
    assert not any(weight.requires_grad for weight in same.parameters())
    assert all(weight.requires_grad for weight in model.parameters())
    same.norm.running_mean.add_(1)
    assert not model.norm.running_mean.any()


def test_tied_weights_are_tied_in_the_copy():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    same = detached_copy(model)
    assert same[0].weight is same[1].weight


def traced_inside() -> nn.Module:
    with pytest.warns(FutureWarning):
        return nn.Sequential(torch.jit.script(nn.Sequential(nn.Linear(3, 3), nn.Dropout())), nn.ReLU())


def with_own_forward() -> nn.Module:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model.forward = functools.partial(lambda first, x: first(x), model[0])  # type: ignore[method-assign]
    return model


MODELS: dict[str, Callable[[], nn.Module]] = {
    "weight norm": lambda: parametrizations.weight_norm(nn.Linear(3, 3)),
    "spectral norm": lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(3, 3)), nn.Dropout()),
    "lstm": lambda: nn.LSTM(3, 4),
    "parameter list": lambda: nn.ParameterList([torch.rand(3)]),
    "graph": lambda: torch.fx.symbolic_trace(nn.Sequential(nn.Linear(3, 3), nn.ReLU())),
    "scripted inside": traced_inside,
    "partial": with_own_forward,
}


@pytest.mark.parametrize("kind", MODELS)
def test_modules_of_every_kind_answer_like_themselves(kind: str):
    torch.manual_seed(0)
    model = MODELS[kind]()
    modes = [part.training for part in model.modules()]
    same = detached_copy(model)
    assert [part.training for part in model.modules()] == modes
    if kind == "parameter list":
        assert torch.equal(same[0], model[0])
        return
    x = torch.rand(2, 3)
    one, other = same(x), model.eval()(x)
    assert torch.equal(one[0], other[0])
