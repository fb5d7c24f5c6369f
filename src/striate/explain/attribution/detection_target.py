"""One object of a detector's answer as a target: the score of the prior that found it.

    picture --decode--> object 3: box, class --the prior whose box that is--> log score --gradient--> pixels

The logarithm is explained, as a score that is almost 1 has no slope left.
"""

from typing import Any

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.ops import box_iou, clip_boxes_to_image
from striate.records import Detections
from striate.tasks.detection.object_detector import ObjectDetector

TINY = 1e-12
"""Added to a score before its logarithm."""


class DetectionTarget:
    """The score of one object, for any variant of the picture that it was found on.

    Args:
        detector: that found it.
        found: the objects of the picture, in pixels of the image that the network sees.
        number: which of them.
        boxes: (A, 4) of all priors, or (A, K, 4), in the same pixels.
        scores: (A, K), likewise.
    """

    def __init__(
        self, detector: ObjectDetector, found: Detections, number: int, boxes: Tensor, scores: Tensor
    ) -> None:
        self._detection, self._size = detector.detection, detector.preprocess.size
        self.box, self.label = found.boxes[number], int(found.labels[number])
        off = (clip_boxes_to_image(_of_class(boxes, self.label), self._size) - self.box).abs().amax(1)
        off += (scores[:, self.label] - found.scores[number]).abs()
        self.prior = int(off.argmin())
        self._words = f"{number}: {found.class_names[number]} {float(found.scores[number]):.0%}"

    def __call__(self, raw: Any) -> Tensor:
        """Raw numbers of N images -> (N,), the logarithm of the score.

        Where every image has candidates of its own, the one that lies best on the object and has a good score
        for its class is meant (Petsiuk et al. 2021, equation 3).
        """
        boxes, scores = self._detection.candidates(raw, self._size)
        own = scores[..., self.label]
        if self._detection.rows_stay:
            return (own[:, self.prior] + TINY).log()
        if not own.shape[1]:
            return (own.sum(1) + TINY).log()
        fits = [box_iou(self.box[None].to(one), _of_class(one, self.label))[0] for one in boxes]
        best = (torch.stack(fits).detach() * own.detach()).argmax(1, keepdim=True)
        return (own.gather(1, best).squeeze(1) + TINY).log()

    def __str__(self) -> str:
        return self._words


def _of_class(boxes: Tensor, label: int) -> Tensor:
    """The boxes (A, 4) of a class in one image, of (A, K, 4) where every class has its own."""
    return boxes if boxes.ndim == 2 else boxes[:, label]


def detection_target(
    detector: ObjectDetector, images: Tensor, target: str | int | None, score_threshold: float | None = None
) -> DetectionTarget:
    """One object that a detector finds on one picture.

    Args:
        detector: that is explained.
        images: uint8 or float 0..1 (1, C, H, W), as the network sees the picture.
        target: the number of the object, the best is 0; the name of a class, whose best one is meant; or None
            for the best of all.
        score_threshold: 0..1, the least score of an object; None for the detector's own.

    Raises:
        SettingError: there are several pictures, or there is no such object.
    """
    if len(images) != 1:
        raise SettingError(
            f"{len(images)} pictures are given", "one, whose objects have numbers", "one picture"
        )
    with torch.inference_mode(False), torch.no_grad():
        raw = detector(images.to(detector.device))
        limit = {} if score_threshold is None else {"score_threshold": score_threshold}
        (found,) = detector.decode(raw, torch.tensor([detector.preprocess.size]), **limit)
        (boxes,), (scores,) = (
            part.cpu() for part in detector.detection.candidates(raw, detector.preprocess.size)
        )
    least = detector.detection.finish.with_options(limit).score_threshold
    return DetectionTarget(detector, found, number_of(found, target, least), boxes, scores)


def number_of(found: Detections, target: str | int | None, least: float) -> int:
    """Which object is meant.

    Args:
        found: the objects of the picture.
        target: as above.
        least: the score threshold with which they were found.

    Raises:
        SettingError: there is none.
    """
    names = found.class_names
    if isinstance(target, str) and target in names and not target.isdecimal():
        return names.index(target)
    number = int(target) if isinstance(target, str) and target.isdecimal() else target or 0
    if isinstance(number, int) and 0 <= number < len(found):
        return number
    shown, limit = target if target is not None else 0, f"with the score threshold {least:g}"
    raise SettingError(
        f"there is no object {shown!r} among the {len(found)} that were found {limit}",
        f"0..{len(found) - 1}, or a class: {', '.join(sorted(set(names)))}"
        if names
        else "a picture with objects",
        f"a lower one, as --score-threshold {least / 5:g}; `striate predict --json` with the same lists them",
    )
