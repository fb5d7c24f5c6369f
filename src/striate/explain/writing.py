"""Pictures and vectors as files, written beside their place and renamed."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from striate.data.beside import beside
from striate.errors import RunError


def write(path: str | Path, put: Callable[[Path], object], endings: str) -> Path:
    """Let ``put`` write a file to a place beside ``path``, and rename it; the folder is made if need be.

    Args:
        path: the file.
        put: writes to the place that it is given, which has the same ending.
        endings: which the name may have, in words.

    Raises:
        RunError: the place cannot be written to, or the ending names no format.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as place:
            put(place)
    except (OSError, ValueError) as reason:
        raise RunError(
            f"{path} cannot be written ({getattr(reason, 'strerror', None) or reason})",
            f"a name that ends in {endings}, in a folder with room",
            "another place",
        ) from reason
    return path


def write_picture(picture: Image.Image, path: str | Path) -> Path:
    """Write a picture.

    Raises:
        RunError: the place cannot be written to, or the ending names no picture format.
    """
    return write(path, picture.save, ".png or .jpg")
