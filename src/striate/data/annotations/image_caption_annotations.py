"""One or more sentences on each picture. A region is a picture of its own here: what is inside its box."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.captions.sentences import Sentences
from striate.records import CaptionTargets


@final
@dataclass(frozen=True)
class ImageCaptionAnnotations(Annotations):
    """The sentences of N pictures.

    Args:
        sentences: of each.
    """

    sentences: Sentences
    classes: tuple[str, ...] = ("caption",)
    task: ClassVar[str] = "caption"
    shown: ClassVar[str] = "captions"
    counted_in: ClassVar[str] = "pictures"
    spatial: ClassVar[bool] = False
    made_of: ClassVar[tuple[type[Annotations], ...]] = (CaptionAnnotations,)

    def __len__(self) -> int:
        return len(self.sentences)

    def captions(self) -> Iterator[list[str]]:
        """The sentences of each picture."""
        return self.sentences.of()

    def subset(self, indices: NDArray[np.int64]) -> "ImageCaptionAnnotations":
        """Those of some pictures."""
        return replace(self, sentences=self.sentences.subset(indices))

    def joined(self, others: Sequence["ImageCaptionAnnotations"]) -> "ImageCaptionAnnotations":
        """Those of several parts."""
        return replace(self, sentences=self.sentences.joined([other.sentences for other in others]))

    def collate(self, indices: Tensor) -> CaptionTargets:
        """The sentences of some pictures."""
        return self.sentences.targets(indices.numpy())

    def words(self, index: int) -> str:
        """The sentences of one picture."""
        (own,) = self.sentences.of(np.array([index]))
        return " / ".join(own) or "nothing said"
