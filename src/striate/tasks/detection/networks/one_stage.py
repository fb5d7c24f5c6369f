"""One look: every cell of every map says what is there, and where.

    images --> features --> maps --> dense head --> scores (N, A, S), offsets (N, A, 4)
                                     priors, coder --> boxes            activation --> scores (N, A, K)

SSD and YOLO are this, with other parts.
"""

from collections.abc import Callable, Generator
from typing import Protocol, final

from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.layers.image_network import BACKBONE, HEAD
from striate.records import BoxTargets
from striate.tasks.detection.networks.detection_network import (
    Candidates,
    DetectionNetwork,
    map_sizes,
    require_rows,
)
from striate.tasks.detection.parts.coders import Coder
from striate.tasks.detection.parts.dense_head import DenseHead
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.detection.parts.object_sizes import sizes_of_objects
from striate.tasks.detection.parts.priors import AnchorGrid, Pair, PriorMaker, Priors
from striate.tasks.raw_outputs import Raw

Activation = Callable[[Tensor], Tensor]
"""Raw scores (N, A, S) -> scores (N, A, K), 0..1."""


class Loss(Protocol):
    """Raw numbers, priors and the objects -> losses of each image."""

    def __call__(self, raw: dict[str, Tensor], priors: Priors, targets: BoxTargets) -> LossSums: ...


@final
class OneStage(DetectionNetwork):
    """(N, in_channels, H, W) -> {"scores": (N, A, S), "offsets": (N, A, 4)}.

    Args:
        features: images -> maps.
        head: maps -> numbers for every prior.
        priors: makes them.
        coder: numbers <-> boxes.
        loss: what the numbers are taught.
        activation: raw scores -> scores of the classes.
        finish: what is kept of the candidates.
        usual: what it expects of a picture.
    """

    def __init__(
        self,
        features: Features,
        head: DenseHead,
        priors: PriorMaker,
        coder: Coder,
        loss: Loss,
        activation: Activation,
        *,
        finish: Finish,
        usual: Preprocess,
    ) -> None:
        super().__init__()
        self.features, self.head, self.priors = features, head, priors
        self.coder, self.loss, self.activation = coder, loss, activation
        self.finish, self.usual = finish, usual
        self.input_size, self.input_channels = usual.size, usual.channels
        self.least_side = features.backbone.least_side
        self._grids: dict[Pair, tuple[Pair, ...]] = {}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images -> raw numbers.

        Raises:
            ShapeError: the images have other channels, a size that it cannot take, or whole numbers.
        """
        self.require_images(images)
        found: dict[str, Tensor] = self.head(self.features(images))
        return found

    def forward_in_parts(self, images: Tensor) -> Generator[str, None, dict[str, Tensor]]:
        """``forward``: the maps, then what is read from them."""
        self.require_images(images)
        maps = self.features(images)
        yield BACKBONE
        found: dict[str, Tensor] = self.head(maps)
        yield HEAD
        return found

    def priors_of(self, size: Pair) -> Priors:
        """The priors of images of (H, W) pixels."""
        if size not in self._grids:
            shape = (1, self.input_channels, *size)
            self._grids[size] = map_sizes(self.features, lambda network, images: network(images), shape)
        made: Priors = self.priors(size, self._grids[size])
        return made

    def candidates(self, raw: Raw, size: Pair) -> Candidates:
        """Decode the boxes of all priors."""
        priors = self.priors_of(size)
        require_rows(raw["scores"].shape[1], len(priors), size)
        boxes = self.coder.decode(raw["offsets"].float(), priors)
        return Candidates(boxes, self.activation(raw["scores"].float()))

    def fit_to(self, data: Dataset, preprocess: Preprocess) -> None:
        """Anchors get the typical sizes of the objects."""
        if isinstance(self.priors, AnchorGrid):
            self.priors.fit(sizes_of_objects(data, preprocess))

    def loss_sums(self, raw: Raw, targets: BoxTargets, size: Pair) -> LossSums:
        """The losses of each image."""
        priors = self.priors_of(size)
        require_rows(raw["scores"].shape[1], len(priors), size)
        device = raw["scores"].device
        placed = Priors(priors.boxes.to(device), priors.cells.to(device))
        return self.loss(raw, placed, targets)


def softmax_scores(scores: Tensor) -> Tensor:
    """Scores (..., 1 + K), background first -> probabilities (..., K) of the classes (SSD)."""
    return scores.softmax(-1)[..., 1:]


def object_scores(scores: Tensor) -> Tensor:
    """Scores (..., 1 + K), the object first -> Pr(object) * Pr(class), (..., K) (YOLO).

    >>> import torch
    >>> object_scores(torch.zeros(1, 3)).tolist()
    [[0.25, 0.25]]
    """
    return scores[..., :1].sigmoid() * scores[..., 1:].softmax(-1)
