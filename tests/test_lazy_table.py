"""Values of a table that are imported when they are used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from striate.lazy_table import LazyTable

SOURCE = Path(__file__).resolve().parents[1] / "src" / "striate"
PATHS = sorted(
    {
        path
        for file in SOURCE.rglob("*.py")
        if file.name != "lazy_table.py"
        for path in re.findall(r'"(striate\.[\w.]+:\w+)"', file.read_text())
    }
)


def test_a_value_is_imported_when_it_is_used() -> None:
    program = """
import sys
from striate.lazy_table import LazyTable
table = LazyTable({"comb": "fractions:Fraction", "other": "wave:open"})
assert "comb" in table and "none" not in table and len(table) == 2 and list(table) == ["comb", "other"]
assert "fractions" not in sys.modules
assert table["comb"](1, 2) * 2 == 1
assert "fractions" in sys.modules and "wave" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_value_can_be_set_and_deleted() -> None:
    table: LazyTable[object] = LazyTable({"comb": "math:comb"})
    table["own"] = 3
    assert table["own"] == 3
    assert list(table) == ["comb", "own"]
    del table["own"], table["comb"]
    assert len(table) == 0
    assert table.get("own") is None
    with pytest.raises(KeyError):
        del table["own"]


def test_a_name_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        LazyTable({"comb": "math:comb"})["perm"]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_in_a_table_leads_somewhere(path: str) -> None:
    assert LazyTable({"name": path})["name"] is not None


def test_the_tables_were_found() -> None:
    assert "striate.data.formats.voc:read_voc" in PATHS
