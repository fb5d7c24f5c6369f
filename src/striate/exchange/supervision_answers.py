"""Answers in the words of supervision.

Detections --to_supervision--> sv.Detections        boxes, scores, masks; names, captions in ``data``
Classification             --> sv.Classifications   probabilities
Pose                       --> sv.KeyPoints         one object
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from striate.errors import LabelError
from striate.exchange.needed import library, names_of, no_word
from striate.records import BitMasks, Captions, Classification, Detections, MaskCrops, Pose, Record

KNOWN = "Detections, a Classification or a Pose"
NAMES, TEXTS, NUMBERS = "class_name", "caption", "log_probability"
"""Keys of ``data``: names of classes, as supervision draws them; captions and what they are worth."""


def to_supervision(answer: Record) -> Any:
    """``supervision.Detections``, ``Classifications`` or ``KeyPoints`` of an answer.

    Masks become whole pictures, bool (M, H, W). Boxes stay float, in pixels.

    Raises:
        SettingError: supervision is not installed, or has no word for the answer.
    """
    if isinstance(answer, Detections):
        return _detections(answer)
    if isinstance(answer, Classification):
        numbers = np.arange(len(answer.classes))
        return library("supervision").Classifications(numbers, answer.scores.numpy(force=True))
    if isinstance(answer, Pose):
        points, scores = answer.points.numpy(force=True), answer.scores.numpy(force=True)
        return library("supervision").KeyPoints(
            xy=points[None], keypoint_confidence=scores[None], data={"name": np.array([answer.names])}
        )
    raise no_word(answer, "supervision", KNOWN)


def _detections(answer: Detections) -> Any:
    data: dict[str, Any] = {NAMES: np.array(answer.class_names, dtype=str)}
    if answer.captions is not None:
        data[TEXTS] = np.array(answer.captions.texts, dtype=str)
        data[NUMBERS] = answer.captions.log_probabilities.numpy(force=True)
    return library("supervision").Detections(
        xyxy=answer.boxes.float().numpy(force=True),
        mask=None if answer.masks is None else answer.masks.pasted().numpy(),
        confidence=answer.scores.float().numpy(force=True),
        class_id=answer.labels.numpy(force=True),
        data=data,
    )


def from_supervision(
    found: Any, classes: Sequence[str], source: str = ""
) -> Detections | Classification | Pose:
    """The record of what supervision holds; the inverse of ``to_supervision``.

    Args:
        found: ``supervision.Detections``, ``Classifications``, or ``KeyPoints`` of one object.
        classes: K names, by class number; of key points the names of the points.
        source: the file that it is about.

    Scores that supervision does not know are 1.

    Raises:
        LabelError: there is no such class.
        SettingError: it is something else.
    """
    names, kind = names_of(classes), type(found).__name__
    if kind == "Detections":
        return _record_of(found, names, source)
    if kind == "Classifications":
        scores = np.zeros(len(names), np.float32)
        scores[_in_range(found.class_id, names)] = _scores(found.confidence, len(found.class_id))
        return Classification(torch.from_numpy(scores), names, source)
    if kind == "KeyPoints" and len(found.xy) == 1:
        points = np.asarray(found.xy[0], np.float32)
        known = found.keypoint_confidence
        scores = _scores(None if known is None else known[0], len(points))
        return Pose(torch.from_numpy(points), torch.from_numpy(scores), names, source=source)
    raise no_word(found, "striate", "supervision's Detections, Classifications, or KeyPoints of one object")


def _record_of(found: Any, classes: tuple[str, ...], source: str) -> Detections:
    boxes = torch.from_numpy(np.array(found.xyxy, np.float32).reshape(-1, 4))
    numbers = np.zeros(len(boxes), np.int64) if found.class_id is None else found.class_id
    masks = None
    if found.mask is not None and len(boxes):
        masks = BitMasks(MaskCrops.of(torch.from_numpy(np.asarray(found.mask, np.bool_))))
    captions = None
    if TEXTS in found.data:
        told = np.asarray(found.data.get(NUMBERS, np.zeros(len(boxes))), np.float32)
        captions = Captions(tuple(map(str, found.data[TEXTS])), torch.from_numpy(told))
    scores = torch.from_numpy(_scores(found.confidence, len(boxes)))
    labels = torch.from_numpy(_in_range(numbers, classes))
    best = scores.argsort(descending=True, stable=True)
    answer = Detections(boxes, scores, labels, classes, source, masks, None, captions)
    return answer.where(best)


def _in_range(numbers: Any, classes: tuple[str, ...]) -> Any:
    """int64 class numbers, all of them known."""
    found = np.array(numbers, np.int64)
    if len(found) and not 0 <= found.min() <= found.max() < len(classes):
        raise LabelError(
            f"class numbers are {found.min()}..{found.max()}",
            f"0..{len(classes) - 1}, as there are {len(classes)} classes",
            "the names of all classes, in the order of their numbers",
        )
    return found


def _scores(known: Any, count: int) -> Any:
    """float32; ones where nobody knows."""
    return np.ones(count, np.float32) if known is None else np.array(known, np.float32)
