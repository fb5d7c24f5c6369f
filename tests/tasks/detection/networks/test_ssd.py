"""SSD against torchvision's builders, with their weights copied into ours."""

import json

import pytest
import torch
from torchvision.models.detection import ssd300_vgg16, ssdlite320_mobilenet_v3_large

from striate.errors import ModelFileError, SettingError
from striate.records import Batch
from striate.zoo.build import detector
from striate.zoo.weights.detector_weights import KEYS, load_detector

CLASSES = [f"class {number}" for number in range(90)]
THEIRS = {"ssd300_vgg16": ssd300_vgg16, "ssdlite320_mobilenet_v3_large": ssdlite320_mobilenet_v3_large}
PRIORS = {"ssd300_vgg16": 8732, "ssdlite320_mobilenet_v3_large": 3234}


@pytest.fixture(scope="module", params=THEIRS, ids=str)
def pair(request, tmp_path_factory):
    """Our detector and theirs, with the same random weights."""
    torch.manual_seed(0)
    theirs = THEIRS[request.param](weights=None, weights_backbone=None, num_classes=91)
    if request.param.startswith("ssdlite"):  # its first weights are so small that all scores would be equal
        for module in theirs.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight)
    path = tmp_path_factory.mktemp("weights") / "theirs.pth"
    torch.save(theirs.state_dict(), path)
    ours = detector(request.param, CLASSES)
    assert load_detector(ours.network, request.param, path) == ("weights: theirs.pth",)
    return request.param, ours.eval(), theirs.eval()


def picture(size):
    """uint8 with structure, so that random weights find more than noise."""
    made = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 10, 10, generator=made)
    smooth = torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1)
    return (smooth * 255).to(torch.uint8)


@torch.no_grad()
def test_boxes_are_torchvisions_in_their_order(pair):
    _, ours, theirs = pair
    image = picture(ours.preprocess.size)
    (wanted,) = theirs([image[0] / 255])
    found = ours.decode(ours(image), torch.tensor([ours.preprocess.size]))[0]
    assert len(found) == len(wanted["boxes"]) > 20
    assert torch.equal(found.labels, wanted["labels"] - 1)
    assert torch.allclose(found.scores, wanted["scores"], atol=1e-6)
    assert torch.allclose(found.boxes, wanted["boxes"], atol=1e-3)


@torch.no_grad()
def test_priors_are_torchvisions(pair):
    name, ours, theirs = pair
    image = picture(ours.preprocess.size)
    images, _ = theirs.transform([image[0] / 255])
    (wanted,) = theirs.anchor_generator(images, list(theirs.backbone(images.tensors).values()))
    found = ours.network.priors_of(ours.preprocess.size).boxes
    assert len(found) == PRIORS[name]
    assert torch.allclose(found, wanted, atol=1e-4)


def test_every_tensor_of_theirs_has_a_place(pair):
    name, ours, theirs = pair
    assert {KEYS[name](key) for key in ours.network.state_dict()} == set(theirs.state_dict())
    assert sum(p.numel() for p in ours.network.parameters()) == sum(p.numel() for p in theirs.parameters())


def test_with_other_classes_what_says_them_is_new_and_all_else_is_kept(pair, tmp_path):
    name, ours, theirs = pair
    torch.save(theirs.state_dict(), tmp_path / "theirs.pth")
    few = detector(name, ["cat", "dog"])
    notes = load_detector(few.network, name, tmp_path / "theirs.pth")
    assert "what says the classes is new" in notes[1]
    assert torch.equal(next(few.network.features.parameters()), next(ours.network.features.parameters()))


def test_losses_of_both_reach_every_parameter():
    model = detector("ssdlite320_mobilenet_v3_large", ["cat", "dog"]).train()
    batch = Batch.full(picture((320, 320)).expand(2, 3, 320, 320), torch.arange(2), model.example_targets(2))
    losses = model.losses(batch)
    assert set(losses) == {"class", "box"}
    sum(losses.values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []


def test_weights_of_another_detector_are_refused(pair, tmp_path):
    _, _, theirs = pair
    torch.save(theirs.state_dict(), tmp_path / "theirs.pth")
    with pytest.raises(ModelFileError, match="is not of yolo"):
        load_detector(detector("yolo", ["cat"]).network, "yolo", tmp_path / "theirs.pth")
    with pytest.raises(SettingError, match="no published weights for yolo"):
        load_detector(detector("yolo", ["cat"]).network, "yolo", "coco")


def test_ssd_is_built_on_other_backbones():
    for backbone in ("resnet18", "lenet5", "mobilenet_v2"):
        model = detector("ssd", ["cat", "dog"], backbone=backbone, channels=16)
        raw = model(picture((128, 160)))
        assert raw["scores"].shape[1] == len(model.network.priors_of((128, 160)))
    with pytest.raises(SettingError, match="maps is 2"):
        detector("ssd", ["cat"], maps=2)


def test_parameters_are_counted_as_in_torchvision(shared_data):
    cases = json.loads((shared_data.parent / "conformance" / "detection.json").read_text())["cases"]
    (case,) = [one["expected"] for one in cases if one["group"] == "params"]
    for name in THEIRS:
        with torch.device("meta"):
            model = detector(name, CLASSES)
        assert sum(p.numel() for p in model.network.parameters()) == case[name]["total"]
