"""``striate export``: a model for other programs, and what it was checked on."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.console import err
from striate.cli.console import out as stdout
from striate.cli.flags import Model
from striate.cli.pictures import expand


def export(
    model: Model,
    to: Annotated[str, typer.Option(metavar="onnx|torch|openvino", help="The format.")],
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file (default: beside the model).")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGES", help="Pictures on which scores must agree (default: of the run)."),
    ] = None,
    precision: Annotated[str, typer.Option(metavar="exact|int8", help="int8 is for openvino.")] = "exact",
    calibrate: Annotated[
        str | None, typer.Option(metavar="DATA", help="Labelled pictures for int8, as for train.")
    ] = None,
    most_loss: Annotated[
        float, typer.Option(metavar="POINTS", help="Accuracy that int8 may cost on unseen pictures.")
    ] = 1.0,
) -> None:
    """Write a model for other programs, after comparing its scores with the model's on real pictures.

    Normalization is inside the file; classes and preprocessing stand in its metadata. An int8 file is
    calibrated on your pictures, measured on others, and becomes what predict --precision int8 answers with.
    """
    chosen: dict[str, Any] = {"to": to, "precision": precision, "calibrate": calibrate}
    done = striate.export(
        model, out=out, check=expand(check) if check else None, most_loss=most_loss, **chosen
    )
    for sentence in done.notes:
        err().print(sentence)
    stdout().print(f"written: {done.path}")
