"""Classification: which one of K classes is the picture?

uint8 images -> (x / 255 - mean) / std -> network -> scores (N, K) -> softmax -> Classification
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.batches.class_balance import class_weights
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.layers.backbone import Backbone
from striate.records import Batch, Classification, ClassTargets
from striate.records.targets.class_targets import class_labels
from striate.tasks.classification.last_layer import LastLayer
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.classification.mixing import Mixing
from striate.tasks.model import BatchTransform, TaskModel
from striate.tasks.raw_outputs import Raw

FEATURES = Preprocess((1, 1), 1, (0.0,), (1.0,))
"""Of features: they are what they are."""


@final
class Classifier(TaskModel[Classification]):
    """A network that tells K classes apart.

    Args:
        network: (N, C, H, W) -> scores (N, K).
        classes: K names.
        preprocess: what the network expects of a picture.

    Attributes:
        balance: weights (K,) of the classes in the loss; None for equal ones.
    """

    task: ClassVar[str] = "classification"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (ClassAnnotations,)
    balance: Tensor | None

    def __init__(self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess) -> None:
        super().__init__(network, classes, preprocess)
        self.guess_loss = math.log(max(len(self.classes), 1))
        self.register_buffer("balance", None, persistent=False)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Mean cross-entropy of every head, for class numbers or for shares of every class."""
        labels = class_labels(batch.targets)
        return {
            name: share * F.cross_entropy(scores.float(), labels, self.balance)
            for name, (share, scores) in self._training_scores(batch.images).items()
        }

    def _training_scores(self, images: Tensor) -> dict[str, tuple[float, Tensor]]:
        """The scores of the head, and of those that only training looks at."""
        if isinstance(self.network, Backbone):
            return self.network.training_scores(self.normalized(images))
        return {"cross_entropy": (1.0, scores_of(self(images)))}

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): the cross-entropy of each image."""
        scores = scores_of(self(batch.images)).float()
        return F.cross_entropy(scores, class_labels(batch.targets), reduction="none")

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Classification]:
        """Scores (N, K) before the softmax -> a record for each.

        Raises:
            SettingError: an option was given; there is none.
            ModelFileError: the scores are NaN.
        """
        if options:
            name = next(iter(options))
            raise SettingError(f"classifiers have no option {name!r}", "pictures alone", f"leave {name} out")
        rows = scores_of(raw).float().softmax(1).cpu()
        if not rows.isfinite().all():
            raise ModelFileError(
                "the scores became NaN or infinite",
                "weights with which the network computes numbers",
                "a model from before its training went wrong; for one of half precision, model.float()",
            )
        return [Classification(row, self.classes) for row in rows]

    def metric(self) -> ClassificationMetric:
        """Accuracy, and what goes with it."""
        return ClassificationMetric(self.classes)

    def example_targets(self, count: int) -> ClassTargets:
        """All classes in turn."""
        return ClassTargets(torch.arange(count) % len(self.classes))

    def transforms(self, settings: Any) -> BatchTransform | None:
        """Mixup, cutmix and label smoothing."""
        mixing = Mixing(len(self.classes), settings.mixup, settings.cutmix, settings.label_smoothing)
        return mixing if mixing.mixup or mixing.cutmix or mixing.smoothing else None

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Weights of rare classes, if they are asked for."""
        if settings.balance == "weights":
            self.balance = class_weights(data.counts())

    def on_features(self) -> "Classifier | None":
        """The last linear layer alone."""
        network = self.network
        if not isinstance(network, Backbone) or type(network).embed is not Backbone.embed:
            return None
        last = network.head[-1]
        return Classifier(LastLayer(network), self.classes, FEATURES) if isinstance(last, nn.Linear) else None

    def mirrored(self, raw: Raw) -> Raw:
        """The same: a class is nowhere."""
        return raw


def scores_of(raw: Raw) -> Tensor:
    """The scores (N, K) of a classifier.

    Raises:
        ShapeError: the network gives several tensors.
    """
    if isinstance(raw, Tensor):
        return raw
    raise ShapeError("the network gives several tensors", "scores (N, K)", "a model for classification")
