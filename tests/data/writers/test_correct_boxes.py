"""Corrections of boxes: added, moved, removed and renamed in a copy, in the layout of the data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.data.read_dataset import read
from striate.errors import DataError

HEAD = "picture,action,was,label,old_x1,old_y1,old_x2,old_y2,x1,y1,x2,y2"


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Two pictures of 60 x 40 pixels: a cat and a dog on the first, a cat on the second."""
    root = tmp_path / "voc"
    for folder in ("Annotations", "JPEGImages"):
        (root / folder).mkdir(parents=True)
    for name, objects in {
        "a": [("cat", 1, 1, 20, 20), ("dog", 30, 5, 50, 30)],
        "b": [("cat", 5, 5, 25, 25)],
    }.items():
        Image.fromarray(np.full((40, 60, 3), 99, np.uint8)).save(root / "JPEGImages" / f"{name}.jpg")
        boxes = "".join(
            f"<object><name>{kind}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
            f"<ymax>{y2}</ymax></bndbox></object>"
            for kind, x1, y1, x2, y2 in objects
        )
        size = "<size><width>60</width><height>40</height><depth>3</depth></size>"
        text = f"<annotation><filename>{name}.jpg</filename>{size}{boxes}</annotation>"
        (root / "Annotations" / f"{name}.xml").write_text(text)
    return root


def corrected(voc: Path, *lines: str) -> dict[str, str]:
    """What the copy says of each picture."""
    path = voc.parent / "list.csv"
    path.write_text("\n".join([HEAD, *lines]))
    striate.correct(voc, path, voc.parent / "new")
    splits = read(voc.parent / "new", validation=0.0)
    part = splits["train"]
    return {Path(part.name(index)).stem: part.annotations.words(index) for index in range(len(part))}


def boxes(voc: Path) -> dict[str, str]:
    part = read(voc, validation=0.0)["train"]
    return {Path(part.name(index)).stem: part.annotations.words(index) for index in range(len(part))}


def test_a_box_is_removed(voc: Path) -> None:
    found = corrected(voc, "JPEGImages/a.jpg,remove-box,dog,,29,4,50,30,,,,")
    assert found == {**boxes(voc), "a": boxes(voc)["a"].split("; ")[0]}


def test_a_box_is_added(voc: Path) -> None:
    found = corrected(voc, "JPEGImages/b.jpg,add-box,,dog,,,,,30,10,40,20")
    assert found["b"] == f"{boxes(voc)['b']}; dog at 30, 10, 40, 20"
    assert found["a"] == boxes(voc)["a"]


def test_a_box_is_moved_and_another_is_renamed(voc: Path) -> None:
    found = corrected(
        voc,
        "JPEGImages/b.jpg,move-box,cat,cat,4,4,25,25,6,6,30,30",
        "JPEGImages/a.jpg,relabel,dog,wolf,29,4,50,30,,,,",
    )
    assert found["b"] == "cat at 6, 6, 30, 30"
    assert found["a"] == boxes(voc)["a"].replace("dog", "wolf")


def test_a_picture_is_left_out(voc: Path) -> None:
    assert set(corrected(voc, "JPEGImages/a.jpg,drop,,,,,,,,,,")) == {"b"}


def test_a_box_that_is_not_there_is_refused(voc: Path) -> None:
    with pytest.raises(DataError, match=r"JPEGImages/b\.jpg has no box dog"):
        corrected(voc, "JPEGImages/b.jpg,remove-box,dog,,29,4,50,30,,,,")
    assert not (voc.parent / "new").exists()
