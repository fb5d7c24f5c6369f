"""What is wrong with boxes, and what becomes of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.bad_boxes import without_bad_boxes
from striate.data.checks.box_findings import box_findings
from striate.data.checks.check import refuse
from striate.data.checks.findings import LISTED
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError

# xywh in 40 x 30: fine, no area, outside to the right, swapped, wholly outside, NaN, fine on the border
BOXES = [
    [1, 2, 10, 10],
    [5, 5, 0, 5],
    [30, 2, 20, 10],
    [20, 20, -10, -10],
    [50, 50, 4, 4],
    [float("nan"), 0, 4, 4],
    [0, 0, 40, 30],
]
ON = [3, 3, 3, 4, 4, 4, 5]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three pictures with seven boxes, five of them bad."""
    for number in (3, 4, 5):
        Image.new("RGB", (40, 30), (number, 0, 0)).save(tmp_path / f"{number}.png")
    rows = [
        {"id": number, "image_id": image, "category_id": number % 2, "bbox": box}
        for number, (image, box) in enumerate(zip(ON, BOXES, strict=True))
    ]
    values = {
        "images": [{"id": one, "file_name": f"{one}.png", "width": 40, "height": 30} for one in (3, 4, 5)],
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": rows,
    }
    (tmp_path / "a.json").write_text(json.dumps(values))
    return tmp_path


def boxes_of(data: Path, how: str) -> tuple[list[list[float]], list[int], tuple[str, ...]]:
    part = read(data, validation=0, on_bad_box=how)["train"]
    notes = read(data, validation=0, on_bad_box=how).notes
    assert isinstance(part.annotations, BoxAnnotations)
    return part.annotations.boxes.tolist(), part.annotations.numbers.tolist(), notes


def test_bad_boxes_stop_a_training_with_file_and_number(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(data)  # an error shows 600 letters: a long path would take the room of other boxes
    with pytest.raises(DataError) as caught:
        refuse(read(".", validation=0))
    text = str(caught.value)
    assert "a.json: annotation 1: dog at 5, 5, 5, 10: no area" in text
    assert "annotation 2: cat at 30, 2, 50, 12: outside of the picture, 40 x 30" in text
    assert "annotation 3: dog at 20, 20, 10, 10: swapped corners" in text
    assert "annotation 5: dog at nan, 0, nan, 4: NaN or infinite" in text
    assert "--on-bad-box clip|drop|drop-image" in text
    with pytest.raises(SettingError, match="--on-bad-box"):
        refuse(read(data, validation=0), accept=("bad-box",))


def test_they_are_clipped(data: Path):
    boxes, numbers, notes = boxes_of(data, "clip")
    assert boxes == [[1, 2, 11, 12], [30, 2, 40, 12], [10, 10, 20, 20], [0, 0, 40, 30]]
    assert numbers == [2, 1, 1]
    assert "2 bad boxes clipped, 3 without an area left out" in notes


def test_they_are_dropped(data: Path):
    boxes, numbers, notes = boxes_of(data, "drop")
    assert boxes == [[1, 2, 11, 12], [0, 0, 40, 30]]
    assert numbers == [1, 0, 1]
    assert "5 bad boxes left out" in notes


def test_their_pictures_are_dropped(data: Path):
    boxes, numbers, notes = boxes_of(data, "drop-image")
    assert (boxes, numbers) == ([[0, 0, 40, 30]], [1])
    assert "2 pictures with bad boxes left out" in notes
    part = read(data, validation=0, on_bad_box="drop-image")["train"]
    assert Path(part.name(0)).name == "5.png"


def test_good_boxes_stay_as_they_are_and_other_words_are_refused(data: Path):
    found = read(data, validation=0)["train"]
    with pytest.raises(SettingError, match="on_bad_box is 'mend'"):
        read(data, on_bad_box="mend")
    assert len(found.annotations.boxes) == 7  # type: ignore[attr-defined]


def test_boxes_between_0_and_1_are_found():
    shares = np.array([[0.1, 0.1, 0.5, 0.5], [0, 0, 1, 1]], np.float32)
    boxes = BoxAnnotations(shares, np.zeros(2, np.int32), np.array([2]), ("cat",))
    assert [one.kind for one in box_findings(boxes) if one.severity == "refuse"] == ["units"]


def test_a_class_called_background_and_rare_classes_are_found():
    boxes = BoxAnnotations(
        np.array([[0, 0, 5, 5]] * 4, np.float32),
        np.array([0, 0, 1, 1], np.int32),
        np.array([4]),
        ("Background", "cat", "dog"),
    )
    kinds = [(one.kind, one.source) for one in box_findings(boxes)]
    assert kinds == [("background", "Background"), ("no-example", "dog")]


def test_a_million_bad_boxes_are_a_thousand_findings():
    count = LISTED + 5
    boxes = BoxAnnotations(
        np.zeros((count, 4), np.float32), np.zeros(count, np.int32), np.array([count]), ("cat",)
    )
    bad = [one for one in box_findings(boxes) if one.kind == "bad-box"]
    assert len(bad) == LISTED + 1
    assert str(bad[-1]) == "and others: 5 more"


def test_a_box_may_leave_its_picture_by_a_pixel():
    boxes = BoxAnnotations(
        np.array([[-1, 0, 41, 30], [0, 0, 41.5, 30]], np.float32),
        np.zeros(2, np.int32),
        np.array([2]),
        ("cat",),
        pictures={"size": np.array([[30, 40]])},
    )
    assert [one.source for one in box_findings(boxes) if one.kind == "bad-box"] == ["box 1"]


def test_what_has_no_boxes_is_left_alone(tiny):
    from striate.data.formats.index import Found

    part = tiny["train"]
    found = Found(part.store, part.annotations, np.zeros(len(part), np.int8))
    assert without_bad_boxes(found, "drop") is found
