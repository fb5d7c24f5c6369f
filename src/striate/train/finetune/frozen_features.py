"""What a frozen trunk makes of every picture, computed once: only the last layer is left to train.

    pictures --trunk, once--> embeddings (N, D, 1, 1) in memory --every epoch--> last layer --> scores

The embeddings take the place of the pictures in the loader, and the last layer that of the network: the loop,
its checkpoints and its evaluation are the same. The trained layer goes into a copy of the whole network.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import Tensor, nn

from striate.data.augment.augment import Augment
from striate.data.augment.augment_recipe import augmentation
from striate.data.batches.cache import Making, Prepared
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.layers.eval_mode import evaluating
from striate.layers.sequence import sequence
from striate.tasks.classification.classifier import Classifier
from striate.train.finetune.finetune import backbone
from striate.train.run.settings import Settings

MOST_BYTES = 2 * 1024**3
"""Embeddings up to this size are kept."""

AT_ONCE = 64
"""Pictures that go through the trunk together."""

UNCHANGED = Preprocess((1, 1), 1, (0.0,), (1.0,))
"""Of embeddings: they are what they are."""

Arithmetic = Callable[[], AbstractContextManager[object]]


class LastLayer(nn.Module):
    """Embeddings (N, D, 1, 1) -> scores (N, K), by the last layer of a network under its own name.

    Args:
        network: whose head ends in a linear layer, which is shared.
    """

    def __init__(self, network: Backbone) -> None:
        super().__init__()
        name, last = list(network.head.named_children())[-1]
        self.head = sequence(**{name: last})

    def forward(self, embeddings: Tensor) -> Tensor:
        """(N, D, 1, 1) -> (N, K)."""
        scores: Tensor = self.head(embeddings.flatten(1))
        return scores


def can_be_kept(settings: Settings, network: nn.Module, pictures: int) -> bool:
    """Whether the trunk says the same of a picture in every epoch, and the last layer sees nothing else."""
    if settings.finetune != "head" or not isinstance(network, Backbone):
        return False
    last = network.head[-1]
    if not isinstance(last, nn.Linear) or type(network).embed is not Backbone.embed:
        return False
    mixed = settings.mixup or settings.cutmix or settings.grow < 1
    moved = augmentation(settings.augment or "none") != Augment() or settings.views != "plain"
    small = 4 * pictures * last.in_features <= MOST_BYTES
    return small and not mixed and not moved and settings.strategy != "fsdp"


def last_layer(model: Classifier) -> Classifier:
    """A classifier of embeddings; its tensors have the names that they have in the whole model."""
    return Classifier(LastLayer(backbone(model)), model.classes, UNCHANGED)


def embedding(loader: Loader, model: Classifier, arithmetic: Arithmetic) -> Loader:
    """The loader with embeddings in the place of its pictures."""
    return loader.showing(partial(embedded, model=model, arithmetic=arithmetic, workers=loader.workers))


@torch.no_grad()
def embedded(
    dataset: Dataset,
    preprocess: Preprocess,
    *,
    model: Classifier,
    arithmetic: Arithmetic,
    workers: int | None = None,
) -> Making:
    """float32 (N, D, 1, 1): what the last layer sees of every picture, on the CPU, telling how far it is.

    Args:
        model: on any device; its mode is left as it was.
        arithmetic: gives a context such as ``torch.autocast``.
    """
    network, device, rows = backbone(model), model.mean.device, []
    with evaluating(model), arithmetic():
        for batch in Loader(dataset, preprocess, AT_ONCE, workers=workers).batches():
            images = batch.images.to(device).contiguous(memory_format=torch.channels_last)
            rows.append(network.embed(model.normalized(images)).float().cpu())
            yield sum(map(len, rows)), len(dataset)
    return Prepared(torch.cat(rows)[:, :, None, None])
