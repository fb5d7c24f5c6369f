"""Detectors on a backbone of the zoo, by its name.

20 classes --yolo(classes=20, in_channels=3, backbone="resnet34")--> a detection network
"""

from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.ssd import ssd_network
from striate.tasks.detection.networks.yolo_v1 import YoloV1
from striate.tasks.detection.networks.yolo_v2 import yolo_network
from striate.zoo.named_backbone import DEFAULT, backbone_of


def yolo(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    stride: int | None = None,
    anchors: int = 5,
    channels: int = 96,
) -> DetectionNetwork:
    """YOLO with anchors on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        stride: pixels of a cell; None for 8, or the largest of a backbone that has no such map.
        anchors: of a cell.
        channels: of the map that is read.
    """
    made = backbone_of(backbone, in_channels, width)
    return yolo_network(made, classes, stride=stride, anchors=anchors, width=channels)


def yolo_v1(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    grid: int = 7,
    boxes: int = 2,
    channels: int = 128,
) -> DetectionNetwork:
    """The first YOLO on a backbone: a coarse grid without anchors.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        grid: cells along a side.
        boxes: of a cell.
        channels: of the map that is read.
    """
    made = backbone_of(backbone, in_channels, width)
    return YoloV1(made, classes, grid=grid, boxes=boxes, width=channels)


def ssd(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    maps: int = 5,
    channels: int = 128,
) -> DetectionNetwork:
    """SSD on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        maps: that are looked at.
        channels: of each map.
    """
    made = backbone_of(backbone, in_channels, width)
    return ssd_network(made, classes, maps=maps, width=channels)
