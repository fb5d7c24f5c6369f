"""What is known of the pictures of a data set, whatever it is: columns of arrays, a row for each picture.

Annotations --collate([7, 3])--> Targets of these two pictures, in the pixels of the files
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.checks.findings import Finding
from striate.data.class_names import hint
from striate.errors import LabelError
from striate.records import Targets

SHOWN = 5, 10
"""Class names that an error lists: unknown ones, known ones."""


class Annotations(ABC):
    """What is known of N pictures.

    Attributes:
        classes: K names.
        task: what such annotations teach when nobody says.
        shown: the word for them in messages.
        counted_in: the word for what ``counts`` counts, where it is not ``shown``.
        noun: the word for one of ``classes``.
        spatial: whether they have places in the picture, as their targets.
        least_classes: K below which there is nothing to be learned.
        each_stratum: whether a split takes a picture of every one of ``strata``, however many there are.
        made_of: kinds that can become this one, as regions become pictures of their own.
    """

    classes: tuple[str, ...]
    task: ClassVar[str]
    shown: ClassVar[str] = "labels"
    counted_in: ClassVar[str] = ""
    noun: ClassVar[str] = "class"
    spatial: ClassVar[bool] = True
    least_classes: ClassVar[int] = 1
    each_stratum: ClassVar[bool] = True
    made_of: ClassVar[tuple[type["Annotations"], ...]] = ()

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def subset(self, indices: NDArray[np.int64]) -> Self:
        """Those of some of the pictures, in the order given."""

    @abstractmethod
    def joined(self, others: Sequence[Self]) -> Self:
        """These, and then those of other pictures with the same classes."""

    @abstractmethod
    def collate(self, indices: Tensor) -> Targets:
        """The targets of some pictures, int64 (n,); places are pixels of the files."""

    @abstractmethod
    def words(self, index: int) -> str:
        """What is known of one picture, for people; equal words mean equal knowledge."""

    # ---- what a kind says in another way where it knows better

    def placed(self, indices: Tensor, affines: Tensor, size: tuple[int, int]) -> Targets:
        """The targets of some pictures that were moved.

        Args:
            indices: int64 (n,).
            affines: (n, 2, 3), from places in the files to places in the pictures that were made of them.
            size: (H, W) of these, pixels.
        """
        return self.collate(indices).moved(affines, size)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was noticed in the pictures that were asked for so far."""
        return ()

    def remap(self, classes: tuple[str, ...]) -> Self:
        """The same for a model with these classes; a kind that holds class numbers translates them by name.

        Raises:
            LabelError: the model does not know a class.
        """
        numbers_of(self.classes, classes)
        return self

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): how often each class occurs; once on every picture unless a kind knows better."""
        return np.full(len(self.classes), len(self), dtype=np.int64)

    def strata(self) -> NDArray[np.int64]:
        """int64 (N,): groups of pictures; a split takes the same share of each. One group as a rule."""
        return np.zeros(len(self), dtype=np.int64)

    def identities(self) -> NDArray[np.int64] | None:
        """int64 (N,): whom each picture shows, where a batch needs several pictures of each; else None."""
        return None

    def fingerprint(self) -> Any:
        """Plain values that are others when anything that is known is another."""
        digest = sha256()
        for index in range(len(self)):
            digest.update(self.words(index).encode() + b"\0")
        return digest.hexdigest()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """What is wrong or odd, as far as the annotations alone tell.

        Args:
            split: int8 (N,), for each picture its number in ``SPLITS``.
        """
        return []


def can_become(known: type[Annotations], kinds: tuple[type[Annotations], ...]) -> bool:
    """Whether annotations of a kind are of one of some kinds, or can become it."""
    return issubclass(known, kinds) or any(issubclass(known, kind.made_of) for kind in kinds)


def numbers_of(names: tuple[str, ...], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """int64 (K,): for each name its number among the classes of a model.

    Raises:
        LabelError: the model does not know a name.

    >>> numbers_of(("dog", "cat"), ("ant", "cat", "dog")).tolist()
    [2, 1]
    """
    numbers = {name: number for number, name in enumerate(classes)}
    unknown = [name for name in names if name not in numbers]
    if unknown:
        (first, second) = SHOWN
        shown = ", ".join(unknown[:first]) + (", ..." if len(unknown) > first else "")
        known = ", ".join(classes[:second]) + (", ..." if len(classes) > second else "")
        hints = [words for name in unknown[:first] if (words := hint(name, classes))]
        raise LabelError(
            f"the model does not know the classes {shown}",
            f"classes among: {known}",
            "; ".join(hints) or "rename them, or train on these data",
        )
    return np.array([numbers[name] for name in names], dtype=np.int64)
