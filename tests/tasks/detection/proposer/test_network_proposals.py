"""Regions that the first stage of a detector proposes."""

import pytest
import torch

import striate
from striate.api.propose import proposer_for
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.records.affine import scaling
from striate.tasks.detection.detector import Detector
from striate.tasks.detection.proposer.network_proposals import NetworkProposals


def detector(name: str = "faster_rcnn") -> Detector:
    torch.manual_seed(0)
    model = striate.create(name, classes=("cat", "dog"), backbone="resnet18", width=0.125)
    return Detector(model.network, ("cat", "dog"), Preprocess((64, 96), resize_mode="stretch"))


def test_the_regions_are_those_of_the_network_in_pixels_of_the_picture() -> None:
    model = detector().eval()
    image = torch.randint(0, 256, (3, 128, 192), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    with torch.no_grad():
        raw = model(model.preprocess(image)[None])
    expected = raw["regions"][0, : int(raw["counts"][0])]
    found = NetworkProposals(model).propose(image, "a.jpg")
    assert len(found) > 10
    assert found.source == "a.jpg"
    assert torch.allclose(found.moved(scaling(0.5, 0.5), (64, 96)).boxes, expected, atol=1e-3)
    assert bool((found.boxes[:, 2] <= 192).all())


def test_what_looks_once_proposes_nothing() -> None:
    for model in (detector("yolo"), torch.nn.Linear(1, 1), None):
        with pytest.raises(SettingError, match="proposes nothing"):
            NetworkProposals(model)


def test_a_detector_whose_regions_a_search_finds_has_no_network_that_proposes() -> None:
    assert NetworkProposals(detector()).learned
    assert not NetworkProposals(detector("fast_rcnn")).learned
    with pytest.raises(SettingError, match="no network that proposes"):
        proposer_for("rpn", "fast", detector("fast_rcnn"))
