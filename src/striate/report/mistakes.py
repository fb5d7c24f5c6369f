"""The worst mistakes: the wrong answers that the model was surest of, and the pixels that it went by."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.draw.heatmap import overlay, picture
from striate.explain.attribution.saliency import saliency
from striate.report.inline_images import data_uri
from striate.tasks.classification.answers import Answers
from striate.tasks.model import TaskModel

SHOWN = 24


@dataclass(frozen=True)
class Mistake:
    """One wrong answer.

    Args:
        image: the picture as the network saw it, as data.
        why: the saliency of the answer over it, as data.
        predicted: the class with the highest probability, ``confidence``.
        true: the true class, which got the probability ``true_probability``.
        source: the file it came from.
    """

    image: str
    why: str
    predicted: str
    confidence: float
    true: str
    true_probability: float
    source: str


def worst(answers: Answers, count: int = SHOWN) -> list[int]:
    """Positions of the wrong answers, surest first; of equal ones the first.

    Args:
        answers: of N images.
        count: at most so many.

    >>> from striate.tasks.classification.answers import answers_of
    >>> raw = torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8]]).log()
    >>> worst(answers_of(raw, torch.tensor([1, 1, 0])))
    [2, 0]
    """
    wrong = (~answers.right).nonzero().flatten()
    order = answers.confidence[wrong].sort(descending=True, stable=True).indices[:count]
    return [int(position) for position in wrong[order]]


def mistakes(model: TaskModel[Any], dataset: Dataset, answers: Answers, indices: Tensor) -> list[Mistake]:
    """The worst mistakes with their pictures.

    Args:
        model: the classifier that answered; it is not changed.
        dataset: where the images are.
        answers: of N images.
        indices: int64 (N,), the position of each answer's image in the data set.
    """
    rows = worst(answers)
    if not rows:
        return []
    samples = [dataset[int(indices[row])] for row in rows]
    images = torch.stack([model.preprocess(sample.image) for sample in samples])
    predicted = answers.predicted[rows]
    maps = saliency(model, images, predicted)
    return [
        Mistake(
            image=data_uri(picture(images[number])),
            why=data_uri(overlay(images[number], maps[number])),
            predicted=model.classes[int(predicted[number])],
            confidence=float(answers.confidence[row]),
            true=model.classes[int(answers.labels[row])],
            true_probability=float(answers.true_probability[row]),
            source=samples[number].source,
        )
        for number, row in enumerate(rows)
    ]
