"""What is known of one picture, as somebody gave it, and the names of its classes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from striate.data.formats.index import sorted_classes
from striate.errors import LabelError


class Target(NamedTuple):
    """What is known of one picture, as somebody gave it.

    Args:
        value: an array in the place of a tensor.
        name: of the picture.
        classes: names of class numbers; empty where nobody says.
        size: (H, W) of the picture, pixels; zeros where it was not decoded.
    """

    value: Any
    name: str
    classes: tuple[str, ...]
    size: tuple[int, int] = (0, 0)


def plain(target: Any) -> Any:
    """Tensors and PIL pictures as arrays, one number in an array as a number; all else as it is."""
    if isinstance(target, Tensor):
        target = target.as_subclass(Tensor).detach().cpu().numpy()
    if isinstance(target, Image.Image):
        target = np.asarray(target)
    if isinstance(target, np.ndarray | np.generic) and target.size == 1 and target.ndim < 2:
        return target.reshape(()).item()
    return target


def described(target: Any) -> str:
    """A target in a message."""
    if target is None:
        return "None"
    if isinstance(target, np.ndarray):
        return f"an array {target.dtype} {target.shape}"
    if isinstance(target, Mapping):
        return "a dictionary with the keys " + ", ".join(map(repr, list(target)[:8]))
    return f"the number {target:g}" if isinstance(target, float) else f"of the type {type(target).__name__}"


def class_name(value: Any, target: Target) -> str:
    """The name of a class that is given by name or number.

    Raises:
        LabelError: the data set names fewer classes.
    """
    if isinstance(value, str) or not target.classes:
        return str(int(value)) if isinstance(value, bool | np.bool_) else str(value)
    if not 0 <= int(value) < len(target.classes):
        raise LabelError(
            f"{target.name} is of class {int(value)}, and the data set names {len(target.classes)} classes",
            f"0..{len(target.classes) - 1}",
            "names for all numbers in its attribute classes, or none",
        )
    return target.classes[int(value)]


def in_order(numbers: dict[str, int], names: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The classes as the data set orders them, or else sorted; and for every old number the new one."""
    if not names or not set(numbers) <= set(names):
        return sorted_classes(numbers)
    return names, np.array([names.index(name) for name in numbers], dtype=np.int64)
