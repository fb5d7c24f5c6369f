"""What a frozen trunk makes of every picture, computed once: only the last layer is left to train.

    pictures --trunk, once--> embeddings (N, D, 1, 1) in memory --every epoch--> last layer --> scores

The embeddings take the place of the pictures in the loader, and the last layer that of the network: the loop,
its checkpoints and its evaluation are the same. The trained layer goes into a copy of the whole network.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import nn

from striate.data.augment.augment import Augment
from striate.data.augment.augment_recipe import augmentation
from striate.data.batches.cache import Making, Prepared
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.layers.eval_mode import evaluating
from striate.tasks.model import TaskModel
from striate.train.run.settings import Settings

MOST_BYTES = 2 * 1024**3
"""Embeddings up to this size are kept."""

AT_ONCE = 64
"""Pictures that go through the trunk together."""

Arithmetic = Callable[[], AbstractContextManager[object]]


def last_layer(settings: Settings, model: TaskModel[Any], pictures: int) -> TaskModel[Any] | None:
    """The last layer alone, if nothing else learns and the trunk gives the same in every epoch."""
    if settings.finetune != "head" or settings.strategy == "fsdp":
        return None
    mixed = settings.mixup or settings.cutmix or settings.progressive_resizing < 1
    moved = augmentation(settings.augment or "none") != Augment() or settings.tta != "none"
    moved = moved or settings.parts.augment is not None
    if mixed or moved:
        return None
    features = model.on_features()
    if features is None:
        return None
    widths = [layer.in_features for layer in features.modules() if isinstance(layer, nn.Linear)]
    return features if 4 * pictures * max(widths, default=0) <= MOST_BYTES else None


def embedding(loader: Loader, model: TaskModel[Any], arithmetic: Arithmetic) -> Loader:
    """The loader with embeddings in the place of its pictures."""
    return loader.showing(partial(embedded, model=model, arithmetic=arithmetic, workers=loader.workers))


@torch.no_grad()
def embedded(
    dataset: Dataset,
    preprocess: Preprocess,
    *,
    model: TaskModel[Any],
    arithmetic: Arithmetic,
    workers: int | None = None,
) -> Making:
    """float32 (N, D, 1, 1): what the last layer sees of every picture, on the CPU, telling how far it is.

    Args:
        model: on any device; its mode is left as it was.
        arithmetic: gives a context such as ``torch.autocast``.
    """
    network, device, rows = model.backbone, model.device, []
    with evaluating(model), arithmetic():
        for batch in Loader(dataset, preprocess, AT_ONCE, workers=workers).batches():
            images = batch.images.to(device).contiguous(memory_format=torch.channels_last)
            rows.append(network.embed(model.normalized(images)).float().cpu())
            yield sum(map(len, rows)), len(dataset)
    return Prepared(torch.cat(rows)[:, :, None, None])
