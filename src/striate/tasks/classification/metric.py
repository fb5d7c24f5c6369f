"""Measures a classifier, a batch at a time: scores and labels become a few numbers for each image."""

from collections.abc import Sequence
from typing import ClassVar, final

from torch import Tensor

from striate.errors import ShapeError
from striate.ops.label_noise import label_issues
from striate.records import Batch
from striate.records.targets.class_targets import class_labels
from striate.tasks.classification.answers import Answers, answers_of, joined
from striate.tasks.classification.metrics import ACCURACY, ClassificationMetrics, metrics_of
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.suspect import LABEL, Suspect


@final
class ClassificationMetric(Metric):
    """Accuracy, and what goes with it.

    Args:
        classes: K names.
    """

    primary: ClassVar[Primary] = ACCURACY
    kind: ClassVar[type[Metrics]] = ClassificationMetrics

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._parts: list[Answers] = []

    def update(self, raw: Raw, batch: Batch) -> None:
        """Scores (N, K) before the softmax, and the class numbers of the batch.

        Raises:
            ShapeError: the scores are not one row for each label.
        """
        if not isinstance(raw, Tensor):
            raise ShapeError("the network gives several tensors", "scores (N, K)", "another model")
        self._parts.append(answers_of(raw, class_labels(batch.targets)))

    def merge(self, other: "ClassificationMetric") -> None:
        """After the images of this one come those of the other."""
        self._parts += other._parts

    @property
    def per_image(self) -> Answers:
        """A row for each image."""
        self._parts = [joined(self._parts)]
        return self._parts[0]

    def compute(self) -> ClassificationMetrics:
        """The metrics of all images."""
        return metrics_of(self.per_image, self._classes)

    def loss(self) -> float:
        """Mean cross-entropy; 0 for no images."""
        return self.per_image.loss()

    def losses(self) -> Tensor:
        """(N,), cross-entropies."""
        return self.per_image.losses

    def suspects(self) -> list[Suspect]:
        """Labels that are likely wrong, by confident learning."""
        known = self.per_image
        own = (known.top_probability, known.top_classes, known.true_probability, known.labels)
        found = label_issues(*own, len(self._classes))
        return [
            Suspect(row, LABEL, score, self._classes[int(known.labels[row])], self._classes[label])
            for row, label, score in zip(
                found.rows.tolist(), found.suggested.tolist(), found.scores.tolist(), strict=True
            )
        ]

    def answers(self) -> list[str]:
        """The class that was predicted for each image."""
        return [self._classes[number] for number in self.per_image.predicted.tolist()]
