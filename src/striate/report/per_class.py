"""Class by class: what was taken for what, and how well each is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from striate.ops.intervals import Interval, wilson
from striate.tasks.classification.metrics import ClassificationMetrics

CELLS = 40  # up to so many classes the confusion matrix is a table of text, else a picture
DRAWN = 1000  # up to so many classes there is a picture: with more a cell is smaller than half a pixel
CONFUSED = 10  # pairs of classes in the list beside it


@dataclass(frozen=True)
class ClassRow:
    """One class of the table.

    Args:
        name: of the class.
        counts: images in each split of the data, in their order.
        support: images that were evaluated.
        precision, recall, f1: 0..1; None where there is nothing to measure.
        interval: (low, high) of the recall; None with it.
    """

    name: str
    counts: tuple[int, ...]
    support: int
    precision: float | None
    recall: float | None
    f1: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Confused:
    """``images`` of the ``support`` of the class ``true`` were taken for ``predicted``."""

    true: str
    predicted: str
    images: int
    support: int

    @property
    def share(self) -> float:
        """0..1, of the images of the class."""
        return self.images / self.support


def class_rows(metrics: ClassificationMetrics, counts: Sequence[Sequence[int]]) -> list[ClassRow]:
    """The classes, weakest first; classes without an evaluated image come last.

    Args:
        metrics: what was measured.
        counts: for each split, images by class.
    """
    right = metrics.confusion.right.tolist()
    intervals = [wilson(hits, of) if of else None for hits, of in zip(right, metrics.support, strict=True)]
    measured = zip(metrics.support, metrics.precision, metrics.recall, metrics.f1, intervals, strict=True)
    rows = [
        ClassRow(name, tuple(split[number] for split in counts), *numbers)
        for number, (name, numbers) in enumerate(zip(metrics.classes, measured, strict=True))
    ]
    return sorted(rows, key=lambda row: (row.support == 0, row.f1 or 0.0))


def most_confused(metrics: ClassificationMetrics, count: int = CONFUSED) -> list[Confused]:
    """The pairs of classes that were mixed up most often, most frequent first."""
    return [
        Confused(metrics.classes[true], metrics.classes[predicted], images, metrics.support[true])
        for true, predicted, images in metrics.confusion.mistakes(count).tolist()
    ]


def pairs_as_frequent(metrics: ClassificationMetrics, images: int) -> int:
    """How many pairs of different classes were mixed up exactly so often."""
    return int((metrics.confusion.mistakes()[:, 2] == images).sum())


def shares(metrics: ClassificationMetrics) -> list[list[tuple[int, float]]]:
    """The confusion matrix as (count, share of the row) by row."""
    rows = zip(metrics.confusion.dense().tolist(), metrics.support, strict=True)
    return [[(count, count / max(total, 1)) for count in row] for row, total in rows]
