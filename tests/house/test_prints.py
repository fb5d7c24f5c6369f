"""Only the roof speaks to people: nothing below ``cli`` prints or warns."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "striate"
BELOW = sorted(path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "cli")


def spoken(source: str) -> list[str]:
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if ast.unparse(call) in ("print", "warnings.warn")]


@pytest.mark.parametrize("path", BELOW, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_below_the_roof_prints_or_warns(path: Path) -> None:
    assert spoken(path.read_text()) == []


def test_the_rule_notices_a_print() -> None:
    assert spoken("print(1)") == ["print"]
