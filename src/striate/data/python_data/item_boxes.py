"""Boxes of Python objects, as torchvision's detectors take them, as columns.

{"boxes": (M, 4), "labels": (M,), "masks": (M, H, W), "keypoints": (M, L, 3), "iscrowd": (M,)}
    --> BoxAnnotations; masks and key points as JSON text in COCO's words, of which a batch makes tensors
{"boxes": (M, 4), "captions": [M texts, or lists of texts]}
    --> CaptionAnnotations
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.caption_annotations import REGION, CaptionAnnotations, CaptionTexts
from striate.data.python_data.one_target import Target, class_name, described, in_order, plain
from striate.errors import DataError
from striate.ops.boxes import BoxFormat, box_convert
from striate.records import BitMasks, BoxTargets, MaskCrops

FORM = '{"boxes": floats (M, 4), x1 y1 x2 y2 in pixels, "labels": (M,)}'
FORMS: dict[str, BoxFormat] = {"xywh": "xywh", "cxcywh": "cxcywh"}
CROWD = ("iscrowd", "crowd", "difficult")
"""Keys that mark what is neither right nor wrong."""


@dataclass
class _Columns:
    """What was gathered so far, a row for each box."""

    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    crowd: list[bool] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    joints: int = 0
    texts: CaptionTexts = field(default_factory=CaptionTexts)
    captioned: bool = False


def boxes_of(targets: Iterator[Target], names: tuple[str, ...]) -> BoxAnnotations:
    """Any number of boxes on each picture.

    Args:
        targets: dictionaries, or ``BoxTargets`` of one picture.
        names: of classes, in their order; empty where nobody says.

    Raises:
        DataError: a target is something else, or its parts do not belong together.
        LabelError: a class number has no name.
    """
    found = _Columns()
    for target in targets:
        _add(found, target, _dictionary(target))
    classes, order = in_order(found.numbers, names)
    columns: dict[str, NDArray[Any]] = {"crowd": np.array(found.crowd, np.bool_)} if any(found.crowd) else {}
    if any(found.details):
        columns["details"] = np.array(found.details, object)
    own = (np.concatenate([np.zeros((0, 4), np.float32), *found.boxes]), np.array(found.ends, np.int64))
    pictures = {"size": np.array(found.sizes, np.int32).reshape(-1, 2)}
    if found.captioned:
        none, columns = np.zeros(len(own[0]), np.int32), {**columns, **found.texts.columns()}
        texts = found.texts.texts()
        return CaptionAnnotations(own[0], none, own[1], (REGION,), columns, pictures, texts=texts)
    known = {"keypoints": [str(number) for number in range(found.joints)]} if found.joints else {}
    return BoxAnnotations(
        own[0],
        order[np.array(found.labels, np.int64)].astype(np.int32),
        own[1],
        classes,
        columns,
        pictures,
        header={"categories": [{"name": name, **known} for name in classes]},
    )


def _dictionary(target: Target) -> Mapping[str, Any]:
    """The target as a dictionary.

    Raises:
        DataError: it holds no boxes.
    """
    value = target.value
    if isinstance(value, BoxTargets):
        masks = {} if value.masks is None else {"masks": BitMasks(value.masks).pasted()}
        return {"boxes": value.boxes, "labels": value.labels, "iscrowd": value.unclear, **masks}
    if isinstance(value, Mapping) and "boxes" in value and "captions" in value:
        return {"labels": [REGION] * len(value["captions"]), **value}
    if isinstance(value, Mapping) and "boxes" in value and "labels" in value:
        return value
    raise DataError(f"the target of {target.name} is {described(value)}", FORM, "boxes and labels for each")


def _add(found: _Columns, target: Target, value: Mapping[str, Any]) -> None:
    """Take in the boxes of one picture."""
    boxes = _corners(value["boxes"], target)
    labels = np.atleast_1d(np.asarray(plain(value["labels"]))).tolist() if len(boxes) else []
    names = [class_name(label, target) for label in labels]
    found.boxes.append(boxes)
    found.labels += [found.numbers.setdefault(name, len(found.numbers)) for name in names]
    found.ends.append((found.ends[-1] if found.ends else 0) + len(boxes))
    found.sizes.append(target.size)
    marks = next((value[key] for key in CROWD if key in value), None)
    found.crowd += [False] * len(boxes) if marks is None else np.ravel(plain(marks)).astype(bool).tolist()
    found.captioned |= "captions" in value
    for sentences in value.get("captions", [()] * len(boxes)):
        found.texts.add([sentences] if isinstance(sentences, str) else sentences)
    found.details += _details(value, len(boxes), target, found)
    rows = {len(boxes), len(labels), len(found.crowd) - found.ends[-1] + len(boxes)}
    if len(rows) > 1:
        wrong = f"{target.name} has {len(boxes)} boxes and {len(labels)} labels"
        raise DataError(wrong, "a label, and a mark of a crowd if any, for each box", FORM)


def _corners(given: Any, target: Target) -> NDArray[np.float32]:
    """float32 (M, 4): x1, y1, x2, y2; torchvision's boxes say in which form they are.

    Raises:
        DataError: they are not (M, 4).
    """
    form = str(getattr(getattr(given, "format", None), "value", "XYXY")).lower()
    corners = np.asarray(plain(given), np.float32)
    corners = corners.reshape(0, 4) if not corners.size else corners
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise DataError(f"the boxes of {target.name} are {described(corners)}", FORM, "boxes.reshape(-1, 4)")
    if form != "xyxy":
        corners = box_convert(torch.from_numpy(corners), FORMS[form], "xyxy").numpy()
    return corners


def _details(value: Mapping[str, Any], count: int, target: Target, found: _Columns) -> list[str]:
    """JSON text of each box: its mask as run lengths and its key points, as far as they are given.

    Raises:
        DataError: there are more or fewer than boxes.
    """
    own = [dict[str, Any]() for _ in range(count)]
    for key in ("masks", "keypoints"):
        part = value.get(key)
        if part is None or not count:
            continue
        rows = np.asarray(plain(part))
        if rows.ndim != 3 or len(rows) != count:
            wrong = f"the {key} of {target.name} are {described(rows)}, with {count} boxes"
            raise DataError(wrong, "masks (M, H, W), keypoints (M, L, 3)", "a row for each box")
        if key == "masks":
            runs = BitMasks(MaskCrops.of(torch.from_numpy(rows.astype(np.bool_))))
            for number, one in enumerate(own):
                one["segmentation"] = runs.run_lengths(number)
            continue
        found.joints = max(found.joints, rows.shape[1])
        for one, row in zip(own, rows, strict=True):
            seen = row[:, 2:] if row.shape[1] == 3 else np.full((len(row), 1), 2)
            one["keypoints"] = np.concatenate([row[:, :2], seen], axis=1).astype(float).ravel().tolist()
    return [json.dumps(one) if one else "" for one in own]
