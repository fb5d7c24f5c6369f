"""A model against data whose targets are known: what it answered to each image, and the metrics."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.data.batches.loader import Loader
from striate.layers.eval_mode import evaluating
from striate.tasks.metric import Metric, Metrics
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw, each


@dataclass(frozen=True)
class Evaluation:
    """What a model answered to the images of one split, in the split's order.

    Args:
        metric: with what it kept of each image.
        metrics: the primary number and the rest.
        indices: int64 (N,), positions of the images in the data set.
    """

    metric: Metric
    metrics: Metrics
    indices: Tensor

    @property
    def loss(self) -> float | None:
        """The mean loss of an image; None where the metric does not know it."""
        return self.metric.loss()


def evaluate(
    model: TaskModel[Any],
    loader: Loader,
    arithmetic: AbstractContextManager[object] | None = None,
    answer: Callable[[Tensor], Raw] | None = None,
) -> Evaluation:
    """Answer every image of a loader that does not shuffle, and measure.

    Args:
        model: on any device; its mode is left as it was.
        loader: gives every image once.
        arithmetic: a context such as ``torch.autocast``; float32 by default.
        answer: images -> raw scores, in the place of the model's own way.
    """
    answer = answer or model.answering(len(loader.dataset))
    metric, indices = model.metric(), [torch.empty(0, dtype=torch.int64)]
    with evaluating(model), torch.no_grad(), arithmetic or nullcontext():
        for batch in loader.batches():
            raw = each(lambda part: part.float().cpu(), answer(batch.images.to(model.device)))
            with torch.autocast("cpu", enabled=False):  # metrics and losses are exact in any arithmetic
                metric.update(raw, batch)
            indices.append(batch.indices)
    return Evaluation(metric, metric.compute(), torch.cat(indices))
