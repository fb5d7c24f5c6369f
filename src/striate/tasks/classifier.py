"""Classification: which one of K classes is the picture?

uint8 images -> (x / 255 - mean) / std -> network -> scores (N, K) -> softmax -> Classification
"""

from collections.abc import Sequence
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.inputs import Input, input_batches, name_of
from striate.data.preprocess import Preprocess
from striate.layers.mode import evaluating
from striate.records import Batch, Classification


class Classifier(nn.Module):
    """A network with its classes and its preprocessing.

    Args:
        network: (N, C, H, W) -> scores (N, K).
        classes: K names.
        preprocess: what the network expects of a picture.

    Attributes:
        name: of the network among ``striate.models()``; None for a network of your own.
        arguments: with which it was built by that name.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess) -> None:
        super().__init__()
        self.network = network
        self.classes = tuple(classes)
        self.preprocess = preprocess
        self.name: str | None = None
        self.arguments: dict[str, Any] = {}
        for name in ("mean", "std"):
            values = torch.tensor(getattr(preprocess, name)).view(-1, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """uint8 0..255 or float 0..1 images (N, C, H, W) -> scores (N, K) before the softmax."""
        pixels = images if images.is_floating_point() else images / 255
        scores: Tensor = self.network((pixels - self.mean) / self.std)
        return scores

    def answer(self, images: Tensor) -> Tensor:
        """The scores (N, K) that predictions are made of: with mirrored views, the mean of both sides.

        Channels-last images take the convolutions of a processor through their faster kernels.
        """
        images = images.contiguous(memory_format=torch.channels_last)
        if self.preprocess.views == "plain":
            return self.forward(images)
        return (self.forward(images) + self.forward(images.flip(-1))) / 2

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Mean cross-entropy, for class numbers or for shares of every class."""
        return {"cross_entropy": F.cross_entropy(self(batch.images).float(), batch.labels)}

    @overload  # a str is a path, never a sequence of paths
    def predict(  # type: ignore[overload-overlap]
        self, images: Input, batch: int = 32
    ) -> Classification: ...
    @overload
    def predict(self, images: Sequence[Input], batch: int = 32) -> list[Classification]: ...
    def predict(
        self, images: Input | Sequence[Input], batch: int = 32
    ) -> Classification | list[Classification]:
        """Classify one picture, or a list of them.

        Args:
            images: a path, PIL picture, uint8 array (H, W[, 3]) or tensor (C, H, W); or a list of such;
                a uint8 tensor (N, C, H, W) is a list too.
            batch: pictures that go through the network at once.

        Returns:
            one record, or one per picture in the same order.

        Raises:
            ImageError: a file cannot be read.
            ShapeError: an array or a tensor is no picture.
        """
        if isinstance(images, Tensor) and images.ndim == 4:
            images = list(images)
        if isinstance(images, Sequence) and not isinstance(images, str):
            return self._predict(images, batch)
        return self._predict([images], batch)[0]

    @torch.inference_mode()
    def _predict(self, images: Sequence[Input], batch: int) -> list[Classification]:
        with evaluating(self):
            batches = input_batches(images, self.preprocess, batch)
            scores = [self.answer(pixels.to(self.mean.device)).float().softmax(1).cpu() for pixels in batches]
        rows = torch.cat(scores) if scores else torch.empty(0, len(self.classes))
        return [
            Classification(row, self.classes, name_of(image)) for row, image in zip(rows, images, strict=True)
        ]
