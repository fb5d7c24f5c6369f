"""Pictures of any size in tiles."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.ops.tile_blend import blended_bands
from striate.ops.tile_grid import tile_boxes
from striate.tasks.segmentation.mask_tiles import _answered, _Parts, predict_tiled
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


@pytest.mark.parametrize("ending", ["tif", "ppm"])
def test_a_file_without_compression_is_answered_as_an_array(
    model: Segmenter, picture: np.ndarray, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(picture).save(tmp_path / f"large.{ending}")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 70 * 90 // 3)  # more than are safe to unpack
    found = predict_tiled(model, tmp_path / f"large.{ending}", "auto")
    assert found.mask.equal(predict_tiled(model, picture, "auto").mask)
    assert found.source == str(tmp_path / f"large.{ending}")


def test_the_largest_step_of_scores_is_not_where_a_tile_ends(model: Segmenter) -> None:
    made = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 12, 16, generator=made)
    smooth = torch.nn.functional.interpolate(coarse, (120, 160), mode="bicubic").clamp(0, 1)[0]
    parts = _Parts((smooth * 255).to(torch.uint8).permute(1, 2, 0).numpy())
    boxes = tile_boxes(parts.size, (32, 32), 0.25)
    with torch.inference_mode():
        bands = blended_bands(_answered(model, parts, boxes), parts.size, torch.float32)
        scores = torch.cat([rows for _, rows in bands], 1)
    for axis, (first, last) in ((2, (0, 2)), (1, (1, 3))):
        steps = scores.diff(dim=axis).abs().amax((0, 3 - axis))
        borders = sorted({*boxes[:, first].tolist(), *boxes[:, last].tolist()} - {0, scores.shape[axis]})
        ends = torch.zeros(len(steps), dtype=torch.bool)
        ends[[place - 1 for place in borders]] = True
        ends[0] = ends[-1] = True  # the border of the picture, where the network sees zeros
        assert steps[torch.tensor(borders) - 1].max() <= steps[~ends].max()


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
