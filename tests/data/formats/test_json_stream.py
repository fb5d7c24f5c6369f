"""A JSON object read piece by piece."""

import json
import tracemalloc
from pathlib import Path

import pytest

from striate.data.formats import json_stream
from striate.data.formats.json_stream import JsonStream

VALUES = {
    "info": {"year": 2017, "text": 'a "b" é \\ ] }'},
    "empty": [],
    "images": [{"id": 1}, {"id": -2.5e-3}, {"nested": [[1, [2]], {"a": None}]}],
    "number": 12345678,
    "true": True,
    "annotations": ["x" * 50, 3],
}


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("layout", [{}, {"indent": 3}, {"separators": (",", ":")}])
def test_members_are_those_of_the_whole_wherever_it_is_cut(
    piece: int, layout: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(json_stream, "PIECE", piece)
    (tmp_path / "a.json").write_text(json.dumps(VALUES, ensure_ascii=False, **layout), "utf-8-sig")
    stream = JsonStream(tmp_path / "a.json")
    members = list(stream.members())
    assert stream.lists == {"empty", "images", "annotations"}
    assert [value for name, value in members if name == "images"] == VALUES["images"]
    assert [value for name, value in members if name == "annotations"] == VALUES["annotations"]
    assert {name: value for name, value in members if name not in stream.lists} == {
        name: VALUES[name] for name in ("info", "number", "true")
    }


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "expected '{' at character 0, found 'the end of the file'"),
        ("[]", "expected '{' at character 0"),
        ('{"a": [1, 2', "expected ',' or ']' at character 11"),
        ('{"a": [{"b": 1}, {"b"', "Expecting ':' delimiter at character 21"),
        ('{"a": [1} ]', "expected ',' or ']' at character 8, found '}"),
        ('{"a": 1} x', "expected the end of the file at character 9"),
        ('{"a" 1}', "expected ':' at character 5"),
        ("{1: 2}", "expected a name"),
        ('{"a": "b', "Unterminated string starting at at character 6"),
    ],
)
@pytest.mark.parametrize("piece", [2, 1 << 20])
def test_what_is_no_json_is_refused_with_its_place(
    text: str, wrong: str, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(json_stream, "PIECE", piece)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match="character") as caught:
        list(JsonStream(tmp_path / "a.json").members())
    assert wrong in str(caught.value) or wrong == "expected a name"


def test_a_large_file_takes_the_memory_of_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_stream, "PIECE", 1 << 14)
    monkeypatch.setattr(json_stream, "REPORTED", 1 << 20)
    with (tmp_path / "a.json").open("w") as file:
        file.write('{"annotations": [{}')
        for number in range(40_000):
            file.write(f',{{"id": {number}, "bbox": [1.5, 2.5, 3.5, 4.5], "image_id": 7}}')
        file.write("]}")
    told: list[tuple[int, int]] = []
    tracemalloc.start()
    count = sum(1 for _ in JsonStream(tmp_path / "a.json", lambda *done: told.append(done)).members())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40_001
    assert peak < 300_000  # the file has 2.6 MB
    size = (tmp_path / "a.json").stat().st_size
    assert told[-1] == (size, size)
    assert len(told) == 3


def test_one_element_without_an_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_stream, "PIECE", 1 << 10)
    monkeypatch.setattr(json_stream, "LARGEST", 1 << 14)
    (tmp_path / "a.json").write_text('{"info": "' + "a" * 1_000_000)
    with pytest.raises(ValueError, match="a value of at most 16,384 characters at character 9"):
        list(JsonStream(tmp_path / "a.json").members())
