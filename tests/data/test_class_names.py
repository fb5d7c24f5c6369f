"""Names that look alike are told as such."""

from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

from striate.data.class_names import difference, hint, lookalikes
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.read_dataset import read
from striate.errors import LabelError

CAFE = normalize("NFC", "café"), normalize("NFD", "café")


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("Disk", "disk", "case"),
        ("disk ", "disk", "spaces"),
        (*CAFE, "Unicode form"),
        ("a_B", "a b", "case, spaces or"),
    ],
)
def test_what_differs_is_named(first: str, second: str, words: str) -> None:
    assert difference(first, second).startswith(words)
    assert lookalikes((first, "other", second)) == [(first, second)]


def test_other_names_are_not_alike() -> None:
    assert lookalikes(("cat", "cats", "cat 2")) == []
    assert hint("giraffe", ("cat", "dog")) is None


def test_splits_that_spell_a_class_otherwise_are_refused(tmp_path: Path) -> None:
    for folder in ("train/disk", "train/stripe", "val/Disk", "val/stripe "):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("L", (9, 9), len(folder)).save(tmp_path / folder / "1.png")
    findings = read(tmp_path).findings
    similar = {finding.source: finding for finding in findings if finding.kind == "similar-names"}
    assert similar.keys() == {"disk", "stripe "}
    assert similar["disk"].severity == "refuse"
    assert "'stripe' and 'stripe ' differ only in spaces" in similar["stripe "].detail
    unseen = {finding.source: finding.detail for finding in findings if finding.kind == "unseen"}
    assert "'Disk' and 'disk' differ only in case" in unseen["Disk"]


def test_a_class_that_the_model_spells_otherwise_is_named() -> None:
    data = Dataset.whole(Array(np.zeros((1, 2, 2), np.uint8), "x"), [0], ("Disk",))
    with pytest.raises(LabelError) as error:
        data.remap(("disk", "stripe"))
    assert error.value.attempt == "'Disk' and 'disk' differ only in case"
