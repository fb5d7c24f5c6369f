"""``striate compare``: several networks on the same data, a table, and a page to show to others."""

from typing import TYPE_CHECKING, Any

from striate.cli.console import as_json as print_json
from striate.cli.console import err, out
from striate.cli.progress import Narrator
from striate.errors import Interrupted

if TYPE_CHECKING:
    from striate.compare.table import Comparison
    from striate.train.session.events import Event


def compare(
    data: str,
    models: str,
    ways: dict[str, Any],
    *,
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    settings: dict[str, Any],
) -> None:
    """Compare, and print the table; ``ways`` are the arguments of the verb besides the settings.

    Raises:
        Exit: with 2, after the table, when every network failed.
        Interrupted: after the table of what was done by then.
    """
    from typer import Exit

    from striate import api

    names = [name for part in models.split(",") if (name := part.strip())]
    so_far: list[Comparison] = []
    with Narrator(quiet=quiet) as narrator:

        def hear(event: "Event") -> None:
            narrator(event)
            if type(event).__name__ == "Compared":
                so_far.append(event.comparison)  # type: ignore[attr-defined]

        try:
            found = api.compare(data, names, on_event=hear, **ways, **settings)
        except Interrupted:
            if so_far and not (as_json or as_csv):
                err().print("\ndone so far:")
                out().print(str(so_far[-1]))
            raise
    show(found, as_json=as_json, as_csv=as_csv)
    if all(row.accuracy is None if found.seeds else row.costs is None for row in found.rows):
        raise Exit(2)


def show(found: "Comparison", *, as_json: bool, as_csv: bool) -> None:
    """Print the table for machines or for people."""
    if as_json:
        print_json(found.to_dict())
        return
    if as_csv:
        print(found.to_csv(), end="")
        return
    err().print()
    console = out()
    console.print(str(found))
    console.print()
    console.print(found.headline())
    console.print(f"page: {found.folder / 'compare.html'}")
