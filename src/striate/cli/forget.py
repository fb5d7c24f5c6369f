"""``striate forget``: remove somebody from a gallery."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.console import out
from striate.cli.flags import GalleryFile
from striate.formatting import plural


def forget(
    gallery: GalleryFile,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who shall be forgotten.")],
) -> None:
    """Remove somebody from a gallery: the name, all vectors and the hashes of the pictures."""
    from striate.gallery.gallery_file import forget_identity

    left, removed = forget_identity(Path(gallery), name)
    out().print(
        f"forgotten: {name}, {plural(removed, 'picture')}; {plural(len(left.names), 'identity')} left"
    )
