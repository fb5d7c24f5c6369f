"""Pictures as files, written beside and renamed."""

from pathlib import Path

from PIL import Image

from striate.files.atomic import PICTURES, write


def write_picture(picture: Image.Image, path: str | Path) -> Path:
    """Write a picture.

    Raises:
        RunError: the path cannot be written to, or the ending names no picture format.
    """
    return write(path, picture.save, PICTURES)
