"""The mask branch of Mask R-CNN: for every class a small mask of the region; the class decides which counts.

    region of the maps (C, 14, 14) --four 3x3 convolutions--> transposed convolution (D, 28, 28)
                                   --1x1--> scores (1 + K, 28, 28), background first and never learned

    loss   mask   binary cross-entropy of the mask of the true class alone: classes do not compete

He, Gkioxari, Dollar, Girshick 2017, section 3 and figure 4. https://arxiv.org/abs/1703.06870
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.sequence import sequence
from striate.records import BoxTargets
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.learned_masks import learned_objects, mask_targets
from striate.tasks.detection.parts.loss_sums import LossSums, of_images
from striate.tasks.detection.parts.region_pool import RegionPool
from striate.tasks.detection.parts.region_sampling import Drawn
from striate.tasks.detection.soft_masks import SoftMasks

BINS, CONVS = 14, 4
"""Of a region along a side, and convolutions before it is doubled."""

NAME = "masks"
"""Of the branch in a network, and of what it says in an answer."""


@final
class MaskBranch(Branch):
    """Maps and regions -> ``scores`` (R, 1 + K, 2 P, 2 P).

    Args:
        pool: regions of maps -> (R, C, P, P).
        channels: C.
        width: D.
        classes: K.
        normed: whether its convolutions have batch normalization.
    """

    def __init__(
        self, pool: RegionPool, channels: int, width: int, classes: int, *, normed: bool = False
    ) -> None:
        super().__init__()
        widths = [channels, *[width] * CONVS]
        steps = enumerate(pairwise(widths), 1)
        self.pool = pool
        self.body = sequence(**{f"conv{number}": _step(*pair, normed=normed) for number, pair in steps})
        self.up = nn.ConvTranspose2d(width, width, 2, stride=2)
        self.scores = nn.Conv2d(width, 1 + classes, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> dict[str, Tensor]:
        """Maps and regions -> scores."""
        return self.head(self.pool(maps, regions))

    def head(self, pooled: Tensor) -> dict[str, Tensor]:
        """Bins -> scores."""
        return {"scores": self.scores(F.relu(self.up(self.body(pooled))))}

    def loss_sums(
        self,
        raw: Sequence[dict[str, Tensor]],
        regions: Sequence[Tensor],
        drawn: Sequence[Drawn],
        targets: BoxTargets,
    ) -> LossSums:
        """``mask``, divided by the number of regions whose object has a mask."""
        objects, masks = learned_objects(targets, drawn), targets.masks
        rows = []
        for own, boxes, one, numbers in zip(raw, regions, drawn, objects, strict=True):
            scores = own["scores"].float()
            if masks is None:
                rows.append(({"mask": scores.sum() * 0}, 0))
                continue
            known = masks.known[numbers]
            chosen = scores[torch.arange(len(scores), device=scores.device), one.labels[: one.positives]]
            wanted = mask_targets(masks, numbers, boxes, scores.shape[-1])
            each = F.binary_cross_entropy_with_logits(chosen, wanted, reduction="none").mean((1, 2))
            rows.append(({"mask": torch.where(known, each, 0.0).sum()}, int(known.sum())))
        return of_images(rows)

    def fields(
        self, raw: dict[str, Tensor], found: Sequence[Found], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Any]]:
        """``masks``, those of the classes that were found."""
        labels = torch.cat([one.labels for one in found]).cpu() + 1
        scores = raw["scores"].float().cpu()
        crops = scores[torch.arange(len(labels)), labels].sigmoid()
        rows = zip(torch.split(crops, [len(one.labels) for one in found]), found, sizes, strict=True)
        return [{NAME: SoftMasks(own, one.boxes.float().cpu(), size)} for own, one, size in rows]


def _step(channels: int, width: int, *, normed: bool) -> nn.Module:
    """A convolution, a norm if there is one, and ReLU."""
    norm = {"norm": nn.BatchNorm2d(width)} if normed else {}
    return sequence(conv=nn.Conv2d(channels, width, 3, padding=1, bias=not normed), **norm, relu=nn.ReLU())
