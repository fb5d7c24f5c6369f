"""``striate verify``: whether two pictures show the same."""

from typing import Annotated

import typer

from striate.cli.console import out, print_json
from striate.cli.flags import GalleryModel, Json
from striate.cli.pictures import save
from striate.files.atomic import PICTURES, writable

Picture = Annotated[str, typer.Argument(help="A picture.")]


def verify(
    first: Picture,
    second: Picture,
    gallery: Annotated[
        str | None, typer.Option("--gallery", metavar="FILE", help="Whose model and threshold are taken.")
    ] = None,
    model: GalleryModel = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="NUMBER", min=0, help="Largest distance that is accepted.")
    ] = None,
    draw: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw where the two are alike to the network.")
    ] = None,
    json: Json = False,
) -> None:
    """Say whether two pictures show the same, how far apart they are, and how sure the threshold is."""
    path = None if draw is None else writable(draw, PICTURES)
    from striate.api.galleries import verify as compare
    from striate.gallery.gallery import Gallery, embedder_of
    from striate.gallery.shared_parts import shared_picture

    opened = Gallery(gallery, model) if gallery else None
    embedder = opened.model if opened else embedder_of(model)
    found = compare(first, second, embedder, gallery=opened, threshold=threshold)
    if json:
        print_json(found.to_dict())
    else:
        out().print(found.in_words())
    if path is not None:
        save(shared_picture(embedder, first, second), path)
        out().print(f"drawn: {path}")
