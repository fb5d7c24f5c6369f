"""``striate apply-style``: paint with a network of ``train-style``, in one pass."""

from typing import Annotated

import typer

import striate
from striate.cli.flags import Painted
from striate.cli.painting import leave
from striate.files.atomic import PICTURES, writable


def apply_style(
    content: Annotated[str, typer.Argument(metavar="CONTENT", help="A picture file: what shall be seen.")],
    trained: Annotated[str, typer.Argument(metavar="FILE", help="A file of striate train-style.")],
    style: Annotated[
        str | None, typer.Argument(metavar="[STYLE]", help="A picture file, for a network of --any.")
    ] = None,
    size: Annotated[
        int, typer.Option(metavar="INTEGER", min=0, help="Pixels of the longer side; 0 keeps it.")
    ] = 1024,
    out: Painted = "stylized.png",
) -> None:
    """Paint a picture with a network of train-style: one pass, no settings but --size."""
    writable(out, PICTURES)
    leave(striate.apply_style(content, trained, style, size=size), out)
