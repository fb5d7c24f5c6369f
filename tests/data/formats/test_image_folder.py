"""Image folders: with and without splits, with odd names, links and strays."""

import os
from pathlib import Path

import pytest

from striate.data.checks.findings import Finding
from striate.data.formats.image_folder import read_folder, split_folders
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLITS
from striate.errors import DataError


def plant(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def rows(found: Found) -> list[tuple[str, str, str]]:
    return [
        (found.store.relative(index), found.classes[label], "?" if part < 0 else SPLITS[part])
        for index, (label, part) in enumerate(zip(found.annotations.labels, found.split, strict=True))
    ]


def test_folders_are_classes(tmp_path: Path) -> None:
    found = read_folder(plant(tmp_path, "dog/2.JPG", "cat/1.png", "dog/1.jpeg"))
    assert rows(found) == [("cat/1.png", "cat", "?"), ("dog/1.jpeg", "dog", "?"), ("dog/2.JPG", "dog", "?")]
    assert found.findings == ()


@pytest.mark.parametrize(
    ("words", "splits"),
    [
        (("train", "val", "test"), SPLITS),
        (("Training", "validation", "testing"), SPLITS),
        (("train", "valid"), SPLITS[:2]),
    ],
)
def test_folders_of_splits_are_recognised(
    words: tuple[str, ...], splits: tuple[str, ...], tmp_path: Path
) -> None:
    found = read_folder(plant(tmp_path, *(f"{word}/cat/1.jpg" for word in words)))
    assert sorted(rows(found)) == sorted(
        (f"{w}/cat/1.jpg", "cat", s) for w, s in zip(words, splits, strict=True)
    )


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    found = read_folder(plant(tmp_path, "train/1.jpg", "plane/1.jpg", "test/1.jpg"))
    assert found.classes == ("plane", "test", "train")


def test_only_pictures_to_test_are_a_test_split(tmp_path: Path) -> None:
    assert split_folders(plant(tmp_path, "test/cat/1.jpg")) == {"test": "test"}


def test_spaces_unicode_and_right_to_left_names_are_classes(tmp_path: Path) -> None:
    names = ("a cat", "고양이", "חתול", "Ærø, 50%")
    found = read_folder(plant(tmp_path, *(f"{name}/1 ü.jpg" for name in names)))
    assert set(found.classes) == set(names)
    assert os.path.exists(found.store.name(0))


def test_numbers_sort_as_numbers(tmp_path: Path) -> None:
    assert read_folder(plant(tmp_path, "10/a.jpg", "9/a.jpg", "1/a.jpg")).classes == ("1", "9", "10")


def test_pictures_deeper_down_belong_to_the_class(tmp_path: Path) -> None:
    found = read_folder(plant(tmp_path, "cat/home/old/1.jpg", "cat/2.jpg"))
    assert [row[:2] for row in rows(found)] == [("cat/2.jpg", "cat"), ("cat/home/old/1.jpg", "cat")]


def test_what_is_no_picture_is_listed_by_folder(tmp_path: Path) -> None:
    plant(
        tmp_path, "cat/1.jpg", "cat/notes.txt", "cat/.hidden.jpg", "cat/Makefile", "readme.md", ".git/a.jpg"
    )
    found = read_folder(tmp_path)
    assert len(found.store) == 1
    assert set(found.findings) == {
        Finding("stray", str(tmp_path / "cat"), "left out: 1 without an ending, 1 .txt"),
        Finding("stray", str(tmp_path), "left out: 1 .md"),
        Finding("stray", str(tmp_path), "left out, hidden (2): .git, cat/.hidden.jpg"),
    }


def test_empty_classes_and_folders_beside_the_splits_are_listed(tmp_path: Path) -> None:
    plant(tmp_path, "train/cat/1.jpg", "train/dog/a.txt", "extra/a.jpg")
    kinds = {finding.kind: finding.source for finding in read_folder(tmp_path).findings}
    assert kinds == {"empty": str(tmp_path / "train/dog"), "stray": str(tmp_path / "extra")}


def test_links_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    plant(tmp_path, "data/cat/1.jpg", "elsewhere/2.jpg")
    (tmp_path / "data/cat/loop").symlink_to(tmp_path / "data/cat")
    (tmp_path / "data/cat/far.jpg").symlink_to(tmp_path / "elsewhere/2.jpg")
    (tmp_path / "data/dog").symlink_to(tmp_path / "elsewhere")
    found = read_folder(tmp_path / "data")
    assert [row[0] for row in rows(found)] == ["cat/1.jpg", "cat/far.jpg", "dog/2.jpg"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "no class folder"),
        (("1.jpg",), "no class folders"),
        (("cat/notes.txt",), "no class folder with a picture"),
    ],
)
def test_a_folder_without_classes_is_refused(names: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        read_folder(plant(tmp_path, *names))


def test_what_the_program_wrote_is_no_class(tmp_path: Path) -> None:
    plant(tmp_path, "cat/1.jpg", "runs/a/settings.json", "runs/a/log.jsonl", "drawn/1.png")
    (tmp_path / "drawn" / ".striate").write_text("1.png\n")
    found = read_folder(tmp_path)
    assert found.classes == ("cat",)
    assert [finding.kind for finding in found.findings] == ["stray"]
    assert "written by striate (2): drawn/1.png, runs/a" in found.findings[0].detail


def test_a_link_to_itself_is_one_unreadable_picture_among_others(tmp_path: Path) -> None:
    plant(tmp_path, "cat/1.jpg")
    (tmp_path / "cat/loop.jpg").symlink_to("loop.jpg")
    assert [row[0] for row in rows(read_folder(tmp_path))] == ["cat/1.jpg", "cat/loop.jpg"]


def test_pictures_of_formats_that_are_not_read_are_named(tmp_path: Path) -> None:
    plant(tmp_path, "cat/1.jpg", "phone/IMG_1.HEIC", "raw/1.jpg", "raw/1.CR2")
    found = read_folder(tmp_path)
    assert found.classes == ("cat", "raw")
    assert {(finding.kind, finding.source) for finding in found.findings} == {
        ("unreadable", str(tmp_path / "phone/IMG_1.HEIC")),
        ("empty", str(tmp_path / "phone")),
        ("stray", str(tmp_path / "raw")),  # the raw picture of a JPEG
    }
    with pytest.raises(DataError, match=r"IMG_1\.HEIC: a HEIC picture"):
        read_folder(plant(tmp_path / "raw" / "all", "phone/IMG_1.HEIC"))
