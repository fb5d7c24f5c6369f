"""Numbers and boxes, by hand."""

import pytest
import torch

from striate.tasks.detection.parts.coders import CellCoder, OffsetCoder
from striate.tasks.detection.parts.priors import Priors

PRIORS = Priors(
    torch.tensor([[0.0, 0.0, 10.0, 10.0], [10.0, 0.0, 30.0, 40.0]]), torch.tensor([[16.0, 16.0]] * 2)
)


def test_offsets_are_relative_to_the_prior():  # weights 10: 5 / 10 of the width to the right
    coder = OffsetCoder()
    numbers = torch.tensor([[[5.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    boxes = coder.decode(numbers, PRIORS)
    assert boxes.tolist() == [[[5, 0, 15, 10], [10, 0, 30, 40]]]
    assert coder.encode(boxes[0], PRIORS.boxes)[0].tolist() == pytest.approx([5, 0, 0, 0])


@pytest.mark.parametrize(("reach", "furthest"), [(1.0, 8.0), (2.0, 16.0)])
def test_a_centre_stays_within_reach_of_its_cell(reach, furthest):
    far = CellCoder(reach).decode(torch.tensor([[[50.0, -50.0, 0.0, 0.0]] * 2]), PRIORS)[0, 0]
    assert far.tolist() == pytest.approx([furthest, -furthest, 10 + furthest, 10 - furthest])


def test_sizes_grow_by_a_factor_and_never_overflow():
    boxes = CellCoder().decode(torch.tensor([[[0.0, 0.0, 0.6931472, 0.0], [0.0, 0.0, 1e4, 1e4]]]), PRIORS)
    assert boxes[0, 0].tolist() == pytest.approx([-5, 0, 15, 10])
    assert boxes.isfinite().all()
    assert (boxes[0, 1, 2] - boxes[0, 1, 0]).item() == pytest.approx(20 * 62.5)


def test_offsets_in_half_precision_are_decoded_in_single():
    assert CellCoder().decode(torch.zeros(1, 2, 4, dtype=torch.bfloat16), PRIORS).dtype == torch.float32
