"""What the page says about data and run."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array, Files
from striate.records import Sample
from striate.report import page_data as facts
from striate.train.run.settings import Settings


def test_splits_are_counted():
    whole = Dataset.whole(Array(np.zeros((6, 2, 2), np.uint8), "x"), [0, 0, 0, 1, 1, 2], "abc")
    parts = facts.parts(Splits({"train": whole, "val": whole.subset([0, 3])}, "npz", Path("x")))
    assert parts == [facts.Part("train", 6, 1, 3, 0), facts.Part("val", 2, 0, 1, 1)]


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
        ([(3, 20, 30), (3, 5, 4), (3, 9, 9)], "4 × 5 to 30 × 20 pixels, color"),
        ([(1, 5, 5), (3, 5, 5)], "5 × 5 pixels, grey and color"),
    ],
)
def test_sizes_in_words(shapes, words):
    assert facts.sizes([Sample(torch.zeros(shape, dtype=torch.uint8)) for shape in shapes]) == words


def test_command_is_one_that_a_shell_understands():
    settings = Settings(model="lenet5", lr=0.05, accept=("leak", "unseen"), workers=2)
    words = shlex.split(facts.command("it's data; rm -rf /", settings))
    assert words[:3] == ["striate", "train", "it's data; rm -rf /"]
    assert words[3:] == ["--model", "lenet5", "--lr", "0.05", "--accept", "leak", "--accept", "unseen"]


def test_every_setting_is_shown_with_its_meaning():
    rows = facts.settings_rows(Settings(epochs=3))
    assert [name for name, _, _ in rows] == list(Settings.model_fields)
    assert ("epochs", "3") in [row[:2] for row in rows]
    assert all(meaning for _, _, meaning in rows)


def test_the_software_names_the_library():
    assert {"striate", "torch", "Python"} <= set(facts.software())
