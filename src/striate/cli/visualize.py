"""``striate visualize``: what a class or a channel of a network responds to most."""

import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import striate
from striate.cli.console import err
from striate.cli.console import out as stdout
from striate.cli.flags import Model, Seed
from striate.cli.pictures import save as save_picture
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.explain.synthesis.visualize import AscentStep

EVERY = 32
"""Steps from one line of progress to the next."""

SIDE = 160
"""Of a picture on a sheet, pixels."""


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
    steps: Annotated[int, typer.Option(metavar="N", min=0, help="Steps of gradient ascent.")] = 256,
    seed: Seed = 0,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw.")] = "visualized.png",
) -> None:
    """Draw what a class or a channel of a network responds to most, by gradient ascent on the pixels.

    Ctrl-C keeps the pictures that there are.

    Try: striate visualize runs/pets --class cat --class dog
    """
    names, channels = classes or [], channel or []
    require_objectives(names, layer, channels)
    writable(out, PICTURES)
    from striate.draw.image_grid import grid
    from striate.explain.synthesis import objectives
    from striate.explain.synthesis.image_prior import NATURAL, PLAIN
    from striate.explain.synthesis.initial_image import open_model

    network = open_model(model)
    wanted = [objectives.class_score(name) for name in names]
    wanted += [objectives.channel(layer or "", number) for number in channels]
    prior = PLAIN if plain else NATURAL
    made = []
    for objective in wanted:
        progress = partial(print_progress, str(objective))
        made.append(
            striate.visualize(
                network, objective, prior=prior, start=start, steps=steps, seed=seed, on_event=progress
            )
        )
        if made[-1].interrupted:
            err().print(f"interrupted: {plural(len(made), 'picture')} of {len(wanted):,} as it is now")
            break
    for one in made:
        before, after = one.scores
        stdout().print(f"{one.objective}  {before:.2f} -> {after:.2f}")
        for sentence in one.notes:
            err().print(sentence)
    side = max(SIDE, *(max(one.image.shape) for one in made))
    save_picture(grid([one.image for one in made], [one.objective for one in made], side=side), Path(out))
    stdout().print(f"drawn: {out}")
    if made[-1].interrupted:
        raise typer.Exit(128 + signal.SIGINT)


def print_progress(objective: str, event: "AscentStep") -> None:
    """Print one step of some to stderr."""
    if event.step == 1 or event.step % EVERY == 0 or event.step == event.steps:
        err().print(f"{objective}  step {event.step}/{event.steps}  {event.score:.2f}")


def require_objectives(names: list[str], layer: str | None, channels: list[int]) -> None:
    """Something to visualize was named.

    Raises:
        SettingError: nothing was, or a layer without a channel, or a channel without a layer.
    """
    if not names and not channels and layer is None:
        raise SettingError(
            "nothing to visualize was named",
            "--class CAT, or --layer NAME --channel N",
            "--class with the name of a class",
        )
    if bool(channels) != (layer is not None):
        raise SettingError(
            f"--layer is {layer}, with {plural(len(channels), 'channel')} and {plural(len(names), 'class')}",
            "a class, or a layer and a channel of it",
            "--class NAME, or --layer NAME --channel 0",
        )
