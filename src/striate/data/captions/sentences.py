"""One or more sentences on each of M regions or pictures, in columns.

texts     a red circle|a blue star|one star|...       UTF-8, one after the other
start     0            12                             where those of each begin,
length    12           20                             how many bytes they are, with "\\n" between two
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from striate.records import CaptionTargets
from striate.records.targets.caption_targets import BETWEEN


@final
@dataclass(frozen=True)
class Sentences:
    """What is said of M things.

    Args:
        texts: uint8 (T,), UTF-8; may be a file that is mapped into memory.
        start: int64 (M,).
        length: int32 (M,), 0 where nothing is said.

    >>> one = Sentences(np.frombuffer(b"a cat\\none cat", np.uint8), np.array([0]), np.array([13]))
    >>> list(one.of())
    [['a cat', 'one cat']]
    """

    texts: NDArray[np.uint8]
    start: NDArray[np.int64]
    length: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.start)

    def of(self, rows: NDArray[np.int64] | None = None) -> Iterator[list[str]]:
        """The sentences of each, or of some."""
        for row in range(len(self)) if rows is None else rows.tolist():
            first, size = self.start[row], self.length[row]
            text = self.texts[first : first + size].tobytes().decode(errors="replace")
            yield text.split(BETWEEN) if text else []

    def targets(self, rows: NDArray[np.int64]) -> CaptionTargets:
        """The sentences of some."""
        start, length = self.start[rows], self.length[rows]
        parts = [self.texts[first : first + size] for first, size in zip(start, length, strict=True)]
        text = torch.from_numpy(np.concatenate([np.zeros(0, np.uint8), *parts]))
        return CaptionTargets(text, torch.from_numpy(length.astype(np.int64)))

    def subset(self, rows: NDArray[np.int64]) -> "Sentences":
        """Those of some, of the same texts."""
        return Sentences(self.texts, self.start[rows], self.length[rows])

    def joined(self, others: Sequence["Sentences"]) -> "Sentences":
        """These, and then those of others; texts that are the same are kept once."""
        texts, starts = [self.texts], [self.start]
        for other in others:
            same = other.texts is self.texts
            starts.append(other.start + (0 if same else sum(map(len, texts))))
            texts += [] if same else [other.texts]
        length = np.concatenate([self.length, *(other.length for other in others)])
        return Sentences(
            texts[0] if len(texts) == 1 else np.concatenate(texts), np.concatenate(starts), length
        )
