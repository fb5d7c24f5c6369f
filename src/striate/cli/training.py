"""``striate train`` and ``striate demo``: train, tell how it goes, say what came out."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.console import as_json as print_json
from striate.cli.console import err, out, table
from striate.cli.progress import Counting, Narrator
from striate.errors import SettingError

if TYPE_CHECKING:
    from striate.train.run.run import Run

NO_DATA, DATA = "no data were named", "a folder, a file, or the word digits"
SHOWN = 12
"""Learning rates that are printed."""

DEMO: dict[str, Any] = {
    "model": "lenet5",
    "epochs": 80,
    "augment": "shift=0.08,scale=0.15,rotate=12,shear=10,warp=2,edge=black",
    "label_smoothing": 0.1,
    "ema": 0.995,
}
"""They reach 99 % on the digits inside scikit-learn, in seconds. Few pictures need much augmentation."""


def train(
    data: str | None,
    *,
    out: str | None,
    ways: dict[str, Any],
    as_json: bool,
    quiet: bool,
    settings: dict[str, Any],
) -> None:
    """Train, and print where the run is and how good it became; ``ways`` are resume, force and fit_batch."""
    from striate import api

    if data is None and not (ways["resume"] and out):
        raise SettingError(NO_DATA, DATA, "striate train digits")
    with Narrator(quiet=quiet) as narrator:
        run = api.train(data, out=out, on_event=narrator, **ways, **settings)
    report(run, as_json=as_json)


def find_rate(
    data: str | None, plot: str | None, *, search: bool, as_json: bool, settings: dict[str, Any]
) -> None:
    """Print the loss by learning rate and the suggested one, and draw it if a file is named."""
    from striate import api
    from striate.cli.pictures import save_figure
    from striate.files.atomic import PLOTS, writable

    if data is None:
        raise SettingError(NO_DATA, DATA, "striate train digits --find-lr")
    if not search:
        raise SettingError(
            f"--plot {plot} draws nothing of a training", "--find-lr with it", "open report.html"
        )
    if plot is not None:
        writable(plot, PLOTS)
    with Counting("looking for a learning rate"):
        curve = api.find_rate(data, **settings)
    if plot is not None:
        save_figure(curve.picture(), Path(plot))
        err().print(f"drawn: {plot}")
    if as_json:
        print_json(curve.to_dict())
        return
    rows = table("learning rate", "loss")
    for rate, loss in list(zip(curve.rates, curve.losses, strict=True))[:: max(1, len(curve.rates) // SHOWN)]:
        rows.add_row(f"{rate:.2g}", f"{loss:.4f}")
    out().print(rows)
    out().print(f"suggestion: lr {curve.suggestion:.2g}")


def demo(folder: str | None, *, open_report: bool, quiet: bool) -> None:
    """Train LeNet-5 on handwritten digits, and open the report where somebody can see it."""
    from striate import api

    with Narrator(quiet=quiet) as narrator:
        run = api.train("digits", out=folder, on_event=narrator, **DEMO)
    report(run, as_json=False)
    if open_report and sys.stdout.isatty() and has_display():
        webbrowser.open((run.folder / "report.html").resolve().as_uri())


def has_display() -> bool:
    """Whether a browser would have a screen to open on."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def report(run: "Run", *, as_json: bool) -> None:
    """Print what came out of a run; of several processes the first one does."""
    from striate.train.fabric.fabric import rank

    if rank() > 0:
        return
    files = {"model": run.folder / "model.safetensors", "report": run.folder / "report.html"}
    if as_json:
        paths = {"folder": str(run.folder), **{name: str(path) for name, path in files.items()}}
        print_json(
            {
                **paths,
                "split": run.split,
                "headline": run.headline(),
                "metrics": run.metrics.to_dict(),
                "history": run.history,
            }
        )
        return
    console = out()
    console.print(run.headline())
    for name, path in files.items():
        console.print(f"{name + ':':8}{path}")
