"""A network against labelled images: what it answered to each of them, and the metrics."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data.augment.mixup_cutmix import labels_of
from striate.data.batches.loader import Loader
from striate.layers.eval_mode import evaluating
from striate.tasks.classification.answers import Answers, answers_of, joined
from striate.tasks.classification.classifier import Classifier
from striate.tasks.classification.metrics import Metrics, metrics_of


@dataclass(frozen=True)
class Evaluation:
    """What a classifier answered to the images of one split, in the split's order.

    Args:
        answers: a row for each image, on the CPU.
        indices: int64 (N,), positions of the images in the data set.
        loss: mean cross-entropy; 0 for no images.
        metrics: accuracy and the rest.
    """

    answers: Answers
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
    parts, indices = [], [torch.empty(0, dtype=torch.int64)]
    with evaluating(model), torch.no_grad(), arithmetic or nullcontext():
        for batch in loader.batches():
            raw = answer(batch.images.to(device)).float().cpu()
            with torch.autocast("cpu", enabled=False):  # probabilities and losses are exact in any arithmetic
                parts.append(answers_of(raw, labels_of(batch)))
            indices.append(batch.indices)
    answers = joined(parts)
    return Evaluation(answers, torch.cat(indices), answers.loss(), metrics_of(answers, model.classes))
