"""``striate explain``: where a network looked."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.console import err, out
from striate.cli.flags import Model
from striate.cli.pictures import expand, model_first
from striate.errors import SettingError
from striate.files.atomic import writable


def explain(
    model: Model,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="IMAGES...", help="Files, folders or patterns; filters need none."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="saliency, gradcam, integrated_gradients, occlusion, ...")
    ] = "saliency",
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The layer that the method looks at (default: the last with maps)."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS",
            help="The class (default: the predicted one), the number of an object that a detector finds, a "
            "number of a pose as nose.x, the pixels of a segmenter's class or a box as car@4,8,30,40, a word "
            "of a region's caption as red@2, or an index as 3,1.",
        ),
    ] = None,
    score_threshold: Annotated[
        float | None, typer.Option(metavar="0..1", help="Least score of an object, as for predict.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the method, as samples=50, window=16x8; repeatable."),
    ] = None,
    save: Annotated[
        str, typer.Option("--out", "--save", metavar="FILE", help="Where to draw it; .npz keeps the numbers.")
    ] = "explained.png",
) -> None:
    """Show where a model looked: every picture, its map and both together, drawn into one file.

    Methods: saliency, gradient_x_input, smoothgrad, integrated_gradients, guided_backprop, deconvnet,
    gradcam, guided_gradcam, occlusion; activations and filters show the inside of the network.
    """
    options = values(option or [])
    model, images = model_first(model, images or [])
    from striate.explain.attribution.explanation import ENDINGS, MOST_MAPS, VOLUME, Explanation

    writable(save, ENDINGS)
    paths = expand(images)
    limit: dict[str, Any] = {} if score_threshold is None else {"score_threshold": score_threshold}
    made = striate.explain(model, paths, method, layer=layer, target=target, **limit, **options)
    assert isinstance(made, Explanation)  # of one layer
    if made.layer is not None and layer is None:
        err().print(f"layer: {made.layer}, the last one that gives maps")
    if made.method == VOLUME:
        shape = "x".join(str(side) for side in made.values.shape[2:])
        for path in paths:
            out().print(f"{path}  {made.values.shape[1]} maps of {shape}")
        if made.values.shape[1] > MOST_MAPS:
            out().print(f"the first {MOST_MAPS} maps of every picture are drawn; .npz keeps all")
    elif len(made.targets) == len(paths):
        reasons = made.reasons or (None,) * len(paths)
        for path, name, reason in zip(paths, made.targets, reasons, strict=True):
            out().print(f"{path}  {name}" + (f"  nothing to see: {reason}" if reason else ""))
    out().print(f"drawn: {made.save(save)}")


def values(options: list[str]) -> dict[str, Any]:
    """``["samples=50", "window=8x4", "relu=false", "at=input"]`` as numbers, pairs, truths and words by name.

    Raises:
        SettingError: an option is not written so.

    >>> values(["samples=50", "noise=0.2", "window=8x4", "relu=false", "at=input"])
    {'samples': 50, 'noise': 0.2, 'window': (8, 4), 'relu': False, 'at': 'input'}
    """
    found: dict[str, Any] = {}
    for option in options:
        name, _, text = option.partition("=")
        if not name or not text:
            raise SettingError(f"the option is {option!r}", "NAME=VALUE", "--option samples=50")
        sides = text.split("x")
        if len(sides) == 2 and all(side.isdecimal() for side in sides):
            found[name] = int(sides[0]), int(sides[1])
            continue
        try:
            found[name] = int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            found[name] = {"true": True, "false": False}.get(text, text)
    return found
