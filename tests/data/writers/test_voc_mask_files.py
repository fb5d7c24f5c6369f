"""Masks become VOC's two PNGs, and come back."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.data.read_dataset import read_found
from striate.data.writers.layout import details_of

SQUARE = [[2, 2, 6, 2, 6, 6, 2, 6]]
"""4 x 4 pixels from (2, 2)."""
RUNS = {"size": [10, 12], "counts": [40, 5, 75]}
"""Column 4, rows 0 to 4; its columns have 10 pixels."""


def data(folder: Path, masks, **more) -> Path:
    """COCO with one picture of 10 x 12 pixels; the classes of its objects are cat, dog, cat, dog, ..."""
    folder.mkdir()
    Image.new("RGB", (12, 10)).save(folder / "a.png")
    rows = [
        {
            **{"id": 1 + number, "image_id": 1, "category_id": 1 + number % 2, "bbox": [1, 1, 8, 8]},
            **({"segmentation": mask} if mask else {}),
            **more,
        }
        for number, mask in enumerate(masks)
    ]
    values = {
        "images": [{"id": 1, "file_name": "a.png", "width": 12, "height": 10}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": rows,
    }
    (folder / "annotations.json").write_text(json.dumps(values))
    return folder


def numbers(folder: Path, kind: str):
    with Image.open(folder / f"Segmentation{kind}" / "a.png") as picture:
        assert picture.mode == "P"
        assert picture.getpalette()[3:9] == [128, 0, 0, 0, 128, 0]
        return np.asarray(picture)


def test_objects_and_classes_have_numbers_of_their_own(tmp_path: Path):
    far = [[8, 0, 10, 0, 10, 3, 8, 3]]
    done = striate.convert(data(tmp_path / "a", [SQUARE, RUNS, far]), tmp_path / "b", "voc")
    expected = np.zeros((10, 12), np.uint8)
    expected[2:6, 2:6] = 1
    expected[0:5, 4] = 2  # later objects lie on earlier ones
    expected[0:3, 8:10] = 3
    assert np.array_equal(numbers(tmp_path / "b", "Object"), expected)
    assert np.array_equal(numbers(tmp_path / "b", "Class"), np.array([0, 1, 2, 1], np.uint8)[expected])
    assert "1 mask lost pixels to others: in VOC a pixel is of one object" in done.notes
    assert "<segmented>1</segmented>" in (tmp_path / "b" / "Annotations" / "a.xml").read_text()


@pytest.mark.parametrize(
    "masks",
    [
        [SQUARE, None],  # an object without a mask
        [SQUARE, SQUARE],  # one hides the other
        [SQUARE, [[0, 0, 0.4, 0, 0.4, 0.4]]],  # the middle of no pixel
        [SQUARE, {"size": [5, 5], "counts": [25]}],  # of another size
        [SQUARE] * 255,
    ],
)
def test_masks_that_could_not_be_told_apart_are_left_out_and_counted(masks, tmp_path: Path):
    done = striate.convert(data(tmp_path / "a", masks), tmp_path / "b", "voc")
    assert not (tmp_path / "b" / "SegmentationObject").exists()
    assert any("left out: not all objects of these pictures have one that shows" in one for one in done.notes)
    assert "<segmented>0</segmented>" in (tmp_path / "b" / "Annotations" / "a.xml").read_text()


def test_a_crowd_is_void(tmp_path: Path):
    striate.convert(data(tmp_path / "a", [RUNS], iscrowd=1), tmp_path / "b", "voc")
    assert set(numbers(tmp_path / "b", "Class").ravel().tolist()) == {0, 255}
    assert set(numbers(tmp_path / "b", "Object").ravel().tolist()) == {0, 1}


def test_masks_of_voc_come_back_pixel_by_pixel(shared_data: Path, tmp_path: Path):
    source = shared_data / "voc_sample"
    striate.convert(source, tmp_path / "b", "voc", pictures="link")
    before, after = (masks_of(one) for one in (source, tmp_path / "b"))
    assert sum(map(len, before.values())) > 5
    assert before == after
    listed = {
        line
        for file in (tmp_path / "b" / "ImageSets" / "Segmentation").iterdir()
        for line in file.read_text().split()
    }
    assert listed == {name for name, masks in before.items() if masks}


def masks_of(folder: Path) -> dict[str, list]:
    """The run lengths of every picture, by its stem."""
    found = read_found(folder, None, (), None, details=True)
    known = found.annotations
    result = {}
    for index in range(len(found.store)):
        rows = known.rows(np.array([index])).tolist()
        masks = [details_of(known, row).get("segmentation") for row in rows]
        result[Path(found.store.relative(index)).stem] = [one for one in masks if one]
    return result
