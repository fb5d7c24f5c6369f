"""The verbs as a table: the help of all needs none of their files."""

import subprocess
import sys

import pytest
from typer.core import TyperCommand

from striate.cli.app import VERBS, Verb, program

PROGRAM = """
import sys
from striate.cli.main import run
try:
    run(sys.argv[1:])
except SystemExit:
    pass
print("LOADED", *sys.modules)
"""


def loaded(*words: str) -> set[str]:
    """Modules of striate, pydantic and torch that are imported once the words were done."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_the_help_of_all_imports_no_verb_and_nothing_heavy() -> None:
    names = loaded("--help")
    assert {"striate.cli.main", "striate.cli.app"} <= names
    assert not names & {"striate.cli.train", "striate.train.run.settings", "pydantic", "torch"}


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_its_command(name: str) -> None:
    command = Verb(name, VERBS[name]).command()
    assert isinstance(command, TyperCommand)
    assert command.name == name
    assert command.params


def test_the_group_lists_the_verbs_in_their_order() -> None:
    group = program()
    assert list(group.commands) == list(VERBS)
    assert group.commands["train"].short_help == VERBS["train"]
