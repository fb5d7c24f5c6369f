"""Detectors with two stages on a backbone of the zoo, by its name.

20 classes --faster_rcnn(classes=20, in_channels=3, backbone="inception_v2")--> a detection network
"""

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.literals import require_choice
from striate.layers.norms import Norm, with_norm
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.fast_rcnn import fast_rcnn_network
from striate.tasks.detection.networks.faster_rcnn import (
    FINEST,
    SINGLE,
    MapFeatures,
    PyramidFeatures,
    faster_rcnn_network,
    learned_proposals,
)
from striate.tasks.detection.networks.rcnn import rcnn_network
from striate.tasks.detection.networks.rfcn import rfcn_network
from striate.tasks.detection.networks.sppnet import sppnet_network
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.given_proposals import GivenProposals
from striate.tasks.detection.proposer.file_proposals import ENDINGS
from striate.tasks.detection.proposer.proposers import proposer_of
from striate.zoo.named_backbone import DEFAULT, backbone_of

FILE = "file"
"""What is proposed comes with the pictures, as from ``--proposals mine.jsonl``."""

UNLEARNED = ("selective", "quality", "windows", FILE)
"""Proposers that learn nothing."""

FAST, QUALITY = 1000, 2000
"""Regions of an image when nobody says: the search finds more in quality mode."""


def faster_rcnn(
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
        channels: of each map.
        proposer: "rpn", "selective", "quality", "windows" or "file".
        anchors: of the region proposal network, in a cell of each map.
        proposals: of an image, at most, in a prediction.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    made = backbone_of(backbone, in_channels, width)
    finest = stride or (FINEST if pyramid else SINGLE)
    if stride is None and not pyramid and finest not in made.channels:
        finest = max(made.channels)
    features = (PyramidFeatures if pyramid else MapFeatures)(made, finest, channels)
    first = first_stage(proposer, proposals, channels, maps=len(features.strides), anchors=anchors)
    return faster_rcnn_network(features, first, classes, width=channels, norm=norm)


def fast_rcnn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    stride: int | None = None,
    channels: int = 128,
    proposer: str = "selective",
    anchors: int = 5,
    proposals: int | None = None,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """Fast R-CNN on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        stride: of the map, pixels; None for 8, or the largest of a backbone that has no such map.
        channels: of the map.
        proposer: "selective", "quality", "windows", "file" or "rpn".
        anchors: of a region proposal network, in a cell.
        proposals: of an image, at most; None for 2,000 of "quality", and 1,000 of others.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    features = one_map(backbone_of(backbone, in_channels, width), stride, channels, norm)
    first = first_stage(proposer, number_of(proposals, proposer), channels, anchors=anchors)
    return fast_rcnn_network(features, first, classes, width=channels)


def sppnet(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    stride: int | None = None,
    channels: int = 128,
    proposer: str = "selective",
    proposals: int | None = None,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """SPPnet on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        stride: of the map, pixels; None for 8, or the largest of a backbone that has no such map.
        channels: of the map.
        proposer: "selective", "quality", "windows" or "file".
        proposals: of an image, at most; None for 2,000 of "quality", and 1,000 of others.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    features = one_map(backbone_of(backbone, in_channels, width), stride, channels, norm)
    return sppnet_network(features, fixed(proposer, number_of(proposals, proposer)), classes, width=channels)


def rcnn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    crop: int = 64,
    proposer: str = "selective",
    proposals: int | None = None,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """R-CNN with a backbone that sees every proposal.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        crop: side of the crops, pixels.
        proposer: "selective", "quality", "windows" or "file".
        proposals: of an image, at most; None for 2,000 of "quality", and 1,000 of others.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    made = with_norm(backbone_of(backbone, in_channels, width), norm)
    return rcnn_network(made, fixed(proposer, number_of(proposals, proposer)), classes, crop=crop)


def rfcn(
    classes: int,
    in_channels: int = 3,
    *,
    backbone: str = DEFAULT,
    width: float | None = None,
    stride: int | None = None,
    channels: int = 128,
    bins: int = 3,
    proposer: str = "rpn",
    anchors: int = 5,
    proposals: int = 300,
    norm: Norm = "batch",
) -> DetectionNetwork:
    """R-FCN on a backbone.

    Args:
        classes: K.
        in_channels: C of the images.
        backbone: one of ``models()``.
        width: of the backbone's channels; None for 0.5 of resnet18, and the whole width of others.
        stride: of the map, pixels; None for 8, or the largest of a backbone that has no such map.
        channels: of the map.
        bins: k; a region is pooled to k x k bins, each of which has maps of its own.
        proposer: "rpn", "selective", "quality", "windows" or "file".
        anchors: of the region proposal network, in a cell.
        proposals: of an image, at most, in a prediction.
        norm: "batch"; "frozen" or "group" for batches of one or two pictures.
    """
    features = one_map(backbone_of(backbone, in_channels, width), stride, channels, norm)
    first = first_stage(proposer, proposals, channels, anchors=anchors)
    return rfcn_network(features, first, classes, width=channels, bins=bins)


def one_map(backbone: Backbone, stride: int | None, channels: int, norm: Norm) -> MapFeatures:
    """The map of a stride; of 8 where nobody says."""
    finest = stride or (FINEST if FINEST in backbone.channels else max(backbone.channels))
    return with_norm(MapFeatures(backbone, finest, channels), norm)


def first_stage(proposer: str, proposals: int, width: int, *, anchors: int, maps: int = 1) -> FirstStage:
    """What proposes regions: a network that learns it, or a method that looks at pixels.

    Args:
        proposer: "rpn", "selective", "quality", "windows" or "file".
        proposals: of an image, at most, in a prediction.
        width: channels of each map.
        anchors: of a cell of each map.
        maps: that a network looks at.

    Raises:
        SettingError: there is no such proposer, or there are no proposals or anchors.
    """
    if proposer != "rpn":
        return given(proposer, proposals, ("rpn", *UNLEARNED))
    require_some(proposals)
    return learned_proposals(width, maps=maps, anchors=anchors, proposals=proposals)


def fixed(proposer: str, proposals: int) -> GivenProposals:
    """Regions that no training changes, as machines that are fitted to them need.

    Raises:
        SettingError: a network shall propose; there is no such proposer, or there are no proposals.
    """
    if proposer == "rpn":
        raise SettingError(
            "proposer is 'rpn', and support vector machines are fitted to regions that stay as they are",
            "selective, quality, windows or a .jsonl file",
            "--proposals selective; or --model fast_rcnn, which learns together with such a network",
        )
    return given(proposer, proposals)


def given(proposer: str, proposals: int, choices: tuple[str, ...] = UNLEARNED) -> GivenProposals:
    """Regions from pixels, or those that come with the pictures.

    Raises:
        SettingError: there is no such proposer, or there are no proposals.
    """
    require_some(proposals)
    if proposer.lower().endswith(ENDINGS):
        raise SettingError(
            f"proposer is {proposer!r}, a file",
            "proposer='file' of a network, and the file beside the pictures",
            f"--proposals {proposer} of train, evaluate and predict (in Python proposals=...)",
        )
    require_choice("proposer", proposer, choices)
    return GivenProposals(None if proposer == FILE else proposer_of(proposer), proposals)


def number_of(proposals: int | None, proposer: str) -> int:
    """Regions of an image: what somebody said, or what a proposer is good for.

    >>> number_of(None, "quality"), number_of(300, "quality")
    (2000, 300)
    """
    if proposals is not None:
        return proposals
    return QUALITY if proposer == "quality" else FAST


def require_some(proposals: int) -> None:
    """There are proposals.

    Raises:
        SettingError: there are none.
    """
    if proposals < 1:
        raise SettingError(f"proposals is {proposals}", "1 or more", "leave proposals out")
