"""The networks by name. A name is a line of this dictionary and nothing else: its spelling means nothing.

create("resnet20", classes=10) --> MODELS["resnet20"](classes=10, in_channels=3) --> a network
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

from striate.backbones.lenet import lenet5, lenet5_1998
from striate.backbones.resnet_cifar import ResNetCifar
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.zoo.file import load_tensors, read_header

Builder = Callable[..., Backbone]
"""Called with ``classes``, ``in_channels`` and the network's own arguments."""

MODELS: dict[str, Builder] = {
    "lenet5": lenet5,
    "lenet5_1998": lenet5_1998,
    "plain_20": partial(ResNetCifar, 20, shortcuts=False),
    "plain_32": partial(ResNetCifar, 32, shortcuts=False),
    "plain_44": partial(ResNetCifar, 44, shortcuts=False),
    "plain_56": partial(ResNetCifar, 56, shortcuts=False),
    "plain_110": partial(ResNetCifar, 110, shortcuts=False),
    "resnet20": partial(ResNetCifar, 20),
    "resnet32": partial(ResNetCifar, 32),
    "resnet44": partial(ResNetCifar, 44),
    "resnet56": partial(ResNetCifar, 56),
    "resnet110": partial(ResNetCifar, 110),
}


def models() -> list[str]:
    """The names that ``create`` knows."""
    return list(MODELS)


def create(
    name: str, classes: int = 1000, in_channels: int = 3, weights: str | Path | None = None, **arguments: Any
) -> Backbone:
    """A network by its name.

    Args:
        name: one of ``models()``.
        classes: K, how many scores it gives, 1 or more.
        in_channels: C of the images, 1 or more.
        weights: a saved model of the same network and number of classes; None starts from random weights.
        arguments: of the network's own, such as ``stem="small"``; ``arguments_of(name)`` lists them.

    Raises:
        SettingError: there is no network of that name, a number is smaller than 1, or the network has no such
            argument.
        ModelFileError: the weights cannot be read, or belong to another network.

    >>> create("lenet5", classes=10, in_channels=1).channels
    {2: 6, 4: 16}
    """
    build = _builder(name)
    for argument, value in (("classes", classes), ("in_channels", in_channels)):
        if not isinstance(value, int) or value < 1:
            raise SettingError(f"{argument} is {value!r}", "a whole number, 1 or more", f"{argument}=3")
    require_arguments(name, arguments)
    network = build(classes=classes, in_channels=in_channels, **arguments)
    if weights is not None:
        read_header(weights)
        load_tensors(network, weights)
    return network


def arguments_of(name: str) -> dict[str, Any]:
    """The arguments that a network has besides classes and in_channels, with their defaults.

    >>> arguments_of("resnet20")
    {'shortcuts': True}
    """
    build = _builder(name)
    fixed = build.args if isinstance(build, partial) else ()
    parameters = list(signature(build.func if isinstance(build, partial) else build).parameters.values())
    bound = build.keywords if isinstance(build, partial) else {}
    own = [one for one in parameters[len(fixed) :] if one.name not in ("classes", "in_channels", *bound)]
    return {one.name: one.default for one in own}


def require_arguments(name: str, arguments: Mapping[str, Any]) -> None:
    """The network has these arguments.

    Raises:
        SettingError: it has not.
    """
    known = arguments_of(name)
    for argument in arguments:
        if argument not in known:
            listed = ", ".join(f"{key}={value!r}" for key, value in known.items())
            raise SettingError(
                f"{name} has no argument {argument!r}",
                f"classes, in_channels, weights{', ' if listed else ''}{listed}",
                f"leave {argument} out",
            )


def _builder(name: str) -> Builder:
    """The line of the dictionary."""
    if name in MODELS:
        return MODELS[name]
    near = get_close_matches(str(name).lower(), MODELS, n=3, cutoff=0)
    raise SettingError(f"there is no network {name!r}", "one of `striate.models()`", " or ".join(near))
