"""A network against labelled images: probabilities of all of them, and the metrics."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.batches.loader import Loader
from striate.layers.eval_mode import evaluating
from striate.tasks.classification.classifier import Classifier
from striate.tasks.classification.metrics import Metrics, classification_metrics


@dataclass(frozen=True)
class Evaluation:
    """What a classifier said to the images of one split, in the split's order.

    Args:
        scores: float32 (N, K) probabilities, on the CPU.
        labels: int64 (N,), the truth.
        indices: int64 (N,), places in the data set.
        loss: mean cross-entropy; 0 for no images.
        metrics: accuracy and the rest.
    """

    scores: Tensor
    labels: Tensor
    indices: Tensor
    loss: float
    metrics: Metrics


def evaluate(
    model: Classifier, loader: Loader, arithmetic: AbstractContextManager[object] | None = None
) -> Evaluation:
    """Classify every image of a loader that does not shuffle.

    Args:
        model: on any device; its mode is left as it was.
        loader: gives every image once.
        arithmetic: a context such as ``torch.autocast``; float32 by default.
    """
    device, answer = model.mean.device, model.answering(len(loader.dataset))
    raw, none = [torch.empty(0, len(model.classes))], torch.empty(0, dtype=torch.int64)
    labels, indices = [none], [none]
    with evaluating(model), torch.no_grad(), arithmetic or nullcontext():
        for batch in loader.batches():
            raw.append(answer(batch.images.to(device)).float().cpu())
            labels.append(batch.labels)
            indices.append(batch.indices)
    return _measured(torch.cat(raw), torch.cat(labels), torch.cat(indices), model.classes)


def _measured(raw: Tensor, labels: Tensor, indices: Tensor, classes: tuple[str, ...]) -> Evaluation:
    scores = raw.softmax(1)
    loss = F.cross_entropy(raw.double(), labels).item() if len(labels) else 0.0
    return Evaluation(scores, labels, indices, loss, classification_metrics(scores, labels, classes))
