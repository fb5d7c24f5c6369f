"""What the engines of prediction gain, and what they cost in agreement.

Speed. Held equal: the networks, their (random) weights, the pictures, 224x224, the threads, a warm start.
The baseline is torchvision's network in the loop that its documentation teaches: eager, float32, no
gradients, channels first, given normalized floats. Ours are given bytes and normalize them. Taken in turns
(four runs of A, of B, of C, of D, of A again ...), medians. The peak is what a chain of large convolutions
reaches in OpenVINO at the same precision in the same run.

Agreement. ``error`` is the largest difference of any score as a share of the largest score, on 96 pictures.
Whether the first class stays the same means nothing for random weights, whose scores hardly differ from
picture to picture. With --model the engines of a trained model are compared on its unseen pictures; with
--train S every network first learns the folders' classes for S seconds at 64x64. Then ``first class`` is the
share of pictures with equal first class and ``probability`` the largest difference of any probability.

    python benchmarks/predict_engines.py FOLDER [--networks resnet50,mobilenet_v2,vgg16]
    python benchmarks/predict_engines.py DATA --model runs/first
    python benchmarks/predict_engines.py DATA --train 60
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

import striate
from striate.data.batches.loader import Loader
from striate.data.dataset import Splits
from striate.data.inputs import input_batches
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.data.trained_data import as_trained
from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.build import build
from striate.zoo.inference.openvino_engine import compiled, converted
from striate.zoo.inference.quantize import eight_bits, sample
from striate.zoo.networks import create
from striate.zoo.weights.keys import theirs as their_name

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE, LITTLE, CLASSES = 224, 64, 1000
BATCHES = {"resnet50": 8, "mobilenet_v2": 1, "vgg16": 1}
ASKED = {"resnet50": (1.6, 3.5, 6.0), "mobilenet_v2": (3.0, 5.0, 5.0), "vgg16": (1.3, 3.0, 4.0)}
PRECISIONS = ("exact", "bf16", "int8")
CALIBRATED, COMPARED = 64, 96
SECONDS, BLOCK = 12.0, 4
"""Of timing for each network; runs in a turn."""

PREPROCESS = Preprocess((SIDE, SIDE), 3, MEAN, STD)


def pictures(folder: Path) -> Tensor:
    """uint8 (160, 3, 224, 224): of all files below the folder, evenly."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    wanted = CALIBRATED + COMPARED
    chosen = [files[place * len(files) // wanted] for place in range(wanted)]
    return torch.cat(list(input_batches(chosen, PREPROCESS, 32)))


def twins(name: str, seen: Tensor) -> tuple[nn.Module, Classifier]:
    """torchvision's network and ours with the same weights; batch norms know the pictures."""
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)(weights=None)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over what it sees from now on
    model = Classifier(theirs.train(), [str(number) for number in range(CLASSES)], PREPROCESS)
    with torch.no_grad():
        for batch in seen.split(16):
            theirs(model.normalized(batch))
    network = create(name, classes=CLASSES)
    tensors = theirs.state_dict()
    names = {key: their_name(name, "torchvision", key) for key in network.state_dict()}
    network.load_state_dict({key: tensors[other] for key, other in names.items()})
    return theirs.eval(), Classifier(network, model.classes, PREPROCESS).eval()


def learned(name: str, splits: Splits, seconds: float) -> Classifier:
    """Our network after so many seconds of training in bf16 on small pictures."""
    torch.manual_seed(0)
    preprocess = Preprocess((LITTLE, LITTLE), 3, MEAN, STD, resize_mode="stretch")
    model = build(name, splits.classes, preprocess).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-4)
    loader = Loader(splits["train"], preprocess, 32, shuffle=True)
    loader.load()
    end, epochs = time.perf_counter() + seconds, count()
    steps = (batch for epoch in epochs for batch in loader.batches(epoch))
    while time.perf_counter() < end:
        batch = next(steps)
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(model(images).float(), batch.targets.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def in_turns(runs: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Median seconds of each, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(), run()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["eager"]) < 5:
        for name, run in runs.items():
            run()  # until then the threads of the one before it may still be spinning
            for _ in range(BLOCK):
                start = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def peaks() -> dict[str, float]:
    """Multiplications a second that a chain of large convolutions reaches, by precision."""
    layers = [nn.Conv2d(3, 256, 3, padding=1)] + [nn.Conv2d(256, 256, 3, padding=1) for _ in range(4)]
    chain = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = Classifier(chain, [str(number) for number in range(256)], Preprocess((56, 56))).eval()
    images = torch.randint(0, 256, (8, 3, 56, 56), dtype=torch.uint8)
    graph = converted(model)
    small, found = eight_bits(graph, images), {}
    for precision in PRECISIONS:
        scores = compiled(small if precision == "int8" else graph, precision)
        times = []
        for _ in range(12):
            start = time.perf_counter()
            scores(images)
            times.append(time.perf_counter() - start)
        found[precision] = len(images) * multiplications(model) / min(times)
    return found


@torch.no_grad()
def speed(name: str, images: Tensor, peak: dict[str, float]) -> None:
    """Print the rows of one network."""
    batch, (known, compared) = BATCHES[name], images.split((CALIBRATED, COMPARED))
    theirs, ours = twins(name, known)
    engines = built(ours, known)
    given = compared[:batch]
    floats = ours.normalized(given).contiguous()
    runs: dict[str, Callable[[], object]] = {"eager": lambda: theirs(floats)}
    runs |= {kind: lambda kind=kind: engines[kind](given) for kind in PRECISIONS}
    seconds = in_turns(runs, SECONDS)
    wanted = torch.cat([theirs(ours.normalized(part)) for part in compared.split(8)])
    cost = batch * multiplications(ours)
    for kind, asked in zip(runs, (None, *ASKED[name]), strict=True):
        share = cost / seconds[kind] / peak["exact" if kind == "eager" else kind]
        line = f"{name:13} {batch:5}  {kind:5}  {1e3 * seconds[kind]:8.2f} ms  {share:4.0%} of peak"
        if asked is not None:
            got = torch.cat([engines[kind](part) for part in compared.split(8)])
            error = float((wanted - got).abs().max() / wanted.abs().max())
            line += f"  {seconds['eager'] / seconds[kind]:5.2f} x (asked {asked})  error {error:.1e}"
        print(line, flush=True)


def agreement(name: str, model: Classifier, splits: Splits) -> None:
    """Print how much of what a network has learned each precision keeps."""
    unseen = list(Loader(splits["val"], model.preprocess, 32).batches())
    truth = torch.cat([batch.targets.labels for batch in unseen])
    engines = built(model, sample(splits["train"], model.preprocess))
    with torch.no_grad():
        wanted = torch.cat([model(batch.images) for batch in unseen])
        found = {kind: torch.cat([run(batch.images) for batch in unseen]) for kind, run in engines.items()}
    print(f"{name:13} eager  accuracy {accuracy(wanted, truth):.1%} on {len(truth)} unseen pictures")
    for kind, got in found.items():
        same = accuracy(got, wanted.argmax(1))
        furthest = float((wanted.softmax(1) - got.softmax(1)).abs().max())
        error = float((wanted - got).abs().max() / wanted.abs().max())
        right = accuracy(got, truth)
        print(
            f"{'':13} {kind:5}  first class {same:7.2%}  error {error:.1e}  probability {furthest:.1e}"
            f"  accuracy {right:.1%}",
            flush=True,
        )


def multiplications(model: Classifier) -> int:
    """Weight multiplications for one picture."""
    return striate.summary(model).total.multiplications


def accuracy(scores: Tensor, truth: Tensor) -> float:
    return float((scores.argmax(1) == truth).float().mean())


def built(model: Classifier, known: Tensor) -> dict[str, Scores]:
    """The engines, int8 calibrated on known pictures."""
    graph = converted(model)
    small = eight_bits(graph, known)
    return {kind: compiled(small if kind == "int8" else graph, kind) for kind in PRECISIONS}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", default=",".join(BATCHES))
    parser.add_argument("--train", type=float, metavar="S")
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    names = asked.networks.split(",")
    if asked.model:
        model = striate.load(asked.model)
        splits, _ = as_trained(asked.folder, model.trained_on)
        return agreement(str(model.name), model, splits)
    if asked.train:
        for name in names:
            splits = read(asked.folder)
            agreement(name, learned(name, splits, asked.train), splits)
        return None
    images, peak = pictures(asked.folder), peaks()
    for kind, value in peak.items():
        print(f"peak of {kind}: {2 * value / 1e12:.2f} T operations/s", flush=True)
    print(f"{torch.get_num_threads()} threads")
    for name in names:
        speed(name, images, peak)
    return None


if __name__ == "__main__":
    main()
