"""Any number of regions on each picture, and one or more sentences on each region, in columns.

    texts         a red circle|a blue star|one star|...       UTF-8, one after the other
    text_start    0            12                             where those of each region begin,
    text_length   12           20                             how many bytes they are, with "\\n" between two

A region costs 33 bytes and its text. A sentence on a whole picture is one on a region as large as it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.captions.sentences import Sentences
from striate.data.captions.tokenizer import cleaned
from striate.data.checks.caption_findings import caption_findings
from striate.data.checks.findings import Finding
from striate.records import BoxTargets
from striate.records.targets.caption_targets import BETWEEN

REGION = "region"
"""The one class of what captions are about."""


@final
@dataclass(frozen=True)
class CaptionAnnotations(BoxAnnotations):
    """Regions with sentences; arguments as of ``BoxAnnotations``, and:

    Args:
        texts: uint8 (T,), UTF-8 of all sentences; may be a file that is mapped into memory.

    The columns ``text_start``, int64 (M,), and ``text_length``, int32 (M,), say what belongs to a region.
    """

    texts: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    task: ClassVar[str] = "dense_captions"
    shown: ClassVar[str] = "captions"
    counted_in: ClassVar[str] = "regions"

    @property
    def sentences(self) -> Sentences:
        """Those of each region."""
        return Sentences(self.texts, self.columns["text_start"], self.columns["text_length"])

    def captions(self, rows: NDArray[np.int64] | None = None) -> Iterator[list[str]]:
        """The sentences of each region, or of some of them."""
        return self.sentences.of(rows)

    def described(self, row: int) -> str:
        """Sentences and corners of a region."""
        (own,) = self.captions(np.array([row]))
        corners = ", ".join(f"{side:g}" for side in self.boxes[row])
        return f"{' / '.join(own) or 'nothing said'} at {corners}"

    def joined(self, others: Sequence["BoxAnnotations"]) -> "CaptionAnnotations":
        """All regions, with the texts of all."""
        joined, parts = super().joined(others), list[Sentences]()
        for other in others:
            assert isinstance(other, CaptionAnnotations)
            parts.append(other.sentences)
        assert isinstance(joined, CaptionAnnotations)
        sentences = self.sentences.joined(parts)
        columns = {**joined.columns, "text_start": sentences.start}
        return replace(joined, columns=columns, texts=sentences.texts)

    def collate(self, indices: Tensor) -> BoxTargets:
        """The regions of some pictures with their sentences, one table."""
        captions = self.sentences.targets(self.rows(indices.numpy()))
        return replace(super().collate(indices), captions=captions)

    def fingerprint(self) -> Any:
        """A number for all regions and sentences; not for where they are written."""
        digest = sha256(str(super().fingerprint()).encode())
        for own in self.captions():
            digest.update(BETWEEN.join(own).encode() + b"\0")
        return digest.hexdigest()

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """What is wrong with boxes, and what is odd about sentences."""
        return [*super().findings(split), *caption_findings(self)]


class CaptionTexts:
    """Collects the sentences of regions, one region after the other.

    >>> one = CaptionTexts()
    >>> one.add(["a cat", "one\\ncat"])
    >>> one.columns()["text_length"].tolist(), bytes(one.texts())
    ([13], b'a cat\\none cat')
    """

    def __init__(self) -> None:
        self._bytes, self._lengths = bytearray(), list[int]()

    def add(self, captions: Iterable[str]) -> None:
        """Those of the next region; of empty ones nothing is kept."""
        own = BETWEEN.join(filter(None, map(cleaned, captions))).encode(errors="replace")
        self._bytes += own
        self._lengths.append(len(own))

    def texts(self) -> NDArray[np.uint8]:
        """uint8 (T,)."""
        return np.frombuffer(bytes(self._bytes), np.uint8).copy()

    def columns(self) -> dict[str, NDArray[Any]]:
        """Where the sentences of each region are."""
        lengths = np.array(self._lengths, np.int64)
        return {"text_start": np.cumsum(lengths) - lengths, "text_length": lengths.astype(np.int32)}
