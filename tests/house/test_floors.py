"""A room imports from itself and from lower floors only."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "striate"
FLOORS = [
    {"errors", "lazy_table"},
    {"arguments", "formatting", "postprocess"},
    {"records", "files", "interrupt_handler", "waiting"},
    {"ops", "exchange"},
    {"layers"},
    {"backbones", "data", "draw"},
    {"tasks"},
    {"zoo"},
    {"train", "explain", "style", "gallery"},
    {"compare"},
    {"report"},
    {"api"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {"__init__", "__main__"}  # the front door leads to the roof, and late
LATE = re.compile(r"striate\.[\w.]+:\w+")  # a line of a table whose values are imported when they are used
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "striate":
            modules += [f"striate.{name.name}" for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.append(node.module)
        elif isinstance(node, ast.Constant) and LATE.fullmatch(str(node.value)):
            modules.append(str(node.value))
    return {module.split(".")[1] for module in modules if module.startswith("striate.")}


def wrong_imports(room: str, source: str) -> set[str]:
    return {other for other in imported_rooms(source) if other != room and FLOOR[other] >= FLOOR[room]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_runs_upward(path: Path) -> None:
    room = room_of(path)
    if room in DOORS:
        return
    assert room in FLOOR, f"{room} has no floor: DESIGN names the rooms"
    assert not wrong_imports(room, path.read_text()), f"{path} imports from its own floor or above"


def test_the_rule_notices_an_import_that_runs_upward() -> None:
    assert wrong_imports("data", "from striate.train.session.loop import fit") == {"train"}
    assert wrong_imports("data", "from striate.draw import grid") == {"draw"}  # neighbours are strangers
    assert wrong_imports("data", "from striate import api") == {"api"}
    assert wrong_imports("data", 'LazyTable({"fit": "striate.train.session.loop:fit"})') == {"train"}
    assert wrong_imports("data", "import striate.errors") == set()
