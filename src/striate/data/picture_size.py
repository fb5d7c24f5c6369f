"""The size of a picture from its header, as it is once it has been turned upright."""

from pathlib import Path

from striate.data.decode import opened
from striate.errors import ImageError

ORIENTATION, TURNED = 0x0112, range(5, 9)
"""EXIF's tag of the orientation, and its values that swap the sides."""


def picture_size(path: str | Path) -> tuple[int, int] | None:
    """(H, W) in pixels, without decoding; None if the file is no picture that can be read."""
    try:
        with opened(path) as picture:
            turned = picture.getexif().get(ORIENTATION) in TURNED
            return (picture.width, picture.height) if turned else (picture.height, picture.width)
    except ImageError:
        return None
