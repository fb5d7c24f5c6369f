"""Who or what each picture shows, where others are asked about later: people, characters, products.

A class is learned and then recognised; an identity teaches only when two pictures show the same one. Splits
are by identity: those that are measured have no picture in the training.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations
from striate.data.checks.findings import Finding
from striate.data.formats.split_names import SPLITS
from striate.records import IdentityTargets

NAMED = 3
"""Identities that a finding names."""


@final
@dataclass(frozen=True)
class IdentityAnnotations(Annotations):
    """One identity for each picture.

    Args:
        labels: int64 (N,) numbers of identities.
        classes: K names of identities.
    """

    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    task: ClassVar[str] = "verification"
    shown: ClassVar[str] = "identities"
    noun: ClassVar[str] = "identity"
    spatial: ClassVar[bool] = False
    least_classes: ClassVar[int] = 2

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def _tensor(self) -> Tensor:
        return torch.tensor(self.labels)

    def subset(self, indices: NDArray[np.int64]) -> "IdentityAnnotations":
        """The identities of some pictures."""
        return replace(self, labels=self.labels[indices])

    def joined(self, others: Sequence["IdentityAnnotations"]) -> "IdentityAnnotations":
        """All identities."""
        return replace(self, labels=np.concatenate([one.labels for one in (self, *others)]))

    def remap(self, classes: tuple[str, ...]) -> "IdentityAnnotations":
        """The same: a model need not know the identities that it is asked about."""
        return self

    def collate(self, indices: Tensor) -> IdentityTargets:
        """The numbers of identities, int64 (n,)."""
        return IdentityTargets(self._tensor.index_select(0, indices))

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): pictures of each identity."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def identities(self) -> NDArray[np.int64]:
        """The numbers of identities."""
        return self.labels

    def words(self, index: int) -> str:
        """The name of the identity."""
        return self.classes[int(self.labels[index])]

    def fingerprint(self) -> Any:
        """The numbers of identities."""
        return self.labels.tolist()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Identities with one picture, and splits from which nothing can be learned or measured."""
        found = []
        for number, name in enumerate(SPLITS):
            counts = self.subset(np.flatnonzero(split == number)).counts()
            single, several = np.flatnonzero(counts == 1), int((counts > 1).sum())
            if len(single):
                some = ", ".join(self.classes[one] for one in single[:NAMED].tolist())
                more = ", ..." if len(single) > NAMED else ""
                words = f"{len(single):,} of {len(single) + several:,} identities: {some}{more}"
                found.append(Finding("one-picture", name, words))
            if counts.any() and (not several or len(single) + several < 2):
                kind = "no-pair" if name == "train" else "unmeasured-pairs"
                found.append(
                    Finding(kind, name, f"{len(single) + several} identities, {several} with two pictures")
                )
        return found
