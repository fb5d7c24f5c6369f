"""``striate calibrate``: the threshold of a gallery."""

from typing import Annotated

import typer

from striate.cli.console import err, out, percent, print_json
from striate.cli.flags import GalleryFile, GalleryModel, Json
from striate.formatting import percent_range


def calibrate(
    gallery: GalleryFile,
    pairs: Annotated[
        str, typer.Option("--pairs", metavar="FILE", help="A table: image_a,image_b,same with 1 or 0.")
    ],
    far: Annotated[
        float, typer.Option(metavar="SHARE", help="Strangers that may be taken for somebody known.")
    ] = 0.01,
    model: GalleryModel = None,
    json: Json = False,
) -> None:
    """Set the distance that a gallery accepts, from pairs of pictures whose answer is known.

    Take pairs of people that the model did not learn, in pictures like those that it will see.
    """
    from striate.gallery.gallery import Gallery

    found = Gallery(gallery, model).calibrate(pairs, far)
    for sentence in found.notes:
        err().print(sentence)
    if json:
        print_json(found.to_dict())
        return
    out().print(f"threshold          {found.threshold:>9.4g}")
    out().print(f"false accepts      {percent(found.far):>9}  95 % interval {percent_range(found.interval)}")
    out().print(f"true accepts       {percent(found.tar):>9}")
    out().print(f"equal error rate   {percent(found.eer):>9}")
    out().print(f"pairs              {found.same:,} of the same, {found.different:,} of different ones")
