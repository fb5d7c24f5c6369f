"""Any number of boxes on each picture, in columns: a box costs 21 bytes and what else is known of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations, numbers_of
from striate.data.annotations.origin import Origin
from striate.data.annotations.shapes import Shapes, shapes_of
from striate.data.checks.box_findings import box_findings
from striate.data.checks.findings import Finding
from striate.data.formats.split_names import SPLITS
from striate.data.joints import Joints
from striate.errors import SettingError, ShapeError
from striate.formatting import plural
from striate.records import BoxTargets

UNMEANT = frozenset(("line", "id", "text_start"))
"""Columns that say nothing of the picture."""


class Carried(Protocol):
    """Boxes that go with pictures, as proposals do."""

    def __len__(self) -> int: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was noticed so far."""

    def subset(self, indices: NDArray[np.int64]) -> Self:
        """Those of some pictures."""

    def joined(self, others: Sequence[Any]) -> Self:
        """Those of several parts."""

    def collate(self, indices: Tensor) -> BoxTargets:
        """Those of some pictures, one table."""


@dataclass(frozen=True)
class BoxAnnotations(Annotations):
    """Boxes with a class each; final but for ``CaptionAnnotations``, which adds sentences.

        boxes    x1 y1 x2 y2 | x1 y1 x2 y2 | x1 y1 x2 y2 | ...        M rows
        ends          1      |                    3      | ...        picture 0 has one box, picture 1 two

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2, pixels of the file; those of the first picture first.
        labels: int32 (M,) class numbers.
        ends: int64 (N,), boxes of the first i + 1 pictures.
        classes: K names.
        columns: further columns (M, ...) by name; they go where boxes go. ``crowd`` and ``difficult`` mark
            what is neither right nor wrong, ``line`` is where each is written, ``details`` JSON text of what
            else is known, in COCO's words.
        pictures: further columns (N, ...) by name: ``size``, int32 (N, 2), height and width in pixels, 0
            where nobody says; ``file``, the number of the file in ``origin``.
        origin: the files in which the boxes are written.
        header: what is known of the data as a whole, in COCO's words.
        proposals: boxes on the same pictures that may hold an object, for detectors that are given them.
        shapes: what of ``details`` a batch gets, masks and joints; None for nothing.

    Raises:
        ShapeError: the columns do not belong together.
    """

    boxes: NDArray[np.float32]
    labels: NDArray[np.int32]
    ends: NDArray[np.int64]
    classes: tuple[str, ...]
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    pictures: dict[str, NDArray[Any]] = field(default_factory=dict)
    origin: Origin | None = None
    header: dict[str, Any] = field(default_factory=dict)
    proposals: Carried | None = None
    shapes: Shapes | None = None
    task: ClassVar[str] = "detect"
    shown: ClassVar[str] = "boxes"
    each_stratum: ClassVar[bool] = False

    def __post_init__(self) -> None:
        count = int(self.ends[-1]) if len(self.ends) else 0
        rows = [len(self.boxes), len(self.labels), *map(len, self.columns.values())]
        if self.boxes.shape[1:] != (4,) or set(rows) != {count}:
            raise ShapeError(
                f"boxes are {self.boxes.shape}, columns have {sorted(set(rows))} rows",
                f"({count}, 4) and {count} rows, as the ends say",
                "one row for each box",
            )
        if any(len(column) != len(self.ends) for column in self.pictures.values()):
            lengths = {name: len(column) for name, column in self.pictures.items()}
            wrong = f"columns of pictures have {lengths} rows"
            raise ShapeError(wrong, f"{len(self.ends)}", "one row for each picture")
        if self.proposals is not None and len(self.proposals) != len(self.ends):
            wrong = f"proposals are of {len(self.proposals)} pictures, boxes of {len(self.ends)}"
            raise ShapeError(wrong, "the same pictures", "none for some of them")

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the proposals."""
        return () if self.proposals is None else self.proposals.notes

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
        return self._taken(self.rows(indices), np.cumsum(self.numbers[indices]), indices)

    def where(self, mask: NDArray[np.bool_]) -> "BoxAnnotations":
        """The same pictures with some of the boxes, bool (M,)."""
        kept = np.concatenate([[0], np.cumsum(mask)])
        return self._taken(np.flatnonzero(mask), kept[self.ends], None)

    def _taken(
        self, rows: NDArray[np.int64], ends: NDArray[np.int64], indices: NDArray[np.int64] | None
    ) -> "BoxAnnotations":
        """Some boxes of all pictures, or of those of ``indices``."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        chosen = slice(None) if indices is None else indices
        proposals = self.proposals
        if proposals is not None and indices is not None:
            proposals = proposals.subset(indices)
        pictures = {name: column[chosen] for name, column in self.pictures.items()}
        return replace(
            self,
            boxes=self.boxes[rows],
            labels=self.labels[rows],
            ends=ends.astype(np.int64),
            columns=columns,
            pictures=pictures,
            proposals=proposals,
        )

    def of_pictures(self) -> NDArray[np.int64]:
        """int64 (M,): which picture each box is on."""
        return np.repeat(np.arange(len(self)), self.numbers)

    def sizes(self) -> NDArray[np.int64]:
        """int64 (M, 2): height and width of the picture that each box is on, 0 where nobody says."""
        known = self.pictures.get("size", np.zeros((len(self), 2), np.int32))
        return np.asarray(known[self.of_pictures()], np.int64).reshape(-1, 2)

    def place(self, row: int) -> str:
        """Where a box is written: its file and line, or its number."""
        if self.origin is None or "file" not in self.pictures:
            return f"box {row}"
        file = self.pictures["file"][np.searchsorted(self.ends, row, side="right")]
        line = self.columns.get("line")
        return self.origin.place(int(file), None if line is None else int(line[row]))

    def described(self, row: int) -> str:
        """Class and corners of a box."""
        return f"{self.classes[self.labels[row]]} at {', '.join(f'{side:g}' for side in self.boxes[row])}"

    def joined(self, others: Sequence["BoxAnnotations"]) -> "BoxAnnotations":
        """All boxes."""
        parts = (self, *others)
        columns = {name: np.concatenate([one.columns[name] for one in parts]) for name in self.columns}
        pictures = {name: np.concatenate([one.pictures[name] for one in parts]) for name in self.pictures}
        return replace(
            self,
            boxes=np.concatenate([one.boxes for one in parts]),
            labels=np.concatenate([one.labels for one in parts]),
            ends=np.cumsum(np.concatenate([one.numbers for one in parts])),
            columns=columns,
            pictures=pictures,
            proposals=self._joined_proposals(parts),
        )

    def _joined_proposals(self, parts: Sequence["BoxAnnotations"]) -> Carried | None:
        """The proposals of all parts, if every part has some."""
        found = [one.proposals for one in parts if one.proposals is not None]
        return found[0].joined(found[1:]) if len(found) == len(parts) else None

    def remap(self, classes: tuple[str, ...]) -> "BoxAnnotations":
        """The class numbers of a model.

        Raises:
            LabelError: the model does not know a class.
        """
        labels = numbers_of(self.classes, classes).astype(np.int32)[self.labels]
        return replace(self, labels=labels, classes=classes)

    def with_shapes(self) -> "BoxAnnotations":
        """The same boxes, whose batches have masks and joints as far as ``details`` tell them."""
        texts = self.columns.get("details", np.full(len(self.boxes), "", object))
        shapes, masked = shapes_of(texts.tolist(), self.header.get("categories", ()))
        return replace(self, columns={**self.columns, "masked": masked}, shapes=shapes)

    def with_joints(self, joints: Joints) -> "BoxAnnotations":
        """The same joints with other mirror pairs, skeleton and sigmas.

        Raises:
            SettingError: they have other names.
        """
        assert self.shapes is not None
        assert self.shapes.joints is not None
        own = self.shapes.joints.names
        if set(joints.names) != set(own):
            wrong = f"the joints file names {len(joints.names)} points, the data {len(own)} others"
            raise SettingError(wrong, "the names of the data, " + ", ".join(own[:5]), "mend the joints file")
        return replace(self, shapes=replace(self.shapes, joints=joints.renamed(own)))

    @property
    def shape_notes(self) -> tuple[str, ...]:
        """Which classes have boxes without masks, where others have some."""
        if self.shapes is None or not self.shapes.masks:
            return ()
        bare = ~self.columns["masked"] & ~self.ignored(np.arange(len(self.boxes)))
        counts = np.bincount(self.labels[bare], minlength=len(self.classes)).tolist()
        pairs = [(name, count) for name, count in zip(self.classes, counts, strict=True) if count]
        named = ", ".join(f"{name} ({plural(count, 'box')})" for name, count in pairs)
        return (f"boxes without a mask, learned without the loss of masks: {named}",) if named else ()

    def placed(self, indices: Tensor, affines: Tensor, size: tuple[int, int]) -> BoxTargets:
        """The boxes of some pictures that were moved; with masks, one picture in memory after the other."""
        if self.shapes is None or not self.shapes.masks or not len(indices):
            return self.collate(indices).moved(affines, size)
        pairs = zip(torch.split(indices, 1), torch.split(affines, 1), strict=True)
        first, *others = (self.collate(one).moved(affine, size) for one, affine in pairs)
        return first.joined(others)

    def collate(self, indices: Tensor) -> BoxTargets:
        """The boxes of some pictures, one table."""
        chosen = indices.numpy()
        rows = self.rows(chosen)
        masks, joints = None, None
        if self.shapes is not None:
            details = self.columns.get("details")
            texts = [""] * len(rows) if details is None else [str(text) for text in details[rows]]
            sizes = [(height, width) for height, width in self.sizes()[rows].tolist()]
            masks, joints = self.shapes.crops(texts, sizes), self.shapes.points(texts, self.boxes[rows])
        return BoxTargets(
            torch.from_numpy(self.boxes[rows]),
            torch.from_numpy(self.labels[rows].astype(np.int64)),
            torch.from_numpy(self.numbers[chosen]),
            torch.from_numpy(self.ignored(rows)),
            None if self.proposals is None else self.proposals.collate(indices),
            masks,
            joints,
        )

    def ignored(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool: which of some boxes are crowds or difficult."""
        marked = np.zeros(len(rows), np.bool_)
        for name in {"crowd", "difficult"} & self.columns.keys():
            marked |= self.columns[name][rows].astype(np.bool_)
        return marked

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): boxes of each class."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def strata(self) -> NDArray[np.int64]:
        """The rarest class on each picture, K where there is no box: a split shares rare classes fairly."""
        result = np.full(len(self), len(self.classes), dtype=np.int64)
        pictures = self.of_pictures()
        for number in np.argsort(-self.counts(), kind="stable"):  # the rarest is written last
            result[pictures[self.labels == number]] = number
        return result

    def words(self, index: int) -> str:
        """Every box with its class, in order of place."""
        rows = self.rows(np.array([index]))
        return "; ".join(sorted(map(self.described, rows.tolist()))) or "no box"

    def fingerprint(self) -> Any:
        """A number for all boxes, classes and marks; not for where they are written."""
        digest = sha256()
        for column in (self.boxes, self.labels, self.ends):
            digest.update(np.ascontiguousarray(column).tobytes())
        for name in sorted(self.columns.keys() - UNMEANT):
            column = self.columns[name]
            digest.update(name.encode())
            if column.dtype == object:
                for text in column.tolist():
                    digest.update(json.dumps(str(text)).encode())
            else:
                digest.update(column.tobytes())
        return digest.hexdigest()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Classes that training never sees, and what is wrong with boxes."""
        seen = {
            name: self.subset(np.flatnonzero(split == number)).counts() for number, name in enumerate(SPLITS)
        }
        findings = [
            Finding("unseen", name, f"{plural(int(seen[part][number]), 'box')} in {part}, none in train")
            for number, name in enumerate(self.classes)
            for part in ("val", "test")
            if seen[part][number] and not seen["train"][number]
        ]
        return [*findings, *box_findings(self)]
