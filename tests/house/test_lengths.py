"""A file is one noun: 300 lines is long, 500 fails. 40 lines is the wall for a function."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    path for folder in ("src", "tests", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")
)
SOURCES = [path for path in FILES if (ROOT / "src") in path.parents]
NO_ROOMS = {"utils", "common", "core", "misc", "helpers"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_has_fewer_than_500_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 500


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_has_at_most_40_lines_of_code(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1
            assert length <= 40, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the header is missing"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_room_has_been_understood(path: Path) -> None:
    assert not NO_ROOMS & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
