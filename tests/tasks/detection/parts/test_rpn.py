"""Parts of the first stage, worked by hand; the whole is compared with torchvision in test_faster_rcnn."""

import pytest
import torch

from striate.errors import SettingError
from striate.records import BoxTargets
from striate.tasks.detection.parts.first_stage import Layout
from striate.tasks.detection.parts.region_anchors import FittedAnchors, PyramidAnchors
from striate.tasks.detection.parts.region_sampling import RegionSampler
from striate.tasks.detection.parts.rpn import Kept, RegionProposals

LAYOUT = Layout((32, 32), ((2, 2),))  # four cells of 16 pixels
ANCHORS = FittedAnchors([[(16.0, 16.0)]])  # each anchor is its cell
NOTHING = torch.zeros(0, 4)


def proposals(**own):
    return RegionProposals(4, ANCHORS, **own)


def raw(objectness, deltas=None):
    shift = torch.zeros(1, 4, 4) if deltas is None else deltas
    return {"objectness": torch.tensor([objectness]), "deltas": shift}


def test_proposals_are_the_best_anchors_moved_and_clipped():
    deltas = torch.zeros(1, 4, 4)
    deltas[0, 3, 0] = 0.5  # half a width to the right: 24..40, clipped to 24..32
    (found,) = proposals().propose(raw([0.0, 1.0, -1.0, 2.0], deltas), LAYOUT)
    assert found.tolist() == [[24, 16, 32, 32], [16, 0, 32, 16], [0, 0, 16, 16], [0, 16, 16, 32]]


def test_few_are_kept_before_and_after_suppression():
    made = proposals(predicting=Kept(before=3, after=2))
    (found,) = made.propose(raw([0.0, 1.0, -1.0, 2.0]), LAYOUT)
    assert found.tolist() == [[16, 16, 32, 32], [16, 0, 32, 16]]


def test_a_training_step_keeps_as_many_as_it_is_told():
    made = proposals(learning=Kept(after=3), predicting=Kept(after=1))
    targets = BoxTargets(NOTHING, torch.zeros(0).long(), torch.zeros(1).long())
    numbers = raw([0.0, 1.0, -1.0, 2.0])
    assert [len(made.propose(numbers, LAYOUT, one)[0]) for one in (None, targets)] == [1, 3]


def test_what_is_no_number_is_no_proposal():
    (found,) = proposals().propose(raw([float("nan"), 1.0, float("nan"), 0.0]), LAYOUT)
    assert found.tolist() == [[16, 0, 32, 16], [16, 16, 32, 32]]


def test_losses_by_hand():  # the third anchor is the object; at score 0 each costs log 2
    truth = BoxTargets(torch.tensor([[0.0, 16, 16, 32]]), torch.tensor([1]), torch.tensor([1]))
    deltas = torch.zeros(1, 4, 4)
    deltas[0, 2, 1] = 1.0  # 1 - 1/18 with beta 1/9
    found = proposals().loss_sums(raw([0.0, 0.0, 0.0, 0.0], deltas), truth, LAYOUT)
    assert found.sums["objectness"].item() == pytest.approx(4 * torch.tensor(2.0).log().item())
    assert found.sums["proposal_box"].item() == pytest.approx(1 - 1 / 18)
    assert found.divisor("objectness").tolist() == [4]


def test_a_crowd_is_neither_object_nor_background():
    sampler = RegionSampler(10, 0.5, high=0.7, low=0.3)
    regions = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60], [100, 100, 110, 110]])
    drawn = sampler(regions, regions[:1], torch.tensor([[40.0, 40, 70, 70]]), torch.tensor([3]))
    assert drawn.rows.tolist() == [0, 2]
    assert drawn.labels.tolist() == [4, 0]


def test_between_the_thresholds_nothing_is_learned():  # IoU 0.5
    sampler = RegionSampler(10, 0.5, high=0.7, low=0.3)
    regions = torch.tensor([[0.0, 0, 10, 5], [0, 0, 10, 10]])
    drawn = sampler(regions, torch.tensor([[0.0, 0, 10, 10]]), NOTHING, torch.tensor([0]))
    assert drawn.rows.tolist() == [1]


def test_maps_with_other_numbers_of_anchors_are_refused():
    with pytest.raises(SettingError, match="anchors in a cell"):
        RegionProposals(4, PyramidAnchors([(8,), (16, 32)]))


def test_fitted_anchors_stay_float32_in_a_network_of_half_precision():
    anchors = FittedAnchors([[(26.7, 31.3)]]).to(torch.bfloat16)
    assert anchors.sizes.dtype == torch.float32
    assert anchors.sizes.flatten().tolist() == pytest.approx([26.7, 31.3])


def test_fitted_anchors_keep_their_sizes_where_objects_are_few():
    anchors = FittedAnchors([[(8.0, 8.0), (12.0, 12.0)]])
    anchors.fit(torch.tensor([[50.0, 50.0]]))
    assert anchors.sizes.tolist() == [[[8.0, 8.0], [12.0, 12.0]]]
