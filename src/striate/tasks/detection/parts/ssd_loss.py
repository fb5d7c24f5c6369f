"""SSD's losses: the class of every matched prior and of the hardest negatives, and offsets of the matched.

    L = 1 / matched * (cross entropy of matched and of 3 negatives for each + smooth L1 of offsets)

Liu et al. 2016, equations 1 to 3. https://arxiv.org/abs/1512.02325
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import BACKGROUND, IGNORED, box_iou, hard_negatives, match_ssd, smooth_l1_loss
from striate.records import BoxTargets
from striate.tasks.detection.parts.assignment import spare_ignored
from striate.tasks.detection.parts.coders import OffsetCoder
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.priors import Priors


class SsdLoss:
    """Losses of scores (N, A, 1 + K), background first, and offsets (N, A, 4).

    Args:
        coder: of the offsets.
        threshold: IoU from which on a prior learns an object.
        ratio: negatives for each positive.
    """

    def __init__(self, coder: OffsetCoder, threshold: float = 0.5, ratio: float = 3.0) -> None:
        self.coder, self.threshold, self.ratio = coder, threshold, ratio

    def __call__(self, raw: dict[str, Tensor], priors: Priors, targets: BoxTargets) -> LossSums:
        """The sums of each image."""
        scores, offsets = raw["scores"].float(), raw["offsets"].float()
        truths = objects(targets)
        assigned = torch.stack([self.assigned(priors.boxes, *truth) for truth in truths])
        classes, place = torch.zeros_like(assigned), torch.zeros_like(offsets[:, 0, 0])
        boxes = []
        for image, (truth, _, labels) in enumerate(truths):
            rows = (assigned[image] >= 0).nonzero().squeeze(1)
            own = assigned[image, rows]
            classes[image, rows] = labels[own] + 1
            wanted = self.coder.encode(truth[own], priors.boxes[rows])
            boxes.append(smooth_l1_loss(offsets[image, rows], wanted).sum() + place[image])
        entropy = F.cross_entropy(scores.flatten(0, 1), classes.flatten(), reduction="none").view_as(assigned)
        positive, left = assigned >= 0, assigned == IGNORED
        hard = hard_negatives(entropy.masked_fill(left, -torch.inf), positive, self.ratio) & ~left
        return LossSums(
            {"class": (entropy * (positive | hard)).sum(1), "box": torch.stack(boxes)}, positive.sum(1)
        )

    def assigned(self, priors: Tensor, boxes: Tensor, ignored: Tensor, labels: Tensor) -> Tensor:
        """Which object each prior learns, int64 (A,)."""
        if not len(boxes):
            none = torch.full((len(priors),), BACKGROUND, dtype=torch.int64, device=priors.device)
            return spare_ignored(none, priors, ignored)
        return spare_ignored(match_ssd(box_iou(boxes, priors), self.threshold), priors, ignored)


def objects(targets: BoxTargets) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For each image the boxes of its objects, those of what is ignored, and the labels of the objects."""
    ends = targets.counts.cumsum(0)[:-1].cpu()
    columns = (part.tensor_split(ends) for part in (targets.boxes, targets.labels, targets.unclear))
    return [
        (boxes[~unclear], boxes[unclear], labels[~unclear])
        for boxes, labels, unclear in zip(*columns, strict=True)
    ]
