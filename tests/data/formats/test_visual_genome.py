"""Visual Genome's regions and COCO's sentences: from small files by hand, and from true ones."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.captions.tokenizer import words_of
from striate.data.captions.vocabulary import vocabulary_of
from striate.data.formats.region_index import region_index
from striate.data.read_dataset import read
from striate.errors import DataError

REGIONS = [
    {
        "id": 7,
        "regions": [
            {
                "region_id": 70,
                "image_id": 7,
                "x": 1,
                "y": 2,
                "width": 10,
                "height": 20,
                "phrase": "a red\ncar ",
            },
            {"region_id": 71, "image_id": 7, "x": 5, "y": 5, "width": 9, "height": 9, "phrase": "caf\u00e9"},
        ],
    },
    {
        "id": 8,
        "regions": [{"region_id": 80, "x": 0, "y": 0, "width": 4, "height": 4, "phrase": "sky is blue"}],
    },
    {"id": 9, "regions": []},
]
IMAGES = [
    {
        "image_id": 7,
        "url": "https://cs.stanford.edu/people/rak248/VG_100K_2/7.jpg",
        "width": 60,
        "height": 40,
    },
    {"image_id": 8, "url": "https://cs.stanford.edu/people/rak248/VG_100K/8.jpg", "width": 60, "height": 40},
    {"image_id": 9, "url": "https://cs.stanford.edu/people/rak248/VG_100K/9.jpg", "width": 60, "height": 40},
]


def picture(path):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "region_descriptions.json").write_text(json.dumps(REGIONS))
    (tmp_path / "image_data.json").write_text(json.dumps(IMAGES))
    for name in ("VG_100K_2/7.jpg", "VG_100K/8.jpg", "VG_100K/9.jpg"):
        picture(tmp_path / name)
    return tmp_path


def test_a_folder_of_visual_genome_is_recognised(folder):
    splits = read(folder, validation=0.0)
    known = splits["train"].annotations
    assert splits.format == "visual-genome"
    assert isinstance(known, CaptionAnnotations)
    assert list(known.captions()) == [["a red car"], ["caf\u00e9"], ["sky is blue"]]
    assert known.boxes.tolist() == [[1, 2, 11, 22], [5, 5, 14, 14], [0, 0, 4, 4]]
    assert known.numbers.tolist() == [2, 1, 0]
    assert known.place(2).endswith("region_descriptions.json: region 80")
    assert known.sizes().tolist() == [[40, 60]] * 3


def test_pictures_may_lie_in_one_folder_and_some_may_be_missing(folder):
    for name in ("VG_100K_2/7.jpg", "VG_100K/8.jpg", "VG_100K/9.jpg"):
        (folder / name).unlink()
    picture(folder / "images" / "8.jpg")
    splits = read(folder, validation=0.0)
    assert list(splits["train"].annotations.captions()) == [["sky is blue"]]
    assert sorted(one.kind for one in splits.findings if one.kind == "missing") == ["missing"] * 2


def test_without_any_picture_the_data_are_refused(folder):
    for name in ("VG_100K_2/7.jpg", "VG_100K/8.jpg", "VG_100K/9.jpg"):
        (folder / name).unlink()
    with pytest.raises(DataError, match="none of the 3 pictures"):
        read(folder)


def test_the_index_is_used_until_the_file_changes(folder):
    file = folder / "region_descriptions.json"
    first = region_index(file)
    index = folder / "region_descriptions.json.index"
    assert (index / "texts").read_bytes() == "a red carcaf\u00e9sky is blue".encode()
    stamp = (index / "about.json").stat().st_mtime_ns
    assert region_index(file).boxes.tolist() == first.boxes.tolist()
    assert (index / "about.json").stat().st_mtime_ns == stamp
    file.write_text(json.dumps(REGIONS[:1]))
    assert region_index(file).images.tolist() == [7]


def test_the_regions_are_read_without_loading_what_networks_need(folder):
    heavy = "{'torch', 'torchvision', 'scipy', 'numba', 'sklearn'} & set(sys.modules)"
    program = (
        "import sys; from pathlib import Path; from striate.data.formats.region_index import region_index"
    )
    program += f"; print(len(region_index(Path(sys.argv[1])).boxes)); assert not {heavy}"
    file = str(folder / "region_descriptions.json")
    done = subprocess.run([sys.executable, "-c", program, file], check=True, capture_output=True, text=True)
    assert int(done.stdout) == len(region_index(folder / "region_descriptions.json").boxes)


@pytest.mark.parametrize("name", ["about.json", "boxes", "texts"])
def test_a_damaged_index_is_made_again(folder, name):
    file = folder / "region_descriptions.json"
    region_index(file)
    (folder / "region_descriptions.json.index" / name).write_bytes(b"{}")
    assert len(region_index(file).boxes) == 3


def test_no_index_is_left_where_nothing_can_be_written(folder, monkeypatch):
    def refuse(path, *rest):
        if path.parent == folder:
            raise PermissionError(13, "no")
        os.mkdir(path)

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    assert region_index(folder / "region_descriptions.json").images.tolist() == [7, 8, 9]
    assert not (folder / "region_descriptions.json.index").exists()


def test_regions_without_numbers_or_phrase_are_counted(folder):
    broken = [{"id": 7, "regions": [{"x": 1, "y": 1, "width": "w", "height": 1, "phrase": "a"}, {"x": 1}]}]
    (folder / "region_descriptions.json").write_text(json.dumps(broken))
    assert region_index(folder / "region_descriptions.json").wrong == 2


@pytest.mark.parametrize("text", ["", "[]", "[1]", '[{"id": 1}]', '[{"id": 1, "regions": [', "{}"])
def test_other_files_are_refused(folder, text):
    file = folder / "region_descriptions.json"
    file.write_text(text)
    with pytest.raises(DataError, match="region descriptions"):
        region_index(file)
    assert not list(folder.glob(".region*"))


def test_true_regions_are_read(shared_data):
    """35 pictures. Their words are English: the most frequent is "the" or "a"."""
    file = shared_data / "visual_genome_text" / "region_descriptions.json"
    index = region_index(file)
    true = [region for one in json.loads(file.read_text()) for region in one["regions"]]
    assert len(index.images) == 35
    assert len(index.boxes) == len(true)
    assert index.boxes[-1].tolist()[:2] == [true[-1]["x"], true[-1]["y"]]
    assert bytes(index.texts[: index.lengths[0]]).decode() == true[0]["phrase"]
    vocabulary = vocabulary_of((words_of(one["phrase"]) for one in true), least=5, longest=15)
    assert vocabulary.words[0] in ("the", "a")


COCO = {
    "images": [
        {"id": 1, "file_name": "a.jpg", "width": 60, "height": 40},
        {"id": 2, "file_name": "b.jpg", "width": 60, "height": 40},
    ],
    "annotations": [
        {"id": 10, "image_id": 1, "caption": "a cat"},
        {"id": 11, "image_id": 2, "caption": "a dog\n"},
        {"id": 12, "image_id": 1, "caption": "one cat"},
        {"id": 13, "image_id": 2, "caption": "the dog's head", "bbox": [1, 2, 10, 20]},
        {"id": 14, "image_id": 3, "caption": "a bird"},
    ],
}


@pytest.fixture
def coco(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "captions_train.json").write_text(json.dumps(COCO))
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / "images" / name)
    return tmp_path


def test_sentences_on_a_picture_are_one_region_with_several_captions(coco):
    splits = read(coco, "coco-captions", validation=0.0)
    known = splits["train"].annotations
    assert list(known.captions()) == [["a cat", "one cat"], ["a dog"], ["the dog's head"]]
    assert known.boxes.tolist() == [[0, 0, 60, 40], [0, 0, 60, 40], [1, 2, 11, 22]]
    assert [one.source.rsplit(": ")[-1] for one in splits.findings if one.kind == "missing"] == ["image 3"]


def test_files_of_captions_alone_are_recognised_and_those_with_boxes_stay_boxes(coco):
    file = coco / "annotations" / "captions_train.json"
    plain = {**COCO, "annotations": COCO["annotations"][:3]}
    file.write_text(json.dumps(plain))
    assert read(coco, validation=0.0).format == "coco-captions"
    boxes = {
        "images": COCO["images"],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
    }
    (coco / "annotations" / "instances_train.json").write_text(json.dumps(boxes))
    assert read(coco, validation=0.0).format == "coco"
    assert read(coco, validation=0.0, kinds=(CaptionAnnotations,)).format == "coco-captions"
