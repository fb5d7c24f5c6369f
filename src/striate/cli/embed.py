"""``striate embed``: a vector for every picture."""

from typing import Annotated

import typer

import striate
from striate.cli.console import out as stdout
from striate.cli.flags import Data, Layer, ModelFlag, Split
from striate.files.atomic import writable
from striate.formatting import plural


def embed(
    data: Data,
    model: ModelFlag,
    layer: Layer = None,
    split: Split = "all",
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write, as .npz.")] = "vectors.npz",
) -> None:
    """Write what the last layer of a network sees of every picture: vectors, names and labels as .npz."""
    from striate.explain.embeddings.embeddings import ENDINGS

    writable(out, ENDINGS)
    made = striate.embed(model, data, layer, split=split)
    path = made.save(out)
    stdout().print(f"{plural(len(made), 'picture')}, {made.values.shape[1]:,} numbers each, of {made.layer}")
    stdout().print(f"written: {path}")
