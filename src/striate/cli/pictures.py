"""The files that a person means by names, folders and patterns; the model that was trained last; saving."""

import os
from collections.abc import Iterable
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.console import err
from striate.errors import DataError, ModelFileError
from striate.files.atomic import PICTURES, PLOTS, write
from striate.files.patterns import matches
from striate.files.written import note_written

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
    from striate.data.picture_files import pictures_below

    if os.path.isdir(name):
        pictures = pictures_below(name)
        for note in pictures.notes:
            err().print(f"{name}: {note}")
        return list(pictures.paths)
    if not has_magic(name) or os.path.lexists(name):
        return [Path(name)]
    found = matches(name)
    if not found:
        raise DataError(
            f"there is no picture in {name}", "picture files such as .jpg or .png", "check the spelling"
        )
    return found


def is_model(name: str) -> bool:
    """Whether a name is that of a saved model or of a run.

    >>> is_model("night.safetensors"), is_model("cat.jpg")
    (True, False)
    """
    return name.endswith(".safetensors") or os.path.exists(os.path.join(name, "model.safetensors"))


def model_first(model: str, others: list[str]) -> tuple[str, list[str]]:
    """The model and what it is asked about; where they were exchanged, the other way round, and a note."""
    found = next((name for name in others if is_model(name)), None)
    if found is None or is_model(model):
        return model, others
    err().print(f"{found} is the model")
    return found, [model, *(name for name in others if name != found)]


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
        RunError: the path cannot be written to, or the ending names no format.
    """
    write(path, figure.savefig, PLOTS)


def save(picture: "Image", path: Path, *, into_folder: bool = False) -> None:
    """Write a picture, under a temporary name and renamed; the folder is made if need be.

    Args:
        picture: what was drawn.
        path: of the file.
        into_folder: a folder of drawings was asked for: its drawings are never read as data.

    Raises:
        RunError: the path cannot be written to, or the ending names no picture format.
    """
    write(path, picture.save, PICTURES)
    if into_folder:
        note_written(path)
