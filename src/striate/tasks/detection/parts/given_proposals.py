"""Regions that a method found in the pixels: selective search, windows. It learns nothing.

a step of training     the proposals that came with the targets: they moved as the picture did
a prediction           those of the image as the network sees it
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.records import BoxTargets, Proposals
from striate.tasks.detection.parts.first_stage import PIXELS, FirstStage, Layout
from striate.tasks.detection.parts.priors import Pair
from striate.tasks.detection.proposer.proposed_boxes import ProposedBoxes
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.proposers import propose_each


@final
class GivenProposals(FirstStage):
    """Proposes what a proposer finds.

    Args:
        proposer: finds boxes in pixels.
        most: boxes of an image at most, the best first.
    """

    def __init__(self, proposer: Proposer, most: int) -> None:
        super().__init__()
        self.proposer, self._most = proposer, most
        self._mean, self._std = torch.zeros(1, 1, 1), torch.ones(1, 1, 1)

    @property
    def most(self) -> int:
        """Boxes of an image."""
        return self._most

    def limit(self, most: int) -> None:
        """The best of those that are found."""
        self._most = most

    def sees(self, preprocess: Preprocess) -> None:
        """Images will come normalized like this; their pixels are what is searched."""
        self._mean, self._std = (
            torch.tensor(values).view(-1, 1, 1) for values in (preprocess.mean, preprocess.std)
        )

    def proposals_of(self, data: Dataset, preprocess: Preprocess) -> ProposedBoxes:
        """The proposals of some pictures, when they are asked for."""
        return ProposedBoxes(data.store, data.places, self.proposer, preprocess, self.most)

    def example_proposals(self, count: int, size: Pair) -> BoxTargets:
        """As many as there are at most, anywhere."""
        height, width = size
        made = torch.Generator().manual_seed(0)
        corners = torch.rand(count * self.most, 2, 2, generator=made) * torch.tensor([width, height])
        boxes = torch.cat([corners.amin(1), corners.amax(1)], 1)
        labels = torch.zeros(len(boxes), dtype=torch.int64)
        return BoxTargets(boxes, labels, torch.full((count,), self.most))

    def forward(self, images: Tensor, maps: list[Tensor]) -> dict[str, Tensor]:
        """The images: no number is learned."""
        return {PIXELS: images}

    @torch.no_grad()
    def propose(
        self, raw: dict[str, Tensor], layout: Layout, targets: BoxTargets | None = None
    ) -> list[Tensor]:
        """The proposals of the targets, else those that are found now."""
        if targets is not None and targets.proposals is not None:
            return [boxes[: self.most] for boxes, _ in targets.proposals.split()]
        return [boxes[: self.most].to(raw[PIXELS].device) for boxes in self._found(raw[PIXELS])]

    def _found(self, images: Tensor) -> Sequence[Tensor]:
        pixels = (images.float().cpu() * self._std + self._mean) * 255
        pictures = pixels.nan_to_num().round().clamp(0, 255).to(torch.uint8)
        found = propose_each(self.proposer, list(pictures))
        return [one.boxes for one in found if isinstance(one, Proposals)]
