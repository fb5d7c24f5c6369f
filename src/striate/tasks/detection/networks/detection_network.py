"""What the task asks of every detector, whatever it is made of.

    images --forward--> raw numbers --candidates--> boxes and scores of everything that could be an object
                        raw numbers, objects --loss_sums--> losses

Everything that is learned, and every constant that belongs to the weights, lies in the network.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from striate.data.annotations.box_annotations import Carried
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import ShapeError
from striate.layers.backbone import Backbone
from striate.layers.image_network import ImageNetwork
from striate.records import BoxTargets
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish, Found
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.priors import Pair, Priors
from striate.tasks.raw_outputs import Raw
from striate.tasks.stage import Stage


class Candidates(NamedTuple):
    """Boxes (N, A, 4), two corners in pixels of the images, and scores (N, A, K), 0..1.

    Boxes are (N, A, K, 4) where every class has its own.
    """

    boxes: Tensor
    scores: Tensor


class DetectionNetwork(ImageNetwork, ABC):
    """(N, in_channels, H, W) -> raw numbers.

    Attributes:
        features: images -> the maps that are looked at.
        finish: what is kept of the candidates when nobody says otherwise.
        usual: what it expects of a picture when it was trained on nothing yet.
        learns_apart: whether a step of training looks at other things than a prediction: ``training_raw``.
        rows_stay: whether a candidate of a number is about the same part of every image.
    """

    features: Features
    finish: Finish
    usual: Preprocess
    learns_apart: ClassVar[bool] = False
    rows_stay: ClassVar[bool] = True

    @property
    def backbone(self) -> Backbone:
        """The part whose weights other trainings can use."""
        return self.features.backbone

    @property
    def most_given(self) -> int:
        """Boxes that can be given with an image; 0 of a network that looks for objects by itself."""
        return 0

    @property
    def must_be_given(self) -> bool:
        """Whether it cannot answer without boxes that come with the images."""
        return False

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences on what its answers lack as it is now."""
        return ()

    @abstractmethod
    def candidates(self, raw: Raw, size: Pair) -> Candidates:
        """Everything that could be an object.

        Args:
            raw: of ``forward``.
            size: (H, W) of the images, pixels.
        """

    @abstractmethod
    def loss_sums(self, raw: Raw, targets: BoxTargets, size: Pair) -> LossSums:
        """The losses of each image, as sums, and by what they are divided.

        Args:
            raw: of ``forward``, or of ``training_raw``.
            targets: of the images, in their pixels.
            size: (H, W) of the images, pixels.
        """

    def fields(self, raw: Raw, found: Sequence[Found], sizes: Sequence[Pair]) -> list[dict[str, Any]]:
        """What the record of each image says beside boxes; nothing of most detectors.

        Args:
            raw: of ``forward``.
            found: the objects that were kept of each image.
            sizes: (H, W) of each image, pixels.
        """
        return [{} for _ in found]

    def training_raw(self, images: Tensor, targets: BoxTargets) -> Raw:
        """What the losses of a step are made of.

        Args:
            images: (N, C, H, W), normalized.
            targets: of the images, in their pixels.
        """
        return self(images)

    def priors_of(self, size: Pair) -> Priors | None:
        """The boxes that candidates are derived from, for images of (H, W) pixels; None if there are none."""
        return None

    def sees(self, preprocess: Preprocess) -> None:
        """How images will be normalized, for methods that look at pixels."""

    def proposals_of(self, data: Dataset, preprocess: Preprocess) -> Carried | None:
        """Proposals of the pictures of some data, for networks that learn from such; None for others."""
        return None

    def example_proposals(self, count: int, size: Pair) -> BoxTargets | None:
        """Made-up ones, for networks that learn from such; None for others."""
        return None

    def stages(self, preprocess: Preprocess, normalized: Callable[[Tensor], Tensor]) -> tuple[Stage, ...]:
        """What is fitted after the gradient descent.

        Args:
            preprocess: what the network expects of a picture.
            normalized: uint8 images -> as ``forward`` wants them.
        """
        return ()

    def fit_to(self, data: Dataset, preprocess: Preprocess) -> None:
        """Take from the training data what the network wants to know, such as the sizes of its anchors."""


def map_sizes(
    network: torch.nn.Module,
    maps: Callable[[torch.nn.Module, Tensor], Sequence[Tensor]],
    shape: tuple[int, ...],
) -> tuple[Pair, ...]:
    """Rows and columns of the maps that a network makes of images, found out on the meta device.

    Args:
        network: that makes them.
        maps: called with a copy of the network, and images without numbers.
        shape: (N, C, H, W) of the images.
    """
    tensors = chain(network.parameters(), network.buffers())
    shapes_only = deepcopy(network, {id(one): one.detach().to("meta") for one in tensors}).eval()
    dtype = next((one.dtype for one in network.parameters()), torch.float32)
    found = maps(shapes_only, torch.empty(shape, device="meta", dtype=dtype))
    return tuple((one.shape[-2], one.shape[-1]) for one in found)


def require_rows(count: int, priors: int, size: Pair) -> None:
    """The raw numbers are of images of that size.

    Raises:
        ShapeError: they are not.
    """
    if count != priors:
        raise ShapeError(
            f"there are raw numbers of {count} priors for images of {size[0]}x{size[1]}",
            f"{priors}, one row for each",
            "images of the size that the model was trained for",
        )
