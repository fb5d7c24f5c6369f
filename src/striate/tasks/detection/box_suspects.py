"""Boxes of the data that are likely wrong: missing, loose, of another class, or around nothing.

    a sure detection   overlaps no box                    missing box
                       overlaps a box of another class    wrong class
                       overlaps its box a little          loose box
    a box              that no detection overlaps         box of nothing

Detections should be of networks that never saw the picture. A box that is ignored is none of these.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor

from striate.ops import box_iou
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.suspect import CLASS, LOOSE, MISSING, NOTHING, Corners, Suspect

SURE = 0.5
"""Score from which on a detection is believed."""

APART, MEANT, RIGHT = 0.1, 0.3, 0.6
"""IoU below which nothing is meant; from which on a box of its class is meant; from which on it is right."""

SAME = 0.5
"""IoU from which on a detection of another class means a box."""


def box_suspects(
    predictions: Sequence[PredictedBoxes], truths: Sequence[TrueBoxes], classes: Sequence[str]
) -> list[Suspect]:
    """What is likely wrong with the boxes of N images, the surest first.

    Args:
        predictions: of each image.
        truths: of each image.
        classes: K names.
    """
    pairs = enumerate(zip(predictions, truths, strict=True))
    found = [one for row, (found, truth) in pairs for one in _of_image(row, found, truth, classes)]
    return sorted(found, key=lambda one: -one.score)


def _of_image(row: int, found: PredictedBoxes, truth: TrueBoxes, classes: Sequence[str]) -> Iterator[Suspect]:
    overlap = box_iou(found.boxes.double(), truth.boxes.double())
    same = found.labels[:, None] == truth.labels
    sure = found.scores >= SURE
    for index in sure.nonzero().flatten().tolist():
        if not len(truth.boxes) or float(overlap[index].max()) < APART:
            name, score = classes[int(found.labels[index])], float(found.scores[index])
            yield Suspect(row, MISSING, score, "", name, _corners(found.boxes[index]))
    for number in truth.counted.nonzero().flatten().tolist():
        given, own = classes[int(truth.labels[number])], _corners(truth.boxes[number])
        column, like = overlap[:, number], same[:, number]
        if not len(column) or float(column.max()) < APART:
            yield Suspect(row, NOTHING, 1 - _most(found.scores, column >= APART), given, "", None, own)
            continue
        right = like & (column >= SAME)
        other = sure & ~like & (column >= SAME) & ~_of_another(overlap, same, number)
        if bool(other.any()) and not bool(right.any()):
            best = int((found.scores * other).argmax())
            name, box = classes[int(found.labels[best])], _corners(found.boxes[best])
            yield Suspect(row, CLASS, float(found.scores[best]), given, name, box, own)
            continue
        meant = sure & like & (column >= MEANT) & ~_of_another(overlap, same, number)
        if bool(meant.any()) and float(column[meant].max()) < RIGHT:
            best = int((column * meant).argmax())
            score = float(found.scores[best] * (1 - column[best]))
            yield Suspect(row, LOOSE, score, given, given, _corners(found.boxes[best]), own)


def _of_another(overlap: Tensor, same: Tensor, number: int) -> Tensor:
    """bool (M,): detections that are right for another box than this one."""
    others = (overlap >= SAME) & same
    others[:, number] = False
    return others.any(1)


def _most(scores: Tensor, chosen: Tensor) -> float:
    return float(scores[chosen].max()) if bool(chosen.any()) else 0.0


def _corners(box: Tensor) -> Corners:
    x1, y1, x2, y2 = box.tolist()
    return x1, y1, x2, y2
