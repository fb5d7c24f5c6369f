"""YOLO's losses with anchors: is there an object, which class, and how well the box lies.

    object    cross entropy of every anchor; the target is the IoU of its box with the object, 0 where none is
    class     cross entropy of the anchors that learn an object
    box       1 - GIoU of these

Confidence is trained to be Pr(object) * IoU: Redmon et al. 2016, section 2, https://arxiv.org/abs/1506.02640.
GIoU: Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import IGNORED, generalized_box_iou_loss
from striate.ops.boxes import paired_iou
from striate.records import BoxTargets
from striate.tasks.detection.parts.assignment import assign_cells, spare_ignored
from striate.tasks.detection.parts.coders import CellCoder
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.priors import Priors
from striate.tasks.detection.parts.ssd_loss import objects


class YoloLoss:
    """Losses of scores (N, A, 1 + K), the object first, and offsets (N, A, 4).

    Args:
        coder: of the offsets; its reach says which cells can learn an object.
        similar: IoU of sizes from which on an anchor learns an object.
        box_weight: of the boxes against the others.
    """

    def __init__(self, coder: CellCoder, similar: float = 0.25, box_weight: float = 2.0) -> None:
        self.coder, self.similar, self.box_weight = coder, similar, box_weight

    def __call__(self, raw: dict[str, Tensor], priors: Priors, targets: BoxTargets) -> LossSums:
        """The sums of each image."""
        scores, boxes = raw["scores"].float(), self.coder.decode(raw["offsets"], priors)
        confidence = scores.new_zeros(scores.shape[:2])
        counted = torch.ones_like(confidence)
        classes, places, positives = [], [], []
        for image, (truth, ignored, labels) in enumerate(objects(targets)):
            assigned = assign_cells(truth, priors, self.coder.reach, self.similar)
            assigned = spare_ignored(assigned, priors.boxes, ignored)
            rows = (assigned >= 0).nonzero().squeeze(1)
            own, mine = assigned[rows], boxes[image, rows]
            confidence[image, rows] = paired_iou(mine, truth[own]).detach().clamp(0, 1).nan_to_num()
            counted[image, assigned == IGNORED] = 0
            classes.append(F.cross_entropy(scores[image, rows, 1:], labels[own], reduction="sum"))
            places.append(generalized_box_iou_loss(mine, truth[own]).sum())
            positives.append(len(rows))
        unsure = F.binary_cross_entropy_with_logits(scores[..., 0], confidence, reduction="none")
        sums = {
            "object": (unsure * counted).sum(1),
            "class": torch.stack(classes),
            "box": self.box_weight * torch.stack(places),
        }
        return LossSums(sums, torch.tensor(positives, device=scores.device))
