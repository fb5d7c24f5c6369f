"""Batches whose labels are shares of classes: pictures blended or pasted together, or a softened truth.

mixup        l x_i + (1 - l) x_j                      label  l y_i + (1 - l) y_j
cutmix       a rectangle of x_j inside x_i            label  by the pixels that each one kept
smooth       x_i                                      label  (1 - e) y_i + e / K
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.augment.geometric import to_float
from striate.records import Batch, ClassTargets
from striate.records.targets.class_targets import class_labels


def shares(labels: Tensor, classes: int) -> Tensor:
    """float32 (N, K) of class numbers (N,); shares stay as they are.

    >>> shares(torch.tensor([1, 0]), 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    return labels if labels.ndim == 2 else F.one_hot(labels, classes).float()


def mixup(batch: Batch, classes: int, alpha: float, generator: torch.Generator) -> Batch:
    """Every picture blended with another one of the batch, all with one weight ~ Beta(alpha, alpha).

    Args:
        batch: images uint8 or float 0..1, labels as numbers or shares.
        classes: K.
        alpha: more than 0; 0.2 mixes little, 1 takes every weight equally often.
        generator: of the CPU.

    Returns:
        The batch with float images 0..1 and labels (N, K).

    Source: Zhang, Cisse, Dauphin, Lopez-Paz 2018, equations in section 1. https://arxiv.org/abs/1710.09412
    """
    weight, partners = beta(alpha, generator), partners_of(batch, generator)
    images, labels = to_float(batch.images), shares(class_labels(batch.targets), classes)
    blend = [part * weight + part[partners] * (1 - weight) for part in (images, labels)]
    return replace(batch, images=blend[0], targets=ClassTargets(blend[1]))


def cutmix(batch: Batch, classes: int, alpha: float, generator: torch.Generator) -> Batch:
    """Every picture with a rectangle of another one of the batch, all at one place.

    The sides are sqrt(1 - weight) of the picture's, weight ~ Beta(alpha, alpha), the middle lies anywhere and
    what is beyond the border is cut off; the labels' shares are the pixels that are really left of both.

    Args:
        batch: images uint8 or float, labels as numbers or shares.
        classes: K.
        alpha: more than 0; the paper's is 1.
        generator: of the CPU.

    Returns:
        The batch with images of the same type and labels (N, K).

    Source: Yun and others 2019, equations 1 and 2. https://arxiv.org/abs/1905.04899
    """
    height, width = batch.images.shape[2:]
    share, partners = (1 - beta(alpha, generator)) ** 0.5, partners_of(batch, generator)
    rows, columns = (span(side, share, generator) for side in (height, width))
    images, labels = batch.images.clone(), shares(class_labels(batch.targets), classes)
    images[:, :, rows, columns] = batch.images[partners][:, :, rows, columns]
    pasted = (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    targets = ClassTargets(labels * (1 - pasted) + labels[partners] * pasted)
    return replace(batch, images=images, targets=targets)


def smooth_labels(batch: Batch, classes: int, amount: float) -> Batch:
    """The batch with labels (N, K) that give a share of ``amount``, 0..1, to all classes alike.

    Source: Szegedy and others 2016, section 7. https://arxiv.org/abs/1512.00567

    >>> batch = Batch.full(torch.zeros(1, 1, 1, 1), torch.tensor([0]), ClassTargets(torch.tensor([1])))
    >>> smooth_labels(batch, 4, 0.5).targets.labels.tolist()
    [[0.125, 0.625, 0.125, 0.125]]
    """
    labels = shares(class_labels(batch.targets), classes) * (1 - amount) + amount / classes
    return replace(batch, targets=ClassTargets(labels))


def beta(alpha: float, generator: torch.Generator) -> float:
    """A number ~ Beta(alpha, alpha), by numpy: torch draws such numbers from its global generator only."""
    seed = int(torch.randint(2**62, (1,), generator=generator))
    return float(np.random.default_rng(seed).beta(alpha, alpha))


def partners_of(batch: Batch, generator: torch.Generator) -> Tensor:
    """int64 (N,): a permutation of the batch, on its device."""
    return torch.randperm(len(batch), generator=generator).to(batch.images.device)


def span(side: int, share: float, generator: torch.Generator) -> slice:
    """A stretch of ``share`` times the side around a middle that lies anywhere, as much as is inside."""
    length, middle = int(side * share), int(torch.randint(side, (1,), generator=generator))
    start = middle - length // 2
    return slice(max(start, 0), min(start + length, side))
