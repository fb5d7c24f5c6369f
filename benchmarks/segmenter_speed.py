"""U-Net on ResNet-34 and FCN on ResNet-50 on a picture of 480x640, beside their peers with equal weights.

    python benchmarks/segmenter_speed.py --threads 2 --rounds 9     # needs segmentation-models-pytorch

Held equal: weights, the picture at the network's own size, the scores (no further apart than 1e-5 of the
largest, in float32), which is checked first; printed is the share of pixels with the same class. In turns,
from the uint8 picture to the class of every pixel: segmentation_models.pytorch's Unet and torchvision's FCN,
eager in inference mode, without an auxiliary head; ours by PyTorch, by OpenVINO in float32, and in bf16,
which gives a record with run lengths. Printed are medians, and their ratios to the peer's.
"""

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

import striate
from striate.data.preprocess import Preprocess
from striate.zoo.build import build
from striate.zoo.save_load import save
from striate.zoo.weights.segmenter_weights import load_segmenter

SIZE = (480, 640)
CLASSES = [str(number) for number in range(21)]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
EXACT, FAST = 1.5, 3.0
"""Ratios that are asked for."""


def main() -> None:
    """Compare both, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=PEERS)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    picture = scene(SIZE)
    for name in [asked.only] if asked.only else PEERS:
        with TemporaryDirectory() as folder:
            theirs, ours = pair(name, Path(folder))
            furthest = difference(theirs, ours, picture)
            peer = partial(classes_of, theirs)
            ways: dict[str, Callable[[Tensor], Tensor]] = {"peer": peer}
            for way, setting in {
                "PyTorch": ("torch", "exact"),
                "float32": ("openvino", "exact"),
                "bf16": ("openvino", "bf16"),
            }.items():
                ways[way] = partial(mask_of, striate.load(ours, *setting))
            seconds, same = in_turns(ways, picture, asked.rounds)
        print(f"{name}: scores differ by {furthest:.1e} of the largest; asked {EXACT} exact, {FAST} in bf16")
        for way, taken in seconds.items():
            ratio = seconds["peer"] / taken
            print(f"  {way:8} {1000 * taken:7.1f} ms   {ratio:5.2f} x   equal classes {same[way]:.4%}")


def smp_unet() -> nn.Module:
    """segmentation_models.pytorch's U-Net."""
    import segmentation_models_pytorch as smp

    found: nn.Module = smp.Unet("resnet34", encoder_weights=None, classes=len(CLASSES))
    return found


def torchvision_fcn() -> nn.Module:
    """torchvision's FCN, without the head that only training looks at."""
    from torchvision.models.segmentation import fcn_resnet50

    found: nn.Module = fcn_resnet50(
        weights=None, weights_backbone=None, num_classes=len(CLASSES), aux_loss=False
    )
    return found


PEERS: dict[str, tuple[Callable[[], nn.Module], dict[str, Any]]] = {
    "unet": (smp_unet, {"backbone": "resnet34", "width": 1.0}),
    "fcn_resnet50": (torchvision_fcn, {}),
}
"""Name -> the peer's builder, and the arguments with which ours is the same network."""


def pair(name: str, folder: Path) -> tuple[nn.Module, Path]:
    """The peer with random weights, and the file of ours with the same."""
    build_peer, arguments = PEERS[name]
    torch.manual_seed(0)
    theirs = build_peer()
    spread(theirs)
    torch.save(theirs.state_dict(), folder / "theirs.pth")
    preprocess = Preprocess(SIZE, 3, MEAN, STD, resize_mode="stretch")
    ours = build(name, CLASSES, preprocess, task="segmentation", **arguments).eval()
    load_segmenter(ours.network, name, folder / "theirs.pth", arguments)
    save(ours, folder / "ours.safetensors")
    return theirs.eval(), folder / "ours.safetensors"


@torch.no_grad()
def spread(network: nn.Module) -> None:
    """Numbers of a usual size in every layer, and residual blocks that add little, as after training."""
    for name, module in network.named_modules():
        if re.search(r"layer\d\.\d\.bn[23]$", name):
            module.weight.fill_(0.2)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    network.train()
    network(normalized(scene((240, 320)))[None].repeat(2, 1, 1, 1))
    network.eval()


def normalized(picture: Tensor) -> Tensor:
    """uint8 (3, H, W) -> float32, as both networks expect it."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    return (picture / 255 - mean) / std


def scores_of(theirs: nn.Module, picture: Tensor) -> Tensor:
    """(1, K, H, W)."""
    found = theirs(normalized(picture)[None])
    scores: Tensor = found["out"] if isinstance(found, dict) else found
    return scores


def classes_of(theirs: nn.Module, picture: Tensor) -> Tensor:
    """int64 (H, W)."""
    return scores_of(theirs, picture)[0].argmax(0)


def mask_of(model: Any, picture: Tensor) -> Tensor:
    """What a record holds; its run lengths are not unpacked while the clock runs."""
    found: Tensor = model.predict(picture)
    return found


@torch.inference_mode()
def difference(theirs: nn.Module, ours: Path, picture: Tensor) -> float:
    """The furthest score by OpenVINO in float32, as a share of the largest one."""
    wanted = scores_of(theirs, picture)
    found = striate.load(ours, "openvino").answering(1)(picture[None])
    furthest = float((found - wanted).abs().max() / wanted.abs().max())
    assert furthest < 1e-5, f"scores differ by {furthest}"
    return furthest


def scene(size: tuple[int, int]) -> Tensor:
    """uint8 (3, *size) with structure."""
    coarse = torch.rand(1, 3, 15, 20, generator=torch.Generator().manual_seed(3))
    smooth = nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1)
    return (smooth[0] * 255).to(torch.uint8)


@torch.inference_mode()
def in_turns(
    ways: dict[str, Callable[[Tensor], Any]], picture: Tensor, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds of each way, A B C A B C without the first two rounds; shares of equal pixels."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    last: dict[str, Any] = {}
    for _ in range(rounds + 2):
        for way, run in ways.items():
            began = perf_counter()
            last[way] = run(picture)
            taken[way].append(perf_counter() - began)
    wanted = last["peer"]
    same = {
        way: float((getattr(found, "mask", found) == wanted).double().mean()) for way, found in last.items()
    }
    return {way: median(values[2:]) for way, values in taken.items()}, same


if __name__ == "__main__":
    main()
