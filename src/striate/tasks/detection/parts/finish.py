"""From boxes and scores of every prior to the objects that a user sees.

    scores above a threshold --> the best of each class --> suppression in each class --> the best of all

The order is torchvision's: candidates are limited in each class before suppression, objects after it.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import Tensor

from striate.errors import SettingError
from striate.ops import batched_nms, clip_boxes_to_image


class Found(NamedTuple):
    """Objects of an image: boxes (M, 4), scores (M,), labels (M,), the best score first."""

    boxes: Tensor
    scores: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Finish:
    """What is kept of an image's candidates.

    Args:
        score_threshold: a score must be above it, 0..1.
        iou_threshold: a box that overlaps a better one of its class by more is dropped, 0..1.
        top_k: objects of an image at most.
        candidates: of each class at most, before suppression.
        least_side: pixels; a narrower box is dropped.

    Raises:
        SettingError: a number is out of range.
    """

    score_threshold: float = 0.05
    iou_threshold: float = 0.5
    top_k: int = 100
    candidates: int = 400
    least_side: float = 0.0

    def __post_init__(self) -> None:
        for name in ("score_threshold", "iou_threshold"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value <= 1:
                raise SettingError(f"{name} is {repr(value)[:40]}", "0..1", f"leave {name} out")
        for name in ("top_k", "candidates"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise SettingError(
                    f"{name} is {repr(value)[:40]}", "a whole number, 1 or more", f"leave {name} out"
                )

    def with_options(self, options: dict[str, Any]) -> "Finish":
        """The same with what a user asked for.

        Raises:
            SettingError: there is no such option, or it is out of range.
        """
        unknown = [name for name in options if name not in ("score_threshold", "iou_threshold", "top_k")]
        if unknown:
            raise SettingError(
                f"detectors have no option {unknown[0]!r}",
                "score_threshold, iou_threshold, top_k",
                f"leave {unknown[0]} out",
            )
        return replace(self, **options)

    def __call__(self, boxes: Tensor, scores: Tensor, size: tuple[int, int]) -> Found:
        """The objects of one image.

        Args:
            boxes: float (A, 4), two corners, pixels; (A, K, 4) where every class has its own.
            scores: float (A, K), 0..1.
            size: (H, W) of the image, to which boxes are clipped.

        >>> import torch
        >>> boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [4, 4, 30, 9]])
        >>> found = Finish()(boxes, torch.tensor([[0.9, 0.0], [0.8, 0.2], [0.0, 0.4]]), (10, 20))
        >>> found.boxes.tolist(), found.labels.tolist()
        ([[0.0, 0.0, 9.0, 9.0], [4.0, 4.0, 20.0, 9.0], [0.0, 0.0, 9.0, 8.0]], [0, 1, 1])
        """
        rows, labels = self._likely(scores)
        values = scores[rows, labels]
        clipped = clip_boxes_to_image(boxes[rows] if boxes.ndim == 2 else boxes[rows, labels], size)
        if self.least_side:
            wide = (clipped[:, 2:] - clipped[:, :2] >= self.least_side).all(1)
            clipped, values, labels = clipped[wide], values[wide], labels[wide]
        kept = batched_nms(clipped, values, labels, self.iou_threshold)[: self.top_k]
        return Found(clipped[kept], values[kept], labels[kept])

    def _likely(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and labels of the scores (A, K) above the threshold, of each class the best."""
        if len(scores) <= self.candidates:  # of equal scores the first row is the better one
            rows, labels = (scores > self.score_threshold).nonzero().unbind(1)
            return rows, labels
        best, chosen = scores.topk(self.candidates, dim=0)
        labels, ranks = (self.score_threshold < best.T).nonzero().unbind(1)
        return chosen[ranks, labels], labels
