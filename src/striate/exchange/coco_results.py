"""Answers as COCO's results: the list that its own and other tools of evaluation read.

    Detections --to_coco--> [{"image_id": 7, "category_id": 1, "bbox": [x, y, w, h], "score": .9}, ...]

``striate predict --save-as coco`` writes a whole data set with pictures and classes instead.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.errors import DataError, SettingError
from striate.exchange.needed import no_word, several
from striate.records import BitMasks, Detections, InstanceJoints

Categories = Mapping[str, int]
"""Name of a class -> COCO's number of it."""


def to_coco(
    answers: Detections | Iterable[Detections],
    image_ids: Iterable[int | str],
    categories: Categories | None = None,
) -> list[dict[str, Any]]:
    """A result for each object.

    Args:
        answers: of some pictures.
        image_ids: COCO's number of each.
        categories: COCO's numbers of the classes; 1, 2, ... in their order when left out.

    Masks become ``segmentation`` by run lengths, joints ``keypoints``, captions ``caption``.

    Raises:
        SettingError: something is no detections, there are more answers than numbers, or a class has none.

    >>> boxes = torch.tensor([[2.0, 3.0, 8.0, 9.0]])
    >>> one = Detections(boxes, torch.tensor([0.5]), torch.tensor([1]), ("cat", "dog"))
    >>> to_coco([one], [7])
    [{'image_id': 7, 'category_id': 2, 'bbox': [2.0, 3.0, 6.0, 6.0], 'score': 0.5}]
    """
    every, numbers = several(answers), [getattr(one, "item", lambda own=one: own)() for one in image_ids]
    if len(every) != len(numbers):
        wrong = f"there are {len(every)} answers and {len(numbers)} numbers of pictures"
        raise SettingError(wrong, "a number for each answer", "image_ids in the order of the answers")
    pairs = zip(every, numbers, strict=True)
    return [result for answer, image in pairs for result in _of_image(answer, image, categories)]


def _of_image(answer: Detections, image: int | str, categories: Categories | None) -> list[dict[str, Any]]:
    if not isinstance(answer, Detections):
        raise no_word(answer, "a file of COCO's results", "Detections")
    numbers = (
        {name: number + 1 for number, name in enumerate(answer.classes)} if categories is None else categories
    )
    if missing := sorted(set(answer.class_names) - numbers.keys()):
        raise SettingError(
            f"the class {missing[0]!r} has no number", "one for each class", "categories={...}"
        )
    rows = answer.to_dict()["objects"]
    return [_result(answer, number, row, image, numbers) for number, row in enumerate(rows)]


def _result(
    answer: Detections, number: int, row: dict[str, Any], image: int | str, numbers: Categories
) -> dict[str, Any]:
    x1, y1, x2, y2 = row["box"]
    result = {
        "image_id": image,
        "category_id": numbers[row["class_name"]],
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "score": row["score"],
    }
    if "mask" in row:
        result["segmentation"] = row["mask"]
    if answer.joints is not None:
        result["keypoints"] = [value for point in row["joints"] for value in point]
    if "caption" in row:
        result["caption"] = row["caption"]
    return result


def from_coco(
    results: Iterable[Mapping[str, Any]],
    categories: Categories,
    *,
    joints: Sequence[str] = (),
) -> dict[Any, Detections]:
    """The answers that a list of results holds, by the number of their picture, the best object first.

    Args:
        results: as ``json.load`` gives them; also the annotations of a COCO file, whose score counts as 1.
        categories: COCO's numbers of the classes, ``{"cat": 1, "dog": 2}``; the record numbers them in this
            order.
        joints: names of the key points, if the results have any.

    Raises:
        DataError: a result has no box, or a class that ``categories`` does not name; masks are polygons.
        SettingError: these are no results, or no categories.
    """
    if isinstance(results, str | Path | Mapping):
        wrong = "a whole file" if isinstance(results, Mapping) else f"the file {str(results)[-60:]}"
        attempt = 'json.load of a file of results, or ["annotations"] of a data set'
        raise SettingError(f"the results are {wrong}", "a list of results", attempt)
    if not isinstance(categories, Mapping):
        raise SettingError(
            f"categories is a {type(categories).__name__}", "numbers by name", 'categories={"cat": 1}'
        )
    by_image: dict[Any, list[Mapping[str, Any]]] = {}
    for one in results:
        by_image.setdefault(_field(one, "image_id"), []).append(one)
    places = {number: place for place, number in enumerate(categories.values())}
    return {image: _record(rows, tuple(categories), places, joints) for image, rows in by_image.items()}


def _box(result: Mapping[str, Any]) -> list[float]:
    """x, y, width and height."""
    box = _field(result, "bbox")
    try:
        x, y, width, height = map(float, box)
        good = all(map(math.isfinite, (x, y, width, height))) and min(width, height) >= 0
    except (TypeError, ValueError):
        good = False
    if not good:
        raise DataError(
            f"a bbox is {repr(box)[:60]}", "x, y, width and height, pixels", "COCO's list of results"
        )
    return [x, y, width, height]


def _score(result: Mapping[str, Any]) -> float:
    """1 where nobody says."""
    score = result.get("score")
    return 1.0 if score is None else float(score)


def _field(result: Mapping[str, Any], name: str) -> Any:
    if name not in result:
        raise DataError(f"a result has no {name}", "image_id, category_id and bbox", "COCO's list of results")
    return result[name]


def _record(
    rows: list[Mapping[str, Any]], classes: tuple[str, ...], places: dict[int, int], joints: Sequence[str]
) -> Detections:
    unknown = {_field(row, "category_id") for row in rows} - places.keys()
    if unknown:
        known = ", ".join(map(str, list(places)[:10]))
        raise DataError(f"there is no category {min(unknown, key=str)}", f"one of: {known}", "all categories")
    boxes = torch.tensor([_box(row) for row in rows], dtype=torch.float32).reshape(-1, 4)
    answer = Detections(
        torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1),
        torch.tensor([_score(row) for row in rows]),
        torch.tensor([places[row["category_id"]] for row in rows], dtype=torch.int64),
        classes,
        masks=_masks(rows),
        joints=InstanceJoints(*_points(rows, len(joints)), tuple(joints)) if joints else None,
    )
    return answer.where(answer.scores.argsort(descending=True, stable=True))


def _masks(rows: list[Mapping[str, Any]]) -> BitMasks | None:
    runs = [row.get("segmentation") for row in rows]
    if all(one is None for one in runs):
        return None
    known = [one for one in runs if one is not None]
    if not all(isinstance(one, Mapping) for one in known):
        raise DataError("a mask is polygons", "run lengths", "striate reads a whole COCO file with polygons")
    height, width = known[0]["size"]
    return BitMasks.from_run_lengths(runs, (int(height), int(width)))


def _points(rows: list[Mapping[str, Any]], count: int) -> tuple[Tensor, Tensor]:
    values = torch.tensor([_field(row, "keypoints") for row in rows], dtype=torch.float32).view(-1, count, 3)
    return values[..., :2], values[..., 2]
