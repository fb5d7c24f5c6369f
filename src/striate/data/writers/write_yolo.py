"""Write YOLO: ``images/train``, ``labels/train`` and ``data.yaml``; without splits ``images`` and ``labels``.

A line is a class and a box; a polygon where every box of the data is the one around its one polygon; a box
and its key points where objects have them. Crowd regions are left out: YOLO would learn them as objects.
"""

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.mask_findings import has_mask
from striate.data.writers.decimals import centre_and_size, corners, plain, shortest
from striate.data.writers.layout import Labelled, Put, count_details, details_of, marked, put
from striate.data.writers.write_coco import category_ids
from striate.formatting import plural


def write_yolo(labelled: Labelled, root: Path, pictures: Put = "copy") -> list[str]:
    """Write a data set; arguments and result are those of ``write_coco``."""
    crowd = marked(labelled.annotations, "crowd")
    plain_boxes = labelled.without(crowd)
    annotations = plain_boxes.annotations
    polygons, points = _all_polygons(annotations), _points(annotations)
    sizes = annotations.sizes()
    shares = centre_and_size(annotations.boxes, sizes)
    numbers = class_numbers(annotations)
    for index, name in enumerate(labelled.names):
        folder = Path(plain_boxes.folder(index))
        lines = []
        for row in plain_boxes.rows(index):
            details = details_of(annotations, row) if polygons or points else {}
            values = _values(details, shares[row], sizes[row], polygons, points)
            lines.append(" ".join(map(str, [numbers[annotations.labels[row]], *plain(values.tolist())])))
        file = (root / "labels" / folder / name).with_suffix(".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))
        put(labelled.sources[index], root / "images" / folder / name, pictures)
    _write_yaml(root, plain_boxes, numbers, points)
    return _losses(labelled, annotations, polygons, points, shares)


def class_numbers(annotations: BoxAnnotations) -> list[int]:
    """The number of every class: as it was in YOLO, else 0, 1, ... in the order of COCO's ids."""
    known = annotations.header.get("class_numbers", {})
    if set(annotations.classes) <= known.keys():
        return [known[name] for name in annotations.classes]
    ids = category_ids(annotations)
    ranks = {number: rank for rank, number in enumerate(sorted(ids))}
    return [ranks[number] for number in ids]


def _write_yaml(root: Path, labelled: Labelled, numbers: list[int], points: int) -> None:
    splits = labelled.splits()
    paths = {split: f"images/{split}" for split in splits} or {"train": "images"}
    names = dict(sorted(zip(numbers, labelled.annotations.classes, strict=True)))
    values = {"path": ".", **paths, **({"kpt_shape": [points, 3]} if points else {}), "names": names}
    (root / "data.yaml").write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), "utf-8")


def _values(
    details: dict[str, Any],
    shares: NDArray[np.float64],
    size: NDArray[np.int64],
    polygons: bool,
    points: int,
) -> NDArray[np.float64]:
    """The numbers of one line after the class."""
    wide = size[::-1].astype(np.float64)
    if polygons:
        return _shares(np.array(details["segmentation"][0], np.float64).reshape(-1, 2), wide).ravel()
    if points:
        known = np.array(details.get("keypoints") or [0] * 3 * points, np.float64).reshape(-1, 3)
        known[:, :2] = _shares(known[:, :2], wide)
        return np.concatenate([shares, known.ravel()])
    return shares


def _shares(points: NDArray[np.float64], wide: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (L, 2) in shares of width and height."""
    return shortest(points / wide, lambda rounded: rounded * wide == points)


def _all_polygons(annotations: BoxAnnotations) -> bool:
    """Whether every box is the one around its one polygon."""
    if "details" not in annotations.columns or not len(annotations.boxes):
        return False
    for row in range(len(annotations.boxes)):
        mask = details_of(annotations, row).get("segmentation")
        if not isinstance(mask, list) or len(mask) != 1 or len(mask[0]) < 6:
            return False
        points = np.array(mask[0], np.float64).reshape(-1, 2)
        around = np.concatenate([points.min(0), points.max(0)]).astype(np.float32)
        if not np.array_equal(around, annotations.boxes[row]):
            return False
    return True


def _points(annotations: BoxAnnotations) -> int:
    """How many key points the objects have; 0 where none has, or not all as many."""
    if "details" not in annotations.columns:
        return 0
    known = (details_of(annotations, row).get("keypoints") for row in range(len(annotations.boxes)))
    lengths = {len(one) for one in known if one}
    return lengths.pop() // 3 if len(lengths) == 1 else 0


def _losses(
    labelled: Labelled,
    annotations: BoxAnnotations,
    polygons: bool,
    points: int,
    shares: NDArray[np.float64],
) -> list[str]:
    """What the format cannot hold."""
    masks = 0 if polygons else count_details(annotations, has_mask)
    objects = 0 if points else count_details(annotations, lambda one: bool(one.get("keypoints")))
    scores = count_details(annotations, lambda one: "score" in one)
    difficult = int(marked(annotations, "difficult").sum())
    crowd = len(labelled.annotations.boxes) - len(annotations.boxes)
    back = corners(np.stack([shares[:, :2], shares[:, 2:]]), annotations.sizes()[:, ::-1].astype(np.float64))
    moved = 0 if polygons else int((back != annotations.boxes).any(1).sum())
    sentences = {
        f"{plural(crowd, 'crowd region')} left out: YOLO would learn them as objects": crowd,
        f"{plural(difficult, 'difficult object')} written as any other": difficult,
        f"{plural(masks, 'mask')} left out: a line is a box, or one polygon with its box around it": masks,
        f"key points of {plural(objects, 'object')} left out: YOLO has as many for each object": objects,
        f"scores of {plural(scores, 'box')} left out: a line of labels has none": scores,
        f"{plural(moved, 'box')} moved by less than the last digit": moved,
        "ids, licences and links are left out": int("categories" in labelled.annotations.header),
    }
    return [sentence for sentence, count in sentences.items() if count]
