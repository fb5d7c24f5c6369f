"""Pictures of any size in tiles."""

from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.tasks.segmentation.mask_tiles import predict_tiled
from striate.tasks.segmentation.segmenter import Segmenter
from tests.tasks.segmentation.stand_in import TwoLayers


@pytest.fixture
def model() -> Segmenter:
    torch.manual_seed(0)
    return Segmenter(TwoLayers(3), ("a", "b", "c"), Preprocess((32, 40), resize_mode="letterbox")).eval()


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)


def test_inside_the_tiles_the_answer_is_that_of_the_whole_picture(
    model: Segmenter, picture: np.ndarray
) -> None:
    whole = Segmenter(model.network, model.classes, Preprocess((70, 90)))
    expected, found = whole.predict(picture).mask, predict_tiled(model, picture, (32, 40), overlap=0.5).mask
    near = torch.zeros(70, 90, dtype=torch.bool)  # a pixel at the border of a tile has zeros beside it there
    for y in (0, 16, 19, 32, 38, 51, 54, 69):
        near[max(0, y - 1) : y + 2] = True
    assert (expected == found)[~near].float().mean() > 0.9
    assert (expected == found).float().mean() > 0.95  # such pixels count least


def test_an_array_on_disk_is_answered_as_one_in_memory(
    model: Segmenter, picture: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "large.npy", picture)
    on_disk = np.load(tmp_path / "large.npy", mmap_mode="r")
    assert predict_tiled(model, on_disk, "auto").mask.equal(predict_tiled(model, picture, "auto").mask)


def test_a_picture_no_larger_than_a_tile_is_answered_at_once(model: Segmenter, picture: np.ndarray) -> None:
    small = picture[:30, :40]
    assert predict_tiled(model, small, "auto").mask.equal(model.predict(small).mask)


def test_many_pictures_and_the_verb(model: Segmenter, picture: np.ndarray) -> None:
    found = striate.predict(model, [picture, picture[:, :50]], tile=(32, 40))
    assert [one.size for one in found] == [(70, 90), (70, 50)]
    with pytest.raises(SettingError, match="overlap is 2"):
        striate.predict(model, picture, tile="auto", overlap=2.0)


def test_scores_are_blended_without_a_seam(model: Segmenter) -> None:
    flat = np.full((100, 130, 3), 120, np.uint8)
    mask = predict_tiled(model, flat, "auto").mask
    assert mask[2:-2, 2:-2].unique().numel() == 1
