"""Images with labels, by number; and the splits of one data set.

Splits --["train"]--> Dataset --[7]--> Sample
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.checks.findings import Finding
from striate.data.image_store import Store
from striate.errors import SettingError
from striate.records import Sample


@dataclass(frozen=True)
class Dataset:
    """Labelled images.

    Args:
        store: where the pixels are.
        labels: int64 (N,) class numbers of ``places``.
        classes: K names.
        places: int64 (N,), which images of the store these are.
    """

    store: Store
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    places: NDArray[np.int64]

    @classmethod
    def whole(
        cls, store: Store, labels: Sequence[int] | NDArray[np.int64], classes: Sequence[str]
    ) -> "Dataset":
        """Every image of a store, in its order."""
        return cls(store, np.asarray(labels, dtype=np.int64), tuple(classes), np.arange(len(store)))

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):  # also ends a plain `for sample in dataset`
            raise IndexError(index)
        place = int(self.places[index])
        return Sample(self.store.read(place), int(self.labels[index]), self.store.name(place))

    def image(self, index: int, at_least: tuple[int, int] | None = None) -> Tensor:
        """One picture, as ``Store.read``."""
        return self.store.read(int(self.places[index]), at_least)

    def name(self, index: int) -> str:
        """What to call an image in messages."""
        return self.store.name(int(self.places[index]))

    def subset(self, indices: Sequence[int] | NDArray[np.int64]) -> "Dataset":
        """Some of the images, in the order given."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Dataset(self.store, self.labels[chosen], self.classes, self.places[chosen])

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): images of each class."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)


@dataclass(frozen=True)
class Splits(Mapping[str, Dataset]):
    """A data set as it was found: ``train``, ``val``, and ``test`` when there is one.

    Args:
        parts: name -> images.
        format: the layout that was recognised.
        root: the path that was read.
        said: sentences about what was assumed, for the user.
        findings: what was odd, missing or contradictory, as far as listing shows it.
    """

    parts: dict[str, Dataset]
    format: str
    root: Path
    said: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """K names, the same in every split."""
        return next(iter(self.parts.values())).classes

    def __getitem__(self, name: str) -> Dataset:
        if name not in self.parts:
            raise SettingError(
                f"{self.root} has no split {name!r}", "one of: " + ", ".join(self.parts), "choose one of them"
            )
        return self.parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.parts

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)
