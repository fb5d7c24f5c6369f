"""A network of somebody's own, any ``nn.Module``, as the network of a task model.

    module --a copy--> TaskModel --save--> tensors, and the name of what builds it, "module:function"
    load(path, builder=function) --> function() with these tensors

A file never imports what it names: whoever loads it gives the function.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.files.regular import reason_of
from striate.layers.eval_mode import evaluating
from striate.layers.image_network import ImageNetwork
from striate.tasks.model import TaskModel
from striate.zoo.build import model_of
from striate.zoo.networks import TABLES

Builder = Callable[[], nn.Module]
"""Called without arguments; gives the network as it was before it was trained."""

REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
TRIED = 2
"""Pictures that a network is tried with."""

SCORES = {"classification": 2, "segmentation": 4}
"""Tasks that take networks of others, and the axes of their scores; the second axis counts the classes."""


class AnySize(ImageNetwork):
    """Somebody's network where one of ours is asked for its sizes.

    Args:
        module: of which nothing is known.
        size: (H, W) that it shall see.
        channels: C.
    """

    def __init__(self, module: nn.Module, size: tuple[int, int], channels: int) -> None:
        super().__init__()
        self.module, self.input_size, self.input_channels = module, size, channels

    def forward(self, images: Tensor) -> Any:
        """What the network gives."""
        return self.module(images)


def name_of_own(module: nn.Module) -> str:
    """The name of its class, which is none of ours.

    >>> name_of_own(nn.Sequential())
    'Sequential'
    """
    name = re.sub(r"\W", "_", type(module).__name__)
    return f"{name}_own" if any(name in table for table in TABLES.values()) else name


def channels_of(module: nn.Module) -> int | None:
    """C of the pictures that a network takes, 1 or 3, by its first convolution; None where nobody can tell.

    >>> channels_of(nn.Sequential(nn.Conv2d(3, 8, 3))), channels_of(nn.Flatten())
    (3, None)
    """
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    return first.in_channels if first is not None and first.in_channels in (1, 3) else None


def own_model(
    module: nn.Module,
    classes: Sequence[str],
    preprocess: Preprocess,
    *,
    task: str,
    options: Mapping[str, Any],
    builder: str | None = None,
) -> TaskModel[Any]:
    """A task model with a copy of a network, so that training leaves the caller's as it is.

    Args:
        module: the network.
        classes: K names.
        preprocess: what it shall see of a picture.
        task: of ``SCORES``.
        options: of the task's model.
        builder: ``module:function``, which is written into the file and never imported.
    """
    require_task(task)
    model = model_of(task)(deepcopy(module), classes, preprocess, **options)
    model.name, model.own, model.builder = name_of_own(module), True, builder
    return model


def require_task(task: str) -> None:
    """Networks of others can learn the task.

    Raises:
        SettingError: they cannot.
    """
    if task not in SCORES:
        known = ", ".join(SCORES)
        raise SettingError(
            f"model is a network of your own, and the task is {task}",
            f"a task whose network gives scores alone: {known}",
            "the name of a network of striate for this task",
        )


def require_builder(builder: Any) -> None:
    """It is written as ``module:function``.

    Raises:
        SettingError: it is not.
    """
    if builder is not None and not (isinstance(builder, str) and REFERENCE.fullmatch(builder)):
        wrong = f"builder is {builder!r}" if isinstance(builder, str) else f"builder is {builder}"
        raise SettingError(wrong, "text, module:function", 'builder="my_package.networks:tiny"')


def require_scores(module: nn.Module, task: str, classes: int, channels: int, size: tuple[int, int]) -> None:
    """The network gives scores for each class, of pictures of a size, and can learn: two black ones try it.

    Raises:
        ShapeError: it cannot take such pictures, or gives another number of classes.
        SettingError: it gives several tensors, has no weight to learn, or its scores have no gradient.
    """
    _require_weights(module)
    weight = next(module.parameters(), torch.empty(0))
    images = torch.zeros(TRIED, channels, *size, device=weight.device)
    try:
        with evaluating(module), torch.enable_grad():
            raw = module(images)
    except Exception as reason:  # of somebody's own network
        raise ShapeError(
            f"the network cannot take pictures {TRIED}x{channels}x{size[0]}x{size[1]}: "
            f"{type(reason).__name__}: {reason_of(reason)}",
            "float images (N, C, H, W), with C 3 (RGB) or 1 (grey)",
            _picture_advice(module),
        ) from reason
    if not isinstance(raw, Tensor):
        raise SettingError(
            f"the network gives {_described(raw)}",
            "one tensor of scores",
            "a module around it whose forward returns the scores, as in network(images)[0] or .logits",
        )
    axes, shape = SCORES[task], tuple(raw.shape)
    wanted = (TRIED, classes, *size)[:axes]
    if len(shape) != axes or shape[:2] != wanted[:2] or shape[2:] != wanted[2:]:
        counts = len(shape) == axes and shape[0] == TRIED and shape[2:] == wanted[2:]
        raise ShapeError(
            f"the network gives {'x'.join(map(str, shape))} for {TRIED} pictures, "
            f"and there are {classes} classes",
            "x".join(map(str, wanted)),
            f"a last layer of {classes} scores" if counts else "scores without a softmax, one for each class",
        )
    _require_gradient(raw)


def _require_weights(module: nn.Module) -> None:
    if not any(one.requires_grad for one in module.parameters()):
        raise SettingError(
            "the network has no weight that requires a gradient",
            "one or more that can learn",
            "network.requires_grad_(True), or the last layer alone: network.fc.requires_grad_(True)",
        )


def _require_gradient(raw: Tensor) -> None:
    if not raw.requires_grad:
        raise SettingError(
            "the scores of the network have no gradient",
            "scores that depend on its weights by operations of torch",
            "a forward without torch.no_grad(), .detach(), .data, numpy and argmax",
        )


def _picture_advice(module: nn.Module) -> str:
    """What to try where a network cannot take pictures."""
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    if first is not None and first.in_channels not in (1, 3):
        return f"a first layer of 3 or 1 channels in the place of {first.in_channels}"
    return "size= with the pixels that it takes; preprocess= also with 1 or 3 channels"


def _described(raw: Any) -> str:
    if isinstance(raw, Mapping):
        return "a dictionary with the keys " + ", ".join(map(repr, list(raw)[:8]))
    many = f" of {len(raw)}" if isinstance(raw, tuple | list) else ""
    return f"a {type(raw).__name__}{many}"


def built(builder: Any, path: Any, named: str | None) -> nn.Module:
    """What somebody's function builds for a file.

    Args:
        builder: given by whoever loads the file; None for nobody.
        path: of the file.
        named: what the file names, ``module:function``.

    Raises:
        ModelFileError: none was given, or it gives no network.
    """
    if builder is None:
        told = f"; it names {named}" if named else ""
        first, _, function = (named or ":").partition(":")
        way = f"from {first} import {function}; " if named else ""
        raise ModelFileError(
            f"{path} holds a network that is none of striate's{told}",
            "the function that builds it: a file never runs code",
            f"{way}striate.load(path, builder={function or 'function'}), and the model in place of the path",
        )
    try:
        network = deepcopy(builder) if isinstance(builder, nn.Module) else builder()
    except Exception as reason:  # of somebody's own function
        raise ModelFileError(
            f"the builder of {path} failed: {type(reason).__name__}: {reason_of(reason)}",
            "a function without arguments that gives the network",
            "builder=lambda: Network(classes=10)",
        ) from reason
    if not isinstance(network, nn.Module):
        wrong = f"the builder of {path} gives {type(network).__name__}"
        raise ModelFileError(wrong, "an nn.Module", "a function that returns the network")
    return network
