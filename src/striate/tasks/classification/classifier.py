"""Classification: which one of K classes is the picture?

uint8 images -> (x / 255 - mean) / std -> network -> scores (N, K) -> softmax -> Classification
"""

from collections.abc import Callable, Iterable, Sequence, Sized
from functools import partial
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.augment.mixup_cutmix import labels_of
from striate.data.inputs import Input, input_batches, one_or_many, with_names
from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.layers.eval_mode import evaluating
from striate.layers.memory_format import laid_out
from striate.records import Batch, Classification
from striate.tasks.memory import in_parts

Scores = Callable[[Tensor], Tensor]
"""uint8 images (N, C, H, W) -> scores (N, K) before the softmax, one way of looking."""

Scoring = Callable[[int], Scores | None]
"""Asked before so many pictures are answered: a faster way to their scores, or None where there is none."""


class Classifier(nn.Module):
    """A network with its classes and its preprocessing.

    Args:
        network: (N, C, H, W) -> scores (N, K).
        classes: K names.
        preprocess: what the network expects of a picture.

    Attributes:
        name: of the network among ``striate.models()``; None for a network of your own.
        arguments: with which it was built by that name.
        balance: weights (K,) of the classes in the loss; None for equal ones.
        engine: computes the scores of predictions in another way than ``forward``; None for ``forward``.
    """

    mean: Tensor
    std: Tensor
    balance: Tensor | None

    def __init__(self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess) -> None:
        super().__init__()
        self.network = network
        self.classes = tuple(classes)
        self.preprocess = preprocess
        self.name: str | None = None
        self.arguments: dict[str, Any] = {}
        self.engine: Scoring | None = None
        for name in ("mean", "std"):
            values = torch.tensor(getattr(preprocess, name)).view(-1, 1, 1)
            self.register_buffer(name, values, persistent=False)
        self.register_buffer("balance", None, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """uint8 0..255 or float 0..1 images (N, C, H, W) -> scores (N, K) before the softmax."""
        scores: Tensor = self.network(self.normalized(images))
        return scores

    def normalized(self, images: Tensor) -> Tensor:
        """uint8 0..255 or float 0..1 images (N, C, H, W) -> what the network sees of them, in its dtype."""
        pixels = images if images.is_floating_point() else images / 255
        seen, dtype = (pixels - self.mean) / self.std, self.dtype
        return seen if seen.dtype == dtype else seen.to(dtype)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the network's weights; that of the mean if it has none."""
        weights = (one for one in self.network.parameters() if one.is_floating_point())
        return next(weights, self.mean).dtype

    def answer(self, images: Tensor) -> Tensor:
        """The scores (N, K) that predictions are made of: with mirrored views, the mean of both sides.

        Channels-last images take the convolutions of a processor through their faster kernels.
        """
        return self.viewed(self.forward, laid_out(self.network, images))

    def answering(self, pictures: int) -> Scores:
        """What answers so many pictures: ``answer``, or the engine in its place where there is one."""
        scores = self.engine(pictures) if self.engine else None
        return self.answer if scores is None else partial(self.viewed, scores)

    def viewed(self, scores: Scores, images: Tensor) -> Tensor:
        """The scores of a picture by one way to them; with mirrored views, the mean of both sides."""
        if self.preprocess.views == "plain":
            return scores(images)
        return (scores(images) + scores(images.flip(-1))) / 2

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Mean cross-entropy of every head, for class numbers or for shares of every class."""
        labels = labels_of(batch)
        return {
            name: share * F.cross_entropy(scores.float(), labels, self.balance)
            for name, (share, scores) in self._training_scores(batch.images).items()
        }

    def _training_scores(self, images: Tensor) -> dict[str, tuple[float, Tensor]]:
        """The scores of the head, and of those that only training looks at."""
        if isinstance(self.network, Backbone):
            return self.network.training_scores(self.normalized(images))
        return {"cross_entropy": (1.0, self(images))}

    @overload  # a str is a path, never a sequence of paths
    def predict(  # type: ignore[overload-overlap]
        self, images: Input, batch: int = 32
    ) -> Classification: ...
    @overload
    def predict(self, images: Iterable[Input], batch: int = 32) -> list[Classification]: ...
    def predict(
        self, images: Input | Iterable[Input], batch: int = 32
    ) -> Classification | list[Classification]:
        """Classify one picture, or a list of them.

        Args:
            images: a path, bytes, an open file, a PIL picture, a uint8 array (H, W[, 3]) or tensor (C, H, W);
                or many of them: a list, any other iterable, an array (N, H, W, 3), a tensor (N, C, H, W).
            batch: pictures that go through the network at once.

        Returns:
            one record, or one per picture in the same order.

        Raises:
            ImageError: a file cannot be read.
            ShapeError: an array or a tensor is no picture.
            SettingError: it is no picture at all, or not even one picture at a time fits into memory.
        """
        pictures, alone = one_or_many(images)
        records = self._predict(pictures, batch)
        return records[0] if alone else records

    @torch.inference_mode()
    def _predict(self, images: Iterable[Input], batch: int) -> list[Classification]:
        names: list[str] = []
        batches = input_batches(with_names(images, names), self.preprocess, batch)
        device, answer = self.mean.device, self.answering(len(images) if isinstance(images, Sized) else batch)
        with evaluating(self):
            scores = [
                part.float().softmax(1).cpu()
                for pixels in batches
                for part in in_parts(answer, pixels.to(device))
            ]
        rows = torch.cat(scores) if scores else torch.empty(0, len(self.classes))
        return [Classification(row, self.classes, name) for row, name in zip(rows, names, strict=True)]
