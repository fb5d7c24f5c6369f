"""``striate invert``: what the layers of a network keep of a picture."""

from typing import Annotated

import typer

import striate
from striate.cli.console import out as stdout
from striate.cli.console import print_json, table
from striate.cli.flags import Json, Model, Seed
from striate.cli.pictures import model_first
from striate.files.atomic import PICTURES, writable


def invert(
    model: Model,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture file.")],
    layers: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="The layers (default: the stem, the stages, the head)."),
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=0, help="Steps of gradient descent.")] = 400,
    seed: Seed = 0,
    json: Json = False,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "inverted.png",
) -> None:
    """Draw what the layers of a network keep of a picture: each is made from the features alone."""
    writable(out, PICTURES)
    model, (image,) = model_first(model, [image])
    names = None if layers is None else [part.strip() for part in layers.split(",") if part.strip()]
    made = striate.invert(model, image, names, steps=steps, seed=seed)
    path = made.save(out)
    if json:
        print_json(made.to_dict())
        return
    rows = table("layer", "distance in pixels", "in features")
    for layer, distance in made.to_dict().items():
        rows.add_row(layer, f"{distance['pixel_distance']:.3f}", f"{distance['feature_distance']:.3f}")
    stdout().print(rows)
    stdout().print(f"drawn: {path}")
