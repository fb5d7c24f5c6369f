"""The class of every pixel of each picture. The masks stay in their files until a batch needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations, numbers_of
from striate.data.checks.findings import Finding
from striate.data.formats.split_names import SPLITS
from striate.errors import ImageError, LabelError
from striate.formatting import percent
from striate.records import MaskTargets
from striate.records.segmentation import mask_dtype
from striate.records.targets.mask_targets import ignored_in

Mask = NDArray[np.uint8] | NDArray[np.int16]


class MaskStore(Protocol):
    """Masks by number."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> Mask:
        """(H, W): class numbers, or the ignored value of their type; uint8, or int16 for many classes."""

    def name(self, index: int) -> str:
        """What to call the mask in messages."""


@dataclass(frozen=True)
class PixelCounts:
    """The pixels of each class in some masks of a store.

    Args:
        rows: int64 (S,), numbers of the masks that were counted, ascending.
        pixels: int64 (S, K), pixels of each class in each of them.
    """

    rows: NDArray[np.int64]
    pixels: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> "PixelCounts":
        """Those among some masks."""
        kept = np.isin(self.rows, rows)
        return PixelCounts(self.rows[kept], self.pixels[kept])


@final
@dataclass(frozen=True)
class MaskAnnotations(Annotations):
    """A mask for each picture.

    Args:
        store: where the masks are.
        rows: int64 (N,), which masks of the store these are.
        classes: K names.
        counted: pixels of each class of the store in some of its masks.
        numbers: for each class of the store its number among ``classes``; the same when left out.
    """

    store: MaskStore
    rows: NDArray[np.int64]
    classes: tuple[str, ...]
    counted: PixelCounts
    numbers: tuple[int, ...] | None = None
    task: ClassVar[str] = "segmentation"
    shown: ClassVar[str] = "masks"
    counted_in: ClassVar[str] = "pixels"
    least_classes: ClassVar[int] = 2
    each_stratum: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.rows)

    def subset(self, indices: NDArray[np.int64]) -> "MaskAnnotations":
        """The masks of some pictures."""
        return replace(self, rows=self.rows[indices])

    def joined(self, others: Sequence["MaskAnnotations"]) -> "MaskAnnotations":
        """All masks."""
        return replace(self, rows=np.concatenate([one.rows for one in (self, *others)]))

    def remap(self, classes: tuple[str, ...]) -> "MaskAnnotations":
        """The class numbers of a model, by name; as many classes without names stand for those of the model.

        Raises:
            LabelError: the model does not know a class.
        """
        if classes == self.classes:
            return self
        if self.numbered and len(classes) == len(self.classes):
            return replace(self, classes=classes)
        numbers = numbers_of(self.classes, classes)
        old = numbers if self.numbers is None else numbers[list(self.numbers)]
        return replace(self, classes=classes, numbers=tuple(old.tolist()))

    @property
    def numbered(self) -> bool:
        """Whether the classes have numbers for names."""
        return all(name.isdecimal() for name in self.classes)

    def mask(self, index: int) -> Tensor:
        """The mask of one picture, (H, W), in pixels of its file.

        Raises:
            ImageError: its file cannot be read.
            LabelError: it holds a value that is no class.
        """
        found = torch.from_numpy(self.store.read(int(self.rows[index])))
        if self.numbers is None:
            return found
        ignored, wanted = ignored_in(found.dtype), mask_dtype(len(self.classes))
        numbers = torch.full((max(len(self.numbers), 255) + 1,), ignored_in(wanted), dtype=wanted)
        numbers[: len(self.numbers)] = torch.tensor(self.numbers, dtype=wanted)
        known = torch.where(found == ignored, len(numbers) - 1, found.long())
        return numbers[known]

    def collate(self, indices: Tensor) -> MaskTargets:
        """The masks of some pictures, padded to the largest of them; the padding is ignored."""
        masks = [self.mask(index) for index in indices.tolist()]
        dtype = mask_dtype(len(self.classes))
        height, width = (max((one.shape[axis] for one in masks), default=1) for axis in (0, 1))
        result = torch.full((len(masks), height, width), ignored_in(dtype), dtype=dtype)
        for row, mask in zip(result, masks, strict=True):
            row[: mask.shape[0], : mask.shape[1]] = mask
        return MaskTargets(result)

    def placed(self, indices: Tensor, affines: Tensor, size: tuple[int, int]) -> MaskTargets:
        """The masks of some pictures that were moved, one mask in memory after the other."""
        pairs = zip(indices.tolist(), affines, strict=True)
        moved = [MaskTargets(self.mask(index)[None]).moved(one[None], size).masks for index, one in pairs]
        return MaskTargets(torch.cat([torch.empty(0, *size, dtype=mask_dtype(len(self.classes))), *moved]))

    @cached_property
    def of_these(self) -> PixelCounts:
        """The counted masks among these, with the class numbers of ``classes``."""
        found = self.counted.of(self.rows)
        if self.numbers is None:
            return found
        pixels = np.zeros((len(found.rows), len(self.classes)), np.int64)
        pixels[:, list(self.numbers)] = found.pixels
        return PixelCounts(found.rows, pixels)

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): pixels of each class, in the masks that were counted."""
        return np.asarray(self.of_these.pixels.sum(0), np.int64)

    def strata(self) -> NDArray[np.int64]:
        """The rarest class on each picture whose mask was counted, K for the others."""
        result, counted = np.full(len(self), len(self.classes), np.int64), self.of_these
        order = np.argsort(self.rows, kind="stable")
        first = np.searchsorted(self.rows[order], counted.rows)
        for number in np.argsort(-self.counts(), kind="stable"):  # the rarest is written last
            result[order[first[counted.pixels[:, number] > 0]]] = number
        return result

    def words(self, index: int) -> str:
        """The share of each class, the largest first; the name of a mask that cannot be read."""
        try:
            found = self.mask(index)
        except (ImageError, LabelError):
            return f"a mask that cannot be used, {self.store.name(int(self.rows[index]))}"
        known = found[found != ignored_in(found.dtype)].long()
        counts = known.bincount(minlength=len(self.classes))
        order = counts.argsort(descending=True, stable=True)[: int((counts > 0).sum())].tolist()
        shares = [
            f"{self.classes[number]} {percent(int(counts[number]) / found.numel())}" for number in order
        ]
        return ", ".join(shares) or "nothing that is known"

    def fingerprint(self) -> Any:
        """A number for the names of all masks and the counted pixels."""
        digest = sha256("\0".join(self.classes).encode())
        for row in self.rows.tolist():
            digest.update(self.store.name(row).rpartition("/")[2].encode("utf-8", "surrogateescape") + b"\0")
        digest.update(np.ascontiguousarray(self.of_these.pixels).tobytes())
        return digest.hexdigest()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Classes without a pixel, and masks that hold nothing to be learned."""
        train = self.subset(np.flatnonzero(split == SPLITS.index("train")))
        counts = train.counts()
        if not len(train.of_these.rows):
            return []
        if (counts > 0).sum() < 2:
            only = self.classes[int(counts.argmax())] if counts.any() else "no class at all"
            words = "every other pixel of the masks is ignored, or no other class is there"
            return [Finding("one-class", only, words)]
        absent = [
            Finding("no-example", name, "no pixel in train")
            for name, count in zip(self.classes, counts, strict=True)
            if not count
        ]
        return [*absent, *train._masks_of_one_class()]

    def _masks_of_one_class(self) -> list[Finding]:
        """How many masks hold the most frequent class alone, or nothing at all."""
        counted, background = self.of_these, int(self.counts().argmax())
        others = np.delete(counted.pixels, background, axis=1).any(1)
        alone, total = np.flatnonzero(~others & (counted.pixels[:, background] > 0)), len(counted.rows)
        empty = np.flatnonzero(~counted.pixels.any(1))
        words = ((alone, f"hold {self.classes[background]} alone"), (empty, "hold ignored pixels alone"))
        return [
            Finding(
                "one-class-masks", "train", f"{len(rows):,} of {total:,} masks {what}, as {self._name(rows)}"
            )
            for rows, what in words
            if len(rows)
        ]

    def _name(self, counted: NDArray[np.int64]) -> str:
        """The name of the first of some counted masks."""
        return self.store.name(int(self.of_these.rows[counted[0]]))
