"""A small network that learns the synthetic pictures in seconds, so that methods can be judged by it.

    image      conv1         conv2         conv3                 output
    32x32x3 -> 32x32x16 ---> 16x16x32 ---> 8x8x32 --maximum----> 4
               5x5, pool     5x5, pool     3x3      over positions

Its scores come from the one position where a mark is seen best, so that a reason has a position. Every
picture gets noise while the network learns: without it the gradient of a network that is always right follows
any grain (``benchmarks/synthetic_pictures.py`` shows what that changes).
"""

import torch
from torch import nn
from torch.nn import functional as F

from striate.arguments import checked
from striate.data.preprocess import Preprocess
from striate.explain.evaluation.synthetic_data import MARKS, SIDE, SyntheticData, make_synthetic_data
from striate.layers.sequence import sequence
from striate.tasks.classification.classifier import Classifier

COUNT, EPOCHS, BATCH = 6000, 3, 64
RATE, NOISE = 0.005, 0.1
"""Highest learning rate; standard deviation of the noise, in shares of the brightest."""


@checked
def toy_classifier(seed: int = 0) -> Classifier:
    """A classifier that has learned the synthetic pictures of a seed, which takes some seconds.

    Args:
        seed: of the pictures, the weights and the order.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = sequence(**_block(1, 3, 16, 5), **_block(2, 16, 32, 5), **_last(32))
    model = Classifier(network, tuple(MARKS), Preprocess((SIDE, SIDE)))
    train_on(model, make_synthetic_data(COUNT, seed), epochs=EPOCHS, noise=NOISE, seed=seed)
    return model


def train_on(
    model: Classifier, synthetic: SyntheticData, *, epochs: int, noise: float, seed: int = 0
) -> None:
    """Train a classifier on synthetic pictures: AdamW, with a learning rate that rises and falls once.

    Args:
        model: changed in place; afterwards in evaluation mode.
        synthetic: the pictures.
        epochs: passes over them.
        noise: standard deviation of what is added to every pixel in 0..1, anew in every step.
        seed: of the order and the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    steps = epochs * (len(synthetic) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(synthetic), generator=generator)
        for start in range(0, len(synthetic) - BATCH + 1, BATCH):
            indices = order[start : start + BATCH]
            pixels = synthetic.images[indices] / 255
            grain = noise * torch.randn(pixels.shape, generator=generator)
            loss = F.cross_entropy(model(pixels + grain), synthetic.labels[indices])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    model.eval()


def _block(number: int, channels: int, width: int, kernel: int) -> dict[str, nn.Module]:
    """Convolution, normalization, ReLU and half the size."""
    return {
        f"conv{number}": nn.Conv2d(channels, width, kernel, padding=kernel // 2, bias=False),
        f"norm{number}": nn.BatchNorm2d(width),
        f"active{number}": nn.ReLU(),
        f"pool{number}": nn.MaxPool2d(2),
    }


def _last(width: int) -> dict[str, nn.Module]:
    """The last convolution, and the scores of its largest values."""
    parts = _block(3, width, width, 3)
    parts["pool3"] = nn.AdaptiveMaxPool2d(1)
    return {**parts, "flatten": nn.Flatten(), "output": nn.Linear(width, len(MARKS))}
