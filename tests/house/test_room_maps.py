"""Found by one guess: a module name stands in one room, and a room of rooms opens with its map."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "striate"
ROOMS_OF_ROOMS = sorted(
    room
    for room in (SOURCE, *SOURCE.rglob("*"))
    if (room / "__init__.py").exists() and any(room.glob("*/__init__.py"))
)
VERBS = {path.stem for path in (SOURCE / "cli").glob("*.py")}
"""A verb has a file in cli/, which reads its flags; the file that does it has its name too."""

TWICE = {
    "settings": "all settings of a training; all settings of a painting",
    "events": "what a training reports; what a painting reports",
    "interrupt": "Ctrl-C in a training and elsewhere: each leaves something else behind",
    "progress": "how far a training is; how that is shown",
    "metric": "what every task's metric can do; that of each task",
    "memory": "a batch in halves, below the loop; how much memory is free, above it",
    "networks": "networks by name; the verbs on them",
    "embeddings": "vectors of pictures; the verbs that make them",
    "total_variation": "the forms of the literature; the one that a painting chose, as a loss",
}
KEYS = "keys"
"""What the tensors of a network are called elsewhere: one file for a network of backbones/."""


def rooms_by_module() -> dict[str, list[str]]:
    rooms = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        if not path.stem.startswith("__") and path.parent.name != KEYS:
            rooms[path.stem].append(str(path.parent.relative_to(SOURCE)))
    return dict(rooms)


def unnamed(room: Path) -> list[str]:
    """What the map of a room leaves out, of its rooms and modules."""
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    rooms = [path.parent.name + "/" for path in room.glob("*/__init__.py")]
    modules = [path.stem for path in room.glob("*.py") if not path.stem.startswith("__")]
    return [name for name in rooms + modules if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def test_a_module_name_stands_in_one_room() -> None:
    twice = {name: rooms for name, rooms in rooms_by_module().items() if len(rooms) > 1}
    assert {name: rooms for name, rooms in twice.items() if name not in VERBS | TWICE.keys()} == {}


def test_the_list_of_reasons_is_no_longer_than_it_must_be() -> None:
    rooms = rooms_by_module()
    assert [name for name in TWICE if len(rooms.get(name, ())) < 2] == []


@pytest.mark.parametrize("room", ROOMS_OF_ROOMS, ids=lambda room: str(room.relative_to(SOURCE)))
def test_a_room_of_rooms_opens_with_its_map(room: Path) -> None:
    assert unnamed(room) == []
