"""Boxes as offsets from anchors, and back."""

from math import log

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torchvision.models.detection._utils import BoxCoder

from striate.errors import ShapeError
from striate.ops.box_coder import RCNN_WEIGHTS, decode_boxes, decode_cells, encode_boxes, encode_cells


def boxes(count: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    numbers = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 50
    return torch.cat([numbers[:, :2], numbers[:, :2] + numbers[:, 2:] + 1], dim=1)


def test_by_hand() -> None:
    # Anchor: centre (5, 5), 10 x 10. Box: centre (10, 5), 20 x 5.
    anchor, box = torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[0.0, 2.5, 20, 7.5]])
    assert encode_boxes(box, anchor)[0].tolist() == pytest.approx([0.5, 0, log(2), log(0.5)])
    weighted = encode_boxes(box, anchor, RCNN_WEIGHTS)[0]
    assert weighted.tolist() == pytest.approx([5, 0, 5 * log(2), 5 * log(0.5)])
    assert decode_boxes(weighted[None], anchor, RCNN_WEIGHTS)[0].tolist() == pytest.approx([0, 2.5, 20, 7.5])


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0, 1.0), RCNN_WEIGHTS])
def test_equal_to_torchvision_and_the_inverse_of_each_other(weights: tuple) -> None:
    first, second, coder = boxes(30, 1), boxes(30, 2), BoxCoder(weights)
    offsets = encode_boxes(first, second, weights)
    assert torch.allclose(offsets, coder.encode_single(first, second), atol=1e-12)
    assert torch.allclose(decode_boxes(offsets, second, weights), first)
    classes = 3 * torch.randn(30, 12, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert torch.allclose(decode_boxes(classes, second, weights), coder.decode_single(classes, second))


def test_a_box_grows_to_at_most_62_times_its_anchor() -> None:
    found = decode_boxes(torch.tensor([[0.0, 0, 1e9, 1e9]]), torch.tensor([[0.0, 0, 16, 16]]))
    assert (found[0, 2:] - found[0, :2]).tolist() == pytest.approx([1000, 1000])


def test_half_precision_is_computed_in_float32() -> None:
    offsets = torch.tensor([[0.1, 0.2, 0.3, 0.4]]).bfloat16()
    anchor = torch.tensor([[0.0, 0, 1000, 1000]])
    assert torch.equal(decode_boxes(offsets, anchor), decode_boxes(offsets.float(), anchor))


def test_yolo_cells_by_hand() -> None:
    # The centre (24, 40) lies in column 1, row 2 of 16-pixel cells, in the middle of it.
    box, cell, anchor = torch.tensor([[14.0, 20, 34, 60]]), torch.tensor([[1, 2]]), torch.tensor([[10.0, 20]])
    assert encode_cells(box, cell, anchor, 16)[0].tolist() == pytest.approx([0.5, 0.5, log(2), log(2)])
    raw = torch.tensor([[0.0, 0.0, log(2), log(2)]])  # sigmoid(0) = 1/2
    assert decode_cells(raw, cell, anchor, 16)[0].tolist() == pytest.approx([14, 20, 34, 60])


def test_yolo_cells_are_the_inverse_of_each_other() -> None:
    x, anchors = boxes(20, 1), torch.full((20, 2), 30.0, dtype=torch.float64)
    cells = ((x[:, :2] + x[:, 2:]) / 2 / 8).floor()
    encoded = encode_cells(x, cells, anchors, 8)
    raw = torch.cat([encoded[:, :2].logit(), encoded[:, 2:]], dim=1)
    assert torch.allclose(decode_cells(raw, cells, anchors, 8), x)


def test_gradients() -> None:
    offsets = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert gradcheck(lambda x: decode_boxes(x, boxes(3, 1)), offsets.requires_grad_())
    assert gradcheck(lambda x: encode_boxes(x, boxes(3, 1)), boxes(3, 2).requires_grad_())
    cells = torch.zeros(3, 2, dtype=torch.float64)
    assert gradcheck(lambda x: decode_cells(x, cells, cells + 9, 8), offsets)


def test_nothing() -> None:
    assert encode_boxes(torch.zeros(0, 4), torch.zeros(0, 4)).shape == (0, 4)
    assert decode_boxes(torch.zeros(0, 8), torch.zeros(0, 4)).shape == (0, 8)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 4\) boxes for \(3, 4\) anchors"):
        encode_boxes(torch.zeros(2, 4), torch.zeros(3, 4))
    with pytest.raises(ShapeError, match=r"\(3, 5\) offsets"):
        decode_boxes(torch.zeros(3, 5), torch.zeros(3, 4))
