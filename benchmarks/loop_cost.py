"""What striate's training loop costs over a bare PyTorch loop, and what bf16 gains over it.

Held equal: the same network, the same optimizer (fused SGD with Nesterov momentum), the same pictures in
memory, the same batch, shuffled; no augmentation, no validation; two threads. The bare loop is eager
float32 and reads the loss of every step, as ours does to see a NaN. Its pictures lie in memory as torch
makes them, or channels last as ours do: the second is the cost of the loop alone. An epoch of one, an
epoch of the other, and so on; medians.

    python benchmarks/loop_cost.py
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.train.run.run import train
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded
from striate.zoo.networks import create

PLAIN, LAST = torch.contiguous_format, torch.channels_last

ROWS = (  # network, batch, channels, steps an epoch, turns, precision, layout of the bare loop, figure asked
    ("lenet5", 64, 1, 60, 15, "32", PLAIN, "<= 1.20"),
    ("lenet5", 64, 1, 60, 15, "32", LAST, "<= 1.20"),
    ("resnet20", 128, 3, 8, 9, "32", PLAIN, "<= 1.03"),
    ("resnet20", 128, 3, 8, 9, "32", LAST, "<= 1.03"),
    ("resnet20", 128, 3, 8, 15, "bf16", PLAIN, "bare / ours >= 1.8"),
)
CLASSES, LR = 10, 1e-3


def pictures(count: int, channels: int) -> Dataset:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 32, 32, channels), dtype=np.uint8)
    return Dataset.whole(
        Array(images, "noise"), random.integers(0, CLASSES, count), [*map(str, range(CLASSES))]
    )


def bare_epoch(
    network: nn.Module, dataset: Dataset, batch: int, layout: torch.memory_format
) -> Callable[[], float]:
    """The loop that everybody writes, as a function that runs an epoch and gives its seconds."""
    network.to(memory_format=layout)
    images = torch.stack([sample.image for sample in dataset]) / 255
    labels = torch.from_numpy(dataset.labels)
    optimizer = torch.optim.SGD(
        network.parameters(), LR, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True
    )
    network.train()

    def run() -> float:
        start = time.perf_counter()
        for chosen in torch.randperm(len(images)).split(batch):
            loss = F.cross_entropy(network(images[chosen].contiguous(memory_format=layout)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        return time.perf_counter() - start

    return run


def compare(
    name: str, batch: int, channels: int, steps: int, turns: int, precision: str, layout: torch.memory_format
) -> tuple[float, float]:
    """Median seconds a step of the bare loop and of ours."""
    dataset = pictures(batch * steps, channels)
    bare = bare_epoch(create(name, CLASSES, channels), dataset, batch, layout)
    settings = Settings(
        model=name,
        batch=batch,
        epochs=turns + 1,
        precision=precision,
        augment="none",
        lr=LR,
        schedule="constant",
    )
    seconds: dict[str, list[float]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        events = train(Splits({"train": dataset}, "npz", Path()), settings, Path(folder) / "run")
        for event in events:
            if isinstance(event, EpochEnded):
                seconds["ours"].append(event.seconds)
                seconds["bare"].append(bare())
    bare_step, our_step = (statistics.median(seconds[name][1:]) / steps for name in ("bare", "ours"))
    return bare_step, our_step


def main() -> None:
    print("network   batch  precision  bare loop's layout   bare us   ours us  ours / bare   asked")
    for name, batch, channels, steps, turns, precision, layout, asked in ROWS:
        bare, ours = compare(name, batch, channels, steps, turns, precision, layout)
        words = "channels last" if layout is LAST else "as torch makes it"
        print(
            f"{name:9}{batch:6}{precision:>11}{words:>20}"
            f"{bare * 1e6:10.0f}{ours * 1e6:10.0f}{ours / bare:13.3f}"
            f"   {asked} (bare / ours {bare / ours:.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
