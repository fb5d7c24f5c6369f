"""Faster R-CNN against torchvision's builders, with their weights copied into ours."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn
from torchvision.models import detection as torchvision_detection
from torchvision.models.detection._utils import overwrite_eps
from torchvision.ops import boxes as boxes_of

from striate.errors import SettingError
from striate.records import Batch, BoxTargets
from striate.zoo.build import detector
from striate.zoo.weights.detector_weights import KEYS, load_detector

CLASSES = [f"class {number}" for number in range(90)]
NAMES = [name for name in KEYS if name.startswith("fasterrcnn")]
SMALL, LARGE = (96, 128), (256, 384)  # maps of stride 32 are so coarse that small images give equal scores
COUNTER = "num_batches_tracked"
PARTS = {"features": "backbone", "first": "rpn", "head": "roi_heads"}
"""Of ours, and what they are called in torchvision."""


def size_of(name):
    return LARGE if "mobilenet" in name else SMALL


def picture(name, count=1):
    """uint8 with structure."""
    coarse = torch.rand(count, 3, 8, 12, generator=torch.Generator().manual_seed(3))
    smooth = nn.functional.interpolate(coarse, size=size_of(name), mode="bicubic").clamp(0, 1)
    return (smooth * 255).to(torch.uint8)


@torch.no_grad()
def spread(theirs, name):
    """Statistics of norms and weights of the last layers with which there is something to find."""
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    theirs.train()
    images = theirs.transform(list(picture(name, 2) / 255))[0].tensors
    theirs.backbone(images)
    theirs.eval()
    head, predictor = theirs.rpn.head, theirs.roi_heads.box_predictor
    maps = list(theirs.backbone(images).values())
    pooled = torch.rand(32, 256, 7, 7) * maps[0].std()
    theirs.roi_heads.box_head.train()(pooled)
    inside, seen = head.conv(maps[0]), theirs.roi_heads.box_head.eval()(pooled)
    for layer, numbers, deviation in (
        (head.cls_logits, inside, 1.5),
        (head.bbox_pred, inside, 0.3),
        (predictor.cls_score, seen, 2.0),
        (predictor.bbox_pred, seen, 2.0),
    ):
        layer.weight *= deviation / layer(numbers).std()


@pytest.fixture(scope="module", params=NAMES)
def pair(request, tmp_path_factory):
    """Our detector and theirs, with the same random weights."""
    torch.manual_seed(0)
    build = getattr(torchvision_detection, request.param)
    shortest, longest = size_of(request.param)
    theirs = build(weights=None, weights_backbone=None, num_classes=91, min_size=shortest, max_size=longest)
    spread(theirs, request.param)
    path = tmp_path_factory.mktemp("weights") / "theirs.pth"
    torch.save(theirs.state_dict(), path)
    ours = detector(request.param, CLASSES)
    assert load_detector(ours.network, request.param, path) == ("weights: theirs.pth",)
    return request.param, ours.eval(), theirs.eval(), path


@pytest.fixture(autouse=True)
def exact_suppression(monkeypatch):
    """torchvision keeps few boxes of many classes apart by adding to their coordinates: this rounds them."""
    monkeypatch.setattr(boxes_of, "_batched_nms_coordinate_trick", boxes_of._batched_nms_vanilla)


@torch.no_grad()
def test_boxes_are_torchvisions_in_their_order(pair):
    name, ours, theirs, _ = pair
    image = picture(name)
    (wanted,) = theirs([image[0] / 255])
    raw = ours(image)
    (found,) = ours.decode(raw, torch.tensor([size_of(name)]))
    assert len(found) == len(wanted["boxes"]) > 20
    assert torch.equal(found.labels, wanted["labels"] - 1)
    assert torch.allclose(found.scores, wanted["scores"], atol=1e-5)
    assert torch.allclose(found.boxes, wanted["boxes"], atol=1e-3)


@torch.no_grad()
def test_proposals_are_torchvisions(pair):
    name, ours, theirs, _ = pair
    image = picture(name, 2)
    images, _ = theirs.transform(list(image / 255))
    wanted, _ = theirs.rpn(images, theirs.backbone(images.tensors))
    raw = ours(image)
    assert raw["counts"].tolist() == [len(one) for one in wanted]
    for one, found in zip(wanted, raw["regions"], strict=True):
        assert torch.allclose(found[: len(one)], one, atol=1e-3)
        assert (found[len(one) :] == 0).all()


def test_losses_are_torchvisions_with_the_same_regions(pair, monkeypatch):
    name, ours, theirs, _ = pair
    everything = 10**6  # both draw all that there are
    monkeypatch.setattr(theirs.rpn.fg_bg_sampler, "batch_size_per_image", 2 * everything)
    monkeypatch.setattr(theirs.roi_heads.fg_bg_sampler, "batch_size_per_image", 4 * everything)
    for part in (ours.network.first, ours.network):
        monkeypatch.setattr(part, "sampler", replace(part.sampler, count=4 * everything))
    boxes = torch.tensor([[8.0, 8, 50, 70], [40, 20, 120, 90], [30, 30, 60, 60]])
    labels, image = torch.tensor([4, 17, 88]), picture(name, 2)
    theirs.train()
    theirs.backbone.eval()  # their statistics are frozen, as ours
    theirs.roi_heads.box_head.eval()
    wanted = theirs(
        list(image / 255),
        [
            {"boxes": boxes[:2], "labels": labels[:2] + 1},
            {"boxes": boxes[2:], "labels": labels[2:] + 1},
        ],
    )
    theirs.eval()
    found = ours.losses(Batch.full(image, torch.arange(2), BoxTargets(boxes, labels, torch.tensor([2, 1]))))
    names = {
        "objectness": "loss_objectness",
        "proposal_box": "loss_rpn_box_reg",
        "class": "loss_classifier",
        "box": "loss_box_reg",
    }
    assert set(found) == set(names)
    for mine, other in names.items():
        assert torch.allclose(found[mine], wanted[other], atol=1e-5, rtol=1e-5), (name, mine)


def test_every_tensor_of_theirs_has_a_place(pair):
    name, ours, theirs, _ = pair
    keys = {KEYS[name](key) for key in ours.network.state_dict()}
    assert keys == {key for key in theirs.state_dict() if not key.endswith(COUNTER)}


def test_with_other_classes_what_says_them_is_new_and_all_else_is_kept(pair):
    name, ours, _, path = pair
    few = detector(name, ["cat", "dog"])
    notes = load_detector(few.network, name, path)
    assert "what says the classes is new" in notes[1]
    assert torch.equal(few.network.first.deltas.weight, ours.network.first.deltas.weight)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_counted_as_in_torchvision(name, shared_data):
    cases = json.loads((shared_data.parent / "conformance" / "detection.json").read_text())["cases"]
    (case,) = [one["expected"] for one in cases if one["group"] == "params"]
    with torch.device("meta"):
        network = detector(name, CLASSES, norm="batch").network
    for ours, theirs in PARTS.items():
        own = sum(one.numel() for one in getattr(network, ours).parameters())
        assert own == case[name.replace("_320", "")][theirs]


def older(key):
    """As torchvision named it before 0.13: the published files are of that time."""
    for now, before in (("fpn.inner_blocks", ".0."), ("fpn.layer_blocks", ".0."), ("rpn.head.conv", ".0.0.")):
        if now in key:
            return before.join(key.rsplit(before, 1)[:1]) + "." + key.rsplit(".", 1)[1]
    return key


@torch.no_grad()
def test_the_published_file_of_older_names_and_no_epsilon_gives_its_boxes(tmp_path):
    torch.manual_seed(0)
    build, name = torchvision_detection.fasterrcnn_resnet50_fpn, "fasterrcnn_resnet50_fpn"
    theirs = build(weights=None, weights_backbone=None, num_classes=91, min_size=96, max_size=128)
    spread(theirs, name)
    overwrite_eps(theirs, 0.0)  # FrozenBatchNorm2d there; here the norms are still learned
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
    path = tmp_path / "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth"
    kept = {older(key): one for key, one in theirs.state_dict().items() if not key.endswith(COUNTER)}
    assert "rpn.head.conv.bias" in kept
    assert "backbone.fpn.inner_blocks.0.weight" in kept
    torch.save(kept, path)
    ours = detector(name, CLASSES).eval()
    load_detector(ours.network, name, path)
    (wanted,), image = theirs([picture(name)[0] / 255]), picture(name)
    (found,) = ours.decode(ours(image), torch.tensor([size_of(name)]))
    assert torch.allclose(found.scores, wanted["scores"], atol=1e-3)
    assert torch.equal(found.labels[:20], wanted["labels"][:20] - 1)


@pytest.mark.parametrize("pyramid", [True, False], ids=["pyramid", "one map"])
@pytest.mark.parametrize(
    "backbone",
    [
        "vgg16",
        "inception_v2",
        "inception_v3",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "convnext_tiny",
        "lenet5",
    ],
)
def test_any_backbone_serves(backbone, pyramid):
    with torch.device("meta"):
        network = detector("faster_rcnn", ["cat", "dog"], backbone=backbone, pyramid=pyramid).network
    raw = network(torch.empty(2, 3, 224, 320, device="meta"))
    assert raw["scores"].shape == (2, 300, 3)
    assert raw["objectness"].shape[1] == raw["deltas"].shape[1]


def test_a_stride_that_a_backbone_has_not_is_refused():
    with pytest.raises(SettingError, match="stride is 5"):
        detector("faster_rcnn", ["cat"], pyramid=False, stride=5)
    with pytest.raises(SettingError, match="proposals is 0"):
        detector("faster_rcnn", ["cat"], proposals=0)
