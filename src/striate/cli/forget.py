"""``striate forget``: remove somebody from a gallery."""

from typing import Annotated

import typer

from striate.cli.console import out
from striate.cli.flags import GalleryFile, GalleryModel
from striate.formatting import plural


def forget(
    gallery: GalleryFile,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who shall be forgotten.")],
    model: GalleryModel = None,
) -> None:
    """Remove somebody from a gallery: the name, all vectors and the hashes of the pictures."""
    from striate.gallery.gallery import Gallery

    opened = Gallery(gallery, model)
    removed = opened.forget(name)
    out().print(f"forgotten: {name}, {plural(removed, 'picture')}; {plural(len(opened), 'identity')} left")
