"""Pictures per second from 1,000 JPEG files to answers, decoding included.

Held equal: the same files (warm disk cache), the same network and weights, the same input size, the same two
threads, no gradients. The plain loop is what the torchvision documentation teaches: open, Resize, CenterCrop,
ToTensor, Normalize, one picture at a time. Ours is a model that was loaded from a file, with the engine
that it chooses within a few calls. Taken in turns (A B A B ...), medians.

    python benchmarks/predict_throughput.py FOLDER_OF_JPEGS [--network resnet20] [--size 64] [--files 1000]
"""

import argparse
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms

import striate
from striate.data.preprocess import Preprocess
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.save_load import save

TURNS = 5
WARM = 2
"""Calls after which a model has chosen its engine."""


def plain_loop(model: torch.nn.Module, paths: list[Path], prepare: transforms.Compose) -> Tensor:
    answers = []
    with torch.no_grad():
        for path in paths:
            image = prepare(Image.open(path).convert("RGB"))
            answers.append(model(image[None]).softmax(1))
    return torch.cat(answers)


def loaded(model: Classifier) -> Classifier:
    """The model as a user has it, from a file."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model.safetensors")
        return striate.load(Path(folder) / "model.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="resnet20")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--files", type=int, default=1000)
    asked = parser.parse_args()
    paths = list(islice(cycle(sorted(asked.folder.rglob("*.jpg"))), asked.files))
    torch.manual_seed(0)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    model = loaded(
        build(asked.network, ("a", "b"), Preprocess((asked.size, asked.size), 3, mean, std)).eval()
    )
    prepare = transforms.Compose(
        [
            transforms.Resize(asked.size),
            transforms.CenterCrop(asked.size),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    )
    times: dict[str, list[float]] = {"plain": [], "striate": []}
    for _ in range(WARM):
        model.predict(paths)
    for turn in range(TURNS + 1):
        start = time.perf_counter()
        plain = plain_loop(model.network, paths, prepare)
        between = time.perf_counter()
        ours = model.predict(paths)
        end = time.perf_counter()
        if turn:  # the first turn warms the disk cache
            times["plain"].append(between - start)
            times["striate"].append(end - between)
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, value in middle.items():
        print(f"{name:8} {len(paths) / value:8.0f} pictures/s")
    apart = float((torch.stack([answer.scores for answer in ours]) - plain).abs().max())
    ratio = middle["plain"] / middle["striate"]
    print(f"striate / plain = {ratio:.2f} (asked: >= 2); scores at most {apart:.1e} apart")


if __name__ == "__main__":
    main()
