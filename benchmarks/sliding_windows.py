"""A classifier on all windows of a picture: one pass against one crop after the other, in turns.

    python benchmarks/sliding_windows.py

Held equal: the scores, whose largest difference is printed; networks that pad are made without padding for
that, as a padded layer sees zeros around a crop and its surroundings around a window. Crops go through the
network in batches of 64. Times are medians of rounds A B A B.
"""

from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

import striate
from striate.layers.convolutional import Convolutional

# network, classes, side of the window, side of the picture
CASES = [
    ("overfeat", 4, 14, 28),
    ("overfeat", 4, 14, 112),
    ("lenet5", 10, 32, 128),
    ("lenet5", 10, 32, 512),
    ("nin_cifar", 10, 41, 125),
    ("alexnet", 1000, 199, 391),
    ("vgg11", 1000, 212, 340),
]
ROUNDS, BATCH = 5, 64


@torch.inference_mode()
def main() -> None:
    """Print a line for each case."""
    torch.manual_seed(0)
    for name, classes, window, side in CASES:
        network = made(name, classes)
        sliding = Convolutional(network, (window, window))
        images = torch.randn(1, sliding.channels, side, side)
        boxes = sliding.windows((side, side)).long().tolist()
        times: dict[str, list[float]] = {"crops": [], "once": []}
        answers: dict[str, Tensor] = {}
        for _ in range(ROUNDS):
            for kind in times:
                began = perf_counter()
                answers[kind] = (
                    sliding(images)[0].flatten(1).T if kind == "once" else crops(network, images, boxes)
                )
                times[kind].append(perf_counter() - began)
        once, single = answers["once"], answers["crops"]
        off = float((once - single).abs().max() / single.abs().max())
        ratio = median(times["crops"]) / median(times["once"])
        counted = sliding.speed_up((side, side))
        print(
            f"{name:10} {len(boxes):6} windows of {window} in {side}: {ratio:6.1f}x the speed "
            f"({counted:.1f}x fewer multiplications), scores within {off:.0e}"
        )


def made(name: str, classes: int) -> nn.Module:
    """A network in evaluation mode, without padding."""
    if name == "overfeat":
        layers = [nn.Conv2d(3, 16, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 400), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, classes)).eval()
    network = striate.create(name, classes=classes, in_channels=3)
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            part.padding = (0, 0)
        elif isinstance(part, nn.MaxPool2d):
            part.ceil_mode = False
    return network.eval()


def crops(network: nn.Module, images: Tensor, boxes: list[list[int]]) -> Tensor:
    """The scores (M, K) of all windows, cut out."""
    cut = [images[0, :, y1:y2, x1:x2] for x1, y1, x2, y2 in boxes]
    return torch.cat([network(torch.stack(cut[at : at + BATCH])) for at in range(0, len(cut), BATCH)])


if __name__ == "__main__":
    main()
