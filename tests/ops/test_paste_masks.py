"""Soft masks in their picture, against torchvision."""

import pytest
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

from striate.errors import ShapeError
from striate.ops import paste_masks, paste_window, soft_masks

SIZE = (60, 90)
CASE = torch.sigmoid(3 * torch.sin(torch.arange(32.0))).view(2, 4, 4)


def some(count=40):
    made = torch.Generator().manual_seed(0)
    crops = torch.rand(count, 28, 28, generator=made)
    middles = torch.rand(count, 2, generator=made) * torch.tensor([90.0, 60.0])
    halves = torch.rand(count, 2, generator=made) * 40
    return crops, torch.cat([middles - halves, middles + halves], 1)


def test_bits_are_torchvisions_inside_and_over_the_border():
    crops, boxes = some()
    wanted = paste_masks_in_image(crops[:, None], boxes, SIZE)[:, 0]
    assert torch.equal(soft_masks(crops, boxes, SIZE), wanted)
    for threshold in (0.3, 0.5):
        assert torch.equal(paste_masks(crops, boxes, SIZE, threshold), wanted > threshold)


def test_published_soft_masks():  # shared conformance, "paste_masks": torchvision 0.29, padding 1
    boxes = torch.tensor([[1.0, 2, 7, 6], [-2, 3, 4, 9]])
    soft = soft_masks(CASE, boxes, (8, 9))
    assert torch.allclose(soft[0, 2, 1:4], torch.tensor([0.19642857, 0.44862136, 0.67167813]), atol=1e-4)
    assert torch.allclose(soft[1, 5, :3], torch.tensor([0.81086552, 0.69826692, 0.52151871]), atol=1e-4)
    assert paste_masks(CASE, boxes, (8, 9)).sum((1, 2)).tolist() == [14, 10]


def test_a_window_is_a_part_of_the_picture():
    crops, boxes = some()
    whole = paste_masks(crops, boxes, SIZE)
    for number in range(len(crops)):
        bits, left, top = paste_window(crops[number], boxes[number], SIZE)
        again = torch.zeros(SIZE, dtype=torch.bool)
        again[top : top + bits.shape[0], left : left + bits.shape[1]] = bits
        assert torch.equal(again, whole[number])


def test_no_mask_and_a_box_outside_are_no_pixels():
    assert paste_masks(torch.zeros(0, 28, 28), torch.zeros(0, 4), SIZE).shape == (0, *SIZE)
    outside = torch.tensor([[200.0, 200, 220, 220]])
    assert not paste_masks(torch.ones(1, 28, 28), outside, SIZE).any()
    assert paste_window(torch.ones(28, 28), outside[0], SIZE)[0].numel() == 0


def test_crops_without_a_box_are_refused():
    with pytest.raises(ShapeError, match=r"\(M, S, S\) and \(M, 4\)"):
        paste_masks(torch.ones(2, 4, 4), torch.ones(1, 4), SIZE)
