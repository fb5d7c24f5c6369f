import numpy as np
import pytest
from PIL import Image

from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.checks.check import check
from striate.data.checks.near_identical import near_identical
from striate.data.read_dataset import read

KINDS = (IdentityAnnotations,)


def scene(seed):
    small = np.random.default_rng(seed).uniform(0, 255, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((60, 48), Image.Resampling.BICUBIC)


@pytest.fixture
def people(tmp_path):
    for person in range(4):
        (tmp_path / f"p{person}").mkdir()
        for number in range(2):
            scene(10 * person + number).save(tmp_path / f"p{person}" / f"{number}.png")
    return tmp_path


def test_different_pictures_are_no_finding(people):
    assert list(near_identical(read(people, kinds=KINDS))) == []


def test_a_picture_saved_again_smaller_and_lighter_is_found_under_another_name(people):
    again = scene(0).resize((45, 36)).point(lambda level: min(255, level * 0.9 + 20))
    again.save(people / "p3" / "again.jpg", quality=80)
    (found,) = near_identical(read(people, kinds=KINDS))
    assert found.kind == "near-identical"
    assert found.severity == "warn"
    assert {"p0", "p3"} == {word.strip("',") for word in found.detail.split() if "'p" in word}
    report = check(people, kinds=KINDS)
    assert "near-identical" in {finding.kind for finding in report.findings}


def test_the_same_twice_under_one_name_is_no_such_finding(people):
    scene(0).save(people / "p0" / "again.jpg", quality=80)
    assert list(near_identical(read(people, kinds=KINDS))) == []


def test_pictures_that_show_nothing_are_alike_to_none(people):
    for person in (0, 1):
        Image.new("RGB", (20, 20), (200, 200, 200 + person)).save(people / f"p{person}" / "blank.png")
    assert list(near_identical(read(people, kinds=KINDS))) == []


def test_classes_are_not_asked(people):
    scene(0).save(people / "p3" / "again.png")
    assert list(near_identical(read(people))) == []
