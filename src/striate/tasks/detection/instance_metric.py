"""How good masks and joints are: AP by COCO's rules, with masks or joints in the place of boxes.

    MaskMetric     mask_AP50      IoU of pixels; boundary_AP counts pixels near the border of masks alone
    JointMetric    OKS_AP50       how near joints are, by the size of the object and a sigma for each joint

The numbers of boxes stand below them. COCO: Lin et al. 2014; boundary: Cheng et al. 2021,
https://arxiv.org/abs/2103.16562; OKS: https://cocodataset.org/#keypoints-eval
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.ops.object_keypoint_similarity import COCO_SIGMAS, keypoint_similarity
from striate.records import Batch, BitMasks, BoxTargets, Detections
from striate.tasks.detection.ap_metric import KEPT, ApMetric, DetectionMetrics
from striate.tasks.detection.coco_ap import CocoAp, Kind, coco_evaluate
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.matched import Matched, matched
from striate.tasks.metric import Primary
from striate.tasks.raw_outputs import Raw

UNSAID_SIGMA = sum(COCO_SIGMAS) / len(COCO_SIGMAS)
"""Of joints that are not COCO's, where the data say none: the mean of COCO's."""

JOINT_NUMBERS = ("AP50", "AP", "AP75", "AP_medium", "AP_large")


class InstanceMetric(ApMetric):
    """Measures what is said of objects beside boxes; arguments as for ``ApMetric``."""

    def __init__(
        self,
        classes: tuple[str, ...],
        decode: Callable[[Raw, Tensor], list[Detections]],
        loss_of: Callable[[Raw, Batch], Tensor] | None = None,
    ) -> None:
        super().__init__(classes, decode, loss_of)
        self._images: list[dict[str, Any]] = []
        self._objects: list[list[dict[str, Any]]] = []
        self._answers: list[list[dict[str, Any]]] = []

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        super().merge(other)
        self._images += other._images
        self._objects += other._objects
        self._answers += other._answers

    def take(self, found: list[Detections], targets: BoxTargets, truths: list[TrueBoxes]) -> list[Matched]:
        """Keep what COCO's rules need, and match the objects of each image."""
        rows = torch.split(torch.arange(len(targets.boxes)), targets.counts.tolist())
        result = []
        for record, truth, own in zip(found, truths, rows, strict=True):
            result.append(self._one(record, truth, targets, own))
        return result

    @abstractmethod
    def _one(self, record: Detections, truth: TrueBoxes, targets: BoxTargets, rows: Tensor) -> Matched:
        """Keep one image; ``rows`` are its objects among the targets."""

    def _numbers(self, kind: Kind, sigmas: Any = None) -> CocoAp:
        """COCO's numbers of all images."""
        images = [{**one, "id": number} for number, one in enumerate(self._images)]
        sides = [
            [{**one, "image_id": number} for number, each in enumerate(side) for one in each]
            for side in (self._objects, self._answers)
        ]
        return coco_evaluate(images, sides[0], sides[1], range(len(self.classes)), kind, sigmas)

    def _computed(self, found: CocoAp, prefix: str, kept: tuple[str, ...], more: Mapping[str, Any]) -> Any:
        """The metrics, with numbers of this kind before those of boxes."""
        boxes = super().compute()
        numbers = {f"{prefix}_{name}": _known(found.values[name]) for name in kept}
        each = dict(zip(self.classes, map(_known, found.per_class_50), strict=True))
        return DetectionMetrics(
            **{
                **{name: getattr(boxes, name) for name in ("count", "threshold", "between", "per_image")},
                "numbers": {**numbers, **more, **boxes.numbers},
                "per_class": each,
                "convention": f"{found.convention}; {boxes.convention}",
            }
        )


@final
class MaskMetric(InstanceMetric):
    """Measures masks; objects of which nobody has drawn a mask are neither right nor wrong."""

    primary: ClassVar[Primary] = Primary("mask_AP50")

    def _one(self, record: Detections, truth: TrueBoxes, targets: BoxTargets, rows: Tensor) -> Matched:
        masks, guessed = targets.masks, record.masks
        assert masks is not None
        assert guessed is not None
        own = masks.where(rows)
        size = (max(own.size[0], guessed.size[0]), max(own.size[1], guessed.size[1]))
        true = BitMasks(replace(own, size=size))
        said = [_resized(guessed, number, size) for number in range(len(record))]
        drawn = [true.run_lengths(number) for number in range(len(true))]
        crowd = ~truth.counted | ~own.known
        self._images.append({"height": size[0], "width": size[1]})
        self._objects.append(_objects(truth, crowd, own.areas.tolist(), "segmentation", drawn))
        self._answers.append(_answers(record, "segmentation", said))
        counted = TrueBoxes(truth.boxes, truth.labels, crowd)
        guess = PredictedBoxes(record.boxes, record.scores, record.labels)
        return matched(guess, counted, overlap=_mask_iou(said, drawn, crowd))

    def compute(self) -> DetectionMetrics:
        """What was measured."""
        if not self._images:
            return super().compute()
        boundary = {"boundary_AP": _known(self._numbers("boundary").values["AP"])}
        return self._computed(self._numbers("segm"), "mask", KEPT, boundary)  # type: ignore[no-any-return]


@final
class JointMetric(InstanceMetric):
    """Measures joints; objects without a labelled joint are neither right nor wrong.

    Args:
        classes: K names.
        decode: raw numbers and sizes of images -> records, down to low scores.
        loss_of: raw numbers and their batch -> losses (N,); None where nobody can say.
        sigmas: of each joint; COCO's for 17 joints, and their mean for others, where nobody says.
    """

    primary: ClassVar[Primary] = Primary("OKS_AP50")

    def __init__(
        self,
        classes: tuple[str, ...],
        decode: Callable[[Raw, Tensor], list[Detections]],
        loss_of: Callable[[Raw, Batch], Tensor] | None = None,
        *,
        sigmas: tuple[float, ...],
    ) -> None:
        super().__init__(classes, decode, loss_of)
        self.sigmas = sigmas

    def _one(self, record: Detections, truth: TrueBoxes, targets: BoxTargets, rows: Tensor) -> Matched:
        joints, guessed = targets.joints, record.joints
        assert joints is not None
        assert guessed is not None
        own = joints.where(rows)
        crowd = ~truth.counted | ~own.visible.any(1)
        areas = own.scale.square()
        points = [_flat(*one) for one in zip(own.points, 2.0 * own.visible.float(), strict=True)]
        objects = _objects(truth, ~truth.counted, areas.tolist(), "keypoints", points)
        counts = own.visible.sum(1).tolist()
        self._images.append({})
        self._objects.append(
            [{**one, "num_keypoints": seen} for one, seen in zip(objects, counts, strict=True)]
        )
        said = [_flat(*one) for one in zip(guessed.points, guessed.scores, strict=True)]
        self._answers.append(_answers(record, "keypoints", said))
        overlap = keypoint_similarity(guessed.points, own.points, own.visible, areas, self.sigmas)
        counted = TrueBoxes(truth.boxes, truth.labels, crowd)
        return matched(PredictedBoxes(record.boxes, record.scores, record.labels), counted, overlap=overlap)

    def compute(self) -> DetectionMetrics:
        """What was measured."""
        if not self._images:
            return super().compute()
        found = self._numbers("keypoints", list(self.sigmas))
        return self._computed(found, "OKS", JOINT_NUMBERS, {})  # type: ignore[no-any-return]


def sigmas_of(count: int, known: tuple[float, ...] = ()) -> tuple[float, ...]:
    """The sigmas of so many joints: those of the data, COCO's of 17, or their mean.

    >>> sigmas_of(17)[0], len(sigmas_of(20))
    (0.026, 20)
    """
    if known:
        return known
    return COCO_SIGMAS if count == len(COCO_SIGMAS) else (UNSAID_SIGMA,) * count


def _objects(
    truth: TrueBoxes, crowd: Tensor, areas: list[float], word: str, shapes: list[Any]
) -> list[dict[str, Any]]:
    """The objects of an image in COCO's words."""
    columns = truth.labels.tolist(), shapes, areas, crowd.int().tolist(), _corner_size(truth.boxes)
    names = "category_id", word, "area", "iscrowd", "bbox"
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _answers(record: Detections, word: str, shapes: list[Any]) -> list[dict[str, Any]]:
    """What was said of an image in COCO's words."""
    columns = record.labels.tolist(), shapes, record.scores.tolist()
    return [dict(zip(("category_id", word, "score"), row, strict=True)) for row in zip(*columns, strict=True)]


def _mask_iou(said: list[Any], drawn: list[Any], crowd: Tensor) -> Tensor:
    """float64 (M, L): IoU of pixels; with crowds, the share of the answer that lies in them."""
    if not said or not drawn:
        return torch.zeros(len(said), len(drawn), dtype=torch.float64)
    from faster_coco_eval.core import mask as coco_masks

    return torch.from_numpy(coco_masks.iou(said, drawn, crowd.int().tolist()))


def _resized(masks: Any, number: int, size: tuple[int, int]) -> dict[str, Any]:
    """One mask as run lengths, on a picture of some size."""
    from striate.records.run_lengths import packed, window_counts

    bits, left, top = masks.window(number)
    return {"size": list(size), "counts": packed(window_counts(bits, left, top, size))}


def _corner_size(boxes: Tensor) -> list[list[float]]:
    rows: list[list[float]] = torch.cat([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1).tolist()
    return rows


def _flat(points: Tensor, third: Tensor) -> list[float]:
    values: list[float] = torch.cat([points, third[:, None]], 1).flatten().tolist()
    return values


def _known(value: float) -> float | None:
    return None if value != value else value
