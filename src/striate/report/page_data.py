"""What the page says about the data and the run, as plain values.

Splits --> counts, sizes, sample pictures, what was assumed
Run    --> settings, software, the command that repeats it
"""

import platform
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

import numpy as np

from striate.data.dataset import Dataset, Splits
from striate.draw.heatmap import picture
from striate.errors import ImageError
from striate.formatting import flag_name, grouped
from striate.records import Sample
from striate.report.inline_images import data_uri
from striate.train.run.settings import FREE, Settings
from striate.train.run.task_settings import TASKS_OF

EXAMPLES = 24  # sample pictures, whose sizes are read
ELSEWHERE = FREE - {"accept"}  # settings of the machine, which another one need not share
LIBRARIES = ("striate", "torch", "torchvision", "lightning-fabric", "torchmetrics", "numpy", "pillow")


@dataclass(frozen=True)
class Example:
    """One sample picture as data, its class or the name of its file, and the file it came from."""

    image: str
    name: str
    source: str


@dataclass(frozen=True)
class Part:
    """One split.

    Args:
        name: of the split.
        images: N.
        labels: classes, boxes or points on all of them.
        smallest: labels of the rarest class.
        largest: labels of the most frequent class.
        empty: classes without any.
    """

    name: str
    images: int
    labels: int
    smallest: int
    largest: int
    empty: int


def parts(splits: Splits) -> list[Part]:
    """The splits in their order."""
    counts = [(name, len(dataset), dataset.counts()) for name, dataset in splits.items()]
    return [
        Part(name, images, *map(int, (number.sum(), number.min(), number.max(), (number == 0).sum())))
        for name, images, number in counts
    ]


def samples(dataset: Dataset, count: int = EXAMPLES) -> list[tuple[Sample, str]]:
    """Images of as many classes as possible, with their captions: the same ones at every call.

    The caption is what is known of the picture; the name of its file where that is a list of places.
    """
    if not len(dataset):
        return []
    order = np.argsort(dataset.annotations.strata(), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(int)]
    return list(_readable(dataset, chosen.tolist()))


def _readable(dataset: Dataset, indices: list[int]) -> Iterator[tuple[Sample, str]]:
    for index in indices:
        try:
            sample = dataset[index]
        except ImageError:
            continue
        annotations = dataset.annotations
        yield sample, PurePath(sample.source).name if annotations.spatial else annotations.words(index)


def examples(found: list[tuple[Sample, str]]) -> list[Example]:
    """The sample pictures, ready for the page."""
    return [Example(data_uri(picture(one.image)), words, one.source) for one, words in found]


def sizes(found: list[Sample], count: int) -> str:
    """What was seen of the sizes and colors of some of ``count`` training pictures, in words.

    >>> import torch
    >>> sizes([Sample(torch.zeros(1, 8, 6, dtype=torch.uint8))], 30)
    '6 × 8 pixels, grey (1 of 30 training pictures looked at)'
    """
    if not found:
        return "none"
    sides = zip(*(one.image.shape[:-3:-1] for one in found), strict=True)
    wide, tall = (f"{min(side)}" + (f" to {max(side)}" if min(side) < max(side) else "") for side in sides)
    channels = {one.image.shape[0] for one in found}
    color = "grey and color" if len(channels) > 1 else {1: "grey", 3: "color"}[channels.pop()]
    pixels = f"{wide} × {tall} pixels" if "to" not in wide + tall else f"{wide} wide, {tall} high, in pixels"
    looked = f" ({len(found)} of {grouped(count)} training pictures looked at)" if len(found) < count else ""
    return f"{pixels}, {color}{looked}"


def command(root: str, settings: Settings) -> str:
    """The command that trains the same model again.

    >>> command("my digits", Settings(model="lenet5", epochs=3, loggers=("wandb",)))
    "striate train 'my digits' --model lenet5 --epochs 3"
    """
    words, own = ["striate", "train", root], {"own", *({"model"} & set(settings.own))}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name not in ELSEWHERE | own and value != field.default:
            for one in value if isinstance(value, tuple) else _pairs(value):
                words += [flag_name(name), str(one)]
    objects = ", ".join(_pairs(settings.own))
    return shlex.join(words) + (f"  # in Python, with {objects}" if objects else "")


def _pairs(value: Any) -> list[str]:
    """``name=value`` for each of a dictionary; anything else alone."""
    return [f"{name}={one}" for name, one in value.items()] if isinstance(value, dict) else [str(value)]


def settings_rows(settings: Settings, task: str) -> list[tuple[str, str, str]]:
    """Name, value and meaning of every setting that a task has."""
    fields, values = Settings.model_fields, settings.to_dict()
    return [
        (name, _shown(value), fields[name].description or "")
        for name, value in values.items()
        if task in TASKS_OF.get(name, (task,))
    ]


def _shown(value: Any) -> str:
    """A setting's value in words."""
    if value is None:
        return "decided by itself"
    return ", ".join(map(str, value) if isinstance(value, list | tuple) else _pairs(value)) or "none"


def software() -> Mapping[str, str]:
    """Of what made this run: the interpreter, the machine, the libraries."""
    machine = f"{platform.system()} {platform.machine()}"
    libraries = {name: version(name) for name in LIBRARIES}
    return {"Python": platform.python_version(), "machine": machine} | libraries
