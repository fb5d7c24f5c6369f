"""``striate mistakes``: pictures by loss, what in the data is likely wrong, and a page to correct it."""

from typing import TYPE_CHECKING, Annotated

import typer

import striate
from striate.cli.console import err, out, print_json, print_text, table
from striate.cli.flags import Data, Format, Json, Model
from striate.files.atomic import writable, write
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.compare.mistakes import Mistakes

SHOWN = 12
"""Suspects that are printed."""


def mistakes(
    model: Model,
    data: Data,
    *,
    split: Annotated[
        str, typer.Option(metavar="train|val|test|all", help="Part of the data; of folds all of it.")
    ] = "all",
    network: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a comparison with folds: the one that answers.")
    ] = None,
    format: Format = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="unreadable: leave out what cannot be decoded."),
    ] = None,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a line for every picture; - prints it.")
    ] = None,
    page: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a page on which corrections can be ticked.")
    ] = None,
    json: Json = False,
) -> None:
    """List what in a data set is likely wrong, by the answers of a model.

    MODEL may be the folder of `striate train --folds 5`, whose networks never saw what they answer.
    """
    for path, ending in ((csv if csv != "-" else None, ".csv"), (page, ".html")):
        if path is not None:
            writable(path, (ending,))
    found = striate.mistakes(model, data, split, network=network, format=format, accept=accept or ())
    if csv == "-":
        print_text(found.to_csv(), end="")
    elif csv:
        text = found.to_csv().encode("utf-8", "surrogateescape")
        write(csv, lambda file: file.write_bytes(text), (".csv",))
    if page:
        from striate.report.mistakes_page import write_mistakes

        write_mistakes(found, page)
    if json:
        print_json(found.to_dict())
    elif csv != "-":
        show(found)
        for path in filter(None, (csv, page)):
            err().print(f"written: {path}")


def show(found: "Mistakes") -> None:
    """Print the surest suspects."""
    from striate.compare.mistakes import in_words

    if found.seen:
        err().print(
            f"{plural(found.seen, 'picture')} of these were learned from by the network that answers; "
            "the folder of `striate train --folds 5` in its place knows better"
        )
    console = out()
    console.print(found.headline())
    if not found.suspects:
        return
    rows = table("picture", "likely wrong", "score")
    for one in found.suspects[:SHOWN]:
        rows.add_row(found.name(one.row), in_words(one), f"{one.score:.2f}")
    console.print(rows)
    if len(found.suspects) > SHOWN:
        console.print(f"... and {len(found.suspects) - SHOWN:,} more; --csv FILE and --page FILE have all")
