"""The same picture met twice."""

from pathlib import Path

import numpy as np

from striate.data.checks.duplicates import doubles, file_doubles
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array, Files

CLASSES = ("ant", "bee")


def splits(**parts: tuple[list[int], list[int]]) -> dict[str, Dataset]:
    """Split name -> (grey levels of one-pixel pictures, labels)."""
    return {
        name: Dataset.whole(Array(np.array(levels, np.uint8).reshape(-1, 1, 1), name), labels, CLASSES)
        for name, (levels, labels) in parts.items()
    }


def told(parts: dict[str, Dataset]) -> list[tuple[str, str]]:
    found = file_doubles(Splits(parts, "npz", Path("d")))
    return [(finding.kind, finding.source) for finding in found]


def test_pictures_that_differ_are_no_finding() -> None:
    assert told(splits(train=([1, 2], [0, 1]), val=([3], [0]))) == []


def test_twice_in_one_split_is_a_duplicate() -> None:
    assert told(splits(train=([1, 2, 1, 1], [0, 1, 0, 0]))) == [
        ("duplicate", "train[2]"),
        ("duplicate", "train[3]"),
    ]


def test_once_in_each_of_two_splits_is_a_leak() -> None:
    assert told(splits(train=([1, 2], [0, 1]), val=([5, 2], [0, 1]))) == [("leak", "val[1]")]


def test_two_labels_are_a_contradiction_also_across_splits() -> None:
    found = told(splits(train=([1, 1], [0, 1]), val=([1], [1])))
    assert found == [("contradiction", "train[1]"), ("contradiction", "val[0]"), ("leak", "val[0]")]


def test_the_words_name_both_pictures_and_both_labels() -> None:
    parts = splits(train=([4], [0]), test=([4], [1]))
    first, second = doubles(parts, {name: np.array([9], np.uint64) for name in parts})
    assert str(first) == "test[0]: is 'bee', but the same as train[0], 'ant'"
    assert str(second) == "test[0]: in test is the same as train[0] in train"


def test_large_files_that_differ_outside_the_window_are_not_the_same(tmp_path: Path) -> None:
    # equal in size, middle and end; only all bytes tell them apart
    plain, other = bytearray(60_000), bytearray(60_000)
    other[100] = 1
    for name, content in {"a": plain, "b": other, "c": plain}.items():
        (tmp_path / name).write_bytes(content)
    part = Dataset.whole(Files(tmp_path, "abc"), [0, 0, 0], CLASSES)
    assert told({"train": part}) == [("duplicate", str(tmp_path / "c"))]
