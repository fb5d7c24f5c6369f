"""The verbs by name, in the order of the help. What a verb does stands in the file of its name.

That file is imported when its verb is called: the help of ``striate`` needs none of their flags.
"""

import importlib.metadata
import os
import threading
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from striate.arguments import in_three_lines
from striate.errors import FileError

VERBS = {
    "check": "Read a data set once and list what is wrong with it.",
    "convert": "Write a data set with boxes in another layout.",
    "train": "Train a network on a data set.",
    "evaluate": "Measure a model on a data set.",
    "mistakes": "List what in a data set is likely wrong, by the answers of a model.",
    "correct": "Apply a list of corrections to a copy of a data set.",
    "predict": "Say what is in pictures.",
    "propose": "Find boxes that may hold an object.",
    "compare": "Train several networks on a data set, and say which to choose.",
    "summary": "List a network's layers, shapes, parameters and costs.",
    "explain": "Show where a model looked.",
    "benchmark-explanations": "Measure each method of explanation.",
    "visualize": "Draw what a class or a channel of a network responds to most.",
    "invert": "Draw what the layers of a network keep of a picture.",
    "enroll": "Add people, or whatever else, to a gallery by their pictures.",
    "identify": "Say whom pictures show, of those in a gallery.",
    "verify": "Say whether two pictures show the same.",
    "calibrate": "Set the distance that a gallery accepts, by the rate of false accepts.",
    "forget": "Remove somebody from a gallery.",
    "embed": "Write a vector for every picture of a data set.",
    "map": "Draw a data set as a map of what a network finds alike.",
    "neighbours": "Draw the nearest neighbours of pictures, by features and by pixels.",
    "search": "Find the nearest pictures of a collection.",
    "stylize": "Paint a picture in the style of another.",
    "texture": "Make a picture with the texture of another.",
    "train-style": "Train a network that paints in one pass.",
    "apply-style": "Paint with a network of train-style, in one pass.",
    "upscale": "Enlarge pictures with a network.",
    "export": "Write a model for other programs: ONNX, torch, OpenVINO.",
    "demo": "Watch a network learn handwritten digits (under a minute).",
}
"""The verbs and what the help says of them. A verb is a function in a file, both of that name."""

SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "rich",
    "context_settings": {"help_option_names": ["-h", "--help"]},
}

app = typer.Typer(**SETTINGS)


class Verb(TyperCommand):
    """A line of the help; the command behind it is made when it is called.

    Args:
        name: of the verb.
        short: what it does.
    """

    def __init__(self, name: str, short: str) -> None:
        super().__init__(name, short_help=short)

    def command(self) -> TyperCommand:
        """The command with its flags: its file is imported."""
        name = str(self.name).replace("-", "_")
        alone = typer.Typer(**SETTINGS)
        alone.command(self.name)(getattr(import_module(f"striate.cli.{name}"), name))
        made = get_command(alone)
        assert isinstance(made, TyperCommand)
        return made

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """That of the command."""
        return self.command().make_context(*arguments, **named)


def program() -> TyperGroup:
    """``striate`` with its verbs."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for name, short in VERBS.items():
        group.add_command(Verb(name, short))
    return group


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
