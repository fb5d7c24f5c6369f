"""``striate upscale``: pictures with more pixels than they had."""

from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.console import err, out, print_json
from striate.cli.flags import Images, Json
from striate.cli.pictures import expand, newest_model
from striate.cli.pictures import save as save_picture
from striate.cli.saved_answers import below
from striate.errors import ImageError, SettingError
from striate.files.atomic import PICTURES, writable
from striate.formatting import plural

if TYPE_CHECKING:
    from PIL.Image import Image

    from striate.records import SuperResolution
    from striate.tasks.superresolution.super_resolver import SuperResolver

FACTORS = (2, 3, 4)
SHOWN = 12
"""Pictures on the sheet."""

MODEL = "A run or model file of --task superresolution (default: the newest run)."


def upscale(
    images: Images,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help=MODEL)] = None,
    by: Annotated[
        int | None, typer.Option(metavar="2|3|4", help="Factor of both sides (default: that of the model).")
    ] = None,
    folder: Annotated[
        str, typer.Option("--out", metavar="FOLDER", help="Where the pictures are written, as PNG.")
    ] = "upscaled",
    sheet: Annotated[
        str | None,
        typer.Option(metavar="FILE.png", help="Draw a detail of each picture before and after."),
    ] = None,
    json: Json = False,
) -> None:
    """Enlarge pictures with a network. Unreadable files are named at stderr; the others are written."""
    require_factor(by)
    writable(Path(folder) / "answer.png", PICTURES)
    if sheet is not None:
        writable(sheet, PICTURES)
    paths, path = expand(images), Path(model) if model else newest_model()
    from striate.api.superresolve import resolver_of  # late: it needs torch

    resolver, rows, unreadable = resolver_of(path, by), list["Image"](), 0
    if model is None:
        err().print(f"model: {path}")
    for source in paths:
        try:
            answer = resolver.predict(source)
            if sheet is not None and len(rows) < SHOWN:
                rows.append(before_after(resolver, answer))
        except ImageError as error:
            err().print(f"ImageError: {error}")
            unreadable += 1
            continue
        file = free_path(Path(folder), below(source, images))
        save_picture(answer.to_pil(), file)
        if json:
            print_json(answer.to_dict() | {"file": str(file)}, lines=True)
        else:
            out().print(f"{source}  {answer.in_words()}  {file}")
    if sheet is not None and rows:
        save_sheet(rows, Path(sheet))
    if unreadable:
        err().print(f"{plural(unreadable, 'picture')} of {len(paths):,} could not be read")
        raise typer.Exit(2)


def before_after(resolver: "SuperResolver", answer: "SuperResolution") -> "Image":
    """The row of one picture."""
    from striate.data.decode import decode
    from striate.draw.enlarged import before_after as row

    return row(resolver.preprocess(decode(answer.source)), answer)


def save_sheet(rows: "Sequence[Image]", path: Path) -> None:
    """Write the rows below each other."""
    from striate.draw.enlarged import sheet

    save_picture(sheet(rows), path)
    err().print(f"drawn: {path}")


def require_factor(by: int | None) -> None:
    """A factor that there are networks for, before torch is imported.

    Raises:
        SettingError: it is another one.
    """
    if by is not None and by not in FACTORS:
        raise SettingError(f"by is {by}", "2, 3 or 4", "--by 2; once more over the result for 4")


def free_path(folder: Path, name: Path) -> Path:
    """A PNG file of that name that does not exist; one that is taken gets a number.

    >>> free_path(Path("no such folder"), Path("cats/1.jpg"))
    PosixPath('no such folder/cats/1.png')
    """
    names = (f"{name.stem}{ending}.png" for ending in chain([""], (f"-{number}" for number in count(2))))
    return next(path for one in names if not (path := folder / name.parent / one).exists())
