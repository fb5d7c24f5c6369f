"""Every block of code that the documentation shows is run, and every command it names exists."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]
COOKBOOK = ROOT / "docs" / "en" / "cookbook.md"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    text = "".join(blocks(page, "sh")).replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.split("#")[0].strip()]


READ_THROUGH = [page for page in PAGES if blocks(page, "python") and page != COOKBOOK]


@pytest.mark.parametrize("page", READ_THROUGH, ids=name_of)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, picture_folder: Path) -> None:
    program = "\n".join(blocks(page, "python"))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=picture_folder.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name_of)
def test_the_commands_of_a_page_exist_with_their_flags(page: Path) -> None:
    from striate.cli.app import VERBS, Verb

    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for words in commands(page):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
        elif words[0] == "striate":
            assert words[1] in VERBS, words
            options = Verb(words[1], "").command().params
            flags = {flag for option in options for flag in (*option.opts, *option.secondary_opts)}
            assert {word.split("=")[0] for word in words[2:] if word.startswith("-")} <= flags, words


def test_no_recipe_has_more_than_fifteen_lines_of_code() -> None:
    recipes = blocks(COOKBOOK, "python")
    assert max(sum(bool(line.strip()) for line in recipe.splitlines()) for recipe in recipes) <= 15


def test_every_recipe_runs_without_the_others(picture_folder: Path) -> None:
    apart = "import json, sys\nfor recipe in json.load(sys.stdin): exec(recipe, {})"
    done = subprocess.run(
        [sys.executable, "-c", apart],
        cwd=picture_folder.parent,
        input=json.dumps(blocks(COOKBOOK, "python")),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
