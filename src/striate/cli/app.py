"""The verbs by name, in the order of the help. What a verb does stands in the file of its name."""

import importlib.metadata
import os
import threading
from typing import Annotated

import typer

from striate.arguments import in_three_lines
from striate.cli.apply_style import apply_style
from striate.cli.benchmark_explanations import benchmark_explanations
from striate.cli.check import check
from striate.cli.compare import compare
from striate.cli.convert import convert
from striate.cli.demo import demo
from striate.cli.embed import embed
from striate.cli.evaluate import evaluate
from striate.cli.explain import explain
from striate.cli.export import export
from striate.cli.invert import invert
from striate.cli.map import map
from striate.cli.neighbours import neighbours
from striate.cli.predict import predict
from striate.cli.stylize import stylize
from striate.cli.summary import summary
from striate.cli.texture import texture
from striate.cli.train import train
from striate.cli.train_style import train_style
from striate.cli.visualize import visualize
from striate.errors import FileError

VERBS = (
    (check, "Read a data set once and list what is wrong with it."),
    (convert, "Write a data set with boxes in another layout."),
    (train, "Train a classifier on a data set."),
    (evaluate, "Measure a model on a data set."),
    (predict, "Say what is in pictures."),
    (compare, "Train several networks on a data set, and say which to choose."),
    (summary, "List a network's layers, shapes, parameters and costs."),
    (explain, "Show where a model looked."),
    (benchmark_explanations, "Measure each method of explanation."),
    (visualize, "Draw what a class or a channel of a network responds to most."),
    (invert, "Draw what the layers of a network keep of a picture."),
    (embed, "Write a vector for every picture of a data set."),
    (map, "Draw a data set as a map of what a network finds alike."),
    (neighbours, "Draw the nearest neighbours of pictures, by features and by pixels."),
    (stylize, "Paint a picture in the style of another."),
    (texture, "Make a picture with the texture of another."),
    (train_style, "Train a network that paints in one pass."),
    (apply_style, "Paint with a network of train-style, in one pass."),
    (export, "Write a model for other programs: ONNX, torch, OpenVINO."),
    (demo, "Watch a network learn handwritten digits (under a minute)."),
)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb, short in VERBS:
    app.command(short_help=short)(verb)


@app.callback(invoke_without_command=True)
def striate(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", metavar=" ", help="Print the version.")] = False,
) -> None:
    """Train, measure and explain convolutional networks on your own pictures.

    Try: striate demo
    """
    if version:
        typer.echo(f"striate {importlib.metadata.version('striate')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        require_working_folder()
        require_threads()


def require_working_folder() -> None:
    """The folder in which the program was started is still there: libraries end the process without it.

    Raises:
        FileError: it was removed.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        raise FileError(
            "the working folder was removed", "a folder that exists", "cd into another folder"
        ) from None


def require_threads() -> None:
    """The process may start a thread: libraries end it, as Ctrl-C would, where it may not.

    Raises:
        FileError: it may not.
    """
    thread = threading.Thread(target=lambda: None)
    try:
        thread.start()
    except RuntimeError as reason:
        raise in_three_lines(reason, "striate") from reason
    thread.join()
