"""``striate identify``: whom pictures show."""

from typing import Annotated

import typer

from striate.cli.console import err, out, print_json
from striate.cli.flags import GalleryModel, Images, Json
from striate.cli.pictures import expand

AT_ONCE = 256
"""Pictures that are answered before the next ones are read."""


def identify(
    images: Images,
    gallery: Annotated[str, typer.Option("--gallery", metavar="FILE", help="A gallery of striate enroll.")],
    model: GalleryModel = None,
    json: Json = False,
) -> None:
    """Say whom pictures show, of those in a gallery; or unknown, where nobody is near enough."""
    from striate.gallery.gallery import Gallery

    paths, opened = expand(images), Gallery(gallery, model)
    if opened.threshold is None:
        err().print(f"no threshold yet, so that nobody is known: striate calibrate {gallery} --pairs FILE")
    width = max(len(str(path)) for path in paths)
    for start in range(0, len(paths), AT_ONCE):
        found = opened.identify(list(paths[start : start + AT_ONCE]))
        for match in found if isinstance(found, list) else [found]:
            if json:
                print_json(match.to_dict(), lines=True)
            else:
                out().print(f"{match.source:{width}}  {match.in_words()}")
