"""Large pictures become tiles; boxes, polygons and key points go with their pixels."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.data.read_dataset import read_found
from striate.data.writers.cropped_details import clipped_polygon, cropped_mask, moved_points
from striate.data.writers.cut_tiles import Tiles
from striate.data.writers.mask_pixels import pixels_of
from striate.errors import SettingError

# 100 x 160 pixels in tiles of 100 with a quarter shared: two tiles, from 0 and from 60
WHOLE = [70.0, 10, 20, 30]  # in both tiles: 70..90 and 10..30
SEAM = [90.0, 50, 40, 20]  # 90..130: 10 of 40 in the first tile, all of it in the second
THIN = [95.0, 80, 50, 10]  # 95..145: a tenth in the first, which is too little
PIXELS = np.random.default_rng(0).integers(0, 256, (100, 160, 3), dtype=np.uint8)


def data(folder: Path, boxes, ending="png", **more) -> Path:
    """COCO: a large picture with these boxes (x, y, width, height), and one of a tile's size without any."""
    (folder / "images").mkdir(parents=True)
    Image.fromarray(PIXELS).save(folder / "images" / f"large.{ending}")
    Image.fromarray(PIXELS[:, :100]).save(folder / "images" / f"small.{ending}")
    sizes = {"large": (160, 100), "small": (100, 100)}
    images = [
        {"id": 7 + number, "file_name": f"{name}.{ending}", "width": width, "height": height}
        for number, (name, (width, height)) in enumerate(sizes.items())
    ]
    rows = [
        {"id": 1 + row, "image_id": 7, "category_id": 1, "bbox": box, "iscrowd": 0, "area": 1.0, **more}
        for row, box in enumerate(boxes)
    ]
    (folder / "annotations.json").write_text(
        json.dumps({"images": images, "categories": [{"id": 1, "name": "car"}], "annotations": rows})
    )
    return folder


def boxes_of(folder: Path) -> dict[str, list[list[float]]]:
    found = read_found(folder, None, (), None, details=True)
    known = found.annotations
    return {
        Path(found.store.relative(index)).name: known.boxes[known.rows(np.array([index]))].tolist()
        for index in range(len(found.store))
    }


@pytest.mark.parametrize("layout", ["coco", "voc", "yolo"])
def test_boxes_lie_in_the_pixels_of_their_tiles(layout: str, tmp_path: Path):
    source = data(tmp_path / "a", [WHOLE, SEAM, THIN])
    done = striate.convert(source, tmp_path / "b", layout, tile=100)
    assert boxes_of(tmp_path / "b") == {
        "large_0_0.png": [[70, 10, 90, 40], [90, 50, 100, 70]],
        "large_60_0.png": [[10, 10, 30, 40], [30, 50, 70, 70], [35, 80, 85, 90]],
        "small.png": [],
    }
    assert done.boxes == 5
    assert "1 picture cut into 2 tiles, 0 of them without a box: kept" in done.notes
    assert (source / "images" / "small.png").exists()
    assert not list((tmp_path / "b").rglob(".tiles"))


def test_tiles_have_the_pixels_of_their_window(tmp_path: Path):
    striate.convert(data(tmp_path / "a", [WHOLE]), tmp_path / "b", "coco", tile=100)
    for left in (0, 60):
        with Image.open(tmp_path / "b" / "images" / f"large_{left}_0.png") as tile:
            assert np.array_equal(np.asarray(tile), PIXELS[:, left : left + 100])


def test_tiles_of_a_jpeg_are_jpegs_that_hardly_differ(tmp_path: Path):
    source = data(tmp_path / "a", [WHOLE], "jpg")
    striate.convert(source, tmp_path / "b", "coco", tile=100)
    with (
        Image.open(source / "images" / "large.jpg") as large,
        Image.open(tmp_path / "b" / "images" / "large_60_0.jpg") as tile,
    ):
        far = np.abs(np.asarray(large, np.int16)[:, 60:] - np.asarray(tile, np.int16))
    assert far.mean() < 6  # of noise, which is the worst there is for a JPEG


def test_tiles_without_a_box_are_kept_or_dropped(tmp_path: Path):
    source = data(tmp_path / "a", [[1.0, 1, 9, 9]])
    kept = striate.convert(source, tmp_path / "kept", "coco", tile=(50, 80), overlap=0)
    dropped = striate.convert(
        source, tmp_path / "dropped", "coco", tile=(50, 80), overlap=0, empty_tiles="drop"
    )
    assert (kept.pictures, dropped.pictures) == ({"all": 8}, {"all": 1})
    assert "2 pictures cut into 8 tiles, 7 of them without a box: left out" in dropped.notes
    assert boxes_of(tmp_path / "dropped") == {"large_0_0.png": [[1, 1, 10, 10]]}


def test_boxes_that_are_in_no_tile_are_counted(tmp_path: Path):
    # 20 x 96 over a grid of 10 x 10: a tile shows less than a fifth of it, wherever it lies
    done = striate.convert(
        data(tmp_path / "a", [[2.0, 2, 20, 96]]), tmp_path / "b", "coco", tile=10, overlap=0
    )
    assert done.boxes == 0
    assert "1 box in no tile: less than a fifth, or less than a pixel, lies in each" in done.notes


def test_tiles_stay_in_the_split_of_their_picture(tmp_path: Path):
    source = tmp_path / "a"
    for number, split in enumerate(("train", "val")):
        (source / "images" / split).mkdir(parents=True)
        (source / "labels" / split).mkdir(parents=True)
        Image.fromarray(np.roll(PIXELS, number, 0)).save(source / "images" / split / f"{split}.png")
        (source / "labels" / split / f"{split}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (source / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [car]\n")
    done = striate.convert(source, tmp_path / "b", "yolo", tile=100)
    assert done.pictures == {"train": 2, "val": 2}
    assert sorted(path.name for path in (tmp_path / "b" / "images" / "val").iterdir()) == [
        "val_0_0.png",
        "val_60_0.png",
    ]


def test_nothing_is_cut_where_pictures_are_small(tmp_path: Path):
    done = striate.convert(data(tmp_path / "a", [WHOLE]), tmp_path / "b", "coco", tile=200)
    assert "no picture is larger than a tile of 200x200: none was cut" in done.notes
    assert sorted(boxes_of(tmp_path / "b")) == ["large.png", "small.png"]


def test_polygons_and_key_points_go_along(tmp_path: Path):
    more = {
        "segmentation": [[90, 50, 130, 50, 130, 70, 90, 70]],
        "keypoints": [95, 60, 2, 120, 60, 1, 0, 0, 0],
        "num_keypoints": 2,
    }
    striate.convert(data(tmp_path / "a", [SEAM], **more), tmp_path / "b", "coco", tile=100)
    written = json.loads((tmp_path / "b" / "annotations" / "instances.json").read_text())
    first, second = written["annotations"]
    assert first["segmentation"] == [[90, 50, 100, 50, 100, 70, 90, 70]]
    assert first["keypoints"] == [95, 60, 2, 0, 0, 0, 0, 0, 0]
    assert (first["num_keypoints"], first["area"]) == (1, 200)
    assert second["segmentation"] == [[30, 50, 70, 50, 70, 70, 30, 70]]
    assert second["keypoints"] == [35, 60, 2, 60, 60, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        ([2, 2, 4, 2, 3, 4], [2, 2, 4, 2, 3, 4]),  # inside
        ([20, 2, 30, 2, 25, 9], []),  # outside
        ([10, 0, 20, 0, 20, 5], []),  # has a border in common: no area
        ([-4, 4, 4, -4, 4, 4], [0, 0, 4, 0, 4, 4, 0, 4]),  # the corner is cut off
        ([-5, -5, 15, -5, 15, 15, -5, 15], [0, 0, 10, 0, 10, 10, 0, 10]),  # all of the window
    ],
)
def test_a_polygon_is_clipped(polygon: list[float], expected: list[float]):
    found = clipped_polygon(polygon, (0, 0, 10, 10))
    corners = {(x, y) for x, y in zip(found[::2], found[1::2], strict=True)}
    assert corners == {(x, y) for x, y in zip(expected[::2], expected[1::2], strict=True)}


def test_run_lengths_are_cut_pixel_by_pixel():
    mask = np.random.default_rng(1).random((7, 9)) < 0.5
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=False))
    counts = np.diff(np.append(edges, len(flat)), prepend=0).tolist()
    assert np.array_equal(pixels_of({"size": [7, 9], "counts": counts}, (7, 9)), mask)
    part = cropped_mask({"size": [7, 9], "counts": counts}, (2, 1, 8, 6))
    assert np.array_equal(pixels_of(part, (5, 6)), mask[1:6, 2:8])
    assert cropped_mask([[1, 1, 5, 5]], (0, 0, 9, 9)) == []  # two points are no mask


def test_key_points_outside_are_not_labelled():
    assert moved_points([5, 5, 2, 10, 5, 2, 0, 0, 0], (5, 0, 10, 9)) == [0, 5, 2, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("own", "wrong"),
    [({"side": (0, 5)}, r"tile is \(0, 5\)"), ({"side": (5, 5), "overlap": 0.95}, "overlap is 0.95")],
)
def test_tiles_that_mean_nothing_are_refused(own: dict, wrong: str):
    with pytest.raises(SettingError, match=wrong):
        Tiles(**own)


@pytest.mark.parametrize("pictures", ["link", "none"])
def test_tiles_are_new_files(pictures: str, tmp_path: Path):
    with pytest.raises(SettingError, match=f"pictures is {pictures} with tiles"):
        striate.convert(data(tmp_path / "a", [WHOLE]), tmp_path / "b", "coco", tile=100, pictures=pictures)
