"""What a model says of each of M regions of one image."""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import ShapeError


@dataclass(frozen=True)
class Captions:
    """A sentence for each region.

    Args:
        texts: M sentences, words with a space between two.
        log_probabilities: float32 (M,), of the whole sentence by the model, natural logarithms.

    Raises:
        ShapeError: there are not as many numbers as sentences.
    """

    texts: tuple[str, ...]
    log_probabilities: Tensor

    def __post_init__(self) -> None:
        if self.log_probabilities.shape != (len(self.texts),):
            raise ShapeError(
                f"there are {len(self.texts)} captions with log-probabilities "
                f"{tuple(self.log_probabilities.shape)}",
                f"({len(self.texts)},)",
                "a number for each caption",
            )

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, chosen: Tensor) -> "Captions":
        """Some of the regions: bool (M,), or their positions in the order wanted.

        >>> Captions(("a cat", "a dog"), torch.zeros(2)).where(torch.tensor([1])).texts
        ('a dog',)
        """
        rows = torch.arange(len(self))[chosen].tolist()
        return Captions(tuple(self.texts[row] for row in rows), self.log_probabilities[chosen])
