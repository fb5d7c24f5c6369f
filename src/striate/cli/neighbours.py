"""``striate neighbours``: the nearest neighbours of pictures, by features and by pixels."""

from typing import Annotated

import typer

from striate.cli.console import out as stdout
from striate.cli.console import percent, print_json
from striate.cli.flags import Data, Json, Layer, ModelFlag, Split
from striate.files.atomic import PICTURES, writable
from striate.formatting import plural


def neighbours(
    data: Data,
    model: ModelFlag,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many.")] = 5,
    layer: Layer = None,
    split: Split = "all",
    json: Json = False,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "neighbours.png",
) -> None:
    """Draw the nearest neighbours of pictures, and say how many of them share the class."""
    writable(out, PICTURES)
    from striate.explain.embeddings.similar_images import similar_images

    made = similar_images(model, data, k, layer=layer, split=split)
    path = made.save(out)
    by_features, by_pixels = made.same_class()
    if json:
        print_json({"pictures": len(made.vectors), "features": by_features, "pixels": by_pixels})
        return
    stdout().print(f"{plural(len(made.vectors), 'picture')}, the nearest {k} of each with the same class:")
    stdout().print(f"by features  {percent(by_features):>9}")
    stdout().print(f"by pixels    {percent(by_pixels):>9}")
    if by_features is None:
        stdout().print("no class has two pictures here, so no neighbour could have the same one")
    stdout().print(f"drawn: {path}")
