"""Of boxes that overlap too much, the best one stays."""

from concurrent.futures import ThreadPoolExecutor
from math import exp

import numpy as np
import pytest
import torch
import torchvision.ops as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.kernels.suppress_crowds import suppress_crowds
from striate.ops.nms import batched_nms, nms, objectness_nms, plain_nms, soft_nms

BOXES = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 4], [20, 0, 30, 10]])
SCORES = torch.tensor([0.8, 0.9, 0.7, 0.6])
"""IoU with box 1: 0.8, 1, 0.5, 0."""


def crowd(count: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.rand(count, 5, generator=generator, dtype=torch.float64)
    corner, size = numbers[:, :2] * 300, 5 + 80 * numbers[:, 2:4]
    return torch.cat([corner, corner + size], dim=1).to(dtype), numbers[:, 4].to(dtype)


def test_by_hand() -> None:
    assert nms(BOXES, SCORES, 0.7).tolist() == [1, 2, 3]
    assert nms(BOXES, SCORES, 0.5).tolist() == [1, 2, 3]  # 0.5 is not more than 0.5
    assert nms(BOXES, SCORES, 0.49).tolist() == [1, 3]
    assert nms(BOXES, SCORES, 1.0).tolist() == [1, 0, 2, 3]
    assert nms(BOXES, SCORES, 0.0).tolist() == [1, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0])
def test_equal_to_torchvision_and_to_the_definition(dtype: torch.dtype, threshold: float) -> None:
    boxes, scores = crowd(500, 1, dtype=dtype)
    found = nms(boxes, scores, threshold)
    wide = (boxes.double(), scores.double()) if dtype == torch.float64 else (boxes.float(), scores.float())
    assert torch.equal(found, oracle.nms(*wide, threshold))
    assert torch.equal(found, plain_nms(*wide, threshold))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    st.lists(st.tuples(*(st.integers(0, 12) for _ in range(5))), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.2, 1 / 3, 0.5, 0.6, 0.75, 1.0]),
    st.sampled_from([1.0, 0.1, 1e-4, 3e5]),
)
def test_equal_to_torchvision_on_small_grids(
    rows: list[tuple[int, ...]], threshold: float, scale: float
) -> None:
    # Ties, overlaps at the threshold, boxes without area and with swapped corners are frequent here.
    numbers = torch.tensor(rows, dtype=torch.float32)
    assert torch.equal(
        nms(numbers[:, :4] * scale, numbers[:, 4], threshold),
        oracle.nms(numbers[:, :4] * scale, numbers[:, 4], threshold),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spread", [0.5, 5.0, 60.0, 150.0])
def test_equal_to_torchvision_on_one_object(spread: float, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    boxes = torch.tensor([400.0, 300, 600, 550]) + spread * torch.randn(3000, 4, generator=generator)
    scores = torch.randn(3000, generator=generator)  # below zero too
    boxes, scores = boxes.to(dtype), scores.to(dtype)
    assert torch.equal(nms(boxes, scores, 0.5), oracle.nms(boxes, scores, 0.5))


@pytest.mark.parametrize("threshold", [0.0, 0.25, 1 / 3, 0.5, 1.0])
def test_crowds_with_many_ties_are_equal_to_torchvision(threshold: float) -> None:
    # Whole corners and few scores, 0.0 and -0.0 among them: equal boxes, equal scores, overlaps at the
    # threshold, boxes without area and with swapped corners. Rounds drop many, then the grid takes over.
    generator = torch.Generator().manual_seed(3)
    boxes = torch.randint(0, 9, (4000, 4), generator=generator) + torch.tensor([0, 0, 5, 5])
    boxes[::5] += torch.randint(0, 3000, (800, 1), generator=generator)
    scores = torch.randint(-5, 6, (4000,), generator=generator) * torch.tensor(0.1)
    scores[::7] = -0.0
    for kind in (torch.float32, torch.float64):
        assert torch.equal(
            nms(boxes.to(kind), scores, threshold), oracle.nms(boxes.to(kind), scores.to(kind), threshold)
        )


def test_what_is_left_of_a_crowd_goes_through_the_grid() -> None:
    array = np.random.default_rng(0).normal((400, 300, 600, 550), 150, (3000, 4)).astype(np.float32)
    scores = np.linspace(1, 0, 3000, dtype=np.float32)
    kept, left, finite = suppress_crowds(array.reshape(-1), scores, scores.view(np.int32), np.float32(0.5))
    every = oracle.nms(torch.from_numpy(array), torch.from_numpy(scores), 0.5)
    assert finite
    assert 8 <= len(kept) < len(every)
    assert kept.tolist() == every[: len(kept)].tolist()
    assert set(every[len(kept) :].tolist()) <= set(left.tolist())
    assert (np.diff(left) > 0).all()


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_by_its_index(wrong: float) -> None:
    boxes, scores = crowd(300)
    for column in range(4):
        spoiled = boxes.clone()
        spoiled[217, column] = wrong
        with pytest.raises(SettingError, match=r"boxes\[217\] is"):
            nms(spoiled, scores, 0.5)
    scores[41] = wrong
    with pytest.raises(SettingError, match=r"scores\[41\] is"):
        nms(boxes, scores, 0.5)


def test_sizes_and_positions_of_all_scales_at_once() -> None:
    boxes, scores = crowd(2000, 3)
    boxes[::3] = boxes[::3] * 1000 - 4e4
    boxes[::7] /= 500
    for threshold in (0.05, 0.4):
        assert torch.equal(nms(boxes, scores, threshold), oracle.nms(boxes, scores, threshold))


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_a_box_at_the_edge_of_a_larger_one_is_within_reach(threshold: float) -> None:
    # The furthest that centres can be apart: A is 1 / t times as wide, B lies at its edge. Many small boxes
    # elsewhere make the cells of the grid small.
    large = torch.tensor([[0.0, 0, 100, 100]])
    inside = torch.tensor([[100 * (1 - threshold) - 0.5, 0, 100, 100], [0, 0, 100, 100 * threshold + 0.5]])
    small, _ = crowd(2000, 8)
    boxes = torch.cat([large, inside, small / 50 + 300])
    kept = nms(boxes, torch.linspace(1, 0, len(boxes)), threshold)
    assert kept[:2].tolist() == [0, 3]


def test_equal_scores_keep_their_order() -> None:  # minus zero is zero
    scores = torch.tensor([0.0, -0.0, 0.0, -0.0])
    assert nms(BOXES, scores, 1.0).tolist() == [0, 1, 2, 3]
    assert torch.equal(nms(BOXES, -scores, 0.4), oracle.nms(BOXES, -scores, 0.4))


def test_each_class_by_itself() -> None:
    boxes, scores = crowd(600, 2)
    classes = torch.randint(0, 7, (600,), generator=torch.Generator().manual_seed(5)) * 1000 - 3
    kept = batched_nms(boxes, scores, classes, 0.4)
    slow = [
        members[oracle.nms(boxes[members], scores[members], 0.4)]
        for members in ((classes == c).nonzero().squeeze(1) for c in classes.unique())
    ]
    expected = torch.cat(slow)
    assert torch.equal(kept, expected[scores[expected].argsort(descending=True, stable=True)])


def test_classes_are_not_kept_apart_by_coordinates() -> None:
    # 5,000 classes, offset by the largest coordinate, would need numbers up to 5e7: float32 rounds them to 4.
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10.5], [9990, 9990, 10000, 10000]]).repeat(5000, 1)
    classes = torch.arange(5000).repeat_interleave(3)
    scores = torch.linspace(1, 0, 15000)
    assert len(batched_nms(boxes, scores, classes, 0.94)) == 15000 - 5000  # 100/105 = 0.952 is more
    assert len(batched_nms(boxes, scores, classes, 0.96)) == 15000


def test_objectness_first() -> None:
    # Box 3 is unlikely. Of the others box 1 is best; box 0 overlaps it by 0.8, box 2 by 0.5.
    likely = torch.tensor([0.8, 0.9, 0.7, 0.2])
    assert objectness_nms(BOXES, likely, 0.3, 0.6).tolist() == [1, 2]
    assert objectness_nms(BOXES, likely, 0.2, 0.6).tolist() == [1, 2, 3]  # 0.2 is not below 0.2
    assert objectness_nms(BOXES, likely, 0.95, 0.6).tolist() == []


def test_soft_scores_by_hand() -> None:
    # linear, above 0.3: box 0 falls to .8 * .2 = .16, box 2 to .7 * .5 = .35; these two overlap by 0.4
    kept, scores = soft_nms(BOXES, SCORES, decay="linear")
    assert kept.tolist() == [1, 3, 2, 0]
    assert scores.tolist() == pytest.approx([0.9, 0.6, 0.35, 0.16 * 0.6])
    kept, scores = soft_nms(BOXES[:2], SCORES[:2], decay="gaussian", sigma=0.5)
    assert kept.tolist() == [1, 0]
    assert scores.tolist() == pytest.approx([0.9, 0.8 * exp(-0.64 / 0.5)])
    assert soft_nms(BOXES, SCORES, decay="linear", score_threshold=0.3)[0].tolist() == [1, 3, 2]


def test_nothing_and_one_box() -> None:
    none, no_scores = torch.zeros(0, 4), torch.zeros(0)
    assert nms(none, no_scores, 0.5).tolist() == []
    assert nms(none, no_scores, 0.5).dtype == torch.int64
    assert batched_nms(none, no_scores, torch.zeros(0, dtype=torch.int64), 0.5).tolist() == []
    assert [len(x) for x in soft_nms(none, no_scores)] == [0, 0]
    assert nms(BOXES[:1], SCORES[:1], 0.5).tolist() == [0]


def test_layout_and_gradients_do_not_matter() -> None:
    boxes, scores = crowd(200, 4)
    expected = nms(boxes, scores, 0.5)
    assert torch.equal(nms(boxes.T.contiguous().T, scores.repeat(2, 1).T[:, 0], 0.5), expected)
    assert torch.equal(nms(boxes.requires_grad_(), scores.requires_grad_(), 0.5), expected)


def test_what_is_no_number_is_named_by_its_index() -> None:
    boxes, scores = BOXES.clone(), SCORES.clone()
    boxes[2, 1] = float("nan")
    with pytest.raises(SettingError, match=r"boxes\[2\] is \[0.0, nan"):
        nms(boxes, scores, 0.5)
    scores[3] = float("inf")
    with pytest.raises(SettingError, match=r"scores\[3\] is inf"):
        soft_nms(BOXES, scores)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"scores are \(3,\) for boxes \(4, 4\)"):
        nms(BOXES, SCORES[:3], 0.5)
    with pytest.raises(SettingError, match=r"iou_threshold is 1\.5"):
        nms(BOXES, SCORES, 1.5)
    with pytest.raises(SettingError, match="decay is 'cubic'"):
        soft_nms(BOXES, SCORES, decay="cubic")
    with pytest.raises(ShapeError, match=r"idxs are \(1,\)"):
        batched_nms(BOXES, SCORES, torch.zeros(1), 0.5)


def test_several_threads_at_once() -> None:
    cases = [crowd(400, seed) for seed in range(12)]
    expected = [oracle.nms(*case, 0.5) for case in cases]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda case: nms(*case, 0.5), cases))
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


class Suppress(torch.nn.Module):
    def forward(self, boxes: Tensor, scores: Tensor) -> Tensor:
        return nms(boxes, scores, 0.5)


@pytest.mark.filterwarnings("ignore:`create_unbacked_symint`:FutureWarning")  # of torchvision
def test_an_exported_graph_holds_torchvisions_operator() -> None:
    program = torch.export.export(Suppress(), (BOXES, SCORES))
    assert "torchvision.nms" in str(program.graph)
    assert torch.equal(program.module()(BOXES, SCORES), oracle.nms(BOXES, SCORES, 0.5))
