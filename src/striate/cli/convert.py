"""``striate convert``: a data set with boxes in another layout."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.console import err, hushed
from striate.cli.console import out as stdout
from striate.cli.flags import Data, Format, Seed
from striate.cli.progress import Counting
from striate.errors import SettingError


def convert(
    data: Data,
    out: Annotated[str, typer.Argument(metavar="FOLDER", help="A new folder.")],
    to: Annotated[str, typer.Option(metavar="coco|voc|yolo", help="The layout.")],
    format: Format = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES", help="Hold out, as in val=0.1,test=0.1, where the data have no such split."
        ),
    ] = None,
    seed: Seed = 0,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Findings that do not stop it; see check.")
    ] = None,
    on_bad_box: Annotated[
        str,
        typer.Option(
            metavar="stop|clip|drop|drop-image", help="What becomes of bad boxes; stop leaves them."
        ),
    ] = "stop",
    pictures: Annotated[
        str, typer.Option(metavar="copy|link|none", help="What becomes of the pictures.")
    ] = "copy",
    tile: Annotated[
        str | None,
        typer.Option(metavar="PIXELS", help="Cut larger pictures into tiles, with their boxes; also HxW."),
    ] = None,
    overlap: Annotated[
        float, typer.Option(metavar="SHARE", help="Of a tile that its neighbour shows too, 0..0.9.")
    ] = 0.25,
    empty_tiles: Annotated[
        str, typer.Option(metavar="keep|drop", help="What becomes of tiles without a box.")
    ] = "keep",
) -> None:
    """Write a data set with boxes in the layout of COCO, Pascal VOC or YOLO.

    What the layout cannot hold is counted. Read again, the boxes are the same, bit by bit.
    """
    chosen: dict[str, Any] = {"to": to, "on_bad_box": on_bad_box, "pictures": pictures}
    if tile is not None:
        chosen |= {"tile": sides_of(tile), "overlap": overlap, "empty_tiles": empty_tiles}
    shares = None if split is None else shares_of(split)
    with Counting("writing") as writing, hushed():
        done = striate.convert(
            data,
            out,
            format=format,
            split=shares,
            seed=seed,
            accept=accept or (),
            reading=writing.of("reading annotations, bytes"),
            **chosen,
        )
    for sentence in done.notes:
        err().print(sentence)
    stdout().print(f"written: {done}")


def shares_of(text: str) -> dict[str, float]:
    """Shares by name.

    Raises:
        SettingError: the text is something else.

    >>> shares_of("val=0.1,test=0.2")
    {'val': 0.1, 'test': 0.2}
    """
    try:
        return {name.strip(): float(share) for name, share in (one.split("=") for one in text.split(","))}
    except ValueError:
        raise SettingError(f"split is {text!r}", "shares, as in val=0.1,test=0.1", "val=0.1") from None


def sides_of(text: str) -> int | tuple[int, int]:
    """One side of squares, or height and width.

    Raises:
        SettingError: the text is something else.

    >>> sides_of("640"), sides_of("480x640")
    (640, (480, 640))
    """
    sides = text.split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isdecimal() and len(side) < 6 for side in sides):
        raise SettingError(f"tile is {text!r}", "pixels, or height x width", "--tile 640")
    return int(text) if len(sides) == 1 else (int(sides[0]), int(sides[1]))
