"""ResNet-18 at 224x224, batch 16: a step of ours in bf16 and channels-last against the plain float32 step.

Held equal: the same network, initial weights, pictures in memory, optimizer (fused SGD with Nesterov
momentum), loss and threads. The baseline is eager, float32, channels first. Taken in turns (A B A B ...),
medians. The losses of both show that they learn the same.

    python benchmarks/train_throughput.py
"""

import statistics
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.records import Batch, ClassTargets
from striate.tasks.classification.classifier import Classifier
from striate.train.fabric.fabric import Executor
from striate.train.run.settings import Settings
from striate.zoo.networks import create

SIDE, BATCH, CLASSES, TURNS = 224, 16, 10, 14
RATE, MOMENTUM = 0.002, 0.9


def network() -> nn.Module:
    torch.manual_seed(0)
    return create("resnet18", classes=CLASSES).train()


def pictures() -> tuple[Tensor, Tensor]:
    """uint8 (64, 3, 224, 224) of ten classes: noise of ten colors, so that there is something to learn."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (4 * BATCH,), generator=generator)
    colors = torch.randint(0, 200, (CLASSES, 3, 1, 1), generator=generator)
    noise = torch.randint(0, 56, (4 * BATCH, 3, SIDE, SIDE), generator=generator)
    return (colors[labels] + noise).to(torch.uint8), labels


class Plain:
    """The step that every tutorial teaches."""

    def __init__(self) -> None:
        self.network = network()
        self.optimizer = torch.optim.SGD(self.network.parameters(), RATE, MOMENTUM, nesterov=True, fused=True)

    def step(self, images: Tensor, labels: Tensor) -> float:
        loss = F.cross_entropy(self.network((images / 255 - 0.5) / 0.5), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Ours:
    """The step of ``striate train``: bf16 beside float32 weights, channels last."""

    def __init__(self) -> None:
        names = [str(number) for number in range(CLASSES)]
        model = Classifier(network(), names, Preprocess((SIDE, SIDE))).train()
        settings = Settings(precision="bf16", accelerator="cpu", devices=1, lr=RATE, weight_decay=0.0)
        self.engine = Executor(model, settings.model_copy(update={"optimizer": "sgd"}))

    def step(self, images: Tensor, labels: Tensor) -> float:
        loss = self.engine.loss(Batch.full(images, torch.arange(BATCH), ClassTargets(labels)))
        self.engine.update(loss, RATE)
        return loss.item()


def main() -> None:
    images, labels = pictures()
    sides: dict[str, Plain | Ours] = {"plain float32": Plain(), "striate bf16": Ours()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    losses: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(TURNS + 1):
        chosen = torch.arange(turn * BATCH, (turn + 1) * BATCH) % len(images)
        for name, side in sides.items():
            start = time.perf_counter()
            losses[name].append(side.step(images[chosen], labels[chosen]))
            if turn:  # the first step allocates
                times[name].append(time.perf_counter() - start)
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, value in middle.items():
        first, last = losses[name][0], statistics.mean(losses[name][-4:])
        print(f"{name:14} {BATCH / value:6.2f} pictures/s, loss {first:.3f} -> {last:.3f}")
    print(f"{middle['plain float32'] / middle['striate bf16']:.2f} x (asked: >= 2)")


if __name__ == "__main__":
    main()
