"""The networks by name. A name is a line of this dictionary and nothing else: its spelling means nothing.

create("resnet20", classes=10) --> MODELS["resnet20"](classes=10, in_channels=3) --> a network
"""

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from striate.backbones.lenet import lenet5, lenet5_1998
from striate.backbones.resnet_cifar import ResNetCifar
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.zoo.file import load_tensors, read_header

Builder = Callable[..., Backbone]
"""Called with ``classes`` and ``in_channels``."""

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
    name: str, classes: int = 1000, in_channels: int = 3, weights: str | Path | None = None
) -> Backbone:
    """A network by its name.

    Args:
        name: one of ``models()``.
        classes: K, how many scores it gives, 1 or more.
        in_channels: C of the images, 1 or more.
        weights: a saved model of the same network and number of classes; None starts from random weights.

    Raises:
        SettingError: there is no network of that name, or a number is smaller than 1.
        ModelFileError: the weights cannot be read, or belong to another network.

    >>> create("lenet5", classes=10, in_channels=1).channels
    {2: 6, 4: 16}
    """
    build = _builder(name)
    for argument, value in (("classes", classes), ("in_channels", in_channels)):
        if not isinstance(value, int) or value < 1:
            raise SettingError(f"{argument} is {value!r}", "a whole number, 1 or more", f"{argument}=3")
    network = build(classes=classes, in_channels=in_channels)
    if weights is not None:
        read_header(weights)
        load_tensors(network, weights)
    return network


def _builder(name: str) -> Builder:
    """The line of the dictionary."""
    if name in MODELS:
        return MODELS[name]
    near = get_close_matches(str(name).lower(), MODELS, n=3, cutoff=0)
    raise SettingError(f"there is no network {name!r}", f"one of: {', '.join(MODELS)}", " or ".join(near))
