"""``striate correct``: apply a list of corrections to a copy of a data set."""

from typing import Annotated

import typer

import striate
from striate.cli.console import out as stdout
from striate.cli.flags import Data, Format


def correct(
    data: Data,
    corrections: Annotated[
        str, typer.Argument(metavar="CORRECTIONS", help="A .csv file, as the page of mistakes gives it.")
    ],
    *,
    out: Annotated[str, typer.Option(metavar="FOLDER", help="A new folder.")],
    format: Format = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Kinds of findings that do not stop it; see striate check."),
    ] = None,
) -> None:
    """Write a corrected copy of a data set; the original is never touched."""
    done = striate.correct(data, corrections, out, format=format, accept=accept or ())
    stdout().print(f"written: {done}")
