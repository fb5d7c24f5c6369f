"""Boxes: conversion, areas, and how much two of them overlap."""

import pytest
import torch
import torchvision.ops as oracle
from torch import Tensor
from torch.autograd import gradcheck
from torchvision import tv_tensors

from striate.errors import SettingError, ShapeError
from striate.ops.boxes import (
    box_area,
    box_convert,
    box_ioa,
    box_ios,
    box_iou,
    clip_boxes_to_image,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
    masks_to_boxes,
    plain_iou,
    remove_small_boxes,
)

OVERLAPS = [box_iou, box_ioa, box_ios, generalized_box_iou, distance_box_iou, complete_box_iou]
FORMATS = ["xyxy", "xywh", "cxcywh"]


def boxes(count: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner, size = (torch.rand(count, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    return (torch.cat([corner, corner + size + 0.01], dim=1) * 100).to(dtype)


def test_iou_by_hand() -> None:  # 2 x 2 inside of 8 + 8 - 4; 0; equal
    first, second = torch.tensor([[0.0, 0, 4, 2]]), torch.tensor([[0.0, 0, 2, 4], [4, 0, 8, 2], [0, 0, 4, 2]])
    assert box_iou(first, second).tolist() == [[pytest.approx(1 / 3), 0, 1]]
    # smallest box around the first pair 16, union 12: 1/3 - 4/16. Side by side: nothing is left uncovered
    assert generalized_box_iou(first, second).tolist() == [[pytest.approx(1 / 3 - 1 / 4), 0, 1]]
    # centres (2, 1) and (1, 2): 2 / (16 + 16). (2, 1) and (6, 1): 16 / (64 + 4)
    expected = [[pytest.approx(1 / 3 - 2 / 32), pytest.approx(-16 / 68), 1]]
    assert distance_box_iou(first, second).tolist() == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_iou_is_torchvisions_to_the_last_bit(dtype: torch.dtype) -> None:
    first, second = boxes(60, 1, dtype), boxes(50, 2, dtype)
    found = box_iou(first, second)
    kind = torch.float64 if dtype == torch.float64 else torch.float32  # half and bf16 are widened first
    assert found.dtype == kind
    assert torch.equal(found, oracle.box_iou(first.to(kind), second.to(kind)))
    assert torch.equal(found, plain_iou(first.to(kind), second.to(kind)))


@pytest.mark.parametrize("name", ["generalized_box_iou", "distance_box_iou", "complete_box_iou"])
def test_the_relatives_are_torchvisions(name: str) -> None:
    first, second = boxes(60, 1, torch.float64), boxes(50, 2, torch.float64)
    found = {f.__name__: f for f in OVERLAPS}[name](first, second)
    assert torch.allclose(found, getattr(oracle, name)(first, second), rtol=0, atol=1e-12)


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_conversion_is_torchvisions_and_has_an_inverse(source: str, target: str) -> None:
    x = boxes(20, dtype=torch.float64)
    assert torch.allclose(box_convert(x, source, target), oracle.box_convert(x, source, target))
    assert torch.allclose(box_convert(box_convert(x, source, target), target, source), x)
    assert torch.allclose(
        box_iou(*(box_convert(y, "xyxy", target) for y in (x, x + 1)), fmt=target), box_iou(x, x + 1)
    )


def test_whole_numbers_do_not_overflow() -> None:  # 100,000 squared is more than int32 holds
    large = torch.tensor([[0, 0, 100_000, 100_000]], dtype=torch.int32)
    assert box_area(large).tolist() == [1e10]
    assert box_iou(large, large).tolist() == [[1.0]]
    assert box_iou(large, large).dtype == torch.float32


def test_layout_and_subclass_do_not_matter() -> None:
    first, second = boxes(20, 1), boxes(16, 2)
    expected = box_iou(first, second)
    assert torch.equal(box_iou(first.repeat(1, 2)[:, :4], second.T.contiguous().T), expected)
    assert torch.equal(box_iou(torch.cat([first, first])[::2], second)[:10], expected[::2])
    wrapped = tv_tensors.BoundingBoxes(first, format="XYXY", canvas_size=(200, 200))
    assert type(box_iou(wrapped, second)) is Tensor
    batches = box_iou(first.view(2, 10, 4), second.view(2, 8, 4))
    assert torch.equal(batches[1], expected[10:, 8:])


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_nothing_and_one_box(overlap: object) -> None:
    none, one = torch.zeros(0, 4), torch.tensor([[0.0, 0, 2, 2]])
    assert overlap(none, one).shape == (0, 1)
    assert overlap(one, none).shape == (1, 0)
    assert overlap(one, one).item() == 1
    point = torch.ones(1, 4)
    assert overlap(point, point).isfinite().all()


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_box_that_is_no_number_is_named_by_its_index(overlap: object, value: float) -> None:
    bad = boxes(5)
    bad[3, 2] = value
    with pytest.raises(SettingError, match=r"boxes2\[3\] is \["):
        overlap(boxes(5), bad)


def test_wrong_shapes_and_formats_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"boxes1 are \(3, 5\)"):
        box_iou(torch.zeros(3, 5), torch.zeros(2, 4))
    with pytest.raises(SettingError, match="the format is 'yolo'"):
        box_convert(torch.zeros(2, 4), "yolo", "xyxy")
    with pytest.raises(ShapeError, match=r"masks are \(4, 4\)"):
        masks_to_boxes(torch.zeros(4, 4))


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_gradients(overlap: object) -> None:
    first, second = boxes(4, 1, torch.float64).requires_grad_(), boxes(3, 2, torch.float64).requires_grad_()
    if overlap is complete_box_iou:  # alpha counts as a constant: the gradient is not that of the value
        found = torch.autograd.grad(overlap(first, second).sum(), first)[0]
        expected = torch.autograd.grad(oracle.complete_box_iou(first, second).sum(), first)[0]
        assert torch.allclose(found, expected)
    else:
        assert gradcheck(overlap, (first, second))


def test_clipping_and_removing() -> None:
    outside = torch.tensor([[-5.0, -3, 70, 20], [60, 40, 80, 90], [1, 1, 1.5, 30]])
    clipped = clip_boxes_to_image(outside, (40, 60))
    assert clipped.tolist() == [[0, 0, 60, 20], [60, 40, 60, 40], [1, 1, 1.5, 30]]
    assert remove_small_boxes(clipped, 1).tolist() == [0]
    assert remove_small_boxes(clipped, 0.5).tolist() == [0, 2]
    assert clip_boxes_to_image(outside.bfloat16(), (40, 60)).dtype == torch.bfloat16


def test_masks_are_torchvisions_boxes() -> None:
    masks = torch.zeros(3, 6, 8)
    masks[0, 2:4, 3:7] = 1
    masks[1, 5, 0] = 1  # and the third is empty
    assert masks_to_boxes(masks).tolist() == [[3, 2, 6, 3], [0, 5, 0, 5], [0, 0, 0, 0]]
    assert torch.equal(masks_to_boxes(masks), oracle.masks_to_boxes(masks))


def test_a_large_table_is_the_same_on_any_number_of_threads() -> None:
    first, second = boxes(700, 1), boxes(700, 2)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert torch.equal(box_iou(first, second), plain_iou(first, second))
    finally:
        torch.set_num_threads(before)
