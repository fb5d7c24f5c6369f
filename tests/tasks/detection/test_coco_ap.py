"""COCO's average precision, against pycocotools and its published conventions.

``evaluation_cases.json`` is the group "evaluation" of ``shared/conformance/detection.json``: numbers computed
by pycocotools 2.0.11, and supervision's cases of an average precision (MIT).
"""

import contextlib
import io
import json
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from striate.errors import LabelError, SettingError, ShapeError
from striate.ops import box_convert
from striate.tasks.detection.coco_ap import coco_ap, coco_evaluate
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.voc_ap import average_precision

CASES = {
    case["id"]: case for case in json.loads(Path(__file__).with_name("evaluation_cases.json").read_text())
}
BOXES = CASES["coco_bbox_synthetic"]["inputs"]
NAMES = {"S": "small", "M": "medium", "L": "large"}


def ours(name: str) -> str:
    """AP_S is AP_small here."""
    start, _, size = name.partition("_")
    return f"{start}_{NAMES[size]}" if size else start


def check(found: dict[str, float], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        known = found[ours(name)]
        assert isnan(known) if value == -1 else known == pytest.approx(value, abs=1e-6), name


def images() -> list[dict[str, int]]:
    return [{"id": i["id"], "height": i["hw"][0], "width": i["hw"][1]} for i in BOXES["images"]]


def records() -> tuple[list[PredictedBoxes], list[TrueBoxes]]:
    """The synthetic case as tensors."""
    place = {category: number for number, category in enumerate(BOXES["categories"])}
    predictions, truths = [], []
    for image in BOXES["images"]:
        own = [g for g in BOXES["gt(bbox=xywh)"] if g["image_id"] == image["id"]]
        mine = [d for d in BOXES["detections"] if d["image_id"] == image["id"]]

        def column(rows: list[dict[str, Any]], name: str) -> torch.Tensor:
            return torch.tensor([row[name] for row in rows], dtype=torch.float64)

        def corners(rows: list[dict[str, Any]]) -> torch.Tensor:
            return box_convert(
                torch.tensor([r["bbox"] for r in rows]).double().reshape(-1, 4), "xywh", "xyxy"
            )

        def labels(rows: list[dict[str, Any]]) -> torch.Tensor:
            return torch.tensor([place[row["category_id"]] for row in rows], dtype=torch.int64)

        crowd = column(own, "iscrowd").bool()
        truths.append(TrueBoxes(corners(own), labels(own), crowd, column(own, "area")))
        predictions.append(PredictedBoxes(corners(mine), column(mine, "score"), labels(mine)))
    return predictions, truths


def test_boxes_as_tensors() -> None:
    found = coco_ap(*records(), classes=3)
    expected = CASES["coco_bbox_synthetic"]["expected"]
    check(found.values, expected["stats"])
    for value, wanted in zip(found.per_class, expected["AP_per_category"].values(), strict=True):
        assert isnan(value) if wanted == -1 else value == pytest.approx(wanted, abs=1e-6)
    assert found.precision.shape == (3, 101)
    assert np.nanmean(found.precision) == pytest.approx(found.values["AP50"])
    assert found.convention == "COCO AP at IoU 0.50:0.95, bbox, 101 points"


def test_nothing_detected() -> None:  # 0 where there is something to find
    _, truths = records()
    none = PredictedBoxes(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.int64))
    check(coco_ap([none] * 8, truths, classes=3).values, CASES["coco_no_detections"]["expected"]["stats"])
    annotations, categories = BOXES["gt(bbox=xywh)"], BOXES["categories"]
    found = coco_evaluate(images(), annotations, [], categories)
    check(found.values, CASES["coco_no_detections"]["expected"]["stats"])


def rectangle(box: list[float], size: dict[str, int]) -> dict[str, Any]:
    x, y, width, height = box
    mask = np.zeros((size["height"], size["width"]), np.uint8, order="F")
    mask[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = 1
    return rle.encode(mask)


def test_masks() -> None:
    sizes = {image["id"]: image for image in images()}
    drawn = [
        [{**row, "segmentation": rectangle(row["bbox"], sizes[row["image_id"]])} for row in rows]
        for rows in (BOXES["gt(bbox=xywh)"], BOXES["detections"])
    ]
    results = [{name: value for name, value in row.items() if name != "bbox"} for row in drawn[1]]
    found = coco_evaluate(images(), drawn[0], results, BOXES["categories"], "segm")
    check(found.values, CASES["coco_segm_synthetic"]["expected"]["stats"])


@pytest.mark.parametrize("joints", [14, 17])
def test_keypoints(joints: int) -> None:
    case = CASES[f"coco_oks_{joints}_joints"]
    inputs = case["inputs"]
    numbers = sorted({row["image_id"] for row in inputs["gt"] + inputs["detections"]})
    found = coco_evaluate(
        [{"id": n} for n in numbers], inputs["gt"], inputs["detections"], [1], "keypoints", inputs["sigmas"]
    )
    check(found.values, case["expected"]["stats"])


def random_records(seed: int, count: int = 12) -> tuple[list[PredictedBoxes], list[TrueBoxes]]:
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    predictions, truths = [], []
    for _ in range(count):
        corner, size = random(9, 2) * 200, random(9, 2) ** 2 * 150 + 2
        boxes, labels = torch.cat([corner, corner + size], dim=1), (random(9) * 4).long()
        truths.append(TrueBoxes(boxes, labels, random(9) > 0.85))
        noise = boxes.repeat(3, 1) + 12 * (random(27, 4) - 0.5)
        noise[:, 2:] = torch.maximum(noise[:, 2:], noise[:, :2] + 1)
        changed = torch.where(random(27) > 0.8, (random(27) * 4).long(), labels.repeat(3))
        scores = (random(27) * 20).round() / 20  # ties
        predictions.append(PredictedBoxes(noise, scores, changed))
    return predictions, truths


def pycocotools_stats(predictions: list[PredictedBoxes], truths: list[TrueBoxes]) -> list[float]:
    annotations, results = [], []
    for image, (prediction, truth) in enumerate(zip(predictions, truths, strict=True)):
        for box, label, crowd in zip(
            box_convert(truth.boxes, "xyxy", "xywh").tolist(),
            truth.labels.tolist(),
            truth.ignored.tolist(),
            strict=True,
        ):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": label,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": int(crowd),
                }
            )
        boxes = box_convert(prediction.boxes, "xyxy", "xywh").tolist()
        for box, score, label in zip(
            boxes, prediction.scores.tolist(), prediction.labels.tolist(), strict=True
        ):
            results.append({"image_id": image, "category_id": label, "bbox": box, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        images = [{"id": n} for n in range(len(truths))]
        truth.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": k} for k in range(4)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats.tolist()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("seed", range(4))
def test_equal_to_pycocotools(seed: int) -> None:
    data = random_records(seed)
    found = list(coco_ap(*data, classes=4).values.values())
    for value, expected in zip(found, pycocotools_stats(*data), strict=True):
        assert isnan(value) if expected == -1 else value == pytest.approx(expected, abs=1e-9)


def test_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    coco_ap(*random_records(0), classes=4)
    assert capfd.readouterr() == ("", "")


def test_no_image_and_no_object() -> None:
    assert isnan(coco_ap([], [], classes=1).values["AP"])


def test_wrong_arguments_are_refused() -> None:
    predictions, truths = random_records(0)
    with pytest.raises(ShapeError, match="11 images predicted, 12 true"):
        coco_ap(predictions[1:], truths, classes=4)
    with pytest.raises(LabelError, match=r"image 0 has the predicted classes \[0, 1, 2, 3\]"):
        coco_ap(predictions, truths, classes=3)
    with pytest.raises(SettingError, match="kind is 'box'"):
        coco_evaluate([], [], [], [0], "box")
    with pytest.raises(ShapeError, match=r"labels are \(1,\) for boxes \(2, 4\)"):
        TrueBoxes(torch.ones(2, 4), torch.zeros(1))


@pytest.mark.parametrize("name", [name for name in CASES if "average_precision" in name])
def test_average_precision_of_a_curve(name: str) -> None:
    inputs = {key: torch.tensor(value, dtype=torch.float64) for key, value in CASES[name]["inputs"].items()}
    found = average_precision(inputs["recall"], inputs["precision"])
    assert found == pytest.approx(CASES[name]["expected"], abs=1e-6)
