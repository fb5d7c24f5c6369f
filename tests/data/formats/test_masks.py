"""Pictures with masks in folders: layouts, what the values mean, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.checks.check import refuse
from striate.data.read_dataset import read
from striate.errors import DataError, LabelError, SettingError, StriateError

GREEN, RED = (0, 200, 0), (200, 0, 0)


def save(root: Path, name: str, mask, mode: str | None = None, ending: str = "png", images: str = "images"):
    """A grey picture of the mask's size, and the mask."""
    mask = np.asarray(mask)
    (root / images).mkdir(parents=True, exist_ok=True)
    (root / "masks").mkdir(exist_ok=True)
    Image.new("RGB", mask.shape[1::-1], (90, 90, 90)).save(root / images / f"{name}.jpg")
    Image.fromarray(mask, mode).save(root / "masks" / f"{name}.{ending}")


def two(root: Path, *masks) -> Path:
    for number, mask in enumerate(masks):
        save(root, str(number), np.asarray(mask, np.uint8))
    return root


def whole(root: Path, **options) -> MaskAnnotations:
    splits = read(root, validation=0.0, **options)
    assert splits.format == "masks"
    return splits["train"].annotations


@pytest.mark.parametrize(
    ("images", "masks", "count"),
    [
        ("images", "masks", 1),
        ("imgs", "labels", 1),
        ("train/images", "train/masks", 1),
        ("train", "trainannot", 1),
        ("train", "train_masks", 1),
        ("images/train", "masks/train", 1),
    ],
)
def test_layouts_are_recognised(tmp_path: Path, images: str, masks: str, count: int):
    for folder in (images, masks):
        (tmp_path / folder).mkdir(parents=True)
    Image.new("RGB", (4, 3)).save(tmp_path / images / "a.jpg")
    Image.fromarray(np.array([[0, 1, 2, 3]] * 3, np.uint8)).save(tmp_path / masks / "a.png")
    found = read(tmp_path)
    assert (found.format, len(found["train"])) == ("masks", count)
    assert found["train"].annotations.mask(0).tolist() == [[0, 1, 2, 3]] * 3


def test_a_mask_is_found_by_its_ending(tmp_path: Path):
    save(tmp_path, "a_mask", np.array([[0, 1]], np.uint8))
    (tmp_path / "images" / "a_mask.jpg").rename(tmp_path / "images" / "a.jpg")
    assert len(whole(tmp_path)) == 1


def test_values_without_names_are_classes_and_255_is_ignored(tmp_path: Path):
    found = whole(two(tmp_path, [[0, 7], [255, 0]]))
    assert found.classes == ("0", "7")
    assert found.mask(0).tolist() == [[0, 1], [255, 0]]
    assert found.counts().tolist() == [2, 1]


def test_zero_and_255_alone_are_background_and_foreground_and_that_is_said(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 255]]), validation=0.0)
    assert splits.classes == ("background", "foreground")
    assert any("0 and 255 alone" in note for note in splits.notes)
    assert splits["train"].annotations.mask(0).tolist() == [[0, 1]]


def test_grey_saved_as_rgb_is_grey(tmp_path: Path):
    save(tmp_path, "a", np.array([[[0] * 3, [255] * 3]], np.uint8))
    assert whole(tmp_path).mask(0).tolist() == [[0, 1]]


def test_colors_are_named_by_a_file(tmp_path: Path):
    save(tmp_path, "a", np.array([[RED, GREEN, RED]], np.uint8))
    assert whole(tmp_path).classes == ("#00c800", "#c80000")
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nroof,200,0,0\ngrass,0,200,0\n")
    found = whole(tmp_path)
    assert found.classes == ("roof", "grass")
    assert found.mask(0).tolist() == [[0, 1, 0]]


def test_names_are_given_in_words(tmp_path: Path):
    found = whole(two(tmp_path, [[0, 1, 11]]), classes="sky,road,11=void")
    assert found.classes == ("sky", "road")
    assert found.mask(0).tolist() == [[0, 1, 255]]


def test_values_that_are_no_class_are_refused_by_file_name(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1]], [[0, 9]]), validation=0.0, classes="sky,road")
    with pytest.raises(DataError, match=r"1\.png: holds 9; name them by --classes"):
        refuse(splits)
    with pytest.raises(LabelError, match="holds the values 9, which are no class"):
        splits["train"].annotations.mask(1)


def test_a_class_beside_ignored_pixels_alone_is_refused(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 255]]), validation=0.0, classes="0=ground,255=void")
    with pytest.raises(DataError, match="one class only"):
        refuse(splits)


def test_masks_that_are_all_background_are_counted(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1]], [[0, 0]]), validation=0.0)
    (one,) = [one for one in splits.findings if one.kind == "one-class-masks"]
    assert one.detail.startswith("1 of 2 masks hold 0 alone")


def test_a_class_that_is_never_there_is_told(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1]]), validation=0.0, classes="sky,road,car")
    assert [one.source for one in splits.findings if one.kind == "no-example"] == ["car"]


def test_a_mask_of_another_size_is_refused(tmp_path: Path):
    two(tmp_path, [[0, 1]])
    Image.new("RGB", (5, 9)).save(tmp_path / "images" / "0.jpg")
    with pytest.raises(DataError, match="1 x 2, the picture has 9 x 5"):
        refuse(read(tmp_path, validation=0.0))


def test_pictures_without_masks_and_masks_without_pictures_are_named(tmp_path: Path):
    two(tmp_path, [[0, 1]])
    (tmp_path / "images" / "0.jpg").rename(tmp_path / "images" / "other.jpg")
    save(tmp_path, "b", np.array([[0, 1]], np.uint8))
    kinds = {one.kind: Path(one.source).name for one in read(tmp_path).findings}
    assert kinds["not-annotated"] == "other.jpg"
    assert kinds["no-picture"] == "0.png"
    notes = " ".join(read(tmp_path).notes)
    assert f"pictures without a mask: {tmp_path / 'images' / 'other.jpg'}" in notes
    assert f"masks without a picture: {tmp_path / 'masks' / '0.png'}" in notes


def test_255_without_a_name_is_ignored_and_that_is_said(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1, 255]]), validation=0.0, classes="sky,road")
    assert splits["train"].annotations.mask(0).tolist() == [[0, 1, 255]]
    assert "value 255 has no name and is ignored" in splits.notes


def test_two_names_for_masks_of_0_and_255_alone_are_theirs(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 255]]), validation=0.0, classes="ground,roof")
    assert splits["train"].annotations.mask(0).tolist() == [[0, 1]]
    assert "masks hold 0 and 255 alone: taken for ground and roof" in splits.notes


@pytest.mark.parametrize("kind", ["mask-size", "mask-values", "unreadable"])
def test_masks_that_cannot_be_used_are_left_out_and_named_where_that_is_accepted(tmp_path: Path, kind: str):
    two(tmp_path, [[0, 1]], [[0, 9 if kind == "mask-values" else 1]], [[1, 0]])
    if kind == "mask-size":
        Image.new("RGB", (5, 9)).save(tmp_path / "images" / "1.jpg")
    if kind == "unreadable":
        (tmp_path / "masks" / "1.png").write_bytes(b"\x89PNG")
    splits = read(tmp_path, validation=0.0, classes="sky,road", accept=(kind,))
    found = splits["train"]
    assert [Path(found.name(index)).name for index in range(2)] == ["0.jpg", "2.jpg"]
    assert [found.annotations.mask(index).tolist() for index in range(2)] == [[[0, 1]], [[1, 0]]]
    assert found.annotations.counts().tolist() == [2, 2]
    assert any(note.startswith("left out") and note.endswith("1.png") for note in splits.notes)


def test_data_without_a_mask_that_can_be_read_name_one_and_why(tmp_path: Path):
    save(tmp_path, "a", np.array([[[0, 0, 0, 0], [1, 1, 1, 255]]], np.uint8))
    with pytest.raises(DataError, match=r"a\.png is a mask with transparent pixels"):
        read(tmp_path)


def test_values_that_an_encoder_made_up_are_not_asked_to_be_named(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1]], [range(20)]), validation=0.0, classes="sky,road")
    (one,) = [one for one in splits.findings if one.kind == "mask-values"]
    assert "not by nearest" in one.detail


def test_one_pixel_of_a_value_is_one_pixel(tmp_path: Path):
    mask = np.zeros((3, 4), np.uint8)
    mask[0, 0] = 1
    notes = "\n".join(read(two(tmp_path, mask), validation=0.0).notes)
    assert "11 pixels   91.7 %" in notes
    assert "1 pixel     8.3 %" in notes


def test_masks_of_ignored_pixels_alone_are_counted_as_such(tmp_path: Path):
    splits = read(two(tmp_path, [[0, 1]], [[255, 255]]), validation=0.0)
    (one,) = [one for one in splits.findings if one.kind == "one-class-masks"]
    assert one.detail.startswith("1 of 2 masks hold ignored pixels alone")


def test_a_picture_of_a_voc_split_without_a_mask_is_named(tmp_path: Path):
    for folder in ("SegmentationClass", "JPEGImages", "ImageSets/Segmentation"):
        (tmp_path / folder).mkdir(parents=True)
    Image.new("RGB", (2, 1)).save(tmp_path / "JPEGImages" / "a.jpg")
    Image.fromarray(np.array([[0, 1]], np.uint8)).save(tmp_path / "SegmentationClass" / "a.png")
    (tmp_path / "ImageSets" / "Segmentation" / "train.txt").write_text("a\nb\n")
    splits = read(tmp_path, "voc-masks")
    assert [Path(one.source).name for one in splits.findings if one.kind == "not-annotated"] == ["b.png"]
    assert any("pictures without a mask" in note and "b.png" in note for note in splits.notes)


def test_jpeg_masks_are_found_and_named(tmp_path: Path):
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 255
    save(tmp_path, "a", mask, ending="jpg")
    splits = read(tmp_path, validation=0.0, classes="0=cell,255=membrane")
    assert any(one.kind == "lossy-mask" and one.source.endswith("a.jpg") for one in splits.findings)
    with pytest.raises(DataError, match="saved with loss"):
        refuse(splits)


@pytest.mark.parametrize(
    ("mask", "ending"),
    [
        (np.array([[0, 300]], np.uint16), "png"),
        (np.array([[0, 300]], np.int32), "tif"),
        (np.array([[0.0, 300.0]], np.float32), "tif"),
    ],
)
def test_numbers_of_more_than_8_bits_are_numbers(tmp_path: Path, mask, ending: str):
    save(tmp_path, "a", mask, ending=ending)
    assert whole(tmp_path).classes == ("0", "300")


def test_more_classes_than_a_byte_has_numbers(tmp_path: Path):
    save(tmp_path, "a", np.arange(400, dtype=np.uint16)[None])
    names = ",".join(f"c{number}" for number in range(400))
    mask = whole(tmp_path, classes=names).mask(0)
    assert mask.tolist() == [list(range(400))]
    with pytest.raises(DataError, match="masks with 400 values"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.array([[0.0, np.nan]], np.float32), "NaN"),
        (np.array([[0.0, 0.5]], np.float32), "fractions"),
    ],
)
def test_masks_that_hold_no_whole_numbers_are_named(tmp_path: Path, mask, words: str):
    two(tmp_path, [[0, 1]])
    save(tmp_path, "bad", mask, ending="tif")
    (found,) = [one for one in read(tmp_path, validation=0.0).findings if one.kind == "unreadable"]
    assert words in found.detail


def test_alpha_is_dropped_where_nothing_is_transparent_and_else_refused(tmp_path: Path):
    two(tmp_path, [[0, 1]])
    save(tmp_path, "full", np.array([[[0, 0, 0, 255], [1, 1, 1, 255]]], np.uint8))
    save(tmp_path, "part", np.array([[[0, 0, 0, 255], [1, 1, 1, 9]]], np.uint8))
    (found,) = [one for one in read(tmp_path, validation=0.0).findings if one.kind == "unreadable"]
    assert "transparent" in found.detail
    assert found.source.endswith("part.png")


def test_masks_of_very_small_and_very_long_pictures(tmp_path: Path):
    found = whole(two(tmp_path, [[1]], np.zeros((1, 5000))))
    assert [tuple(found.mask(index).shape) for index in (0, 1)] == [(1, 1), (1, 5000)]


@pytest.mark.parametrize("text", ["0=a,0=b", "a,a", "#ff0000=a,1=b", "x=a,1=b", "nowhere.txt", ","])
def test_names_that_cannot_be_understood_are_refused(tmp_path: Path, text: str):
    with pytest.raises(SettingError, match="classes"):
        read(two(tmp_path, [[0, 1]]), classes=text)


def test_names_for_data_that_have_their_own_are_refused(tmp_path: Path):
    with pytest.raises(StriateError, match="name their classes themselves"):
        read("digits", classes="a,b")
