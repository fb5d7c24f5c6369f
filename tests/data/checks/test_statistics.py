"""Sizes and colors of a sample, and the preprocessing that they ask for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.checks.statistics import Facts, color_of, facts, fitting, preprocess_for, sample
from striate.data.dataset import Dataset
from striate.data.image_store import Array, Files
from striate.data.preprocess import Preprocess
from striate.errors import DataError


def pictures(folder: Path, *sizes: tuple[int, int], color: str = "grey") -> Dataset:
    """JPEGs of (width, height)."""
    for number, size in enumerate(sizes):
        Image.new("RGB", size, color).save(folder / f"{number}.jpg")
    store = Files(folder, [f"{number}.jpg" for number in range(len(sizes))])
    return Dataset.whole(store, [number % 2 for number in range(len(sizes))], ("a", "b"))


def test_sizes_are_medians_and_color_is_seen(tmp_path: Path) -> None:
    found = facts(pictures(tmp_path, (10, 20), (30, 40), (300, 200)))
    assert found == Facts(grey=True, size=(40, 30), same_size=False, counts=(2, 1), count=3)
    assert not facts(pictures(tmp_path, (10, 20), color="teal")).grey


def test_a_turned_picture_has_its_upright_size(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (20, 10)).save(tmp_path / "0.jpg", exif=exif)
    assert facts(Dataset.whole(Files(tmp_path, ["0.jpg"]), [0], ("a",))).size == (20, 10)


def test_unreadable_files_are_passed_over_unless_there_are_no_others(tmp_path: Path) -> None:
    dataset = pictures(tmp_path, (8, 8), (8, 8))
    (tmp_path / "0.jpg").write_bytes(b"")
    assert facts(dataset).same_size
    assert color_of(dataset, Preprocess((8, 8)))[0] == pytest.approx([0.502] * 3, abs=1e-3)
    (tmp_path / "1.jpg").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be decoded"):
        facts(dataset)
    with pytest.raises(DataError, match="cannot be decoded"):
        color_of(dataset, Preprocess((8, 8)))


@pytest.mark.parametrize(
    ("size", "same", "want", "fit"),
    [
        ((28, 28), True, (32, 32), "pad"),  # MNIST on LeNet-5
        ((24, 24), True, (32, 32), "pad"),
        ((23, 23), True, (32, 32), "crop"),
        ((32, 32), True, (32, 32), "pad"),
        ((33, 32), True, (32, 32), "crop"),
        ((28, 28), False, (32, 32), "crop"),
        ((28, 8), True, (32, 32), "crop"),
    ],
)
def test_pictures_a_little_too_small_are_padded(
    size: tuple[int, int], same: bool, want: tuple[int, int], fit: str
) -> None:
    assert fitting(Facts(True, size, same, (1,), 1), want) == fit


def test_mean_and_std_are_those_of_what_the_network_sees() -> None:
    # 2 x 2 of 255 on 4 x 4: a quarter is white, mean 0.25, std sqrt(0.25 - 0.0625) = 0.4330
    dataset = Dataset.whole(Array(np.full((3, 2, 2), 255, np.uint8), "x"), [0, 1, 0], ("a", "b"))
    preprocess = preprocess_for(dataset, facts(dataset), (4, 4), 1, resize_mode="pad")
    assert preprocess == Preprocess((4, 4), 1, (0.25,), (0.433,), "pad")


def test_channels_are_measured_apart() -> None:
    images = np.zeros((2, 1, 1, 3), np.uint8)
    images[0] = (255, 51, 0)
    dataset = Dataset.whole(Array(images, "x"), [0, 1], ("a", "b"))
    mean, std = color_of(dataset, Preprocess((1, 1)))
    assert mean == (0.5, 0.1, 0.0)  # 51 / 255 / 2
    assert std == (0.5, 0.1, pytest.approx(1 / 255, abs=1e-4))  # a blank channel: one grey level


@pytest.mark.parametrize(
    ("count", "most", "expected"), [(3, 5, [0, 1, 2]), (5, 3, [0, 2, 4]), (1, 4, [0]), (0, 4, [])]
)
def test_a_sample_is_spread_over_all(count: int, most: int, expected: list[int]) -> None:
    assert sample(count, most).tolist() == expected
