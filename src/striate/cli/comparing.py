"""``striate compare``: several networks on the same data, a table, and a page to show to others."""

from typing import Any

from striate.cli.progress import Narrator
from striate.cli.speak import as_json as print_json
from striate.cli.speak import err, out


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
    """Compare, and print the table; ``ways`` are the arguments of the verb besides the settings."""
    from striate import api

    names = [name for part in models.split(",") if (name := part.strip())]
    with Narrator(quiet=quiet) as narrator:
        found = api.compare(data, names, listen=narrator, **ways, **settings)
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
