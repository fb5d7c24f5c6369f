"""Pictures with what is known of them, by number; and the splits of one data set.

Splits --["train"]--> Dataset (store of pictures, annotations) --[7]--> Sample
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.checks.findings import Finding
from striate.data.image_store import Store
from striate.errors import DataError, SettingError
from striate.records import Sample


@dataclass(frozen=True)
class Dataset:
    """Pictures with what is known of them.

    Args:
        store: where the pixels are.
        annotations: what is known of the pictures of ``places``, in their order.
        places: int64 (N,), which images of the store these are.
    """

    store: Store
    annotations: Annotations
    places: NDArray[np.int64]

    @classmethod
    def whole(
        cls, store: Store, labels: Sequence[int] | NDArray[np.int64], classes: Sequence[str]
    ) -> "Dataset":
        """Every image of a store, in its order, with a class number for each."""
        annotations = ClassAnnotations(np.asarray(labels, dtype=np.int64), tuple(classes))
        return cls(store, annotations, np.arange(len(store)))

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):  # also ends a plain `for sample in dataset`
            raise IndexError(index)
        place = int(self.places[index])
        targets = self.annotations.collate(torch.tensor([index]))
        return Sample(self.store.read(place), targets, self.store.name(place))

    @property
    def classes(self) -> tuple[str, ...]:
        """K names."""
        return self.annotations.classes

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64 (N,) class numbers of pictures that have one class, or one identity, each.

        Raises:
            DataError: something else is known of them.
        """
        if isinstance(self.annotations, ClassAnnotations | IdentityAnnotations):
            return self.annotations.labels
        raise DataError(
            f"the pictures are annotated for {self.annotations.task}",
            "pictures with one class each",
            "data for classification, or a model for these data",
        )

    def image(self, index: int) -> Tensor:
        """One picture, as ``Store.read``."""
        return self.store.read(int(self.places[index]))

    def name(self, index: int) -> str:
        """What to call an image in messages."""
        return self.store.name(int(self.places[index]))

    def subset(self, indices: Sequence[int] | NDArray[np.int64]) -> "Dataset":
        """Some of the images, in the order given."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Dataset(self.store, self.annotations.subset(chosen), self.places[chosen])

    def joined(self, others: Sequence["Dataset"]) -> "Dataset":
        """These images, and then those of other parts of the same store."""
        places = np.concatenate([one.places for one in (self, *others)])
        return Dataset(self.store, self.annotations.joined([one.annotations for one in others]), places)

    def remap(self, classes: tuple[str, ...]) -> "Dataset":
        """The same images with the class numbers of a model, by name.

        Raises:
            LabelError: the model does not know a class.
        """
        return replace(self, annotations=self.annotations.remap(classes))

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): how often each class occurs."""
        return self.annotations.counts()


@dataclass(frozen=True)
class Splits(Mapping[str, Dataset]):
    """A data set as it was found: ``train``, ``val``, and ``test`` when there is one.

    Args:
        parts: name -> images.
        format: the layout that was recognised.
        root: the path that was read.
        notes: sentences about what was assumed, for the user.
        findings: what was odd, missing or contradictory, as far as listing shows it.
    """

    parts: dict[str, Dataset]
    format: str
    root: Path
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """K names, the same in every split."""
        return next(iter(self.parts.values())).classes

    @property
    def task(self) -> str:
        """What the annotations teach when nobody says."""
        return next(iter(self.parts.values())).annotations.task

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
