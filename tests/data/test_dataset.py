"""Labelled images by number, and splits."""

from pathlib import Path

import numpy as np
import pytest

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.errors import SettingError

PIXELS = np.arange(4, dtype=np.uint8).reshape(4, 1, 1)
WHOLE = Dataset.whole(Array(PIXELS, "x"), [1, 0, 1, 2], ("a", "b", "c"))


def test_a_subset_keeps_its_images_labels_and_names() -> None:
    part = WHOLE.subset([2, 1]).subset([0])
    assert (part[0].image.item(), part[0].targets.labels.item(), part.name(0), part[0].source) == (
        2,
        1,
        "x[2]",
        "x[2]",
    )
    assert part.image(0).item() == 2


def test_a_dataset_ends_and_counts_every_class() -> None:
    assert [sample.targets.labels.item() for sample in WHOLE] == [1, 0, 1, 2]
    assert WHOLE.subset([0, 2]).counts().tolist() == [0, 2, 0]
    for index in (4, -1):
        with pytest.raises(IndexError):
            WHOLE[index]


def test_a_split_that_is_not_there_is_named() -> None:
    splits = Splits({"train": WHOLE}, "npz", Path("x"))
    assert "train" in splits
    assert "test" not in splits
    assert splits.classes == ("a", "b", "c")
    with pytest.raises(SettingError, match="no split 'test'"):
        splits["test"]
