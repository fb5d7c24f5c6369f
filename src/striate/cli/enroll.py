"""``striate enroll``: add people to a gallery."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.console import err, out
from striate.cli.flags import GalleryFile, GalleryModel
from striate.cli.pictures import expand
from striate.formatting import plural


def enroll(
    gallery: GalleryFile,
    people: Annotated[
        list[str],
        typer.Argument(
            metavar="PEOPLE", help="A folder with a folder for each; with --name pictures of one."
        ),
    ],
    model: GalleryModel = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whom the pictures show, if they are of one.")
    ] = None,
) -> None:
    """Add people, or whatever else, to a gallery by one picture or more: nothing is trained.

    The name of a folder is that of the person. A picture that is there already is left out.
    """
    from striate.gallery.gallery import Gallery

    opened = Gallery(gallery, model)
    if name is not None:
        added = opened.enroll(name, list(map(Path, expand(people))))
    else:
        added = sum(opened.enroll_folder(folder) for folder in people)
    out().print(f"{plural(added, 'new picture')}, {plural(len(opened), 'identity')} in {gallery}")
    if opened.threshold is None:
        err().print(f"no threshold yet: striate calibrate {gallery} --pairs FILE --far 0.01")
