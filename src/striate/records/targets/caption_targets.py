"""What is said of regions, or of whole images: one or more captions of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.targets.targets import Targets

BETWEEN = "\n"
"""What stands between two captions of one region; no caption has it."""


@final
@dataclass(frozen=True)
class CaptionTargets(Targets):
    """The captions of M regions, as text: each model has a vocabulary of its own.

    Args:
        text: uint8 (T,), UTF-8, the captions of the first region first, with ``BETWEEN`` between two of one.
        lengths: int64 (M,), bytes of each region.

    Raises:
        ShapeError: the lengths do not add up to T.

    >>> CaptionTargets.of([["a cat", "one cat"], []]).captions
    [['a cat', 'one cat'], []]
    """

    text: Tensor
    lengths: Tensor
    spatial: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.text.ndim != 1 or self.lengths.ndim != 1 or int(self.lengths.sum()) != len(self.text):
            raise ShapeError(
                f"the text has {tuple(self.text.shape)} bytes, the regions {int(self.lengths.sum())}",
                "(T,), and lengths (M,) that add up to T",
                "CaptionTargets.of(captions)",
            )

    @classmethod
    def of(cls, captions: Sequence[Sequence[str]]) -> "CaptionTargets":
        """From the captions of each region."""
        rows = [BETWEEN.join(one).encode() for one in captions]
        text = torch.frombuffer(bytearray(b"".join(rows)) or bytearray(1), dtype=torch.uint8)
        lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
        return cls(text[: int(lengths.sum())], lengths)

    @property
    def captions(self) -> list[list[str]]:
        """The captions of each region; none of some."""
        text, result, first = self.text.cpu().numpy().tobytes(), [], 0
        for length in self.lengths.tolist():
            own = text[first : first + length].decode(errors="replace")
            result.append(own.split(BETWEEN) if own else [])
            first += length
        return result

    def __len__(self) -> int:
        return len(self.lengths)

    def tensors(self) -> tuple[Tensor, ...]:
        """Text and lengths."""
        return self.text, self.lengths

    def like(self, tensors: Sequence[Tensor]) -> "CaptionTargets":
        """Other captions."""
        text, lengths = tensors
        return CaptionTargets(text, lengths)

    def row(self, number: int) -> "CaptionTargets":
        """One sentence."""
        return self.where(torch.arange(len(self)) == number)

    def where(self, chosen: Tensor) -> "CaptionTargets":
        """Some of the regions, bool (M,)."""
        return CaptionTargets(self.text[chosen.repeat_interleave(self.lengths)], self.lengths[chosen])

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "CaptionTargets":
        """The same: a sentence is nowhere."""
        return self
