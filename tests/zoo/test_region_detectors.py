"""Detectors with two stages by name: what proposes can be exchanged."""

import pytest
import torch

from striate.errors import SettingError
from striate.records import Batch, BoxTargets
from striate.tasks.detection.parts.given_proposals import GivenProposals
from striate.tasks.detection.parts.rpn import RegionProposals
from striate.zoo.build import detector
from striate.zoo.cost.summary import summary

KINDS = {"rpn": RegionProposals, "windows": GivenProposals}
TARGETS = BoxTargets(
    torch.tensor([[4.0, 4, 40, 40], [30, 10, 60, 60]]), torch.tensor([1, 0]), torch.tensor([2, 0])
)
OWN = {"rcnn": {"crop": 32}, "faster_rcnn": {"channels": 8, "pyramid": False}}


def made(name, **own):
    torch.manual_seed(0)
    return detector(name, ["cat", "dog"], width=0.125, proposals=20, **OWN.get(name, {"channels": 8}), **own)


@pytest.mark.parametrize("proposer", KINDS)
@pytest.mark.parametrize("name", ["fast_rcnn", "faster_rcnn", "rfcn"])
def test_a_network_and_a_search_propose_for_the_same_detector(name, proposer):
    model = made(name, proposer=proposer)
    assert isinstance(model.network.first, KINDS[proposer])
    images = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    losses = model.train().losses(Batch.full(images, torch.arange(2), TARGETS))
    learned = {"objectness", "proposal_box"} if proposer == "rpn" else set()
    assert set(losses) == {"class", "box"} | learned
    sum(losses.values()).backward()
    assert [key for key, one in model.named_parameters() if one.grad is None] == []
    with torch.no_grad():
        raw = model.eval()(images)
    assert raw["regions"].shape[1] <= 20
    assert "pixels" not in raw


@pytest.mark.parametrize("name", ["rcnn", "sppnet"])
def test_machines_learn_from_what_is_found_in_pixels(name):
    assert isinstance(made(name, proposer="windows").network.first, GivenProposals)
    with pytest.raises(SettingError, match="proposer is 'rpn'"):
        made(name, proposer="rpn")


@pytest.mark.parametrize("name", ["rcnn", "sppnet", "fast_rcnn"])
def test_the_thorough_search_gives_twice_as_many_regions(name):
    own = {"width": 0.125, **OWN.get(name, {"channels": 8})}
    fast, thorough, few = (
        detector(name, ["cat"], **own, **more).network.first
        for more in ({}, {"proposer": "quality"}, {"proposer": "quality", "proposals": 300})
    )
    modes = [first.proposer.settings["mode"] for first in (fast, thorough, few)]
    assert modes == ["fast", "quality", "quality"]
    assert [first.most for first in (fast, thorough, few)] == [1000, 2000, 300]


@pytest.mark.parametrize("name", ["rcnn", "sppnet", "fast_rcnn", "faster_rcnn", "rfcn"])
def test_nothing_that_proposes_is_refused(name):
    with pytest.raises(SettingError, match="proposer is 'edge boxes'"):
        made(name, proposer="edge boxes")
    with pytest.raises(SettingError, match="proposals is 0"):
        detector(name, ["cat", "dog"], width=0.125, proposals=0)


def test_every_crop_costs_its_multiplications():
    few, many = (
        sum(row.multiplications for row in summary(model).rows)
        for model in (detector("rcnn", ["cat"], width=0.125, crop=32, proposals=count) for count in (10, 30))
    )
    assert many == 3 * few
