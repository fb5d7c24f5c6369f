"""``striate demo``: a network learns handwritten digits, and its report opens."""

import os
import sys
import webbrowser
from typing import Annotated, Any

import typer

import striate
from striate.cli.flags import Quiet
from striate.cli.progress import Narrator
from striate.cli.train import show

SETTINGS: dict[str, Any] = {
    "model": "lenet5",
    "epochs": 80,
    "augment": "shift=0.08,scale=0.15,rotate=12,shear=10,warp=2,edge=black",
    "label_smoothing": 0.1,
    "ema": 0.995,
}
"""They reach 99 % on the digits inside scikit-learn, in seconds. Few pictures need much augmentation."""


def demo(
    out: Annotated[str | None, typer.Option(metavar="FOLDER", help="The run folder.")] = None,
    open: Annotated[
        bool, typer.Option("--open/--no-open", metavar=" ", help="Open the report in a browser.")
    ] = True,
    quiet: Quiet = False,
) -> None:
    """Train LeNet-5 on the handwritten digits of scikit-learn and report on digits that it never saw."""
    with Narrator(quiet=quiet) as narrator:
        run = striate.train("digits", out=out, on_event=narrator, **SETTINGS)
    show(run, json=False)
    if open and sys.stdout.isatty() and has_display():
        webbrowser.open((run.folder / "report.html").resolve().as_uri())


def has_display() -> bool:
    """Whether a browser would have a screen to open on."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
