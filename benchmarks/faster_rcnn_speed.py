"""Faster R-CNN on ResNet-50 with a pyramid, beside torchvision's with the same weights: answers and training.

    python benchmarks/faster_rcnn_speed.py --threads 2 --rounds 5
    python benchmarks/faster_rcnn_speed.py --only train --rounds 3

Answers: one picture of 640x480, scaled beforehand to 1056x800, so that both see the same tensor. Held equal:
weights, 1,000 proposals, and the boxes (no more than 1e-3 pixels apart, in one order), which is checked
first. In turns: torchvision eager in inference mode; ours by PyTorch, by OpenVINO in float32, and in bf16.

Training: a step with two pictures of 640x480 and eight objects each, all layers learned, norms frozen, SGD.
In turns: torchvision in float32, as its reference script runs on a processor; the same under autocast to
bf16; ours in bf16 and channels-last, as ``striate train`` does. Printed are medians, and their ratios
to the first.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

import striate
from striate.data.preprocess import Preprocess
from striate.records import Batch, BoxTargets
from striate.zoo.build import build
from striate.zoo.save_load import save
from striate.zoo.weights.detector_weights import load_detector

NAME = "fasterrcnn_resnet50_fpn"
SCALED, PICTURE = (800, 1056), (480, 640)
CLASSES = [str(number) for number in range(1, 91)]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
EXACT, FAST, TRAINING = 1.4, 2.8, 1.8
"""Ratios that are asked for."""


def main() -> None:
    """Compare both, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("predict", "train"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.only != "train":
        with TemporaryDirectory() as folder:
            answers(Path(folder), asked.rounds)
    if asked.only != "predict":
        training(asked.rounds)


def answers(folder: Path, rounds: int) -> None:
    """One picture."""
    theirs, ours = pair(folder, SCALED)
    picture = scene(1, SCALED)[0]
    furthest, count = difference(theirs, ours, picture)
    ways: dict[str, Callable[[], Any]] = {
        "torchvision": partial(theirs, [picture / 255]),
        "striate, PyTorch": partial(striate.load(ours, "torch").predict, picture),
        "striate, float32": partial(striate.load(ours, "openvino").predict, picture),
        "striate, bf16": partial(striate.load(ours, "openvino", "bf16").predict, picture),
    }
    with torch.inference_mode():
        seconds = in_turns(ways, rounds)
    print(f"{count} boxes differ by {furthest:.1e} pixels at most; asked {EXACT} exact, {FAST} in bf16")
    show(seconds)


def training(rounds: int) -> None:
    """One step."""
    with TemporaryDirectory() as folder:
        theirs, ours = pair(Path(folder), PICTURE)
        model = striate.load(ours, "torch").train().to(memory_format=torch.channels_last)
    images = scene(2, PICTURE)
    corners = torch.rand(16, 2, generator=torch.Generator().manual_seed(1)) * 350
    boxes, labels = torch.cat([corners, corners + 100], 1), torch.arange(16)
    batch = Batch.full(images, torch.arange(2), BoxTargets(boxes, labels, torch.tensor([8, 8])))
    truth = [{"boxes": boxes[k : k + 8], "labels": labels[k : k + 8] + 1} for k in (0, 8)]
    theirs.train()
    pictures = list(images / 255)
    other = partial(step, theirs, lambda: theirs(pictures, truth))
    ways: dict[str, Callable[[], Any]] = {
        "torchvision": partial(other, half=False),
        "torchvision, bf16": partial(other, half=True),
        "striate, bf16": partial(step, model, lambda: model.losses(batch), half=True),
    }
    seconds = in_turns(ways, rounds)
    print(f"a step with two pictures; asked {TRAINING}")
    show(seconds)


def step(model: Any, losses: Callable[[], dict[str, Tensor]], *, half: bool) -> None:
    """Losses, gradients, weights."""
    if not hasattr(model, "sgd"):
        model.sgd = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        total = torch.stack([value.float() for value in losses().values()]).sum()
    total.backward()  # type: ignore[no-untyped-call]
    model.sgd.step()
    model.sgd.zero_grad()


def pair(folder: Path, size: tuple[int, int]) -> tuple[Any, Path]:
    """torchvision's network with random weights, and the file of ours with the same."""
    torch.manual_seed(0)
    backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=5)
    theirs = FasterRCNN(backbone, 91, min_size=min(size), max_size=max(size)).eval()
    spread(theirs, size)
    torch.save(theirs.state_dict(), folder / "theirs.pth")
    preprocess = Preprocess(size, 3, MEAN, STD, resize_mode="stretch")
    ours = build(NAME, CLASSES, preprocess, task="detect").eval()
    load_detector(ours.network, NAME, folder / "theirs.pth")
    save(ours, folder / "ours.safetensors")
    return theirs, folder / "ours.safetensors"


@torch.no_grad()
def spread(network: Any, size: tuple[int, int]) -> None:
    """Numbers of a usual size in every layer: residual blocks that add little, and last layers to match."""
    for name, weight in network.named_buffers():
        if name.endswith("bn3.weight"):
            weight.fill_(0.2)
    image = network.transform([scene(1, (size[0] // 4, size[1] // 4))[0] / 255])[0].tensors
    maps = list(network.backbone(image).values())
    head, predictor = network.rpn.head, network.roi_heads.box_predictor
    inside = head.conv(maps[0])
    seen = network.roi_heads.box_head(torch.rand(32, 256, 7, 7) * maps[0].std())
    for layer, numbers, deviation in (
        (head.cls_logits, inside, 1.5),
        (head.bbox_pred, inside, 0.3),
        (predictor.cls_score, seen, 2.0),
        (predictor.bbox_pred, seen, 1.0),
    ):
        layer.weight *= deviation / layer(numbers).std()


@torch.inference_mode()
def difference(theirs: Any, ours: Path, picture: Tensor) -> tuple[float, int]:
    """The furthest corner of any box by OpenVINO in float32, pixels, and how many boxes there are."""
    model = striate.load(ours, "openvino")
    (wanted,) = theirs([picture / 255])
    found = model.predict(picture)
    assert torch.equal(found.labels, wanted["labels"] - 1), "another order"
    return float((found.boxes - wanted["boxes"]).abs().max()), len(found)


def scene(count: int, size: tuple[int, int]) -> Tensor:
    """uint8 (count, 3, *size) with structure."""
    coarse = torch.rand(count, 3, 30, 40, generator=torch.Generator().manual_seed(3))
    smooth = torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1)
    return (smooth * 255).to(torch.uint8)


def in_turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The median seconds of each way, measured A B C A B C; the first round is not counted."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, run in ways.items():
            began = perf_counter()
            run()
            taken[way].append(perf_counter() - began)
    return {way: median(values[1:]) for way, values in taken.items()}


def show(seconds: dict[str, float]) -> None:
    """Milliseconds and ratios."""
    for way, taken in seconds.items():
        print(f"  {way:18} {1000 * taken:7.1f} ms   {seconds['torchvision'] / taken:5.2f} x")


if __name__ == "__main__":
    main()
