"""Regions that a method found in the pixels, or that come from a file. It learns nothing.

a step of training     the proposals that came with the targets: they moved as the picture did
a prediction           those that come with the images, else what is found in the image as the network sees it
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
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
        proposer: finds boxes in pixels; None where they are always given with the images.
        most: boxes of an image at most, the best first.
    """

    def __init__(self, proposer: Proposer | None, most: int) -> None:
        super().__init__()
        self.proposer, self._most = proposer, most
        self._mean, self._std = torch.zeros(1, 1, 1), torch.ones(1, 1, 1)

    @property
    def most(self) -> int:
        """Boxes of an image."""
        return self._most

    @property
    def must_be_given(self) -> bool:
        """Whether there is no proposer."""
        return self.proposer is None

    def limit(self, most: int) -> None:
        """The best of those that are found."""
        self._most = most

    def sees(self, preprocess: Preprocess) -> None:
        """Images will come normalized like this; their pixels are what is searched."""
        self._mean, self._std = (
            torch.tensor(values).view(-1, 1, 1) for values in (preprocess.mean, preprocess.std)
        )

    def proposals_of(self, data: Dataset, preprocess: Preprocess) -> ProposedBoxes | None:
        """The proposals of some pictures, when they are asked for; None where they are given."""
        if self.proposer is None:
            return None
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
        """The proposals of the targets, else those that are found now.

        Raises:
            SettingError: nobody finds any.
        """
        if targets is not None and targets.proposals is not None:
            return [boxes[: self.most] for boxes, _ in targets.proposals.split()]
        if self.proposer is None:
            raise SettingError(
                "the model was trained with proposals from a file, and none are given with these pictures",
                "the proposals of the pictures",
                "--proposals FILE, or --proposals selective (in Python proposals=...)",
            )
        return [
            boxes[: self.most].to(raw[PIXELS].device) for boxes in self._found(raw[PIXELS], self.proposer)
        ]

    def _found(self, images: Tensor, proposer: Proposer) -> Sequence[Tensor]:
        pixels = (images.float().cpu() * self._std + self._mean) * 255
        pictures = pixels.nan_to_num().round().clamp(0, 255).to(torch.uint8)
        found = propose_each(proposer, list(pictures))
        return [one.boxes for one in found if isinstance(one, Proposals)]
