"""``striate compare``: several networks on the same data, a table, and a page to show to others.

Of one picture: what several trained models answer, beside each other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import striate
from striate.cli.console import err, print_json, print_text
from striate.cli.console import out as stdout
from striate.cli.flags import TRAINING, Data, FitBatch, Json, Quiet, takes_settings, typed
from striate.cli.pictures import is_model, save
from striate.cli.progress import Narrator
from striate.compare.choices import choices_of
from striate.errors import Interrupted, SettingError
from striate.train.run.settings import Settings

if TYPE_CHECKING:
    from striate.compare.table import Comparison
    from striate.train.session.events import Event


@takes_settings(Settings, TRAINING, "How it learns", "model", "backbone", "size", "proposals", "own")
def compare(
    data: Data,
    models: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="The networks; `striate summary` lists them.")
    ] = "",
    *,
    sweep: Annotated[
        str | None,
        typer.Option(metavar="SETTING=V1,V2", help="Train one network with each value of a setting."),
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="The networks that detectors stand on.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="PIXELS,PIXELS", help="Pixels that the networks see, as 320 or 240x320."),
    ] = None,
    proposals: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Regions that a detector looks at; or what proposes them."),
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each network.")] = 1,
    folds: Annotated[
        int,
        typer.Option(metavar="K", help="In place of seeds: test every picture once, in K parts."),
    ] = 0,
    costs_only: Annotated[
        bool, typer.Option("--costs-only", metavar=" ", help="Measure time and memory; train nothing.")
    ] = False,
    fit_batch: FitBatch = False,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where (default runs/compare-DATA, which goes on).")
    ] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", metavar=" ", help="Print the table as CSV.")] = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Compare networks, or values of a setting, on the same data: accuracy, time and memory on this machine.

    Several values of --backbone, --size or --proposals, divided by commas, are a row for each network.

    Writes a folder with a run for each and compare.html. The same command goes on where it was interrupted.

    DATA may be one picture, and --models trained models: their answers are drawn beside each other into --out
    (default runs/compare-PICTURE.png), with a panoptic view where one names objects and one pixels.
    """
    names = [name for part in models.split(",") if (name := part.strip())]
    if is_picture(data):
        given = {**typed(settings), **typed({"sweep": sweep, "backbone": backbone, "size": size})}
        compare_answers(data, names, given, out, json=json)
        return
    chosen: dict[str, Any] = {
        "seeds": seeds,
        "folds": folds,
        "costs_only": costs_only,
        "fit_batch": fit_batch,
        "out": out,
    }
    several = typed({"backbone": backbone, "size": size, "proposals": proposals})
    chosen |= {"sweep": sweep, **several, **typed(settings)}
    Settings(**choices_of(typed(settings), **several)[0])  # refused before torch is imported
    from striate.train.session.events import Compared

    done: list[Comparison] = []
    with Narrator(quiet=quiet) as narrator:

        def listen(event: "Event") -> None:
            narrator(event)
            if isinstance(event, Compared):
                done.append(event.comparison)

        try:
            table = striate.compare(data, names, on_event=listen, **chosen)
        except Interrupted:
            if done and not (json or csv):
                err().print("\ndone so far:")
                stdout().print(str(done[-1]))
            raise
    show(table, json=json, csv=csv)
    if table.failed:
        raise typer.Exit(2)


def is_picture(data: str) -> bool:
    """Whether one picture file is meant."""
    if not Path(data).is_file():
        return False
    from striate.data.decode import EXTENSIONS  # late: it needs torch

    return Path(data).suffix.lower() in EXTENSIONS


def compare_answers(
    picture: str, models: Sequence[str], given: dict[str, Any], out: str | None, *, json: bool
) -> None:
    """Draw and print what trained models answer to one picture.

    Raises:
        SettingError: something else than trained models is named, or a setting of a training.
        ImageError, ModelFileError: the picture or a model cannot be read.
    """
    others = [name for name in models if not is_model(name)]
    if others or given or not models:
        named = (others or [f"--{name}" for name in given] or ["no model"])[0]
        wrong = f"{picture} is one picture, and {named} is named"
        expected = "trained models, and no setting of a training"
        raise SettingError(
            wrong, expected, "--models runs/one,runs/other; or a data set instead of a picture"
        )
    from striate.data.decode import decode
    from striate.draw.panoptic_view import answers_beside

    records = {name: striate.load(name).predict(picture) for name in models}
    path = Path(out or f"runs/compare-{Path(picture).stem}.png")
    save(answers_beside(decode(Path(picture)), records), path)
    if json:
        answers = {name: one.to_dict() for name, one in records.items()}
        print_json({"drawn": str(path), "answers": answers})
        return
    width = max(map(len, models))
    for name, record in records.items():
        stdout().print(f"{name:{width}}  {record.in_words()}")
    stdout().print(f"drawn: {path}")


def show(table: "Comparison", *, json: bool, csv: bool) -> None:
    """Print the table for machines or for people."""
    if json:
        print_json(table.to_dict())
        return
    if csv:
        print_text(table.to_csv(), end="")
        return
    err().print()
    console = stdout()
    console.print(str(table))
    console.print()
    console.print(table.headline())
    console.print(f"page: {table.folder / 'compare.html'}")
