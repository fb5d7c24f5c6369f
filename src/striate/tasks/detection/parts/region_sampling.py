"""Which anchors and which regions of an image the losses look at, and which object each of them learns.

    IoU with the best object    0 ------- low ------- high ------- 1
                                background   ignored     object           some of each are drawn

What lies on an ignored object (a crowd) is neither. Ren et al. 2015, section 3.1.2; Girshick 2015, section
2.3.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.ops import BACKGROUND, box_iou, match, sample_balanced
from striate.records import BoxTargets
from striate.tasks.detection.parts.assignment import spare_ignored
from striate.tasks.detection.parts.ssd_loss import objects


@dataclass(frozen=True)
class Drawn:
    """What the losses look at in one image.

    Args:
        rows: int64 (S,), numbers of anchors or regions, those that learn an object first.
        positives: how many learn an object.
        boxes: float32 (positives, 4), the objects that they learn, pixels.
        labels: int64 (S,), 0 for background, 1 + class number for an object.
        objects: int64 (positives,), numbers of these objects among those of the image that are not ignored.
    """

    rows: Tensor
    positives: int
    boxes: Tensor
    labels: Tensor
    objects: Tensor


@dataclass(frozen=True)
class RegionSampler:
    """Draws regions with and without an object.

    The draw is torch's own, which a training seeds at every step.

    Args:
        count: of an image, at most.
        fraction: share of those with an object, at most, 0..1.
        high: IoU with an object from which on a region learns it.
        low: IoU below which a region is background; between the two it learns nothing.
        best_of_each: whether the regions that fit an object best learn it below ``high`` too.
        append_truth: whether the objects themselves are among the regions while training.
    """

    count: int
    fraction: float
    high: float
    low: float
    best_of_each: bool = False
    append_truth: bool = False

    def __call__(self, regions: Tensor, boxes: Tensor, ignored: Tensor, labels: Tensor) -> Drawn:
        """Draw from the regions (R, 4) of one image.

        Args:
            regions: two corners, pixels.
            boxes: (M, 4) of the objects.
            ignored: (I, 4) of what is neither.
            labels: int64 (M,) of the objects.

        >>> regions = torch.tensor([[0.0, 0, 9, 9], [30, 30, 40, 40]])
        >>> sampler = RegionSampler(4, 0.5, high=0.5, low=0.5)
        >>> sampler(regions, regions[:1], torch.zeros(0, 4), torch.tensor([2])).labels.tolist()
        [3, 0]
        """
        regions = regions.detach()  # which are drawn is no function with a gradient
        assigned = match(box_iou(boxes, regions), self.high, self.low, best_of_each=self.best_of_each)
        assigned = spare_ignored(assigned, regions, ignored)
        learned = torch.where(assigned >= 0, 1, assigned - BACKGROUND)  # 1 object, 0 background, -1 neither
        positive, negative = sample_balanced(learned, self.count, self.fraction)
        own = assigned[positive]
        classes = torch.cat([labels[own] + 1, labels.new_zeros(len(negative))])
        return Drawn(torch.cat([positive, negative]), len(positive), boxes[own], classes, own)

    def drawn(self, regions: list[Tensor], targets: BoxTargets) -> list[Drawn]:
        """Draw from the regions of every image."""
        return [self(one, *truth) for one, truth in zip(regions, objects(targets), strict=True)]

    def chosen(self, regions: list[Tensor], targets: BoxTargets) -> list[Tensor]:
        """The regions (S, 4) of each image that a training step looks at, those with an object first.

        They hand gradients back as far as the regions that were given do.
        """
        truths = [boxes for boxes, _, _ in objects(targets)]
        if self.append_truth:
            regions = [torch.cat([one, boxes]) for one, boxes in zip(regions, truths, strict=True)]
        return [one[found.rows] for one, found in zip(regions, self.drawn(regions, targets), strict=True)]
