"""One number of a pose or a box is explained by its name."""

import pytest
import torch

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.tasks.regression.localizer import Localizer
from striate.tasks.regression.point_model import PoseModel
from striate.zoo.networks import create

IMAGE = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def model(kind: type, *classes: str):
    torch.manual_seed(0)
    return kind(create("resnet20", classes=1), classes, Preprocess((32, 32))).eval()


@pytest.mark.parametrize(("target", "number"), [("right.x", 2), ("left.visible", 4), (1, 1)])
def test_a_coordinate_of_a_joint(target: str | int, number: int):
    pose = model(PoseModel, "left", "right")
    named = striate.explain(pose, IMAGE, "saliency", target=target)
    expected = striate.explain(pose, IMAGE, "saliency", target=lambda output: output[:, number])
    assert torch.equal(named.values[0], expected.values[0])


def test_a_class_and_a_side_of_a_box():
    localizer = model(Localizer, "cat", "cow")
    for target, number in {"cow": 6, "width": 4}.items():
        named = striate.explain(localizer, IMAGE, "saliency", target=target)
        expected = striate.explain(localizer, IMAGE, "saliency", target=lambda output, n=number: output[:, n])
        assert torch.equal(named.values[0], expected.values[0])


def test_mirroring_without_pairs_is_refused_before_training():
    class Asked:
        tta, augment = "plain", "mirror,rotate=10"

    with pytest.raises(SettingError, match="no points are named left and right"):
        model(PoseModel, "a", "b").fit_to(None, Asked)
