"""AP of masks, of their borders and of joints, against pycocotools to 1e-9, on random objects."""

import contextlib
import io
from math import isnan

import numpy as np
import pytest
import torch
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.ndimage import binary_erosion

from striate.ops import box_convert
from striate.ops.object_keypoint_similarity import COCO_SIGMAS
from striate.records import Batch, BitMasks, BoxTargets, Detections, InstanceJoints, MaskCrops, PointTargets
from striate.tasks.detection.coco_ap import AREAS, KEYPOINTS
from striate.tasks.detection.instance_metric import JOINT_NUMBERS, JointMetric, MaskMetric
from striate.tasks.detection.instance_metric import sigmas_of as usual_sigmas

SIZE, CLASSES, OBJECTS = (150, 180), 3, 7
BORDER = 0.02
"""Of the diagonal: how far pixels near a border lie from it. Cheng et al. 2021, section 4."""


class BoundaryEval(COCOeval):
    """COCO's evaluation with the IoU of pixels near borders, or of all if that is smaller; crowds as ever."""

    def computeIoU(self, imgId, catId):  # noqa: N802
        whole = super().computeIoU(imgId, catId)
        truth, found = self._gts[imgId, catId], self._dts[imgId, catId]
        if not truth or not found:
            return whole
        sides = sorted(found, key=lambda one: -one["score"]), truth
        near = [[border(one["segmentation"]) for one in side] for side in sides]
        crowd = [int(one["iscrowd"]) for one in truth]
        return np.where(crowd, whole, np.minimum(whole, rle.iou(*near, crowd)))


def border(runs):
    mask = rle.decode([runs])[..., 0]
    distance = max(1, round(BORDER * np.hypot(*mask.shape)))
    inner = binary_erosion(mask, np.ones((3, 3)), iterations=distance)
    return rle.encode(np.asfortranarray(mask - inner.astype(np.uint8)))


def pycocotools(objects, answers, kind, sigmas=None):
    evaluation = BoundaryEval if kind == "boundary" else COCOeval
    truth = COCO()
    truth.dataset = {
        "images": [{"id": number, "height": SIZE[0], "width": SIZE[1]} for number in range(10)],
        "annotations": [{**one, "id": number} for number, one in enumerate(objects, 1)],
        "categories": [{"id": number} for number in range(CLASSES)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found = evaluation(
            truth, truth.loadRes([dict(one) for one in answers]), "segm" if kind == "boundary" else kind
        )
        found.params.kpt_oks_sigmas = np.array(sigmas)
        found.evaluate()
        found.accumulate()
        found.summarize()
    return dict(zip(KEYPOINTS if kind == "keypoints" else AREAS, found.stats.tolist(), strict=False))


def boxes_in(made):
    corner = torch.rand(OBJECTS, 2, generator=made) * 80
    return torch.cat([corner, corner + torch.rand(OBJECTS, 2, generator=made) ** 2 * 68 + 4], 1)


def ellipses(boxes):
    y, x = torch.arange(SIZE[0])[:, None] + 0.5, torch.arange(SIZE[1]) + 0.5
    middles, halves = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    across, down = (
        (x - middles[:, :1, None]) / halves[:, :1, None],
        (y - middles[:, 1:, None]) / halves[:, 1:, None],
    )
    return across**2 + down**2 <= 1


def moved(boxes, made):
    noise = torch.randn(len(boxes) * 2, 4, generator=made) * 2
    found = boxes.repeat(2, 1) + noise
    return torch.cat([found[:, :2], torch.maximum(found[:, 2:], found[:, :2] + 2)], 1)


def labels_and_scores(labels, made):
    chance = torch.rand(len(labels) * 2, generator=made)
    guessed = torch.where(chance > 0.8, (labels.repeat(2) + 1) % CLASSES, labels.repeat(2))
    scores = (torch.rand(len(guessed), generator=made) * 20).round() / 20  # ties
    order = scores.argsort(descending=True, stable=True)
    return guessed, scores, order


def measured(metric_of, records, targets):
    answers = iter(records)
    metric = metric_of(lambda raw, sizes: [next(answers)])
    for one in targets:
        images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
        metric.update(torch.zeros(1), Batch.full(images, torch.arange(1), one))
    return metric.compute().values


def same(value, expected):
    return (value is None or isnan(value)) if expected == -1 else value == pytest.approx(expected, abs=1e-9)


def coco_rows(number, labels, word, shapes, **columns):
    rows = zip(labels.tolist(), shapes, strict=True)
    found = [{"image_id": number, "category_id": label, word: shape} for label, shape in rows]
    return [
        {**one, **{name: values[row] for name, values in columns.items()}} for row, one in enumerate(found)
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("seed", range(2))
def test_masks_and_their_borders(seed):
    made = torch.Generator().manual_seed(seed)
    records, targets, objects, answers = [], [], [], []
    for number in range(10):
        boxes, labels = boxes_in(made), torch.randint(CLASSES, (OBJECTS,), generator=made)
        crowd = torch.rand(OBJECTS, generator=made) > 0.85
        guesses, (guessed, scores, order) = moved(boxes, made), labels_and_scores(labels, made)
        true, said = ellipses(boxes), ellipses(guesses)[order]
        counts = torch.tensor([OBJECTS])
        targets.append(BoxTargets(boxes, labels, counts, crowd, masks=MaskCrops.of(true)))
        masks = BitMasks(MaskCrops.of(said))
        names = tuple(map(str, range(CLASSES)))
        records.append(Detections(guesses[order], scores[order], guessed[order], names, "", masks))
        drawn, shown = (
            [rle.encode(np.asfortranarray(one.numpy().astype(np.uint8))) for one in side]
            for side in (true, said)
        )
        areas, corners = true.sum((1, 2)).tolist(), box_convert(boxes, "xyxy", "xywh").tolist()
        row = {"area": areas, "iscrowd": crowd.int().tolist(), "bbox": corners}
        objects += coco_rows(number, labels, "segmentation", drawn, **row)
        answers += coco_rows(number, guessed[order], "segmentation", shown, score=scores[order].tolist())
    found = measured(lambda decode: MaskMetric(tuple(map(str, range(CLASSES))), decode), records, targets)
    wanted = pycocotools(objects, answers, "segm")
    assert 0.1 < wanted["AP"] < 0.9
    assert all(same(found[f"mask_{name}"], wanted[name]) for name in AREAS)
    boundary = pycocotools(objects, answers, "boundary")
    assert boundary["AP"] < wanted["AP"]
    assert same(found["boundary_AP"], boundary["AP"])


@pytest.mark.parametrize("sigmas", [COCO_SIGMAS, usual_sigmas(20), (0.05, 0.1, 0.2)])
def test_joints_with_any_sigmas(sigmas):
    made, count = torch.Generator().manual_seed(0), len(sigmas)
    names = tuple(map(str, range(CLASSES)))
    records, targets, objects, answers = [], [], [], []
    for number in range(10):
        boxes, labels = boxes_in(made), torch.randint(CLASSES, (OBJECTS,), generator=made)
        sides = (boxes[:, 2:] - boxes[:, :2])[:, None]
        points = torch.rand(OBJECTS, count, 2, generator=made) * sides + boxes[:, None, :2]
        visible = torch.rand(OBJECTS, count, generator=made) > 0.3
        visible[0] = False
        guesses, (guessed, scores, order) = moved(boxes, made), labels_and_scores(labels, made)
        noise = torch.randn(2 * OBJECTS, count, 2, generator=made) * torch.rand(
            2 * OBJECTS, 1, 1, generator=made
        )
        said = (points.repeat(2, 1, 1) + noise * sides.repeat(2, 1, 1) * 0.2)[order]
        scale = (boxes[:, 2:] - boxes[:, :2]).prod(1).sqrt()
        joints = PointTargets(points, visible, scale)
        targets.append(BoxTargets(boxes, labels, torch.tensor([OBJECTS]), joints=joints))
        sure = torch.ones(2 * OBJECTS, count)
        shown = InstanceJoints(said, sure, tuple(map(str, range(count))))
        records.append(Detections(guesses[order], scores[order], guessed[order], names, joints=shown))
        seen = 2.0 * visible
        drawn, flat = (
            torch.cat([one, more[..., None]], 2).flatten(1).tolist()
            for one, more in ((points, seen), (said, sure))
        )
        row = {
            "area": scale.square().tolist(),
            "bbox": box_convert(boxes, "xyxy", "xywh").tolist(),
            "iscrowd": [0] * OBJECTS,
            "num_keypoints": visible.sum(1).tolist(),
        }
        objects += coco_rows(number, labels, "keypoints", drawn, **row)
        answers += coco_rows(number, guessed[order], "keypoints", flat, score=scores[order].tolist())
    found = measured(lambda decode: JointMetric(names, decode, sigmas=sigmas), records, targets)
    wanted = pycocotools(objects, answers, "keypoints", sigmas)
    assert 0.05 < wanted["AP"] < 0.9
    assert all(same(found[f"OKS_{name}"], wanted[name]) for name in JOINT_NUMBERS)
