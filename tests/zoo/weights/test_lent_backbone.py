"""A backbone that learned elsewhere goes on in a detector; all else in it begins anew."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import striate
from striate.errors import ModelFileError, SettingError
from striate.tasks.model import TaskModel
from striate.zoo.networks import create
from striate.zoo.save_load import save
from striate.zoo.weights.lent_backbone import lender

THIN: dict[str, Any] = {"backbone": "resnet18", "width": 0.25}


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thin ResNet-18 that tells two classes apart, as a bare file of tensors."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("lent") / "resnet18.safetensors"
    save_file(create("resnet18", 2, 3, width=0.25).state_dict(), path)
    return path


def starts_alike(detector: TaskModel[Any], path: Path) -> bool:
    whole = create("resnet18", 2, 3, str(path), width=0.25).state_dict()
    own = detector.backbone.state_dict()
    return bool(own) and all(torch.equal(own[key], whole[key]) for key in own)


@pytest.mark.parametrize("name", ["faster_rcnn", "fast_rcnn", "rcnn", "yolo", "ssd"])
def test_a_file_of_a_classifier_goes_into_the_backbone_alone(name: str, lent: Path) -> None:
    torch.manual_seed(0)
    fresh = striate.create(name, classes=["a"], **THIN)
    torch.manual_seed(0)
    detector = striate.create(name, classes=["a"], weights=lent, **THIN)
    assert starts_alike(detector, lent)
    assert detector.network.notes[-1] == "only the backbone resnet18 begins with them, all else is new"
    new = set(fresh.state_dict()) - {
        key for key in fresh.state_dict() if ".backbone." in key or key.startswith("network.backbone.")
    }
    assert new
    assert all(torch.equal(fresh.state_dict()[key], detector.state_dict()[key]) for key in new)


def test_frozen_norms_take_what_the_backbone_has_learned(lent: Path) -> None:
    detector = striate.create("rfcn", classes=["a"], weights=lent, norm="frozen", **THIN)
    assert starts_alike(detector, lent)
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in detector.backbone.modules())


def test_a_detector_lends_its_backbone_to_another(tmp_path: Path) -> None:
    torch.manual_seed(1)
    one = striate.create("yolo", classes=["a", "b"], **THIN)
    save(one, tmp_path / "yolo.safetensors")
    other = striate.create("faster_rcnn", classes=["c"], weights=tmp_path / "yolo.safetensors", **THIN)
    own, theirs = other.backbone.state_dict(), one.backbone.state_dict()
    assert all(torch.equal(own[key], theirs[key]) for key in theirs)


def test_a_file_of_another_backbone_is_refused_and_named(lent: Path) -> None:
    with pytest.raises(ModelFileError, match="not of mobilenet_v2"):
        striate.create("faster_rcnn", classes=["a"], weights=lent, backbone="mobilenet_v2")


def test_a_detector_on_a_backbone_of_its_own_refuses_those_of_imagenet() -> None:
    with pytest.raises(SettingError, match="ssd300_vgg16 has a backbone of its own"):
        striate.create("ssd300_vgg16", classes=["a"], weights="imagenet")


def test_groups_of_channels_go_with_the_backbone(tmp_path: Path) -> None:
    one = striate.create("fast_rcnn", classes=["a"], norm="group", **THIN)
    save(one, tmp_path / "fast.safetensors")
    assert lender("fast_rcnn", {"norm": "group"}, "faster_rcnn")["norm"] == "group"
    assert "norm" not in lender("fast_rcnn", {"norm": "group"}, "yolo")
    other = striate.create(
        "faster_rcnn", classes=["b"], weights=tmp_path / "fast.safetensors", norm="group", **THIN
    )
    own, theirs = other.backbone.state_dict(), one.backbone.state_dict()
    assert all(torch.equal(own[key], theirs[key]) for key in theirs)
    note = "stages.2, stages.3 are new: the file's detector does not read them"
    assert note in other.network.notes
