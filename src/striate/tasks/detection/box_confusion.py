"""Which class a detector takes for which: a table of a classifier with one more row and one more column.

                 predicted
                 cat   dog   missed
    true  cat     7     1      2
          dog     0     5      1
    nothing there 3     0      -

Pairs of a prediction and an object go by falling overlap, whatever their classes; each has at most one
partner. Of equal overlaps, a pair of one class comes first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.ops import box_iou
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes, check_images


def box_confusion(
    predictions: Sequence[PredictedBoxes],
    truths: Sequence[TrueBoxes],
    classes: int,
    score_threshold: float = 0.5,
    iou_threshold: float = 0.5,
) -> Tensor:
    """Count objects and predictions by (true class, predicted class).

    Args:
        predictions: one for each image.
        truths: one for each image, in the same order. What lies on an ignored object is not counted.
        classes: K.
        score_threshold: predictions with lower scores are left out.
        iou_threshold: a pair overlaps by at least as much.

    Returns:
        int64 (K + 1, K + 1). Rows are true classes, then "nothing there"; columns are predicted ones, then
        "missed".

    Raises:
        ShapeError, LabelError: the lists do not belong together, or a class does not exist.

    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 9, 9], [20, 20, 29, 29]]), torch.tensor([0, 1]))
    >>> wrong = PredictedBoxes(truth.boxes[:1], torch.tensor([0.9]), torch.tensor([1]))
    >>> box_confusion([wrong], [truth], classes=2).tolist()
    [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    """
    check_images(predictions, truths, classes)
    table = torch.zeros(classes + 1, classes + 1, dtype=torch.int64)
    for prediction, truth in zip(predictions, truths, strict=True):
        sure = prediction.scores >= score_threshold
        boxes, labels = prediction.boxes[sure], prediction.labels[sure].tolist()
        overlap = box_iou(boxes, truth.boxes).cpu()
        pairs = _pairs(overlap, labels, truth.labels.tolist(), truth.counted.tolist(), iou_threshold)
        found = {mine: true for true, mine in pairs}
        for number, label in enumerate(labels):
            if number not in found:
                table[classes, label] += 1
            elif truth.counted[found[number]]:
                table[int(truth.labels[found[number]]), label] += 1
        seen = {true for true, _ in pairs}
        for number, label in enumerate(truth.labels.tolist()):
            if number not in seen and bool(truth.counted[number]):
                table[label, classes] += 1
    return table


def _pairs(
    overlap: Tensor, mine: list[int], true: list[int], counted: list[bool], iou_threshold: float
) -> list[tuple[int, int]]:
    """(object, prediction), each object once unless it is ignored, each prediction once."""
    places = (overlap >= iou_threshold).nonzero().tolist()
    order = sorted(
        places, key=lambda p: (not counted[p[1]], -float(overlap[p[0], p[1]]), mine[p[0]] != true[p[1]])
    )
    pairs: list[tuple[int, int]] = []
    used: set[int] = set()
    taken: set[int] = set()
    for prediction, number in order:
        if prediction not in used and number not in taken:
            pairs.append((number, prediction))
            used.add(prediction)
            if counted[number]:
                taken.add(number)
    return pairs
