"""The worst mistakes: the wrong answers that the model was surest of, and the pixels that it went by."""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.draw.heatmap import overlay, picture
from striate.explain.attribution.saliency import saliency
from striate.report.inline_images import data_uri
from striate.tasks.classification.classifier import Classifier

SHOWN = 24


@dataclass(frozen=True)
class Mistake:
    """One wrong answer.

    Args:
        image: the picture as the network saw it, as data.
        why: the saliency of the answer over it, as data.
        said: the class that was answered, ``confidence`` its probability.
        truth: the class that it is, ``chance`` the probability that it was given.
        source: the file it came from.
    """

    image: str
    why: str
    said: str
    confidence: float
    truth: str
    chance: float
    source: str


def worst(scores: Tensor, labels: Tensor, count: int = SHOWN) -> list[int]:
    """Places of the wrong answers, surest first; of equal ones the first.

    Args:
        scores: probabilities (N, K).
        labels: int64 (N,).
        count: at most so many.

    >>> worst(torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8]]), torch.tensor([1, 1, 0]))
    [2, 0]
    """
    confidence, said = scores.max(1)
    wrong = (said != labels).nonzero().flatten()
    order = confidence[wrong].sort(descending=True, stable=True).indices[:count]
    return [int(place) for place in wrong[order]]


def mistakes(
    model: Classifier, dataset: Dataset, scores: Tensor, labels: Tensor, indices: Tensor
) -> list[Mistake]:
    """The worst mistakes with their pictures.

    Args:
        model: the classifier that answered; it is not changed.
        dataset: where the images are.
        scores: probabilities (N, K).
        labels: int64 (N,).
        indices: int64 (N,), the place of each answer's image in the data set.
    """
    places = worst(scores, labels)
    if not places:
        return []
    samples = [dataset[int(indices[place])] for place in places]
    images = torch.stack([model.preprocess(sample.image) for sample in samples])
    said = scores[places].argmax(1)
    maps = saliency(model, images, said)
    return [
        Mistake(
            image=data_uri(picture(images[row])),
            why=data_uri(overlay(images[row], maps[row])),
            said=model.classes[int(said[row])],
            confidence=float(scores[place].max()),
            truth=model.classes[int(labels[place])],
            chance=float(scores[place, labels[place]]),
            source=samples[row].source,
        )
        for row, place in enumerate(places)
    ]
