"""Region proposal network: at every cell of every map, is there an object near this anchor, and where.

Ren, He, Girshick, Sun 2015, figure 3. https://arxiv.org/abs/1506.01497

    map --3x3 conv--> --1x1--> objectness of each anchor  --> the best of each map --> suppression --> regions
                      `-1x1--> dx, dy, dw, dh of each anchor

    losses   objectness     cross entropy of 256 anchors of an image, half of them with an object if there are
                            as many
             proposal_box   smooth L1 of the offsets of those with an object, divided by all that were drawn
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import SettingError
from striate.layers.sequence import sequence
from striate.ops import batched_nms, clip_boxes_to_image, decode_boxes, encode_boxes, smooth_l1_loss
from striate.records import BoxTargets
from striate.tasks.detection.parts.dense_head import rows
from striate.tasks.detection.parts.first_stage import FirstStage, Layout
from striate.tasks.detection.parts.loss_sums import LossSums, of_images
from striate.tasks.detection.parts.priors import PriorMaker, Priors
from striate.tasks.detection.parts.region_sampling import Drawn, RegionSampler

SAMPLER = RegionSampler(256, 0.5, high=0.7, low=0.3, best_of_each=True)
"""Section 3.1.3 of the paper."""

BETA = 1 / 9
"""Where smooth L1 becomes a line: sigma is 3 in the authors' code."""

LEAST_SIDE = 1e-3
"""Pixels: a narrower proposal is dropped, as in torchvision."""

SPREAD = 0.01
"""Standard deviation of the first weights, section 3.1.3."""


@dataclass(frozen=True)
class Kept:
    """How many proposals are kept.

    Args:
        before: of each map, before suppression.
        after: of an image, after it.
        iou_threshold: a proposal that overlaps a better one of its map by more is dropped.
        score_threshold: least objectness, 0..1.
    """

    before: int = 1000
    after: int = 1000
    iou_threshold: float = 0.7
    score_threshold: float = 0.0


@final
class RegionProposals(FirstStage):
    """Raw numbers ``objectness`` (N, A) and ``deltas`` (N, A, 4).

    Args:
        channels: of every map.
        priors: makes the anchors; every map has equally many in a cell.
        convs: 3x3 convolutions in a row.
        learning: proposals of a training step.
        predicting: proposals of a prediction.
        sampler: draws the anchors of the losses.
        gradients: whether the regions of a training step hand gradients back to the deltas.

    Raises:
        SettingError: the maps have different numbers of anchors in a cell.
    """

    def __init__(
        self,
        channels: int,
        priors: PriorMaker,
        *,
        convs: int = 1,
        learning: Kept = Kept(2000, 2000),
        predicting: Kept = Kept(),
        sampler: RegionSampler = SAMPLER,
        gradients: bool = False,
    ) -> None:
        super().__init__()
        if len(set(priors.each)) != 1:
            raise SettingError(
                f"the maps have {priors.each} anchors in a cell",
                "equally many, as all maps share the network",
                "as many sizes for every map",
            )
        each = priors.each[0]
        self.conv = nn.Sequential(
            *(
                sequence(conv=nn.Conv2d(channels, channels, 3, padding=1), relu=nn.ReLU())
                for _ in range(convs)
            )
        )
        self.objectness, self.deltas = nn.Conv2d(channels, each, 1), nn.Conv2d(channels, 4 * each, 1)
        self.anchors, self.learning, self.predicting, self.sampler = priors, learning, predicting, sampler
        self.gradients = gradients
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.normal_(module.weight, std=SPREAD)
                nn.init.zeros_(module.bias)

    @property
    def most(self) -> int:
        """Proposals that are kept after suppression."""
        return self.predicting.after

    def limit(self, most: int) -> None:
        """After suppression; of each map as many are looked at as before."""
        self.predicting = replace(self.predicting, after=most)

    def forward(self, images: Tensor, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """Maps -> objectness and deltas, cells row by row, anchors of a cell together, map after map."""
        seen = [self.conv(one) for one in maps]
        return {
            "objectness": torch.cat([rows(self.objectness(one), 1) for one in seen], 1).squeeze(2),
            "deltas": torch.cat([rows(self.deltas(one), 4) for one in seen], 1),
        }

    def priors(self, layout: Layout) -> Priors:
        """The anchors."""
        made: Priors = self.anchors(layout.size, layout.grids)
        return made

    def fit(self, sizes: Tensor) -> None:
        """Anchors get the typical sizes of objects, if they are learned from data."""
        self.anchors.fit(sizes)

    def propose(
        self, raw: dict[str, Tensor], layout: Layout, targets: BoxTargets | None = None
    ) -> list[Tensor]:
        """The best anchors of each map, moved by their deltas, without those that overlap a better one."""
        with torch.no_grad():
            found = self._kept(raw, layout, self.predicting if targets is None else self.learning)
        if targets is None or not self.gradients:
            return [boxes for boxes, _ in found]
        anchors, deltas = self.priors(layout).boxes.to(raw["deltas"].device), raw["deltas"].float()
        return [
            clip_boxes_to_image(decode_boxes(deltas[image, rows], anchors[rows]), layout.size)
            for image, (_, rows) in enumerate(found)
        ]

    def _kept(self, raw: dict[str, Tensor], layout: Layout, kept: Kept) -> list[tuple[Tensor, Tensor]]:
        """The proposals (R, 4) of each image, and int64 (R,), the numbers of their anchors."""
        objectness, deltas = raw["objectness"].detach().float(), raw["deltas"].detach().float()
        anchors = self.priors(layout).boxes.to(deltas.device)
        best, levels = self._best(objectness, layout, kept.before)
        return [
            self._suppressed(
                decode_boxes(deltas[image, chosen], anchors[chosen]),
                objectness[image, chosen].sigmoid(),
                chosen,
                levels,
                layout,
                kept,
            )
            for image, chosen in enumerate(best)
        ]

    def _best(self, objectness: Tensor, layout: Layout, most: int) -> tuple[Tensor, Tensor]:
        """Numbers (N, B) of the best anchors of each map, and (B,), the map that each belongs to."""
        chosen, levels, first = [], [], 0
        for number, ((height, width), each) in enumerate(zip(layout.grids, self.anchors.each, strict=True)):
            count = height * width * each
            own = objectness[:, first : first + count].topk(min(most, count), dim=1).indices
            chosen.append(own + first)
            levels.append(own.new_full((own.shape[1],), number))
            first += count
        return torch.cat(chosen, 1), torch.cat(levels)

    def _suppressed(
        self, boxes: Tensor, scores: Tensor, rows: Tensor, levels: Tensor, layout: Layout, kept: Kept
    ) -> tuple[Tensor, Tensor]:
        """The proposals of one image, and the numbers of their anchors; what is no number is none."""
        boxes = clip_boxes_to_image(boxes, layout.size)
        wide = (boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(1)  # False for NaN
        likely = wide & (scores >= kept.score_threshold)
        boxes, scores, levels = boxes[likely], scores[likely], levels[likely]
        best = batched_nms(boxes, scores, levels, kept.iou_threshold)[: kept.after]
        return boxes[best], rows[likely][best]

    def loss_sums(self, raw: dict[str, Tensor], targets: BoxTargets, layout: Layout) -> LossSums:
        """Losses of the anchors that are drawn."""
        anchors = self.priors(layout).boxes.to(raw["deltas"].device)
        drawn = self.sampler.drawn([anchors] * len(targets), targets)
        images = zip(raw["objectness"].float(), raw["deltas"].float(), drawn, strict=True)
        return of_images(
            (_losses(objectness, deltas, anchors, one), len(one.rows)) for objectness, deltas, one in images
        )


def _losses(objectness: Tensor, deltas: Tensor, anchors: Tensor, drawn: Drawn) -> dict[str, Tensor]:
    """The sums of one image."""
    truth = (drawn.labels > 0).to(objectness.dtype)
    positive = drawn.rows[: drawn.positives]
    wanted = encode_boxes(drawn.boxes, anchors[positive])
    return {
        "objectness": F.binary_cross_entropy_with_logits(objectness[drawn.rows], truth, reduction="sum"),
        "proposal_box": smooth_l1_loss(deltas[positive], wanted, BETA, "sum"),
    }
