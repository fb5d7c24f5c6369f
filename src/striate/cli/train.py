"""``striate train``: train, show how it goes, say what came out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import striate
from striate.cli.console import err, out, print_json, table
from striate.cli.flags import TRAINING, Data, FitBatch, Json, Quiet, takes_settings, typed
from striate.cli.pictures import save_figure
from striate.cli.progress import Counting, Narrator
from striate.errors import SettingError
from striate.files.atomic import PLOTS, writable
from striate.train.run.settings import Settings

if TYPE_CHECKING:
    from striate.train.run.run import Run

NO_DATA, DATA = "no data were named", "a folder, a file, or the word digits"
SHOWN = 12
"""Learning rates that are printed."""


@takes_settings(Settings, TRAINING, "How it learns", "own")
def train(
    data: Annotated[str | None, Data.__metadata__[0]] = None,
    *,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The run folder (default runs/DATA-MODEL).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar=" ", help="Go on with an interrupted run.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", metavar=" ", help="Replace the run folder.")] = False,
    fit_batch: FitBatch = False,
    find_lr: Annotated[
        bool, typer.Option("--find-lr", metavar=" ", help="Do not train: look for a good learning rate.")
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(metavar="K", help="Train K times, and test every picture once; writes folds.html."),
    ] = None,
    learning_curve: Annotated[
        bool,
        typer.Option(
            "--learning-curve", metavar=" ", help="Learn from 0.1, 0.25, 0.5 and all: would more help?"
        ),
    ] = False,
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --find-lr: draw the loss into a .png or .svg file."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Train a model on a data set; --task says for what, and --task NAME --help shows its own flags.

    Writes a run folder: the best model, settings, metrics, checkpoints and report.html.
    """
    chosen = typed(settings)
    if (find_lr or plot is not None) and (folds is not None or learning_curve):
        wrong = f"--find-lr is given with {'--folds' if folds is not None else '--learning-curve'}"
        raise SettingError(wrong, "one of them", "--find-lr alone, then --lr RATE with the other")
    if find_lr or plot is not None:
        find_rate(data, plot, search=find_lr, json=json, settings=chosen)
        return
    if folds is not None or learning_curve:
        chosen |= {"out": out, "fit_batch": fit_batch}
        several(data, folds, curve=learning_curve, json=json, quiet=quiet, **chosen)
        return
    if data is None and not (resume and out):
        raise SettingError(NO_DATA, DATA, "striate train digits")
    Settings(**chosen)  # refused before torch is imported
    with Narrator(quiet=quiet) as narrator:
        run = striate.train(
            data, out=out, resume=resume, force=force, fit_batch=fit_batch, on_event=narrator, **chosen
        )
    show(run, json=json)


def several(
    data: str | None, folds: int | None, *, curve: bool, json: bool, quiet: bool, **chosen: Any
) -> None:
    """Train once for each fold, or with parts of the pictures, and print what came out."""
    flag = "--folds 5" if folds is not None else "--learning-curve"
    if data is None:
        raise SettingError(NO_DATA, DATA, f"striate train digits {flag}")
    if folds is not None and curve:
        raise SettingError("--folds and --learning-curve are given", "one of them", "one command for each")
    others = ("out", "fit_batch")
    Settings(**{name: value for name, value in chosen.items() if name not in others})
    with Narrator(quiet=quiet) as narrator:
        if folds is None:
            found: Any = striate.learning_curve(data, on_event=narrator, **chosen)
        else:
            found = striate.cross_validate(data, folds, on_event=narrator, **chosen)
    if json:
        print_json(found.to_dict())
        return
    err().print()
    out().print(str(found))
    out().print()
    out().print(found.headline())
    out().print(f"page: {found.to_dict()['page']}")


def find_rate(
    data: str | None, plot: str | None, *, search: bool, json: bool, settings: dict[str, Any]
) -> None:
    """Print the loss by learning rate and the suggested one, and draw it if a file is named."""
    if data is None:
        raise SettingError(NO_DATA, DATA, "striate train digits --find-lr")
    if not search:
        raise SettingError(
            f"--plot {plot} draws nothing of a training", "--find-lr with it", "open report.html"
        )
    if plot is not None:
        writable(plot, PLOTS)
    Settings(**settings)
    with Counting("looking for a learning rate"):
        curve = striate.find_rate(data, **settings)
    if plot is not None:
        save_figure(curve.picture(), Path(plot))
        err().print(f"drawn: {plot}")
    if json:
        print_json(curve.to_dict())
        return
    rows = table("learning rate", "loss")
    for rate, loss in list(zip(curve.rates, curve.losses, strict=True))[:: max(1, len(curve.rates) // SHOWN)]:
        rows.add_row(f"{rate:.2g}", f"{loss:.4f}")
    out().print(rows)
    out().print(f"suggestion: lr {curve.suggestion:.2g}")


def show(run: "Run", *, json: bool) -> None:
    """Print what came out of a run; of several processes the first one does."""
    from striate.train.fabric.fabric import rank

    if rank() > 0:
        return
    files = {"model": run.folder / "model.safetensors", "report": run.folder / "report.html"}
    if json:
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
