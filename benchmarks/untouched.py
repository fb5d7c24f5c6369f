"""Is a network the same to the last bit after every method, also one that raised? Every network that striate
builds, and twenty of torchvision.

Before and after each call all that a module consists of is compared: parameters, buffers and gradients by
their bytes and places in memory, and every attribute of every part: flags, modes, hooks, names. To make
it hard, each network is in training mode with some parts in evaluation mode, every other weight is
frozen, and some have gradients already.

    python benchmarks/untouched.py [--networks resnet20,torchvision.googlenet]
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from explain_oracles import NETWORKS as THEIRS
from torch import Tensor, nn
from torchvision import models

import striate
from striate.errors import StriateError
from striate.explain.attribution.methods import INSPECTIONS, METHODS, explain
from striate.explain.synthesis.image_prior import PLAIN
from striate.explain.synthesis.objectives import class_score
from striate.zoo.networks import create

SIDE = 32
"""Pixels of the pictures, or the least that a network takes."""

QUICK: dict[str, dict[str, Any]] = {"smoothgrad": {"samples": 1}, "integrated_gradients": {"steps": 1}}


def described(thing: Any) -> Any:
    """Something that is equal if and only if nothing was changed."""
    if isinstance(thing, Tensor):
        about = (id(thing), thing.data_ptr(), thing.dtype, thing.shape, thing.stride(), thing.requires_grad)
        raw = thing.detach().clone().contiguous().view(-1).view(torch.uint8)
        return (*about, described(thing.grad) if thing.is_leaf else None, Bytes(raw))
    if isinstance(thing, dict):
        return [(key, described(value)) for key, value in thing.items()]
    if isinstance(thing, list | tuple | set):
        return [type(thing), *(described(one) for one in thing)]
    if isinstance(thing, bool | int | float | str | None):
        return thing
    return id(thing)


class Bytes:
    """The content of a tensor."""

    def __init__(self, raw: Tensor) -> None:
        self.raw = raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bytes) and torch.equal(self.raw, other.raw)

    __hash__ = None  # type: ignore[assignment]


def whole(model: nn.Module) -> list[Any]:
    """All that a module consists of."""
    return [(name, described(vars(part))) for name, part in model.named_modules()]


def prepared(model: nn.Module) -> nn.Module:
    """In training mode, partly, and frozen, partly, with some gradients."""
    model.train()
    for number, part in enumerate(model.modules()):
        part.training = number % 3 != 1
    for number, weight in enumerate(model.parameters()):
        weight.requires_grad_(number % 2 == 0)
        if number % 4 == 0:
            weight.grad = torch.full_like(weight, 0.5)
    return model


def networks() -> Iterator[tuple[str, Callable[[], nn.Module]]]:
    """All of them, by name."""
    for name in striate.models():
        yield name, partial(create, name)
    for name, options in THEIRS.items():
        yield f"torchvision.{name}", partial(models.get_model, name, weights=None, **options)


def pictures(model: nn.Module) -> Tensor:
    """One of the smallest size that leaves maps of more than one pixel, or of 32."""
    theirs = 75 if type(model).__name__ == "Inception3" else 64
    side = max(SIDE, getattr(model, "least_side", theirs))
    return torch.rand(1, getattr(model, "input_channels", 3), side, side)


def fails(output: Any) -> Tensor:
    """A target function that is wrong."""
    raise ZeroDivisionError


def attempts(model: nn.Module, images: Tensor) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every method, as it should be called and in ways that raise."""
    for method in [*METHODS, *INSPECTIONS]:
        options = dict(QUICK.get(method, {}))
        if method == "occlusion":
            options["window"] = images.shape[-1]
        yield method, partial(explain, model, images, method, **options)
        yield f"{method}, no such layer", partial(explain, model, images, method, layer="nothing")
        if method in METHODS:
            yield f"{method}, raising", partial(explain, model, images, method, target=fails, **options)
    picture = (images[0] * 255).to(torch.uint8)
    layer = next(name for name, part in model.named_modules() if isinstance(part, nn.Conv2d))
    shape = tuple(picture.shape)
    yield "visualize", partial(striate.visualize, model, class_score(0), shape, PLAIN, steps=1)
    yield "visualize, raising", partial(striate.visualize, model, class_score("x"), shape, steps=1)
    yield "invert", partial(striate.invert, model, picture, layer, steps=1)
    yield "invert, raising", partial(striate.invert, model, picture, "nothing", steps=1)


def check(name: str, build: Callable[[], nn.Module]) -> tuple[int, int, int]:
    """Calls that left the network as it was, calls in all, and how many of them raised."""
    torch.manual_seed(0)
    model = prepared(build())
    images = pictures(model)
    same = count = raised = 0
    before = whole(model)
    for what, call in attempts(model, images):
        count += 1
        try:
            call()
        except (StriateError, ZeroDivisionError):
            raised += 1
        if whole(model) == before:
            same += 1
        else:
            print(f"{name}: {what} changed something", flush=True)
            before = whole(model)
    return same, count, raised


def main() -> None:
    """Check all, and print how many of how many."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", default="")
    asked = parser.parse_args().networks
    totals = [0, 0, 0]
    chosen = [(name, build) for name, build in networks() if not asked or name in asked.split(",")]
    for name, build in chosen:
        found = check(name, build)
        totals = [total + one for total, one in zip(totals, found, strict=True)]
        print(f"{name:32} {found[0]} of {found[1]}, {found[2]} of them raised", flush=True)
    same, count, raised = totals
    print(f"{len(chosen)} networks: the same bits after {same} of {count} calls, {raised} of them raised")


if __name__ == "__main__":
    main()
