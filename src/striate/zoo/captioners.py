"""Networks that write captions on a backbone of the zoo, by its name.

a region --densecap(classes=1, in_channels=3, backbone="resnet34")--> a network with a caption branch
"""

import math

from striate.errors import SettingError
from striate.layers.norms import Norm
from striate.tasks.captioning.networks.densecap import densecap_network
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.faster_rcnn import FINEST, SINGLE, MapFeatures, PyramidFeatures
from striate.tasks.detection.parts.rpn import RegionProposals
from striate.zoo.named_backbone import DEFAULT, backbone_of
from striate.zoo.region_detectors import first_stage


def densecap(
    classes: int = 1,
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
    code: int = 256,
    language: int = 256,
    box_gradients: bool = False,
    caption_weight: float = 1.0,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """DenseCap on a backbone.

    Args:
        classes: K, 1 of data for captions: a region.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        pyramid: whether regions are looked for on all maps from ``stride`` on, not on that one only.
        stride: of the finest map, pixels; None for 8 with a pyramid, and 16 without; the largest of a
            backbone that has no such map.
        channels: of each map.
        proposer: "rpn", "selective", "quality", "windows" or "file".
        anchors: of the region proposal network, in a cell of each map.
        proposals: of an image, at most, in a prediction.
        code: numbers of the code of a region; 4,096 in the paper.
        language: width of the language model; 512 in the paper.
        box_gradients: whether captions and boxes teach the proposals too, through the corners of regions, as
            in the paper; from random weights proposals are better without.
        caption_weight: of the caption loss, times that of the paper; 0 teaches the boxes alone.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.

    Raises:
        SettingError: code or language is smaller than 1, or caption_weight below 0.
    """
    for name, number in (("code", code), ("language", language)):
        if number < 1:
            raise SettingError(f"{name} is {number}", "1 or more", f"leave {name} out")
    if not 0 <= caption_weight < math.inf:
        raise SettingError(f"caption_weight is {caption_weight}", "0 or more", "leave caption_weight out")
    made = backbone_of(backbone, in_channels, width)
    finest = stride or (FINEST if pyramid else SINGLE)
    if stride is None and not pyramid and finest not in made.channels:
        finest = max(made.channels)
    features = (PyramidFeatures if pyramid else MapFeatures)(made, finest, channels)
    first = first_stage(proposer, proposals, channels, maps=len(features.strides), anchors=anchors)
    if isinstance(first, RegionProposals):
        first.gradients = box_gradients
    sizes = {"width": channels, "code": code, "language": language}
    return densecap_network(features, first, classes, **sizes, caption_weight=caption_weight, norm=norm)
