"""Detectors with masks and joints on a backbone of the zoo, by its name.

20 classes --mask_rcnn(classes=20, in_channels=3, backbone="resnet34")--> a detection network
"""

from typing import Any

from striate.errors import SettingError
from striate.layers.norms import Norm
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.mask_rcnn import (
    PERSON_JOINTS,
    keypoint_branch_of,
    mask_branch_of,
    with_branches,
)
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.parts import keypoint_branch, mask_branch
from striate.tasks.detection.parts.branch import Branch
from striate.zoo.named_backbone import DEFAULT
from striate.zoo.region_detectors import faster_rcnn


def mask_rcnn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    pyramid: bool = True,
    stride: int | None = None,
    channels: int = 96,
    proposer: str = "rpn",
    anchors: int = 3,
    proposals: int = 300,
    norm: Norm = "batch",
    joints: int = 0,
) -> DetectionNetwork:
    """Mask R-CNN on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        pyramid: whether regions are looked for on all maps from ``stride`` on, not on that one only.
        stride: of the finest map, pixels; None for 8 with a pyramid, and 16 without.
        channels: of each map, and of the mask branch.
        proposer: "rpn", "selective", "quality", "windows" or "file".
        anchors: of the region proposal network, in a cell of each map.
        proposals: of an image, at most, in a prediction.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
        joints: J of a keypoint branch beside the mask branch; 0 for none.
    """
    network = _boxes(
        classes,
        in_channels,
        backbone=backbone,
        width=width,
        pyramid=pyramid,
        stride=stride,
        channels=channels,
        proposer=proposer,
        anchors=anchors,
        proposals=proposals,
        norm=norm,
    )
    branches: dict[str, Branch] = {mask_branch.NAME: mask_branch_of(network, channels, classes)}
    if joints:
        branches[keypoint_branch.NAME] = _joints(network, channels, joints)
    return with_branches(network, branches)


def keypoint_rcnn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    pyramid: bool = True,
    stride: int | None = None,
    channels: int = 96,
    proposer: str = "rpn",
    anchors: int = 3,
    proposals: int = 300,
    norm: Norm = "batch",
    joints: int = PERSON_JOINTS,
) -> DetectionNetwork:
    """Mask R-CNN with its keypoint branch alone; arguments as those of ``mask_rcnn``.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        pyramid: whether regions are looked for on all maps from ``stride`` on, not on that one only.
        stride: of the finest map, pixels; None for 8 with a pyramid, and 16 without.
        channels: of each map, and of the keypoint branch.
        proposer: "rpn", "selective", "quality", "windows" or "file".
        anchors: of the region proposal network, in a cell of each map.
        proposals: of an image, at most, in a prediction.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
        joints: J; a training takes those of the data.
    """
    network = _boxes(
        classes,
        in_channels,
        backbone=backbone,
        width=width,
        pyramid=pyramid,
        stride=stride,
        channels=channels,
        proposer=proposer,
        anchors=anchors,
        proposals=proposals,
        norm=norm,
    )
    return with_branches(network, {keypoint_branch.NAME: _joints(network, channels, joints)})


def _boxes(classes: int, in_channels: int, **arguments: Any) -> TwoStage:
    """Faster R-CNN."""
    network = faster_rcnn(classes, in_channels, **arguments)
    assert isinstance(network, TwoStage)
    return network


def _joints(network: TwoStage, channels: int, joints: int) -> Branch:
    """A keypoint branch.

    Raises:
        SettingError: there are no joints.
    """
    if joints < 1:
        raise SettingError(f"joints is {joints}", "1 or more", "leave joints out")
    return keypoint_branch_of(network, channels, channels, joints)
