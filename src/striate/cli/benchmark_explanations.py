"""``striate benchmark-explanations``: each method of explanation measured on the same pictures."""

from typing import Annotated

import typer

import striate
from striate.cli.console import err, out, print_json
from striate.cli.flags import Json, Seed
from striate.cli.pictures import expand
from striate.files.atomic import writable


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
    """Measure each method of explanation: deletion, insertion, the sanity check, and time.

    Without a model: a small network learns pictures that have one mark, which decides their class, and it is
    counted how often each method points at the mark.
    """
    if save:
        from striate.explain.evaluation.benchmark_table import ENDINGS

        writable(save, ENDINGS)
    if model is None:
        err().print("a small network learns pictures whose mark is known")
    made = striate.benchmark_explanations(
        model,
        expand(images or []) or None,
        methods=method,
        count=count,
        seed=seed,
        on_event=lambda row: err().print(f"measured: {row.method}"),
    )
    if json:
        print_json(made.to_dict())
    else:
        out().print(str(made))
        out().print()
        out().print(made.headline())
    if save:
        path = made.save(save)
        (err() if json else out()).print(f"written: {path}")
    if all(row.failed for row in made.rows):
        raise typer.Exit(2)
