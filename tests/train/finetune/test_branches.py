"""Weights for a network with branches: the backbone is reused, the branches learn together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.preprocess import Preprocess
from striate.train.finetune.finetune import begin
from striate.train.finetune.freeze import first_thawed, layer_count, thaw, thawing
from striate.train.run.settings import Settings
from striate.zoo.build import build
from striate.zoo.save_load import save

GREY = Preprocess((32, 32), 1, (0.5,), (0.5,))
CLASSES = ("cat", "dog")


def boxes(classes: tuple[str, ...] = CLASSES) -> BoxAnnotations:
    return BoxAnnotations(np.ones((2, 4), np.float32), np.array([0, 1], np.int32), np.array([1, 2]), classes)


def saved(folder: Path, name: str, task: str, classes: tuple[str, ...] = CLASSES) -> Any:
    torch.manual_seed(7)
    model = build(name, classes, GREY, task=task)
    save(model, folder / "model.safetensors")
    return model


def begun(folder: Path, name: str, annotations: Any, **values: Any) -> tuple[Any, tuple[str, ...]]:
    settings = Settings(weights=str(folder / "model.safetensors"), finetune="all", model=name, **values)
    model, best, said = begin(settings, annotations, GREY)
    kept = best.backbone.stem.state_dict()
    assert all(torch.equal(one, kept[key]) for key, one in model.backbone.stem.state_dict().items())
    return model, said


@pytest.mark.parametrize("name", ["resnet20", "lenet5", "mobilenet_v3_small"])
@pytest.mark.parametrize("classes", [("cat", "dog"), ("a", "b"), ("a", "b", "c")])
def test_a_classifier_lends_its_backbone(name: str, classes: tuple[str, ...], tmp_path: Path) -> None:
    theirs = saved(tmp_path, name, "classification", classes)
    model, said = begun(tmp_path, name, boxes(), task="localize")
    known = theirs.network.state_dict()
    assert all(torch.equal(known[key], one) for key, one in model.backbone.state_dict().items())
    assert said[-1] == "the branches for localize are new"
    assert not any("last layer" in one for one in said)


def test_branches_go_on_where_task_and_classes_are_the_same(tmp_path: Path) -> None:
    theirs = saved(tmp_path, "resnet20", "localize").network.state_dict()
    model, said = begun(tmp_path, "resnet20", boxes(), task="localize")
    assert all(torch.equal(one, theirs[key]) for key, one in model.network.state_dict().items())
    assert said == ("weights: model.safetensors, with the branches for localize",)
    model, said = begun(tmp_path, "resnet20", boxes(("a", "b")), task="localize")
    assert not torch.equal(model.network.score.weight, theirs["score.weight"])
    assert torch.equal(model.backbone.stem.conv.weight, theirs["backbone.stem.conv.weight"])


def test_a_localizer_lends_its_backbone_to_a_classifier(tmp_path: Path) -> None:
    theirs = saved(tmp_path, "resnet20", "localize").network.state_dict()
    model, said = begun(tmp_path, "resnet20", ClassAnnotations(np.array([0, 1]), ("a", "b")))
    assert torch.equal(model.backbone.stem.conv.weight, theirs["backbone.stem.conv.weight"])
    assert "the last layer is new: the file has none" in said


def test_all_branches_are_the_last_layer() -> None:  # ResNet-20 without its own last layer has 19
    network = build("resnet20", CLASSES, GREY, task="localize").network
    assert layer_count(network) == 20
    thaw(network, first_thawed(network, "head"))
    learning = {name.split(".")[0] for name, one in network.named_parameters() if one.requires_grad}
    assert learning == {"score", "place"}
    assert not any(one.requires_grad for one in network.backbone.parameters())  # type: ignore[union-attr]
    assert thawing(network, 0) == [19, 13, 7, 1, 0]  # the branches, three stages of six layers, the stem


def test_a_classifier_lends_its_backbone_to_a_network_that_keeps_a_last_layer(tmp_path: Path) -> None:
    theirs = saved(tmp_path, "resnet20", "classification").network.state_dict()
    people = IdentityAnnotations(np.array([0, 0, 1, 1]), ("a", "b"))
    model, said = begun(tmp_path, "resnet20", people, task="verification", dimensions=16)
    assert model.backbone.head.output.out_features == 16
    assert torch.equal(model.backbone.stem.conv.weight, theirs["stem.conv.weight"])
    assert said[-1] == "the branches for verification are new"
    save(model, tmp_path / "model.safetensors")
    others = IdentityAnnotations(np.array([0, 0, 1, 1]), ("c", "d"))
    again, _ = begun(tmp_path, "resnet20", others, task="verification", dimensions=16)
    assert torch.equal(again.backbone.head.output.weight, model.backbone.head.output.weight)
