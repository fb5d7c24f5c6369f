"""Answers in the words of FiftyOne, which counts places in shares of the picture, 0..1.

Detections --to_fiftyone--> fo.Detections       boxes; masks in their boxes; captions as attributes
Classification          --> fo.Classification   the best class, logarithms of all probabilities
Pose                    --> fo.Keypoints        a Keypoint for each point, as each has its name
Segmentation            --> fo.Segmentation     the number of every pixel
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from striate.errors import LabelError, SettingError
from striate.exchange.needed import library, names_of, no_word
from striate.records import (
    BitMasks,
    Captions,
    Classification,
    Detections,
    MaskCrops,
    Pose,
    Record,
    Segmentation,
)

KNOWN = "Detections, a Classification, a Pose or a Segmentation"
Size = tuple[int, int]


def to_fiftyone(answer: Record, size: Size | None = None) -> Any:
    """``fiftyone.Detections``, ``Classification``, ``Keypoints`` or ``Segmentation`` of an answer.

    Args:
        answer: of one picture.
        size: (H, W) of the picture, pixels; not needed for classes and masks.

    A mask is cut out of whole pixels: the box of an object with a mask is widened to whole pixels, and to
    those of its mask.

    Raises:
        SettingError: FiftyOne is not installed, has no word for the answer, or the size is not said.
    """
    fo = library("fiftyone")
    if isinstance(answer, Classification):
        logits = answer.scores.log().numpy(force=True)
        return fo.Classification(label=answer.class_name, confidence=answer.score, logits=logits)
    if isinstance(answer, Segmentation):
        return fo.Segmentation(mask=answer.mask.numpy(force=True))
    if isinstance(answer, Pose):
        height, width = _said(size)
        points = zip(answer.named().items(), answer.scores.tolist(), strict=True)
        return fo.Keypoints(
            keypoints=[
                fo.Keypoint(label=name, points=[(x / width, y / height)], confidence=[score])
                for (name, (x, y)), score in points
            ]
        )
    if isinstance(answer, Detections):
        size = answer.masks.size if answer.masks is not None else _said(size)
        return fo.Detections(detections=[_object(fo, answer, number, size) for number in range(len(answer))])
    raise no_word(answer, "FiftyOne", KNOWN)


def _said(size: Size | None) -> Size:
    if size is None:
        raise SettingError(
            "the size of the picture is not said",
            "(H, W) in pixels, as FiftyOne counts in shares",
            "size=(480, 640)",
        )
    return size


def _object(fo: Any, answer: Detections, number: int, size: Size) -> Any:
    """One object."""
    box = answer.boxes[number].tolist()
    more: dict[str, Any] = {}
    if answer.masks is not None:
        bits, left, top = answer.masks.window(number)
        rows, columns = bits.shape
        box = [
            max(0, min(math.floor(box[0]), left)),
            max(0, min(math.floor(box[1]), top)),
            min(size[1], max(math.ceil(box[2]), left + columns)),
            min(size[0], max(math.ceil(box[3]), top + rows)),
        ]
        mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.bool_)
        mask[top - box[1] : top - box[1] + rows, left - box[0] : left - box[0] + columns] = bits.numpy(
            force=True
        )
        more["mask"] = mask
    if answer.captions is not None:
        more["caption"] = answer.captions.texts[number]
        more["log_probability"] = float(answer.captions.log_probabilities[number])
    return fo.Detection(
        label=answer.class_names[number],
        bounding_box=_shares(box, size),
        confidence=float(answer.scores[number]),
        **more,
    )


def _shares(box: Sequence[float], size: Size) -> list[float]:
    """Left, top, width and height in shares of the picture."""
    x1, y1, x2, y2 = box
    height, width = size
    return [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height]


def from_fiftyone(
    label: Any, classes: Sequence[str], size: Size | None = None, source: str = ""
) -> Detections | Classification | Pose | Segmentation:
    """The record of a label of FiftyOne; the inverse of ``to_fiftyone``.

    Args:
        label: ``fiftyone.Detections``, ``Classification``, ``Keypoints`` or ``Segmentation``.
        classes: K names; of key points the names of the points.
        size: (H, W) of the picture, pixels; not needed for classes and masks of pixels.
        source: the file that it is about.

    Labels of people have no confidence, which counts as 1. A class without logits gets all the probability.

    Raises:
        LabelError: there is no such class.
        SettingError: it is something else, or the size is not said.
    """
    names, kind = names_of(classes), type(label).__name__
    if kind == "Classification":
        return _classification(label, names, source)
    if kind == "Segmentation":
        return Segmentation.of(torch.from_numpy(np.asarray(label.mask)), names, source)
    if kind == "Keypoints":
        return _pose(label, names, _said(size), source)
    if kind == "Detections":
        return _detections(label.detections, names, _said(size), source)
    raise no_word(label, "striate", "FiftyOne's Detections, Classification, Keypoints or Segmentation")


def _classification(label: Any, classes: tuple[str, ...], source: str) -> Classification:
    scores = torch.zeros(len(classes))
    scores[_number(label.label, classes)] = 1.0 if label.confidence is None else label.confidence
    if label.logits is not None:
        scores = torch.from_numpy(np.array(label.logits, np.float32)).softmax(0)
    return Classification(scores, classes, source)


def _number(name: Any, classes: tuple[str, ...]) -> int:
    if name not in classes:
        known = ", ".join(classes[:10])
        raise LabelError(f"there is no class {name!r}", f"one of: {known}", "the names of all classes")
    return classes.index(name)


def _pose(label: Any, names: tuple[str, ...], size: Size, source: str) -> Pose:
    points, scores = torch.full((len(names), 2), math.nan), torch.zeros(len(names))
    for one in label.keypoints:
        number, (x, y) = _number(one.label, names), one.points[0]
        points[number] = torch.tensor([x * size[1], y * size[0]])
        scores[number] = 1.0 if not one.confidence else one.confidence[0]
    return Pose(points, scores, names, source=source)


def _detections(objects: Sequence[Any], classes: tuple[str, ...], size: Size, source: str) -> Detections:
    height, width = size
    rows = [one.bounding_box for one in objects]
    corners = [[x * width, y * height, (x + w) * width, (y + h) * height] for x, y, w, h in rows]
    scores = torch.tensor([1.0 if one.confidence is None else one.confidence for one in objects])
    answer = Detections(
        torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        scores.float().reshape(-1),
        torch.tensor([_number(one.label, classes) for one in objects], dtype=torch.int64),
        classes,
        source,
        _masks(objects, corners, size),
        None,
        _captions(objects),
    )
    return answer.where(answer.scores.argsort(descending=True, stable=True))


def _masks(objects: Sequence[Any], corners: list[list[float]], size: Size) -> BitMasks | None:
    """Masks that are as large as their boxes; None where no object has one."""
    if all(one.mask is None for one in objects):
        return None
    crops = [
        None
        if one.mask is None
        else (torch.from_numpy(np.asarray(one.mask) > 0), round(corner[0]), round(corner[1]))
        for one, corner in zip(objects, corners, strict=True)
    ]
    return BitMasks(MaskCrops.gathered(crops, size))


def _captions(objects: Sequence[Any]) -> Captions | None:
    texts = [getattr(one, "caption", None) for one in objects]
    if not texts or None in texts:
        return None
    numbers = [float(getattr(one, "log_probability", 0.0)) for one in objects]
    return Captions(tuple(map(str, texts)), torch.tensor(numbers))
