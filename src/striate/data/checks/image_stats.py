"""What one picture is like: its size, its colors, what had to be converted, a number for what it shows."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from striate.data.checks.content_hash import picture_number
from striate.data.dataset import Dataset
from striate.data.decode import opened, to_rgb, to_tensor, turn_of
from striate.data.image_store import Files


@dataclass(frozen=True, slots=True)
class ImageStats:
    """One picture, seen once.

    Args:
        size: (H, W), the right way up.
        mode: Pillow's word for how the file keeps colors, ``L`` or ``RGB`` for arrays.
        kinds: the findings that its header alone gives.
        identity: equal for pictures that are equal pixel by pixel.
        grey: red, green and blue are equal everywhere.
        total: the sums of red, green and blue.
        squares: the sums of their squares.
    """

    size: tuple[int, int]
    mode: str
    kinds: tuple[str, ...]
    identity: int
    grey: bool
    total: tuple[int, ...]
    squares: tuple[int, ...]


def look(dataset: Dataset, index: int) -> ImageStats:
    """Read one picture at full size.

    Raises:
        ImageError: it cannot be decoded.
    """
    if not isinstance(dataset.store, Files):
        image = dataset.image(index)
        return _measured(image, "RGB" if image.shape[0] == 3 else "L", ())
    with opened(dataset.name(index)) as picture:
        mode, kinds = picture.mode, conversions(picture)
        return _measured(to_tensor(to_rgb(picture)), mode, kinds)


def glance(dataset: Dataset, index: int) -> tuple[tuple[int, int], bool]:
    """The size (H, W) of a picture, and whether it is grey, without decoding all of a large JPEG.

    Raises:
        ImageError: it cannot be decoded.
    """
    if not isinstance(dataset.store, Files):
        image = dataset.image(index)
        return (image.shape[1], image.shape[2]), is_grey(image)
    with opened(dataset.name(index)) as picture:
        width, height = picture.size if turn_of(picture) < 5 else picture.size[::-1]
        return (height, width), is_grey(to_tensor(to_rgb(picture, (32, 32))))


def conversions(picture: Image.Image) -> tuple[str, ...]:
    """The kinds of findings about how a file keeps its picture."""
    is_of_kind = {
        "frames": getattr(picture, "n_frames", 1) > 1,
        "alpha": picture.has_transparency_data,
        "palette": picture.mode in ("P", "PA"),
        "cmyk": picture.mode == "CMYK",
        "deep": picture.mode.startswith(("I", "F")),
        "lab": picture.mode == "LAB",
        "rotated": turn_of(picture) != 1,
    }
    return tuple(kind for kind, is_one in is_of_kind.items() if is_one)


def is_grey(image: Tensor) -> bool:
    """Whether all channels of uint8 (C, H, W) are equal."""
    return bool((image[1:] == image[:1]).all())


def _measured(image: Tensor, mode: str, kinds: tuple[str, ...]) -> ImageStats:
    channels = image.expand(3, -1, -1).numpy()
    total = channels.sum((1, 2), dtype=np.int64)
    squares = np.square(channels, dtype=np.uint32).sum((1, 2), dtype=np.int64)
    size = (image.shape[1], image.shape[2])
    return ImageStats(
        size,
        mode,
        kinds,
        picture_number(image),
        is_grey(image),
        tuple(total.tolist()),
        tuple(squares.tolist()),
    )
