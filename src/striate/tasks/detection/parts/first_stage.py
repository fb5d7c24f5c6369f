"""The first stage of a detector with two: where there could be an object, of whatever class.

    images, maps --forward--> raw numbers --propose--> regions of each image, the best first

A region proposal network learns this (``rpn``). Methods that look at pixels need no network: they give no raw
numbers that are learned and have no loss.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from striate.data.annotations.box_annotations import Carried
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.records import BoxTargets
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.priors import Pair, Priors

PIXELS = "pixels"
"""Key of the images among raw numbers."""


class Layout(NamedTuple):
    """(H, W) of the images in pixels, and (rows, columns) of each of their maps."""

    size: Pair
    grids: tuple[Pair, ...]


class FirstStage(nn.Module, ABC):
    """Proposes regions."""

    @property
    @abstractmethod
    def most(self) -> int:
        """Regions of an image in a prediction, at most."""

    @property
    def must_be_given(self) -> bool:
        """Whether it finds nothing by itself: regions come with the images."""
        return False

    @abstractmethod
    def limit(self, most: int) -> None:
        """From now on so many regions of an image in a prediction, at most; what is learned stays."""

    @abstractmethod
    def forward(self, images: Tensor, maps: list[Tensor]) -> dict[str, Tensor]:
        """Raw numbers of N images, the first axis of each N.

        A method that looks at pixels gives the images themselves as ``PIXELS``: no part of an answer.

        Args:
            images: (N, C, H, W), normalized.
            maps: of the features, fine to coarse.
        """

    @abstractmethod
    def propose(
        self, raw: dict[str, Tensor], layout: Layout, targets: BoxTargets | None = None
    ) -> list[Tensor]:
        """Regions (R, 4) of each image, two corners in pixels inside the image, the best first.

        Args:
            raw: of ``forward``.
            layout: of the images.
            targets: of the images of a training step, which looks at more regions, and may have been given
                the proposals of its pictures; None in a prediction.
        """

    def loss_sums(self, raw: dict[str, Tensor], targets: BoxTargets, layout: Layout) -> LossSums | None:
        """The losses of what ``forward`` gave; None for a stage that learns nothing."""
        return None

    def priors(self, layout: Layout) -> Priors | None:
        """The boxes that regions are derived from; None where there are none."""
        return None

    def sees(self, preprocess: Preprocess) -> None:
        """How images will be normalized, for methods that look at pixels."""

    def proposals_of(self, data: Dataset, preprocess: Preprocess) -> Carried | None:
        """Proposals of the pictures of some data, if they are found in pixels."""
        return None

    def example_proposals(self, count: int, size: Pair) -> BoxTargets | None:
        """Made-up proposals of so many images of (H, W) pixels, if pictures come with them in training."""
        return None

    def fit(self, sizes: Tensor) -> None:
        """Take from the training data the typical sizes of objects, (M, 2) widths and heights in pixels."""
