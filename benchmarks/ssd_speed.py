"""SSD300 and SSDLite320 on one picture of 640x480, beside torchvision's with the same weights.

    python benchmarks/ssd_speed.py --threads 2 --rounds 20

Held equal: weights, and the boxes on an image of the network's own size (no more than 1e-3 pixels apart, in
one order), which is checked first. Measured in turns, from the decoded picture to boxes in its pixels:
torchvision eager in inference mode; ours by PyTorch, by OpenVINO in float32, and in bf16. torchvision scales
the picture without antialiasing, ours with. Printed are medians, and their ratios to torchvision's.
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
from torchvision.models.detection import ssd300_vgg16, ssdlite320_mobilenet_v3_large

import striate
from striate.zoo.save_load import save

TWINS = {
    "ssd300_vgg16": (ssd300_vgg16, 1.5, 2.5),
    "ssdlite320_mobilenet_v3_large": (ssdlite320_mobilenet_v3_large, 1.5, None),
}
"""Name -> torchvision's builder, and the ratios that are asked for in float32 and in bf16."""

CLASSES = [str(number) for number in range(1, 91)]


def main() -> None:
    """Compare both, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    picture = scene((480, 640))
    for name, (build, exact, fast) in TWINS.items():
        with TemporaryDirectory() as folder:
            theirs, ours = pair(name, build, Path(folder))
            furthest = difference(theirs, ours)
            ways: dict[str, Callable[[], Any]] = {
                "torchvision": partial(theirs, [picture / 255]),
                "striate, PyTorch": partial(striate.load(ours, "torch").predict, picture),
                "striate, float32": partial(striate.load(ours, "openvino").predict, picture),
                "striate, bf16": partial(striate.load(ours, "openvino", "bf16").predict, picture),
            }
            seconds = in_turns(ways, asked.rounds)
        print(f"{name}: boxes differ by {furthest:.1e} pixels at most; asked {exact} exact, {fast} in bf16")
        for way, taken in seconds.items():
            print(f"  {way:18} {1000 * taken:7.1f} ms   {seconds['torchvision'] / taken:5.2f} x")


def pair(name: str, build: Callable[..., Any], folder: Path) -> tuple[Any, Path]:
    """torchvision's network with random weights, and the file of ours with the same."""
    torch.manual_seed(0)
    theirs = build(weights=None, weights_backbone=None, num_classes=91).eval()
    if name.startswith("ssdlite"):
        spread(theirs)
    torch.save(theirs.state_dict(), folder / "theirs.pth")
    ours = striate.create(name, classes=CLASSES, weights=folder / "theirs.pth")
    save(ours, folder / "ours.safetensors")
    return theirs, folder / "ours.safetensors"


@torch.no_grad()
def spread(network: Any) -> None:
    """Weights and statistics of norms with which scores differ; the first ones of SSDLite make all equal."""
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    network.train()
    images = torch.rand(16, 3, 320, 320, generator=torch.Generator().manual_seed(0))
    network.head(list(network.backbone(images).values()))
    network.eval()


@torch.inference_mode()
def difference(theirs: Any, ours: Path) -> float:
    """The furthest corner of any box, pixels, on an image of the network's size."""
    model = striate.load(ours, "torch")
    image = scene(model.preprocess.size)
    (wanted,) = theirs([image / 255])
    (found,) = model.decode(model(image[None]), torch.tensor([model.preprocess.size]))
    assert torch.equal(found.labels, wanted["labels"] - 1), "another order"
    return float((found.boxes - wanted["boxes"]).abs().max())


def scene(size: tuple[int, int]) -> Tensor:
    """uint8 (3, *size) with structure."""
    coarse = torch.rand(1, 3, 10, 10, generator=torch.Generator().manual_seed(3))
    smooth = torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1)
    return (smooth[0] * 255).to(torch.uint8)


@torch.inference_mode()
def in_turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The median seconds of each way, measured A B C A B C; the first two rounds are not counted."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds + 2):
        for way, run in ways.items():
            began = perf_counter()
            run()
            taken[way].append(perf_counter() - began)
    return {way: median(values[2:]) for way, values in taken.items()}


if __name__ == "__main__":
    main()
