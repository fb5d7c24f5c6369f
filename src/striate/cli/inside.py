"""The verbs that look inside a network and at a data set through it, and their flags.

striate benchmark-explanations | visualize | invert | embed | map | neighbours
"""

from typing import Annotated

import typer

inside = typer.Typer()

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A .safetensors file, the folder of a run, or a name.")
]
Named = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="A .safetensors file, or the folder of a run.")
]
Data = Annotated[str, typer.Argument(metavar="DATA", help='As for train, or "digits".')]
Split = Annotated[str, typer.Option(metavar="train|val|test|all", help="Part of the data.")]
Layer = Annotated[
    str | None, typer.Option(metavar="NAME", help="Another layer than the last; pixels for none.")
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of what is left to chance.")]
Json = Annotated[bool, typer.Option("--json", metavar=" ", help="Print JSON, for machines.")]


@inside.command(short_help="Say what each method of explanation is worth.")
def benchmark_explanations(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]", help="A .safetensors file or the folder of a run (default: a small one)."
        ),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="[IMAGES...]", help="Files, folders or patterns that it is asked about."),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="One method; repeatable (default: all).")
    ] = None,
    count: Annotated[
        int, typer.Option(metavar="N", min=1, help="Without a model: pictures that are explained.")
    ] = 200,
    seed: Seed = 0,
    json: Json = False,
    save: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Also write a .csv, .json, .png or .svg file.")
    ] = None,
) -> None:
    """Say what each method of explanation is worth: deletion, insertion, the sanity check, and time.

    Without a model: a small network learns pictures that have one mark, which decides their class, and it is
    counted how often each method points at the mark.
    """
    from striate.cli import looking

    asked = {"methods": method, "count": count, "seed": seed}
    looking.benchmark_explanations(model, images or [], save, as_json=json, **asked)


@inside.command(short_help="Draw what a class or a channel of a network likes best.")
def visualize(
    model: Model,
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="CLASS", help="A class; repeatable.")
    ] = None,
    layer: Annotated[str | None, typer.Option(metavar="NAME", help="The layer of the channels.")] = None,
    channel: Annotated[
        list[int] | None, typer.Option(metavar="N", help="With --layer: a channel; repeatable.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="A picture to begin with (default: noise).")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", metavar=" ", help="Do not favor natural pictures.")
    ] = False,
    steps: Annotated[int, typer.Option(metavar="N", min=0, help="Of gradient ascent.")] = 256,
    seed: Seed = 0,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "visualized.png",
) -> None:
    """Draw what a class or a channel of a network likes best, by gradient ascent on the pixels.

    Try: striate visualize runs/pets --class cat --class dog
    """
    from striate.cli import looking

    asked = {"start": start, "plain": plain, "steps": steps, "seed": seed}
    looking.visualize(model, classes or [], layer, channel or [], out, **asked)


@inside.command(short_help="Draw what the layers of a network still know of a picture.")
def invert(
    model: Model,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture file.")],
    layers: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="The layers (default: the stem, the stages, the head)."),
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=0, help="Of gradient descent.")] = 400,
    seed: Seed = 0,
    json: Json = False,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "inverted.png",
) -> None:
    """Draw what the layers of a network still know of a picture: each is made from the features alone."""
    from striate.cli import looking

    looking.invert(model, image, layers, out, steps=steps, seed=seed, as_json=json)


@inside.command(short_help="Write a vector for every picture of a data set.")
def embed(
    data: Data,
    model: Named,
    layer: Layer = None,
    split: Split = "all",
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write, as .npz.")] = "vectors.npz",
) -> None:
    """Write what the last layer of a network sees of every picture: vectors, names and labels as .npz."""
    from striate.cli import looking

    looking.embed(data, model, out, layer=layer, split=split)


@inside.command(short_help="Draw a data set as a map of what a network finds alike.")
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
    from striate.cli import looking

    asked = {"layer": layer, "split": split, "seed": seed}
    looking.draw_map(data, model, method, out, as_json=json, **asked)


@inside.command(short_help="Draw the nearest neighbours of pictures, by features and by pixels.")
def neighbours(
    data: Data,
    model: Named,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many.")] = 5,
    layer: Layer = None,
    split: Split = "all",
    json: Json = False,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "neighbours.png",
) -> None:
    """Draw the nearest neighbours of pictures, and say how many of them share the class."""
    from striate.cli import looking

    looking.neighbours(data, model, k, out, as_json=json, layer=layer, split=split)
