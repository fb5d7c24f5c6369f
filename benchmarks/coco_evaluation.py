"""COCO's average precision of 5,000 synthetic images with 100 detections each, against pycocotools.

Held equal: the boxes, scores and classes, and the twelve numbers within 1e-9. Each side begins with what it
is given in practice: tensors here, lists of dictionaries there, made before the clock starts. In turns.

    python benchmarks/coco_evaluation.py [--images 5000] [--turns 3]
"""

import argparse
import contextlib
import io
import statistics
import time
from typing import Any

import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from striate.ops import box_convert
from striate.tasks.detection.coco_ap import coco_ap
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes

OBJECTS, DETECTIONS, CLASSES = 10, 100, 80
ASKED = 5


def synthetic(count: int) -> tuple[list[PredictedBoxes], list[TrueBoxes]]:
    """Ten detections around each of ten objects of COCO's 80 classes, three in ten of another class."""
    predictions, truths = [], []
    for _ in range(count):
        corner = 500 * torch.rand(OBJECTS, 2, dtype=torch.float64)
        boxes = torch.cat([corner, corner + 5 + 150 * torch.rand(OBJECTS, 2, dtype=torch.float64)], dim=1)
        labels = torch.randint(0, CLASSES, (OBJECTS,))
        truths.append(TrueBoxes(boxes, labels))
        near = boxes.repeat(DETECTIONS // OBJECTS, 1)
        near = near + 0.2 * (near[:, 2:] - near[:, :2]).repeat(1, 2) * (
            torch.rand(len(near), 4).double() - 0.5
        )
        found = labels.repeat(len(near) // OBJECTS)
        found = torch.where(torch.rand(len(near)) < 0.3, torch.randint(0, CLASSES, (len(near),)), found)
        predictions.append(PredictedBoxes(near, torch.rand(len(near)).double(), found))
    return predictions, truths


def as_dictionaries(images: list[Any], results: bool) -> list[dict[str, Any]]:
    """As in COCO's files."""
    rows = []
    for image, boxes in enumerate(images):
        scores = boxes.scores.tolist() if results else [1.0] * len(boxes.boxes)
        corners = box_convert(boxes.boxes, "xyxy", "xywh").tolist()
        for box, label, score in zip(corners, boxes.labels.tolist(), scores, strict=True):
            row = {"image_id": image, "category_id": label, "bbox": box, "score": score}
            rows.append(row | {"id": len(rows) + 1, "area": box[2] * box[3], "iscrowd": 0})
    return rows


def peer(annotations: list[dict[str, Any]], results: list[dict[str, Any]], count: int) -> list[float]:
    """pycocotools' twelve numbers."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": [{"id": n} for n in range(count)], "annotations": annotations}
        truth.dataset["categories"] = [{"id": number} for number in range(CLASSES)]
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats: list[float] = evaluation.stats.tolist()
    return stats


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    predictions, truths = synthetic(chosen.images)
    times: dict[str, list[float]] = {"pycocotools": [], "striate": []}
    for _ in range(chosen.turns):
        annotations, results = as_dictionaries(truths, False), as_dictionaries(predictions, True)
        begun = time.perf_counter()
        expected = peer(annotations, results, chosen.images)
        between = time.perf_counter()
        found = list(coco_ap(predictions, truths, CLASSES).values.values())
        times["pycocotools"].append(between - begun)
        times["striate"].append(time.perf_counter() - between)
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 1e-9
    theirs, ours = (statistics.median(seconds) for seconds in times.values())
    print(f"pycocotools {theirs:.1f} s, striate {ours:.1f} s: {theirs / ours:.1f}x (asked: >= {ASKED}x)")


if __name__ == "__main__":
    main()
