"""A further question about regions that hold an object: its mask, its joints, its caption.

While training it is asked of the regions that learn an object; in a prediction of the objects that were kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from striate.records import BoxTargets
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.region_sampling import Drawn


class Graph(NamedTuple):
    """A part of a branch that other programs compute.

    Args:
        name: of its file.
        module: what it computes.
        inputs: examples of what it is given, by name, a row for each region.
        outputs: names of what it gives.
        about: what a program has to know of it.
    """

    name: str
    module: nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    about: dict[str, Any]


class Branch(nn.Module, ABC):
    """Maps and regions -> raw numbers, a row for each region."""

    @abstractmethod
    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> dict[str, Tensor]:
        """Raw numbers.

        Args:
            maps: of the features, fine to coarse.
            regions: (r, 4) of each image, two corners in pixels.

        Returns:
            tensors whose first axis is R, those of the first image first.
        """

    @abstractmethod
    def loss_sums(
        self,
        raw: Sequence[dict[str, Tensor]],
        regions: Sequence[Tensor],
        drawn: Sequence[Drawn],
        targets: BoxTargets,
    ) -> LossSums:
        """The losses of each image.

        Args:
            raw: of ``forward``, for each image the rows of its regions that learn an object.
            regions: (r, 4) of each image, these regions.
            drawn: for each image the objects that they learn.
            targets: of the images; a task may have targets with masks or joints.
        """

    def fields(
        self, raw: dict[str, Tensor], found: Sequence[Found], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Any]]:
        """What the records of an answer say beside boxes, by the name of the field; nothing as a rule.

        Args:
            raw: of ``forward`` for all objects that were kept.
            found: of each image, these objects.
            sizes: (H, W) of each image, pixels.
        """
        return [{} for _ in found]

    def graphs(self, name: str, bins: Tensor) -> list[Graph]:
        """What other programs compute of it: its head, as a rule.

        Args:
            name: of the branch.
            bins: an example of pooled regions.
        """
        head: Any = self.head
        return [Graph(name, Numbers(head), {"bins": bins}, tuple(head(bins)), {})]


class Numbers(nn.Module):
    """Bins -> the numbers of a head, in the order of their names."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, bins: Tensor) -> tuple[Tensor, ...]:
        """Bins -> numbers."""
        return tuple(self.head(bins).values())
