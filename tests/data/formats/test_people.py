"""Folders, tables and arrays read by identity: splits never cut one, and what is odd is told."""

import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.read_dataset import read
from striate.errors import DataError
from striate.records import IdentityTargets

KINDS = (IdentityAnnotations,)


def picture(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(path)


@pytest.fixture
def people(tmp_path):
    for number in range(10):
        for index in range(3):
            picture(tmp_path / "people" / f"p{number}" / f"{index}.png", 10 * number + index)
    return tmp_path / "people"


def names(part):
    return {part.annotations.words(index) for index in range(len(part))}


def test_a_folder_is_split_by_identity(people):
    splits = read(people, kinds=KINDS, validation=0.2, test=0.1)
    assert splits.format == "people"
    assert {name: len(names(part)) for name, part in splits.items()} == {"train": 6, "val": 2, "test": 2}
    assert not names(splits["train"]) & names(splits["val"])
    assert isinstance(splits["val"][0].targets, IdentityTargets)
    assert splits.task == "verification"


def test_two_identities_at_least_are_held_out(people):
    assert len(names(read(people, kinds=KINDS, validation=0.01)["val"])) == 2


def test_a_format_that_is_stated_needs_no_task(people):
    assert read(people, "people").task == "verification"
    assert read(people).task == "classification"


def test_folders_of_splits_with_one_identity_in_two_are_refused(people):
    for number in range(3):
        picture(people / "train" / f"p{number}" / "a.png", number)
        picture(people / "train" / f"p{number}" / "b.png", 50 + number)
    picture(people / "val" / "p1" / "c.png", 90)
    for folder in people.glob("p*"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    splits = read(people, kinds=KINDS)
    leak = next(finding for finding in splits.findings if finding.kind == "group-leak")
    assert leak.source == "identity"
    assert "1 of 3 groups stand in two splits" in leak.detail


@pytest.mark.parametrize("column", ["person", "Identity", "label"])
def test_a_table_names_identities(people, column):
    rows = [f"p{number}/{index}.png,v,{number}" for number in range(10) for index in range(3)]
    (people / "table.csv").write_text("\n".join([f"image,video,{column}", *rows]))
    splits = read(people, kinds=KINDS, validation=0.2)
    assert splits.format == "people-csv"
    assert len(names(splits["train"])) == 8


def test_characters_of_an_array_are_identities(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (10, 4, 6, 6), dtype=np.uint8)
    np.savez(tmp_path / "c.npz", images=images, labels=np.arange(10)[:, None].repeat(4, 1))
    splits = read(tmp_path / "c.npz", kinds=KINDS, validation=0.2)
    assert splits.format == "people-npz"
    assert len(splits["train"]) == 32
    assert set(splits["train"].annotations.counts().tolist()) == {0, 4}


def test_identities_with_one_picture_are_told(people):
    picture(people / "alone" / "0.png", 999)
    found = [one for one in read(people, kinds=KINDS, validation=0).findings if one.kind == "one-picture"]
    assert [(one.source, one.detail) for one in found] == [("train", "1 of 11 identities: alone")]


def test_a_training_without_pairs_is_refused(people):
    for folder in people.iterdir():
        for index in (1, 2):
            (folder / f"{index}.png").unlink()
    kinds = {finding.kind: finding.severity for finding in read(people, kinds=KINDS).findings}
    assert kinds["no-pair"] == "refuse"


def test_boxes_are_no_identities(tmp_path):
    picture(tmp_path / "a.png", 1)
    (tmp_path / "labels.csv").write_text("image,x1,y1,x2,y2\na.png,2,3,5,7\n")
    with pytest.raises(DataError):
        read(tmp_path, kinds=KINDS)
