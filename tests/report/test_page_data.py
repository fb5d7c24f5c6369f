"""What the page says about data and run."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array, Files
from striate.records import Sample
from striate.report import page_data as facts
from striate.train.run.settings import Settings


def test_splits_are_counted():
    whole = Dataset.whole(Array(np.zeros((6, 2, 2), np.uint8), "x"), [0, 0, 0, 1, 1, 2], "abc")
    parts = facts.parts(Splits({"train": whole, "val": whole.subset([0, 3])}, "npz", Path("x")))
    assert parts == [facts.Part("train", 6, 6, 1, 3, 0), facts.Part("val", 2, 2, 0, 1, 1)]


def test_boxes_are_counted_beside_their_pictures_and_captions_are_names_of_files():
    boxes = BoxAnnotations(
        np.tile(np.array([[0, 0, 1, 1]], np.float32), (3, 1)),
        np.array([0, 0, 1], np.int32),
        np.array([1, 3]),
        ("a", "b"),
    )
    whole = Dataset(Array(np.zeros((2, 2, 2), np.uint8), "x"), boxes, np.arange(2))
    assert facts.parts(Splits({"train": whole}, "voc", Path("x"))) == [facts.Part("train", 2, 3, 1, 2, 0)]
    assert [caption for _, caption in facts.samples(whole)] == ["x[0]", "x[1]"]


def test_samples_come_from_every_class():
    labels = [0] * 90 + [1] * 5 + [2] * 5
    whole = Dataset.whole(Array(np.zeros((100, 2, 2), np.uint8), "x"), labels, "abc")
    assert {words for _, words in facts.samples(whole)} == set(whole.classes)
    assert len(facts.samples(whole)) == facts.EXAMPLES
    assert facts.samples(whole.subset([])) == []


def test_picture_that_cannot_be_read_is_left_out(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"")
    whole = Dataset.whole(Files(tmp_path, ["bad.png", "good.png"]), [0, 0], ["a"])
    assert [Path(sample.source).name for sample, _ in facts.samples(whole)] == ["good.png"]


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([], "none"),
        ([(1, 8, 6)], "6 × 8 pixels, grey"),
        ([(3, 20, 30), (3, 25, 4), (3, 9, 9)], "4 to 30 wide, 9 to 25 high, in pixels, color"),
        ([(1, 5, 5), (3, 5, 5)], "5 × 5 pixels, grey and color"),
    ],
)
def test_sizes_in_words(shapes, words):
    assert (
        facts.sizes([Sample(torch.zeros(shape, dtype=torch.uint8)) for shape in shapes], len(shapes)) == words
    )


def test_sizes_of_a_sample_name_its_number():
    one = Sample(torch.zeros(1, 8, 6, dtype=torch.uint8))
    assert facts.sizes([one], 2000) == "6 × 8 pixels, grey (1 of 2,000 training pictures looked at)"


def test_command_is_one_that_a_shell_understands():
    settings = Settings(model="lenet5", lr=0.05, accept=("leak", "unseen"), workers=2)
    words = shlex.split(facts.command("it's data; rm -rf /", settings))
    assert words[:3] == ["striate", "train", "it's data; rm -rf /"]
    assert words[3:] == ["--model", "lenet5", "--lr", "0.05", "--accept", "leak", "--accept", "unseen"]


def test_every_setting_of_the_task_is_shown_with_its_meaning():
    rows = facts.settings_rows(Settings(epochs=3), "classification")
    names = [name for name, _, _ in rows]
    others = {"head", "distance", "box_weight", "overlap_weight", "on_bad_box", "normalize", "joints"}
    others |= {"pixel_loss", "classes", "proposals", "least_count", "longest_caption"}
    others |= {"embedding_loss", "mining", "margin", "dimensions", "per_identity", "identity_run", "by"}
    assert names == [name for name in Settings.model_fields if name not in others]
    assert ("epochs", "3") in [row[:2] for row in rows]
    assert all(meaning for _, _, meaning in rows)


def test_the_software_names_the_library():
    assert {"striate", "torch", "Python"} <= set(facts.software())
