"""Detectors with two stages on a backbone of the zoo, by its name.

20 classes --faster_rcnn(classes=20, in_channels=3, backbone="inception_v2")--> a detection network
"""

from striate.layers.norms import Norm
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.faster_rcnn import (
    FINEST,
    SINGLE,
    MapFeatures,
    PyramidFeatures,
    faster_rcnn_network,
)
from striate.zoo.detectors import DEFAULT, backbone_of


def faster_rcnn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    pyramid: bool = True,
    stride: int | None = None,
    anchors: int = 3,
    channels: int = 96,
    proposals: int = 300,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """Faster R-CNN on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        pyramid: whether regions are looked for on all maps from ``stride`` on, not on that one only.
        stride: of the finest map, pixels; None for 8 with a pyramid, and 16 without; the largest of a
            backbone that has no such map.
        anchors: of a cell of each map.
        channels: of each map.
        proposals: of an image, at most, in a prediction.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    made = backbone_of(backbone, in_channels, width)
    finest = stride or (FINEST if pyramid else SINGLE)
    if stride is None and not pyramid and finest not in made.channels:
        finest = max(made.channels)
    features = (PyramidFeatures if pyramid else MapFeatures)(made, finest, channels)
    return faster_rcnn_network(
        features, classes, width=channels, anchors=anchors, proposals=proposals, norm=norm
    )
