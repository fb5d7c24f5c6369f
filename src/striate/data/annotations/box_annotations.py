"""Any number of boxes on each picture, in columns: a box costs 21 bytes and what else is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations, numbers_of
from striate.data.checks.findings import Finding
from striate.data.formats.split_names import SPLITS
from striate.errors import ShapeError
from striate.records import BoxTargets


@final
@dataclass(frozen=True)
class BoxAnnotations(Annotations):
    """Boxes with a class each.

        boxes    x1 y1 x2 y2 | x1 y1 x2 y2 | x1 y1 x2 y2 | ...        M rows
        ends          1      |                    3      | ...        picture 0 has one box, picture 1 two

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2, pixels of the file; those of the first picture first.
        labels: int32 (M,) class numbers.
        ends: int64 (N,), boxes of the first i + 1 pictures.
        classes: K names.
        columns: further columns (M, ...) by name, such as ``crowd`` or ``difficult``; they go where boxes go.

    Raises:
        ShapeError: the columns do not belong together.
    """

    boxes: NDArray[np.float32]
    labels: NDArray[np.int32]
    ends: NDArray[np.int64]
    classes: tuple[str, ...]
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    task: ClassVar[str] = "localize"
    shown: ClassVar[str] = "boxes"

    def __post_init__(self) -> None:
        count = int(self.ends[-1]) if len(self.ends) else 0
        rows = [len(self.boxes), len(self.labels), *map(len, self.columns.values())]
        if self.boxes.shape[1:] != (4,) or set(rows) != {count}:
            raise ShapeError(
                f"boxes are {self.boxes.shape}, columns have {sorted(set(rows))} rows",
                f"({count}, 4) and {count} rows, as the ends say",
                "one row for each box",
            )

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """int64 (N,): boxes of each picture."""
        return np.diff(self.ends, prepend=0)

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64: the rows of the boxes of some pictures, in their order.

        >>> empty = np.zeros((3, 4), np.float32), np.zeros(3, np.int32)
        >>> BoxAnnotations(*empty, np.array([1, 3]), ("cat",)).rows(np.array([1, 0])).tolist()
        [1, 2, 0]
        """
        counts = self.numbers[indices]
        starts = self.ends[indices] - counts
        first = np.cumsum(counts) - counts
        return np.repeat(starts - first, counts) + np.arange(counts.sum())

    def subset(self, indices: NDArray[np.int64]) -> "BoxAnnotations":
        """The boxes of some pictures."""
        return self._taken(self.rows(indices), np.cumsum(self.numbers[indices]))

    def where(self, mask: NDArray[np.bool_]) -> "BoxAnnotations":
        """The same pictures with some of the boxes, bool (M,)."""
        kept = np.concatenate([[0], np.cumsum(mask)])
        return self._taken(np.flatnonzero(mask), kept[self.ends])

    def _taken(self, rows: NDArray[np.int64], ends: NDArray[np.int64]) -> "BoxAnnotations":
        columns = {name: column[rows] for name, column in self.columns.items()}
        return BoxAnnotations(
            self.boxes[rows], self.labels[rows], ends.astype(np.int64), self.classes, columns
        )

    def joined(self, others: Sequence["BoxAnnotations"]) -> "BoxAnnotations":
        """All boxes."""
        parts = (self, *others)
        columns = {name: np.concatenate([one.columns[name] for one in parts]) for name in self.columns}
        return BoxAnnotations(
            np.concatenate([one.boxes for one in parts]),
            np.concatenate([one.labels for one in parts]),
            np.cumsum(np.concatenate([one.numbers for one in parts])),
            self.classes,
            columns,
        )

    def remap(self, classes: tuple[str, ...]) -> "BoxAnnotations":
        """The class numbers of a model.

        Raises:
            LabelError: the model does not know a class.
        """
        labels = numbers_of(self.classes, classes).astype(np.int32)[self.labels]
        return replace(self, labels=labels, classes=classes)

    def collate(self, indices: Tensor) -> BoxTargets:
        """The boxes of some pictures, one table."""
        chosen = indices.numpy()
        rows = self.rows(chosen)
        return BoxTargets(
            torch.from_numpy(self.boxes[rows]),
            torch.from_numpy(self.labels[rows].astype(np.int64)),
            torch.from_numpy(self.numbers[chosen]),
        )

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): boxes of each class."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def strata(self) -> NDArray[np.int64]:
        """The rarest class on each picture, K where there is no box: a split shares rare classes fairly."""
        result = np.full(len(self), len(self.classes), dtype=np.int64)
        pictures = np.repeat(np.arange(len(self)), self.numbers)
        for number in np.argsort(-self.counts(), kind="stable"):  # the rarest is written last
            result[pictures[self.labels == number]] = number
        return result

    def words(self, index: int) -> str:
        """Every box with its class, in order of place."""
        rows = self.rows(np.array([index]))
        told = sorted(
            f"{self.classes[self.labels[row]]} at {', '.join(f'{side:g}' for side in self.boxes[row])}"
            for row in rows
        )
        return "; ".join(told) or "no box"

    def fingerprint(self) -> Any:
        """The bytes of all columns."""
        columns = [self.columns[name].tolist() for name in sorted(self.columns)]
        return [self.boxes.tolist(), self.labels.tolist(), self.ends.tolist(), columns]

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Classes that training never sees, and pictures without a box."""
        seen = {
            name: self.subset(np.flatnonzero(split == number)).counts() for number, name in enumerate(SPLITS)
        }
        findings = [
            Finding("unseen", name, f"{seen[part][number]} boxes in {part}, none in train")
            for number, name in enumerate(self.classes)
            for part in ("val", "test")
            if seen[part][number] and not seen["train"][number]
        ]
        flat = int((self.boxes[:, 2:] <= self.boxes[:, :2]).any(1).sum())
        if flat:
            findings.append(Finding("bad-box", "annotations", f"{flat} of {len(self.boxes)} boxes"))
        empty = int((self.numbers == 0).sum())
        if empty:
            findings.append(Finding("no-box", "annotations", f"{empty} of {len(self)} pictures"))
        return findings
