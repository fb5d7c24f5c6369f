"""One class for each picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations, numbers_of
from striate.data.checks.findings import Finding
from striate.data.class_names import hint
from striate.data.formats.split_names import SPLITS
from striate.records import ClassTargets

HINTED = 20
"""Unseen classes for which a near name is looked for: a search through all names for each."""


@final
@dataclass(frozen=True)
class ClassAnnotations(Annotations):
    """One class for each picture.

    Args:
        labels: int64 (N,) class numbers.
        classes: K names.
    """

    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    task: ClassVar[str] = "classification"
    shown: ClassVar[str] = "classes"
    spatial: ClassVar[bool] = False
    least_classes: ClassVar[int] = 2

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def _tensor(self) -> Tensor:
        return torch.tensor(self.labels)

    def subset(self, indices: NDArray[np.int64]) -> "ClassAnnotations":
        """The labels of some pictures."""
        return replace(self, labels=self.labels[indices])

    def joined(self, others: Sequence["ClassAnnotations"]) -> "ClassAnnotations":
        """All labels."""
        return replace(self, labels=np.concatenate([one.labels for one in (self, *others)]))

    def remap(self, classes: tuple[str, ...]) -> "ClassAnnotations":
        """The class numbers of a model.

        Raises:
            LabelError: the model does not know a class.
        """
        return ClassAnnotations(numbers_of(self.classes, classes)[self.labels], classes)

    def collate(self, indices: Tensor) -> ClassTargets:
        """The labels, int64 (n,)."""
        return ClassTargets(self._tensor.index_select(0, indices))

    def counts(self) -> NDArray[np.int64]:
        """int64 (K,): pictures of each class."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def strata(self) -> NDArray[np.int64]:
        """The classes."""
        return self.labels

    def words(self, index: int) -> str:
        """The name of the class."""
        return self.classes[int(self.labels[index])]

    def fingerprint(self) -> Any:
        """The labels."""
        return self.labels.tolist()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Classes that training or a measurement never sees."""
        findings = []
        counts = {
            name: self.subset(np.flatnonzero(split == number)).counts() for number, name in enumerate(SPLITS)
        }
        if (counts["train"] > 0).sum() == 1:
            only = self.classes[int(counts["train"].argmax())]
            findings.append(Finding("one-class", only, "no other class in train"))
        trained = counts["train"] > 0
        known = [self.classes[number] for number in np.flatnonzero(trained)]
        parts = [(part, counts[part]) for part in ("val", "test") if counts[part].any()]
        hints = 0
        for number, name in enumerate(self.classes):
            for part, count in parts:
                if count[number] and not trained[number]:
                    near = hint(name, known) if hints < HINTED else None
                    hints += 1
                    detail = f"{count[number]} in {part}, none in train" + (f"; {near}" if near else "")
                    findings.append(Finding("unseen", name, detail))
                elif trained[number] and not count[number]:
                    findings.append(Finding("unmeasured", name, f"none in {part}"))
        return findings
