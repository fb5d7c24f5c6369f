"""``striate train-style``: a network that paints in one pass."""

import signal
from typing import Annotated, Any

import typer

import striate
from striate.cli.console import out as stdout
from striate.cli.flags import PAINTING, Quiet, takes_settings, typed
from striate.cli.painting import Narrator
from striate.style.settings import TrainStyleSettings


@takes_settings(TrainStyleSettings, PAINTING, "How")
def train_style(
    style: Annotated[
        str, typer.Argument(metavar="STYLE", help="A picture file; with --any a folder of them.")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A folder of pictures of anything.")],
    *,
    out: Annotated[str, typer.Option(metavar="FILE", help="The file.")] = "style.safetensors",
    any_style: Annotated[
        bool, typer.Option("--any", metavar=" ", help="Learn to paint in any style, a little less well.")
    ] = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Train a network that paints in one pass, in one style or in any. Ctrl-C keeps what it has learned.

    Then: striate apply-style CONTENT FILE
    """
    chosen = typed(settings)
    TrainStyleSettings(**chosen)  # refused before torch is imported
    narrator = Narrator(quiet=quiet)
    path = striate.train_style(style, data, out, any_style=any_style, on_event=narrator, **chosen)
    stdout().print(f"written: {path}")
    if narrator.interrupted:
        raise typer.Exit(128 + signal.SIGINT)
