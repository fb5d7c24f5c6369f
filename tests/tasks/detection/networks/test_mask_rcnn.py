"""Mask R-CNN and Keypoint R-CNN against torchvision's builders, with their weights copied into ours."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torchvision.models import detection as torchvision_detection
from torchvision.ops import boxes as boxes_of

from striate.records import Batch, BoxTargets, MaskCrops, PointTargets
from striate.zoo.build import made_model
from striate.zoo.weights.detector_weights import load_detector

NAMES = ["maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2", "keypointrcnn_resnet50_fpn"]
SIZE = (96, 128)
EVERYTHING = 10**6


def picture(count=1):
    """uint8 with structure."""
    coarse = torch.rand(count, 3, 8, 12, generator=torch.Generator().manual_seed(3))
    smooth = nn.functional.interpolate(coarse, size=SIZE, mode="bicubic").clamp(0, 1)
    return (smooth * 255).to(torch.uint8)


@torch.no_grad()
def spread(theirs):
    """Statistics of norms and weights of the last layers with which there is something to find."""
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    theirs.train()
    theirs.backbone(theirs.transform(list(picture(2) / 255))[0].tensors)
    theirs.eval()
    heads = theirs.roi_heads
    maps = list(theirs.backbone(theirs.transform(list(picture(2) / 255))[0].tensors).values())
    pooled, fine = (torch.rand(16, 256, side, side) * maps[0].std() for side in (7, 14))
    heads.box_head.train()(pooled)
    inside = theirs.rpn.head.conv(maps[0])
    seen = heads.box_head.eval()(pooled)
    layers = [
        (theirs.rpn.head.cls_logits, inside, 1.5),
        (theirs.rpn.head.bbox_pred, inside, 0.3),
        (heads.box_predictor.cls_score, seen, 2.0),
        (heads.box_predictor.bbox_pred, seen, 2.0),
    ]
    if heads.mask_predictor is not None:
        heads.mask_head.train()(fine)
        hidden = heads.mask_head.eval()(fine)
        layers.append(
            (
                heads.mask_predictor.mask_fcn_logits,
                heads.mask_predictor.relu(heads.mask_predictor.conv5_mask(hidden)),
                2.0,
            )
        )
    else:
        layers.append((heads.keypoint_predictor.kps_score_lowres, heads.keypoint_head(fine), 2.0))
    for layer, numbers, deviation in layers:
        layer.weight *= deviation / layer(numbers).std()


@pytest.fixture(scope="module", params=NAMES)
def pair(request, tmp_path_factory):
    """Our detector and theirs, with the same random weights."""
    torch.manual_seed(0)
    count = 2 if request.param.startswith("keypoint") else 91
    build = getattr(torchvision_detection, request.param)
    shortest, longest = SIZE
    theirs = build(
        weights=None, weights_backbone=None, num_classes=count, min_size=shortest, max_size=longest
    )
    spread(theirs)
    path = tmp_path_factory.mktemp("weights") / "theirs.pth"
    torch.save(theirs.state_dict(), path)
    ours = made_model(request.param, [f"class {number}" for number in range(count - 1)])
    assert load_detector(ours.network, request.param, path) == ("weights: theirs.pth",)
    return request.param, ours.eval(), theirs.eval()


@pytest.fixture(autouse=True)
def exact_suppression(monkeypatch):
    """torchvision keeps few boxes of many classes apart by adding to their coordinates: this rounds them."""
    monkeypatch.setattr(boxes_of, "_batched_nms_coordinate_trick", boxes_of._batched_nms_vanilla)


def by_corner(boxes):
    """Numbers of boxes in an order that does not hang on scores that are equal."""
    return (boxes[:, 0] + 1000 * boxes[:, 1] + 0.001 * boxes[:, 2]).argsort()


@torch.no_grad()
def test_boxes_masks_and_joints_are_torchvisions(pair):
    _, ours, theirs = pair
    image = picture()
    (wanted,) = theirs([image[0] / 255])
    (found,) = ours.decode(ours(image), torch.tensor([SIZE]))
    assert len(found) == len(wanted["boxes"]) > 1
    found, order = found.where(by_corner(found.boxes)), by_corner(wanted["boxes"])
    wanted = {name: values[order] for name, values in wanted.items()}
    assert torch.equal(found.labels, wanted["labels"] - 1)
    assert torch.allclose(found.scores, wanted["scores"], atol=1e-5)
    assert torch.allclose(found.boxes, wanted["boxes"], atol=1e-3)
    if "masks" in wanted:
        assert torch.equal(found.masks.pasted(), wanted["masks"][:, 0] > 0.5)
        assert 0.1 < found.masks.pasted().sum() / (wanted["masks"] > 0).sum() < 0.9  # both answers occur
    else:
        assert torch.allclose(found.joints.points, wanted["keypoints"][..., :2], atol=1e-3)


def with_everything(ours, theirs, monkeypatch):
    """Both draw all regions that there are."""
    monkeypatch.setattr(theirs.rpn.fg_bg_sampler, "batch_size_per_image", 2 * EVERYTHING)
    monkeypatch.setattr(theirs.roi_heads.fg_bg_sampler, "batch_size_per_image", 4 * EVERYTHING)
    for part in (ours.network.first, ours.network):
        monkeypatch.setattr(part, "sampler", replace(part.sampler, count=4 * EVERYTHING))
    theirs.train()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()  # their statistics are frozen, as ours


def drawn_masks():
    """bool (3, H, W): masks inside of the boxes."""
    y, x = torch.arange(SIZE[0])[:, None], torch.arange(SIZE[1])
    return torch.stack(
        [
            (x - 29) ** 2 + (y - 39) ** 2 < 400,
            (x > 40) & (y > 20) & (x + y < 160) & (x < 119) & (y < 90),
            (x >= 30) & (x < 60) & (y >= 30) & (y < 60) & ((x + y) % 2 == 0),
        ]
    )


def test_losses_are_torchvisions_with_the_same_regions(pair, monkeypatch):
    name, ours, theirs = pair
    with_everything(ours, theirs, monkeypatch)
    boxes = torch.tensor([[8.0, 8, 50, 70], [40, 20, 120, 90], [30, 30, 60, 60]])
    labels = torch.zeros(3).long() if name.startswith("keypoint") else torch.tensor([4, 17, 88])
    points = torch.rand(3, 17, 2, generator=torch.Generator().manual_seed(5)) * 110
    visible = torch.rand(3, 17, generator=torch.Generator().manual_seed(6)) > 0.3
    image, masks = picture(2), drawn_masks()
    joints = torch.cat([points, visible[..., None].float()], dim=2)
    truths = [
        {"boxes": boxes[s], "labels": labels[s] + 1, "masks": masks[s].byte(), "keypoints": joints[s]}
        for s in (slice(0, 2), slice(2, 3))
    ]
    wanted = theirs(list(image / 255), truths)
    theirs.eval()
    targets = BoxTargets(
        boxes,
        labels,
        torch.tensor([2, 1]),
        masks=MaskCrops.of(masks),
        joints=PointTargets(points, visible, torch.ones(3)),
    )
    found = ours.losses(Batch.full(image, torch.arange(2), targets))
    names = {
        "objectness": "loss_objectness",
        "proposal_box": "loss_rpn_box_reg",
        "class": "loss_classifier",
        "box": "loss_box_reg",
        **({"joints": "loss_keypoint"} if name.startswith("keypoint") else {"mask": "loss_mask"}),
    }
    assert set(found) == set(names)
    for mine, other in names.items():
        assert torch.allclose(found[mine], wanted[other], atol=1e-5, rtol=1e-5), (name, mine)
