"""What is said of every pooled region: which class, and where its box lies.

    pooled (R, C, P, P) --body--> (R, D) --linear--> scores (R, 1 + K), background first
                                         `-linear--> offsets (R, (1 + K) * 4), of every class

    losses   class   cross entropy of the regions that are drawn
             box     smooth L1 of the offsets of those with an object, divided by all that were drawn

Girshick 2015, sections 2.1 and 2.3. https://arxiv.org/abs/1504.08083
"""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.sequence import sequence
from striate.ops import decode_boxes, encode_boxes, smooth_l1_loss
from striate.ops.box_coder import RCNN_WEIGHTS, Weights
from striate.tasks.detection.parts.region_sampling import Drawn

BETA = 1 / 9
"""Where smooth L1 becomes a line, as in torchvision; 1 in Fast R-CNN."""


class RegionHead(nn.Module, ABC):
    """Pooled regions -> {"scores": (R, 1 + K), "offsets": (R, (1 + K) * 4)}; (R, 4) if classes share a box.

    Args:
        weights: of dx, dy, dw, dh in the offsets.
        beta: of smooth L1.
    """

    def __init__(self, weights: Weights = RCNN_WEIGHTS, beta: float = BETA) -> None:
        super().__init__()
        self.weights, self.beta = weights, beta

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences on what its answers lack as it is now."""
        return ()

    @abstractmethod
    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """Pooled regions -> scores and offsets."""

    def probabilities(self, scores: Tensor) -> Tensor:
        """Raw scores (..., 1 + K) -> scores (..., K) of the classes, 0..1."""
        return scores.softmax(-1)[..., 1:]

    def boxes(self, offsets: Tensor, regions: Tensor) -> Tensor:
        """Offsets (N, R, ...), regions (N, R, 4) -> boxes (N, R, K, 4); (N, R, 4) if classes share them."""
        found = decode_boxes(offsets.flatten(0, 1), regions.flatten(0, 1), self.weights).view_as(offsets)
        if found.shape[-1] == 4:
            return found
        return found.view(*found.shape[:2], found.shape[-1] // 4, 4)[:, :, 1:]

    def losses(self, raw: dict[str, Tensor], regions: Tensor, drawn: Drawn) -> dict[str, Tensor]:
        """The sums of one image.

        Args:
            raw: of its regions.
            regions: (R, 4).
            drawn: which of them the losses look at.
        """
        scores, offsets = raw["scores"].float(), raw["offsets"].float()
        positive = drawn.rows[: drawn.positives]
        own = drawn.labels[: drawn.positives] if offsets.shape[-1] > 4 else torch.zeros_like(positive)
        found = offsets.view(len(offsets), offsets.shape[-1] // 4, 4)[positive, own]
        wanted = encode_boxes(drawn.boxes, regions[positive], self.weights)
        return {
            "class": F.cross_entropy(scores[drawn.rows], drawn.labels, reduction="sum"),
            "box": smooth_l1_loss(found, wanted, self.beta, "sum"),
        }


@final
class ClassAndBox(RegionHead):
    """Two linear layers behind a body.

    Args:
        body: pooled regions -> (R, D).
        width: D.
        classes: K.
        weights: of the offsets.
    """

    def __init__(self, body: nn.Module, width: int, classes: int, weights: Weights = RCNN_WEIGHTS) -> None:
        super().__init__(weights)
        self.body = body
        self.scores, self.offsets = nn.Linear(width, 1 + classes), nn.Linear(width, 4 * (1 + classes))

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """Pooled regions -> scores and offsets."""
        seen = self.body(pooled)
        return {"scores": self.scores(seen), "offsets": self.offsets(seen)}


def two_layers(channels: int, bins: int, width: int = 1024) -> nn.Module:
    """Pooled regions (R, channels, bins, bins) -> (R, width): the fc6 and fc7 of Fast R-CNN."""
    return sequence(
        flatten=nn.Flatten(),
        fc6=nn.Linear(channels * bins**2, width),
        relu6=nn.ReLU(),
        fc7=nn.Linear(width, width),
        relu7=nn.ReLU(),
    )
