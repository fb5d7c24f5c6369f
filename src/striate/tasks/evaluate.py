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
from striate.tasks.user_metric import Make


@dataclass(frozen=True)
class Evaluation:
    """What a model answered to the images of one split, in the split's order.

    Args:
        metric: with what it kept of each image.
        metrics: the primary number and the rest.
        indices: int64 (N,), positions of the images in the data set.
        losses: (N,), those of the images, by the model; None where the metric knows, or nobody asked.
    """

    metric: Metric
    metrics: Metrics
    indices: Tensor
    losses: Tensor | None = None

    @property
    def loss(self) -> float | None:
        """The mean loss of an image, the same sum as in training; None where nobody knows it."""
        return self.metric.loss() if self.losses is None else self.losses.double().mean().item()

    @property
    def sample_losses(self) -> Tensor | None:
        """(N,), the loss of each image; None where neither the metric knows nor the model was asked."""
        return self.metric.losses() if self.losses is None else self.losses


def evaluate(
    model: TaskModel[Any],
    loader: Loader,
    arithmetic: AbstractContextManager[object] | None = None,
    answer: Callable[..., Raw] | None = None,
    *,
    with_loss: bool = False,
    around: Make | None = None,
) -> Evaluation:
    """Answer every image of a loader that does not shuffle, and measure.

    Args:
        model: on any device; its mode is left as it was.
        loader: gives every image once.
        arithmetic: a context such as ``torch.autocast``; float32 by default.
        answer: images, and what is given with them -> raw scores, in the place of the model's own way.
        with_loss: ask the model for the loss of each image, at the cost of one more answer, where the metric
            cannot tell it from raw scores.
        around: puts a metric of somebody's own around the task's.
    """
    answer = answer or model.answering(len(loader.dataset))
    metric = model.measuring() if around is None else around(model.metric())
    indices = [torch.empty(0, dtype=torch.int64)]
    asked = with_loss and (model.user_loss is not None or metric.loss() is None)
    losses = list[Tensor]()
    with evaluating(model), torch.no_grad(), arithmetic or nullcontext():
        for batch in map(model.question, loader.batches()):
            found = answer(batch.images.to(model.device), *batch.targets.given)
            raw = each(lambda part: part.float().cpu(), found)
            with torch.autocast("cpu", enabled=False):  # metrics and losses are exact in any arithmetic
                metric.update(raw, batch)
            if asked:
                losses.append(model.losses_of_images(batch.to(model.device)).float().cpu())
            indices.append(batch.indices)
    return Evaluation(metric, metric.compute(), torch.cat(indices), torch.cat(losses) if losses else None)
