"""An answer in parts: each names itself, and together they are the answer."""

import pytest
import torch

from striate.data.preprocess import Preprocess
from striate.layers.image_network import BACKBONE, FINISH, HEAD, PROPOSALS, WHOLE
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build

ONE_LOOK = [BACKBONE, HEAD, FINISH]
TWO_LOOKS = [BACKBONE, PROPOSALS, HEAD, HEAD, FINISH]  # pooled regions, then what is said of them
THIN = {"width": 0.125}
CASES = [
    ("resnet20", "classification", THIN, ONE_LOOK),
    ("googlenet", "classification", {}, ONE_LOOK),
    ("resnet20", "localize", THIN, ONE_LOOK),
    ("yolo", "detect", THIN, ONE_LOOK),
    ("yolo_v1", "detect", THIN, ONE_LOOK),
    ("ssd", "detect", {**THIN, "channels": 16}, ONE_LOOK),
    ("faster_rcnn", "detect", {**THIN, "channels": 16, "proposals": 8}, TWO_LOOKS),
    ("sppnet", "detect", {**THIN, "channels": 16, "proposals": 8}, TWO_LOOKS),
    # its backbone sees crops, so that pooling is its part
    ("rcnn", "detect", {**THIN, "proposals": 8}, [BACKBONE, PROPOSALS, BACKBONE, HEAD, FINISH]),
]


def equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    return torch.equal(one, other)


@pytest.mark.parametrize(("name", "task", "own", "parts"), CASES, ids=[f"{a}-{b}" for a, b, *_ in CASES])
def test_parts_come_in_order_and_give_the_answer(name, task, own, parts):
    torch.manual_seed(0)
    preprocess = Preprocess((64, 96), resize_mode="letterbox")
    model = build(name, ("cat", "dog"), preprocess, task=task, **own).eval()
    images = torch.randint(0, 256, (1, 3, 64, 96), dtype=torch.uint8)
    with torch.inference_mode():
        assert list(model.answer_in_parts(images, torch.tensor([[64, 96]]))) == parts
        seen, raw = model.normalized(images), list[object]()

        def run():
            raw.append((yield from model.network.forward_in_parts(seen)))

        assert list(run()) == parts[:-1]
        assert equal(raw[0], model.network(seen))


def test_a_network_that_nobody_divided_is_one_part():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
    model = Classifier(network, ("cat", "dog"), Preprocess((2, 2))).eval()
    images = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    assert list(model.answer_in_parts(images, torch.tensor([[2, 2]]))) == [WHOLE, FINISH]


@pytest.mark.parametrize("name", ["faster_rcnn", "fast_rcnn"])
def test_a_prediction_may_look_at_fewer_regions_than_the_training(name):
    torch.manual_seed(0)
    preprocess = Preprocess((64, 96), resize_mode="letterbox")
    own = {"width": 0.125, "channels": 16, "proposals": 20}
    model = build(name, ("cat", "dog"), preprocess, task="detect", **own).eval()
    images = torch.randint(0, 256, (1, 3, 64, 96), dtype=torch.uint8)
    assert model.network.changeable == ("proposals",)
    with torch.inference_mode():
        many = model(images)
        model.network.change("proposals", 3)
        few = model(images)
    assert few["regions"].shape[1] == 3
    assert torch.equal(few["regions"], many["regions"][:, :3])
