"""The class of every pixel of an image, kept as run lengths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import LabelError, ShapeError
from striate.formatting import percent, plural
from striate.records.record import Record
from striate.records.targets.mask_targets import MaskTargets, ignored_in

MOST_UINT8 = 255
"""Classes up to which a mask is uint8; one number is left for pixels that nobody has named."""


def mask_dtype(classes: int) -> torch.dtype:
    """uint8, or int16 for more classes than it has numbers.

    >>> mask_dtype(21), mask_dtype(300)
    (torch.uint8, torch.int16)
    """
    return torch.uint8 if classes <= MOST_UINT8 else torch.int16


@checked_methods
@dataclass(frozen=True)
class Segmentation(Record):
    """The answer of a network that names the class of every pixel.

        0 0 0 2 2        lengths  3 2 1 4
        1 2 2 2 2        labels   0 2 1 2        row by row; a run may go on in the next row

    Args:
        lengths: int64 (R,), pixels of each run; they sum to H W.
        labels: (R,), class numbers 0..K-1, or the ignored value of their type where nothing is known.
        size: (H, W), pixels.
        classes: K names.
        source: the file it came from, or "".

    Raises:
        ShapeError: the runs do not fill the size.
        LabelError: there is no such class.

    >>> answer = Segmentation.of(torch.tensor([[0, 0, 0, 2], [2, 1, 2, 2]]), ("sky", "road", "car"))
    >>> answer.areas.tolist(), answer.lengths.tolist(), answer.mask.tolist()
    ([3, 1, 4], [3, 2, 1, 2], [[0, 0, 0, 2], [2, 1, 2, 2]])
    >>> answer.in_words()
    'car 50.0 %, sky 37.5 %, road 12.5 %'
    """

    lengths: Tensor
    labels: Tensor
    size: tuple[int, int]
    classes: tuple[str, ...]
    source: str = ""
    spatial: ClassVar[bool] = True

    def __post_init__(self) -> None:
        height, width = self.size
        if self.lengths.shape != self.labels.shape or self.lengths.ndim != 1:
            raise ShapeError(
                f"lengths are {tuple(self.lengths.shape)}, labels {tuple(self.labels.shape)}",
                "(R,) both, one row for each run",
                "Segmentation.of(mask, classes)",
            )
        if int(self.lengths.sum()) != height * width:
            raise ShapeError(
                f"the runs have {int(self.lengths.sum())} pixels, the picture {height} x {width}",
                f"{height * width} pixels",
                "Segmentation.of(mask, classes)",
            )
        known = self.labels[self.labels != self.ignored]
        if len(known) and not 0 <= int(known.min()) <= int(known.max()) < len(self.classes):
            raise LabelError(
                f"labels are {sorted(set(known.tolist()))[:10]}",
                f"0..{len(self.classes) - 1}, or {self.ignored} where nothing is known",
                "number the classes from 0; the background is one of them",
            )

    @classmethod
    def of(cls, mask: Tensor, classes: tuple[str, ...], source: str = "") -> "Segmentation":
        """The record of a mask.

        Args:
            mask: whole numbers (H, W).
            classes: K names.
            source: the file it came from.

        Raises:
            ShapeError, LabelError: it is none.
        """
        if mask.ndim != 2 or mask.is_floating_point() or not mask.numel():
            wrong = f"the mask is {mask.dtype} {tuple(mask.shape)}"
            raise ShapeError(wrong, "whole numbers (H, W), one pixel or more", "one number for each pixel")
        flat = mask.to(mask_dtype(len(classes))).flatten()
        labels, lengths = torch.unique_consecutive(flat, return_counts=True)
        return cls(lengths, labels, (mask.shape[0], mask.shape[1]), classes, source)

    @property
    def ignored(self) -> int:
        """The value of pixels of which nothing is known."""
        return ignored_in(self.labels.dtype)

    @property
    def mask(self) -> Tensor:
        """uint8 (H, W), the class number of every pixel; int16 for more than 255 classes."""
        return self.labels.repeat_interleave(self.lengths).view(self.size)

    @property
    def areas(self) -> Tensor:
        """int64 (K,): pixels of each class."""
        known = self.labels != self.ignored
        counts = torch.zeros(len(self.classes), dtype=torch.int64)
        return counts.index_add_(0, self.labels[known].long(), self.lengths[known])

    def where(self, name: str) -> Tensor:
        """bool (H, W): the pixels of a class, by its name.

        Raises:
            LabelError: there is no such class.
        """
        if name not in self.classes:
            known = ", ".join(self.classes[:10])
            raise LabelError(f"there is no class {name!r}", f"one of: {known}", "check the spelling")
        return self.mask == self.classes.index(name)

    def in_words(self, top: int = 3) -> str:
        """``road 41.2 %, sky 20.1 %, 3 others``: the shares of the ``top`` largest classes."""
        areas = self.areas
        order = areas.argsort(descending=True, stable=True)[: int((areas > 0).sum())].tolist()
        whole = self.size[0] * self.size[1]
        words = [f"{self.classes[number]} {percent(int(areas[number]) / whole)}" for number in order[:top]]
        rest = len(order) - top
        return ", ".join([*words, *([plural(rest, "other")] if rest > 0 else [])]) or "nothing known"

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "Segmentation":
        """The same answer in another picture, by the nearest pixel; what it does not cover is ignored."""
        mask = MaskTargets(self.mask[None]).moved(affine[None], size).masks[0]
        return self.of(mask, self.classes, self.source)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON; the mask as runs of pixels, row by row."""
        areas = zip(self.classes, self.areas.tolist(), strict=True)
        return {
            "source": self.source,
            "size": list(self.size),
            "areas": {name: area for name, area in areas if area},
            "runs": {"lengths": self.lengths.tolist(), "labels": self.labels.tolist()},
            "classes": list(self.classes),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Segmentation":
        """The inverse of ``to_dict``.

        Raises:
            ShapeError: something is missing, or of another kind.

        >>> one = Segmentation.of(torch.tensor([[0, 1]]), ("sky", "road"))
        >>> Segmentation.from_dict(one.to_dict()).mask.tolist()
        [[0, 1]]
        """
        try:
            classes = tuple(map(str, values["classes"]))
            height, width = map(int, values["size"])
            lengths = torch.tensor(values["runs"]["lengths"], dtype=torch.int64)
            labels = torch.tensor(values["runs"]["labels"], dtype=mask_dtype(len(classes)))
        except (KeyError, TypeError, ValueError, RuntimeError) as reason:
            raise ShapeError(
                f"these values are no segmentation: {type(reason).__name__} {reason}",
                "size, classes, and runs with lengths and labels",
                "what Segmentation.to_dict gave",
            ) from reason
        return cls(lengths, labels, (height, width), classes, str(values.get("source", "")))
