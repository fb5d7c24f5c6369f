"""Tiles of a picture whose scores are its pixels give the picture back."""

import math

import pytest
import torch

from striate.errors import ShapeError
from striate.ops import blended_bands, tile_boxes, tile_weights


def cut(picture, boxes):
    for box in boxes:
        left, top, right, bottom = box.tolist()
        yield box, picture[:, top:bottom, left:right]


@pytest.mark.parametrize("size", [(50, 70), (16, 16), (5, 90), (33, 8)])
@pytest.mark.parametrize(("dtype", "off"), [(torch.float32, 1e-6), (torch.float16, 5e-3)])
def test_tiles_that_agree_give_the_picture(size, dtype, off):
    torch.manual_seed(0)
    picture = torch.rand(2, *size)
    bands = list(blended_bands(cut(picture, tile_boxes(size, (16, 24))), size, dtype))
    assert [top for top, _ in bands] == [
        sum(rows.shape[1] for _, rows in bands[:i]) for i in range(len(bands))
    ]
    found = torch.cat([rows for _, rows in bands], dim=1)
    assert found.dtype == dtype
    assert torch.allclose(found.float(), picture, atol=off)


def test_a_band_is_given_before_the_next_row_of_tiles_is_asked_for():
    boxes = tile_boxes((64, 8), (16, 8), overlap=0.5)
    asked = []

    def tiles():
        for box, scores in cut(torch.zeros(1, 64, 8), boxes):
            asked.append(box[1].item())
            yield box, scores

    bands = blended_bands(tiles(), (64, 8))
    assert next(bands)[0] == 0
    assert asked == [0, boxes[1, 1].item()]


def test_the_middle_of_a_tile_counts_most():
    weights = tile_weights((16, 32))
    assert weights.argmax().item() in (7 * 32 + 15, 7 * 32 + 16, 8 * 32 + 15, 8 * 32 + 16)
    corner = math.exp(-((7.5 / 2) ** 2) / 2) * math.exp(
        -((15.5 / 4) ** 2) / 2
    )  # deviations 16 / 8 and 32 / 8
    assert weights.min().item() == pytest.approx(corner, rel=1e-4)
    assert torch.allclose(weights, weights.flip(0, 1))


def test_scores_of_another_size_are_refused():
    with pytest.raises(ShapeError, match="for a box of 4x4"):
        list(blended_bands([(torch.tensor([0, 0, 4, 4]), torch.zeros(1, 2, 2))], (4, 4)))
