"""What is wrong with wrong detections, and how much average precision mending each kind would give.

    overlap with the nearest object         its class is right         another class
    1 ---------------------------------
                                            right, or duplicate        wrong class
    0.5 -------------------------------
                                            loose box                  loose box and wrong class
    0.1 -------------------------------
                                            background                 background
    0 ---------------------------------

Missed is an object that no detection found, and that none of a wrong class or with a loose box meant.
Mending: a wrong class is put right and a loose box moved onto its object, if that has no detection yet, else
taken away; other wrong detections are taken away; missed objects are not asked for. Each kind is mended
alone.

Bolya et al. 2020 (TIDE), sections 2.2 and 2.3, https://arxiv.org/abs/2008.08115.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from striate.ops import box_iou
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes, check_images
from striate.tasks.detection.voc_ap import curve_of

KINDS = ("wrong class", "loose box", "wrong class and loose", "duplicate", "background", "missed")


@dataclass(frozen=True)
class ErrorKinds:
    """The kinds of errors of a detector.

    Args:
        average_precision: mean over classes, at one overlap, 0..1, as it is.
        counts: how many detections (or objects, for "missed") are of each kind.
        gains: by how much the mean rises if this kind alone is mended; None for "missed" where no
            object would be left.
        convention: what was computed, to be printed beside the numbers.
    """

    average_precision: float
    counts: dict[str, int]
    gains: dict[str, float | None]
    convention: str


class _Detection(NamedTuple):
    """A detection that counts. ``meant`` is (image, object) that it is or would be right for."""

    score: float
    label: int
    kind: str
    meant: tuple[int, int] | None
    mended_label: int


def error_kinds(
    predictions: Sequence[PredictedBoxes],
    truths: Sequence[TrueBoxes],
    classes: int,
    iou_threshold: float = 0.5,
    background: float = 0.1,
) -> ErrorKinds:
    """Sort wrong detections into kinds, and tell what each of them costs.

    Args:
        predictions: one for each image.
        truths: one for each image, in the same order. Detections on ignored objects are not counted.
        classes: K.
        iou_threshold: overlap from which on a detection finds an object.
        background: overlap below which it has nothing to do with one.

    Raises:
        ShapeError, LabelError: the lists do not belong together, or a class does not exist.

    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([0]))
    >>> loose = PredictedBoxes(torch.tensor([[0.0, 0, 10, 4]]), torch.tensor([0.9]), torch.tensor([0]))
    >>> found = error_kinds([loose], [truth], classes=1)
    >>> found.average_precision, found.counts["loose box"], found.gains["loose box"]
    (0.0, 1, 1.0)
    """
    check_images(predictions, truths, classes)
    detections: list[_Detection] = []
    for image, (prediction, truth) in enumerate(zip(predictions, truths, strict=True)):
        detections += _sorted_into_kinds(image, prediction, truth, iou_threshold, background)
    objects = {
        (image, number): int(truth.labels[number])
        for image, truth in enumerate(truths)
        for number in truth.counted.nonzero().flatten().tolist()
    }
    found = {d.meant for d in detections if d.kind == "right"}
    hinted = {d.meant for d in detections if d.kind in ("wrong class", "loose box")}
    missed = set(objects) - found - hinted
    counts = {kind: sum(d.kind == kind for d in detections) for kind in KINDS} | {"missed": len(missed)}
    now = _mean_ap(detections, objects, classes)
    gains: dict[str, float | None] = {
        kind: _mean_ap(_mended(detections, kind), objects, classes) - now for kind in KINDS[:-1]
    }
    still = {key: label for key, label in objects.items() if key not in missed}
    gains["missed"] = _mean_ap(detections, still, classes) - now if still or not objects else None
    convention = f"AP at IoU >= {iou_threshold:g}, 101 points; background below IoU {background:g}"
    return ErrorKinds(now, counts, gains, convention)


def _sorted_into_kinds(
    image: int, prediction: PredictedBoxes, truth: TrueBoxes, least: float, background: float
) -> list[_Detection]:
    """The detections of an image, best score first, with their kinds."""
    overlap = box_iou(prediction.boxes, truth.boxes).cpu()
    counted, labels = truth.counted.cpu(), truth.labels.cpu()
    free = counted.clone()
    detections = []
    for number in prediction.scores.cpu().sort(descending=True, stable=True).indices.tolist():
        label, row = int(prediction.labels[number]), overlap[number]
        same = labels == label
        own = _best(row, same & free)
        if own >= 0 and row[own] >= least:
            free[own] = False
            kind, meant = "right", own
        elif _reaches(row, same & ~counted, least):
            continue
        else:
            kind, meant = _kind(row, same, counted, least, background)
        key = None if meant < 0 else (image, meant)
        mended = label if meant < 0 else int(labels[meant])
        detections.append(_Detection(float(prediction.scores[number]), label, kind, key, mended))
    return detections


def _kind(row: Tensor, same: Tensor, counted: Tensor, least: float, background: float) -> tuple[str, int]:
    """The kind of a wrong detection, and the object that it meant, or -1."""
    own, other = _best(row, same & counted), _best(row, ~same & counted)
    right, wrong = (float(row[best]) if best >= 0 else 0.0 for best in (own, other))
    if background <= right < least:
        return "loose box", own
    if wrong >= least:
        return "wrong class", other
    if right >= least:
        return "duplicate", -1
    return ("wrong class and loose" if wrong >= background else "background"), -1


def _mended(detections: list[_Detection], kind: str) -> list[_Detection]:
    """The detections after all of one kind are put right if an object is left for them, or taken away."""
    taken = {d.meant for d in detections if d.kind == "right"}
    kept = []
    for d in sorted(detections, key=lambda d: -d.score):
        if d.kind != kind:
            kept.append(d)
        elif d.meant is not None and d.meant not in taken:
            taken.add(d.meant)
            kept.append(d._replace(kind="right", label=d.mended_label))
    return kept


def _mean_ap(detections: list[_Detection], objects: dict[tuple[int, int], int], classes: int) -> float:
    """The mean over the classes that have objects; 0 without any."""
    values = []
    for number in range(classes):
        count = sum(label == number for label in objects.values())
        own = [d for d in detections if d.label == number]
        if count:
            scores = torch.tensor([d.score for d in own], dtype=torch.float64)
            right = torch.tensor([d.kind == "right" for d in own], dtype=torch.bool)
            values.append(curve_of(scores, right, count).average_precision("101-point"))
    return sum(values) / len(values) if values else 0.0


def _best(row: Tensor, among: Tensor) -> int:
    """The object that is overlapped most, or -1."""
    return int(torch.where(among, row, -1).argmax()) if bool(among.any()) else -1


def _reaches(row: Tensor, among: Tensor, least: float) -> bool:
    """Whether one of some objects is overlapped enough."""
    return bool((row[among] >= least).any())
