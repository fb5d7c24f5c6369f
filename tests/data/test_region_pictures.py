"""Which data give regions with sentences, and which give pictures with sentences."""

import json

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.class_mapping import ALL, part_of
from striate.data.read_dataset import read
from striate.errors import DataError

ALONE = (ImageCaptionAnnotations,)


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        pixels = np.arange(40 * 60 * 3, dtype=np.int64).reshape(40, 60, 3) * (number + 3) % 251
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / name)
    return tmp_path


def table(folder, *lines, header="image,x1,y1,x2,y2,caption"):
    path = folder / "captions.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def sentences(part):
    return list(part.annotations.captions())


def test_sentences_on_whole_pictures_teach_captions_alone_when_nobody_names_a_task(folder):
    path = table(folder, "a.png,grey", "a.png,all grey", "b.png,a wall", header="image,caption")
    splits = read(path, validation=0.0)
    assert splits.task == "caption"
    assert sentences(splits["train"]) == [["grey", "all grey"], ["a wall"]]
    assert splits["train"].name(1).endswith("b.png")
    assert splits["train"].image(0).shape == (3, 40, 60)
    assert isinstance(read(path, kinds=(CaptionAnnotations,))["train"].annotations, CaptionAnnotations)


def test_sentences_on_regions_teach_dense_captions_when_nobody_names_a_task(folder):
    path = table(folder, "a.png,1,2,30,20,a red circle", "b.png,,,,,a wall")
    assert read(path, validation=0.0).task == "dense_captions"


def test_each_region_is_a_picture_of_its_own_where_that_is_asked_for(folder):
    lines = ["a.png,1,2,31,22,one", "a.png,5,5,10,9,two", "b.png,,,,,a wall", "a.png,1,2,31,22,more"]
    splits = read(table(folder, *lines), validation=0.0, kinds=ALONE)
    part = splits["train"]
    assert sentences(part) == [["one", "more"], ["two"], ["a wall"]]
    whole = np.array(Image.open(folder / "a.png")).transpose(2, 0, 1)
    assert np.array_equal(part.image(0).numpy(), whole[:, 2:22, 1:31])
    assert [tuple(part.image(row).shape[1:]) for row in range(3)] == [(20, 30), (4, 5), (40, 60)]
    assert part.name(0).endswith("a.png[1:31, 2:22]")
    assert splits.notes[-1] == "3 regions of 2 pictures: each is a picture of its own, cut out"


def test_regions_of_one_picture_stay_together(folder):
    lines = [f"{name}.png,{left},0,{left + 9},9,thing {left}" for name in "abc" for left in range(4)]
    splits = read(table(folder, *lines), validation=0.34, kinds=ALONE)
    owners = {
        name: {part.name(row).split("[")[0] for row in range(len(part))} for name, part in splits.items()
    }
    assert not owners["train"] & owners["val"]
    assert len(splits["train"]) + len(splits["val"]) == len(part_of(splits, ALL)) == 12
    subset = splits["train"].subset(np.array([2, 0]))
    assert sentences(subset) == [["thing 2"], ["thing 0"]]
    folds = read(table(folder, *lines), fold="1/3", kinds=ALONE)
    tested = {folds["test"].name(row).split("[")[0] for row in range(len(folds["test"]))}
    assert len(tested) == 1
    assert len(folds["test"]) == 4


def test_captions_of_coco_are_whole_pictures(folder):
    images = [
        {"id": one, "file_name": f"{name}.png", "width": 60, "height": 40} for one, name in enumerate("ab")
    ]
    known = [{"id": one, "image_id": one % 2, "caption": f"caption {one}"} for one in range(4)]
    (folder / "captions.json").write_text(json.dumps({"images": images, "annotations": known}))
    splits = read(folder / "captions.json", validation=0.0)
    assert splits.task == "caption"
    assert sentences(splits["train"]) == [["caption 0", "caption 2"], ["caption 1", "caption 3"]]


def test_what_is_wrong_with_boxes_is_told_before_they_are_cut_out(folder):
    path = table(
        folder, "a.png,1,1,99,9,far", "b.png,5,5,5,9,flat", "d.png,1,1,9,9,gone", "c.png,1,1,9,9,cat"
    )
    splits = read(path, validation=0.0, kinds=ALONE)
    kinds = [one.kind for one in splits.findings]
    assert kinds.count("bad-box") == 2
    assert "missing" in kinds
    mended = read(path, validation=0.0, kinds=ALONE, on_bad_box="clip")
    assert sentences(mended["train"]) == [["far"], ["cat"]]
    assert mended["train"].image(0).shape == (3, 8, 59)


def test_data_without_sentences_are_refused(folder):
    with pytest.raises(DataError, match="no captions"):
        read(table(folder, "a.png,1,1,9,9,cat", header="image,x1,y1,x2,y2,class"), kinds=ALONE)


def test_the_fingerprint_changes_with_a_word(folder):
    def fingerprint(word):
        lines = ["a.png,one", f"b.png,{word}"]
        return read(table(folder, *lines, header="image,caption"), validation=0.0)[
            "train"
        ].annotations.fingerprint()

    assert fingerprint("two") == fingerprint("two") != fingerprint("three")
