"""``striate export``: a model for other programs, and what it was checked on."""

from typing import Any

from striate.cli.console import err, out
from striate.cli.pictures import expand


def export(model: str, check: list[str] | None, **asked: Any) -> None:
    """Write the file; say where it is, and how far its scores are from the model's."""
    from striate import api

    done = api.export(model, check=expand(check) if check else None, **asked)
    for sentence in done.said:
        err().print(sentence)
    out().print(f"written: {done.path}")
