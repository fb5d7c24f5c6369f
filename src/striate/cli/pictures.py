"""The files that a person means by names, folders and patterns; the model that was trained last; saving."""

from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from striate.errors import DataError, ModelFileError
from striate.files.atomic import PICTURES, PLOTS, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

RUNS = Path("runs")


def expand(names: Iterable[str]) -> list[Path]:
    """Files as they are, the pictures below folders, what patterns match; in the order given, sorted within.

    Raises:
        DataError: a folder holds no picture, or a pattern matches nothing.
    """
    return [path for name in names for path in _expand(name)]


def _expand(name: str) -> list[Path]:
    from striate.data.decode import EXTENSIONS

    path = Path(name)
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in EXTENSIONS)
    elif has_magic(name) and not path.exists():
        found = sorted(Path(match) for match in glob(name, recursive=True))
    else:
        return [path]
    if not found:
        raise DataError(
            f"there is no picture in {name}", "picture files such as .jpg or .png", "check the spelling"
        )
    return found


def newest_model(runs: Path = RUNS) -> Path:
    """The model of the run that was written last.

    Raises:
        ModelFileError: there is none.
    """
    found = sorted(runs.glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ModelFileError(
            f"there is no model below {runs}/",
            "a run folder with model.safetensors",
            "--model FILE, or train one first",
        )
    return found[-1]


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a plot; its ending says whether as .png, .svg or .pdf; the folder is made if need be.

    Raises:
        RunError: the place cannot be written to, or the ending names no format.
    """
    write(path, figure.savefig, PLOTS)


def save(picture: "Image", path: Path) -> None:
    """Write a picture, beside and renamed; the folder is made if need be.

    Raises:
        RunError: the place cannot be written to, or the ending names no picture format.
    """
    write(path, picture.save, PICTURES)
