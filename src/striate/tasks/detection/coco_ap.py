"""COCO's average precision: the mean over ten overlaps, 0.50 to 0.95, by class and by size.

Computed by faster-coco-eval, which equals pycocotools to 1e-9. A detection matches the free true box of its
class that it overlaps most, at least by the threshold; at most 100 detections of an image and class count;
precision is interpolated at 101 recalls; small is below 32 x 32 pixels of area, large from 96 x 96 on; a
crowd is neither right nor wrong. A mean over nothing is NaN (COCO's own tools write -1).

Lin et al. 2014, https://cocodataset.org/#detection-eval
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, get_args

import numpy as np
from torch import Tensor

from striate.errors import SettingError
from striate.ops import box_convert
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes, check_images

Kind = Literal["bbox", "segm", "boundary", "keypoints"]
AREAS = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large")
RECALLS = ("AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large")
KEYPOINTS = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")


@dataclass(frozen=True)
class CocoAp:
    """Average precision and recall by COCO's rules, 0..1, NaN where there is nothing to find.

    Args:
        values: "AP", "AP50", "AP75", "AP_small", "AR100" and so on.
        per_class: AP of each class, in their order.
        per_class_50: likewise at the overlap 0.5.
        precision: float64 (K, 101), precision at recall 0, 0.01, ... 1 and the overlap 0.5.
        convention: what was computed, to be printed beside the number.
    """

    values: dict[str, float]
    per_class: tuple[float, ...]
    per_class_50: tuple[float, ...]
    precision: np.ndarray[Any, Any]
    convention: str


def coco_ap(predictions: Sequence[PredictedBoxes], truths: Sequence[TrueBoxes], classes: int) -> CocoAp:
    """COCO's AP of boxes.

    Args:
        predictions: one for each image.
        truths: one for each image, in the same order; ``ignored`` are crowds.
        classes: K.

    Raises:
        ShapeError, LabelError: the lists do not belong together, or a class does not exist.

    >>> import torch
    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 40, 40]]), torch.tensor([0]))
    >>> loose = PredictedBoxes(torch.tensor([[0.0, 0, 40, 30]]), torch.tensor([0.9]), torch.tensor([0]))
    >>> found = coco_ap([loose], [truth], classes=1).values  # IoU 0.75: right at 6 of 10 overlaps
    >>> round(found["AP"], 6), found["AP75"]
    (0.6, 1.0)
    """
    check_images(predictions, truths, classes)
    objects = [
        _annotations(image, t.boxes, t.labels, crowd=(~t.counted).int(), areas=t.areas)
        for image, t in enumerate(truths)
    ]
    found = [_annotations(image, p.boxes, p.labels, scores=p.scores) for image, p in enumerate(predictions)]
    images, categories = [{"id": image} for image in range(len(truths))], list(range(classes))
    truth, answer = (_data_set(images, chain.from_iterable(side), categories) for side in (objects, found))
    return _evaluate(truth, answer, categories, "bbox", None)


def coco_evaluate(
    images: Sequence[Mapping[str, Any]],
    annotations: Sequence[Mapping[str, Any]],
    results: Any,
    categories: Sequence[int],
    kind: Kind = "bbox",
    sigmas: Sequence[float] | None = None,
) -> CocoAp:
    """The same for what is in COCO's files already: boxes, masks or keypoints.

    Args:
        images: with "id", and "height" and "width" for masks.
        annotations: with "image_id", "category_id", "bbox" (corner and size), "area", "iscrowd".
        results: detections with "image_id", "category_id", "score" and "bbox", "segmentation" or "keypoints";
            or an array (M, 7) of image, corner, size, score, category.
        categories: numbers of the classes.
        kind: what is compared; ``boundary`` are masks, by their pixels near the border.
        sigmas: of each joint, for "keypoints"; COCO's 17 if left out.

    Raises:
        SettingError: there is no such kind.
    """
    if kind not in get_args(Kind):
        raise SettingError(f"kind is {kind!r}", ", ".join(get_args(Kind)), '"bbox"')
    truth = _data_set(images, ({"iscrowd": 0, **annotation} for annotation in annotations), categories)
    found = truth.loadRes(results) if len(results) else _data_set(images, [], categories)
    return _evaluate(truth, found, categories, kind, sigmas)


def _data_set(
    images: Sequence[Mapping[str, Any]], annotations: Iterable[dict[str, Any]], categories: Sequence[int]
) -> Any:
    """As the library reads it, with annotations numbered from 1: it takes 0 for "no match"."""
    from faster_coco_eval import COCO

    numbered = [annotation | {"id": 1 + number} for number, annotation in enumerate(annotations)]
    named = [{"id": category, "name": str(category)} for category in categories]
    return COCO({"images": list(images), "annotations": numbered, "categories": named})


def _evaluate(truth: Any, found: Any, categories: Sequence[int], kind: Kind, sigmas: Any) -> CocoAp:
    """Let the library count, and give its numbers plain names."""
    from faster_coco_eval import COCOeval_faster

    evaluation = COCOeval_faster(truth, found, kind, print_function=_silent, kpt_oks_sigmas=sigmas)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    names = KEYPOINTS if kind == "keypoints" else AREAS + RECALLS
    values = {name: _number(value) for name, value in zip(names, evaluation.stats, strict=False)}
    precision = np.asarray(evaluation.eval["precision"])[
        :, :, :, 0, -1
    ]  # overlaps, recalls, classes; all sizes
    each = tuple(_mean(precision[:, :, k]) for k in range(len(categories)))
    half = tuple(_mean(precision[0, :, k]) for k in range(len(categories)))
    at_half = np.where(precision[0] < 0, np.nan, precision[0]).T
    return CocoAp(values, each, half, at_half, f"COCO AP at IoU 0.50:0.95, {kind}, 101 points")


def _annotations(
    image: int,
    boxes: Tensor,
    labels: Tensor,
    scores: Tensor | None = None,
    crowd: Tensor | None = None,
    areas: Tensor | None = None,
) -> Iterator[dict[str, Any]]:
    """The boxes of an image as dictionaries."""
    turned = box_convert(boxes.detach().double().cpu(), "xyxy", "xywh")
    zeros = [0] * len(boxes)
    columns = (
        labels.tolist(),
        turned.tolist(),
        (turned[:, 2] * turned[:, 3] if areas is None else areas).tolist(),
        zeros if scores is None else scores.tolist(),
        zeros if crowd is None else crowd.tolist(),
    )
    for label, box, area, score, ignored in zip(*columns, strict=True):
        yield {
            "image_id": image,
            "category_id": label,
            "bbox": box,
            "area": area,
            "score": score,
            "iscrowd": ignored,
        }


def _mean(values: np.ndarray[Any, Any]) -> float:
    """The mean of what is known."""
    known = values[values > -1]
    return float(known.mean()) if known.size else float("nan")


def _number(value: float) -> float:
    """NaN for COCO's -1."""
    return float("nan") if value < 0 else float(value)


def _silent(*_: Any) -> None:
    """The library is asked to tell nothing."""
