"""``striate map``: a data set as a map of what a network finds alike."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.console import out as stdout
from striate.cli.console import print_json
from striate.cli.flags import Json, Layer, Seed, Split
from striate.files.atomic import writable


def map(
    data: Annotated[str, typer.Argument(metavar="DATA", help="As for train; or a file of striate embed.")],
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A .safetensors file or a run; not for vectors.")
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="tsne|pca", help="Keep neighbourhoods, or distances.")
    ] = "tsne",
    layer: Layer = None,
    split: Split = "all",
    seed: Seed = 0,
    json: Json = False,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="A .png of pictures, an .svg of dots.")
    ] = "map.png",
) -> None:
    """Draw a data set as a map on which pictures that a network finds alike stand together."""
    from striate.explain.embeddings.embedding_map import ENDINGS

    writable(out, ENDINGS)
    chosen: dict[str, Any] = {"method": method, "layer": layer, "split": split}
    made = striate.embedding_map(data, model, seed=seed, **chosen)
    path = made.save(out)
    if json:
        print_json(made.to_dict())
        return
    for sentence in made.notes:
        stdout().print(sentence)
    stdout().print(f"drawn: {path}")
