"""Near-duplicates across classes and splits, and outliers, are named beside what is answered wrongly."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.compare.unusual_pictures import deviations, outliers
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.report.mistakes_page import cards
from striate.tasks.suspect import LEAK, OUTLIER, TWICE
from striate.zoo.build import build


def scene(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).uniform(0, 255, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((40, 40), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two classes; a picture of "a" is also in "b", one of train also in test, and one in "b" is white."""
    root = tmp_path_factory.mktemp("odd")
    for split in ("train", "test"):
        for number, name in enumerate("ab"):
            (root / split / name).mkdir(parents=True)
            for seed in range(20):
                picture = scene(1000 * number + 100 * (split == "test") + seed)
                picture.save(root / split / name / f"{seed:02}.png")
    again = {"train/b/twice.jpg": scene(0), "test/a/leaked.jpg": scene(1), "train/b/copy.jpg": scene(1003)}
    for path, picture in again.items():
        picture.resize((36, 36)).save(root / path, quality=85)
    Image.new("RGB", (40, 40), "white").save(root / "train" / "b" / "white.png")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build("resnet20", ["a", "b"], Preprocess((32, 32)))
    return striate.mistakes(model.eval(), root)


def named(found: Any, kind: str) -> list[tuple[str, str]]:
    odd = [one for one in found.suspects if one.kind == kind]
    return [(Path(found.name(one.row)).name, "" if one.like is None else found.name(one.like)) for one in odd]


def test_a_picture_that_is_nearly_one_of_another_class_is_named_with_it(found: Any) -> None:
    ((name, like),) = named(found, TWICE)
    assert (name, Path(like).name) == ("twice.jpg", "00.png")
    (suspect,) = (one for one in found.suspects if one.kind == TWICE)
    assert (suspect.given, suspect.suggested) == ("b", "a")
    assert f"near-duplicate of another class: a for b, as {like}" in found.to_csv()


def test_a_picture_that_is_nearly_one_of_another_split_is_named_with_it(found: Any) -> None:
    ((name, like),) = named(found, LEAK)
    assert (name, Path(like).name) == ("leaked.jpg", "01.png")
    assert found.to_dict()["suspects"][-2]["like"] == like or LEAK in found.headline()


def test_a_second_copy_in_the_same_class_and_split_is_no_mistake(found: Any) -> None:
    assert "copy.jpg" not in {name for kind in (TWICE, LEAK) for name, _ in named(found, kind)}


def test_a_picture_like_no_other_is_an_outlier(found: Any) -> None:
    assert [name for name, _ in named(found, OUTLIER)] == ["white.png"]


def test_cards_show_what_a_picture_is_like(found: Any) -> None:
    shown = {card.kind: card for card in cards(found) if card.suspected}
    assert shown[TWICE].like.endswith("a/00.png")
    assert (shown[LEAK].actions, shown[OUTLIER].actions) == (("drop",), ("drop",))


def test_few_pictures_have_no_outliers(tmp_path: Path) -> None:
    for seed in range(4):
        (tmp_path / "ab"[seed % 2]).mkdir(exist_ok=True)
        scene(seed).save(tmp_path / "ab"[seed % 2] / f"{seed}.png")
    model = build("lenet5", ["a", "b"], Preprocess((32, 32))).eval()
    assert outliers(model, read(tmp_path, validation=0)["train"]) == []


def test_equal_distances_are_no_deviation() -> None:
    assert deviations(torch.full((5,), 0.3)).tolist() == [0.0] * 5
