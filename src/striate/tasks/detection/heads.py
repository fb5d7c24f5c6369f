"""What the raw numbers of a detector mean, for programs without torch: see ``striate.postprocess``."""

from collections.abc import Sequence

import torch

from striate.postprocess import Activation, Heads
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.networks.one_stage import OneStage, object_scores, softmax_scores
from striate.tasks.detection.networks.yolo_v1 import YoloV1
from striate.tasks.detection.parts.coders import CellCoder, OffsetCoder

ACTIVATIONS: dict[object, Activation] = {object_scores: "object", softmax_scores: "background"}


def heads_of(network: DetectionNetwork, classes: Sequence[str], size: tuple[int, int]) -> Heads | None:
    """The heads of a detector for images of (H, W) pixels; None where numpy cannot finish its answers."""
    finish = network.finish
    limits = {
        name: getattr(finish, name) for name in ("score_threshold", "iou_threshold", "top_k", "candidates")
    }
    if isinstance(network, YoloV1):
        none = torch.zeros(0, 4).numpy(), torch.zeros(0, 2).numpy()
        return Heads(size, tuple(classes), "sigmoid", *none, grid=network.grid, **limits)
    if not isinstance(network, OneStage) or network.activation not in ACTIVATIONS:
        return None
    coder, priors = network.coder, network.priors_of(size)
    if not isinstance(coder, CellCoder | OffsetCoder):
        return None
    return Heads(
        size,
        tuple(classes),
        ACTIVATIONS[network.activation],
        priors.boxes.numpy(force=True),
        priors.cells.numpy(force=True),
        reach=None if isinstance(coder, OffsetCoder) else coder.reach,
        weights=coder.weights if isinstance(coder, OffsetCoder) else (1.0, 1.0, 1.0, 1.0),
        **limits,
    )
