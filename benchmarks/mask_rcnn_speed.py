"""Mask R-CNN on ResNet-50 with a pyramid, beside torchvision's with the same weights; and pasting of masks.

    python benchmarks/mask_rcnn_speed.py --threads 2 --rounds 3
    python benchmarks/mask_rcnn_speed.py --only paste --rounds 5

Answers: one picture of 640x480, scaled beforehand to 1056x800, so that both see the same tensor. Held equal:
weights, 1,000 proposals, and every pixel of the masks by PyTorch, which is checked first; both times have
pasting. In turns: torchvision eager in inference mode; ours by PyTorch, by OpenVINO in
float32, and in bf16.

Pasting: 100 soft masks of 28x28 into a picture of 1920x1080, above 0.5, in turns; every pixel is equal.

Memory: 100 instances on a picture of 4000x6000 pixels, above what was there before.
"""

import argparse
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.models.detection.roi_heads import paste_masks_in_image

import striate
from striate.data.preprocess import Preprocess
from striate.ops import paste_masks
from striate.records import Detections
from striate.tasks.detection.soft_masks import SoftMasks
from striate.zoo.build import build
from striate.zoo.save_load import save
from striate.zoo.weights.detector_weights import load_detector

NAME = "maskrcnn_resnet50_fpn"
SCALED, PICTURE, LARGE = (800, 1056), (1080, 1920), (4000, 6000)
CLASSES = [str(number) for number in range(1, 91)]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PASTED = 100
EXACT, FAST, PASTE, MEGABYTES = 1.4, 2.5, 5.0, 200
"""What is asked for."""


def main() -> None:
    """Compare both, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("predict", "paste", "memory"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.only in (None, "memory"):
        memory()
    if asked.only in (None, "paste"):
        pasting(asked.rounds)
    if asked.only in (None, "predict"):
        with TemporaryDirectory() as folder:
            answers(Path(folder), asked.rounds)


def pasting(rounds: int) -> None:
    """A hundred masks."""
    crops, boxes = instances(PICTURE)
    ways: dict[str, Callable[[], Tensor]] = {
        "torchvision": lambda: paste_masks_in_image(crops[:, None], boxes, PICTURE)[:, 0] > 0.5,
        "striate": partial(paste_masks, crops, boxes, PICTURE),
    }
    assert torch.equal(*(run() for run in ways.values())), "other pixels"
    print(f"pasting {PASTED} masks, equal pixels; asked {PASTE}")
    show(in_turns(ways, rounds))


def memory() -> None:
    """A hundred instances on a large picture, each mask looked at and written."""
    crops, boxes = instances(LARGE)
    masks = SoftMasks(crops, boxes, LARGE)
    masks.window(0)  # kernels are compiled
    before = peak()
    found = Detections(boxes, torch.ones(PASTED), torch.zeros(PASTED).long(), ("one",), masks=masks)
    written = len(found.to_json())
    print(f"{PASTED} instances on {LARGE[1]}x{LARGE[0]}: {peak() - before:.1f} MB above the peak before,")
    print(f"while {written / 1e6:.1f} MB of JSON are written; asked {MEGABYTES} at most")


def peak() -> float:
    """The largest memory of the program so far, megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def answers(folder: Path, rounds: int) -> None:
    """One picture."""
    theirs, ours = pair(folder)
    picture = scene(1, SCALED)[0]
    model = striate.load(ours, "torch")
    with torch.inference_mode():
        (wanted,) = theirs([picture / 255])
        found = model.predict(picture)
        assert torch.equal(found.masks.pasted(), wanted["masks"][:, 0] > 0.5), "other masks"
        ways: dict[str, Callable[[], Any]] = {
            "torchvision": partial(theirs, [picture / 255]),
            "striate, PyTorch": partial(pasted, model, picture),
            "striate, float32": partial(pasted, striate.load(ours, "openvino"), picture),
            "striate, bf16": partial(pasted, striate.load(ours, "openvino", "bf16"), picture),
        }
        seconds = in_turns(ways, rounds)
    print(f"{len(found)} equal masks; asked {EXACT} exact, {FAST} in bf16")
    show(seconds)


def pasted(model: Any, picture: Tensor) -> Tensor:
    """The masks of an answer, as pixels."""
    masks: Tensor = model.predict(picture).masks.pasted()
    return masks


def pair(folder: Path) -> tuple[Any, Path]:
    """torchvision's network with random weights, and the file of ours with the same."""
    torch.manual_seed(0)
    theirs = maskrcnn_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=91, min_size=min(SCALED), max_size=max(SCALED)
    ).eval()
    spread(theirs)
    torch.save(theirs.state_dict(), folder / "theirs.pth")
    preprocess = Preprocess(SCALED, 3, MEAN, STD, resize_mode="stretch")
    ours = build(NAME, CLASSES, preprocess, task="instances").eval()
    load_detector(ours.network, NAME, folder / "theirs.pth")
    save(ours, folder / "ours.safetensors")
    return theirs, folder / "ours.safetensors"


@torch.no_grad()
def spread(network: Any) -> None:
    """Numbers of a usual size in every layer: residual blocks that add little, and last layers to match."""
    for name, weight in network.named_parameters():
        if name.endswith("bn3.weight"):
            weight.fill_(0.2)
    image = network.transform([scene(1, (SCALED[0] // 4, SCALED[1] // 4))[0] / 255])[0].tensors
    maps = list(network.backbone(image).values())
    heads, inside = network.roi_heads, network.rpn.head.conv(maps[0])
    seen = heads.box_head(torch.rand(32, 256, 7, 7) * maps[0].std())
    fine = heads.mask_predictor.conv5_mask(heads.mask_head(torch.rand(8, 256, 14, 14) * maps[0].std())).relu()
    for layer, numbers, deviation in (
        (network.rpn.head.cls_logits, inside, 1.5),
        (network.rpn.head.bbox_pred, inside, 0.3),
        (heads.box_predictor.cls_score, seen, 2.0),
        (heads.box_predictor.bbox_pred, seen, 1.0),
        (heads.mask_predictor.mask_fcn_logits, fine, 2.0),
    ):
        layer.weight *= deviation / layer(numbers).std()


def instances(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Smooth soft masks (100, 28, 28) and boxes (100, 4) of up to a third of a picture."""
    made = torch.Generator().manual_seed(0)
    coarse = torch.randn(PASTED, 1, 6, 6, generator=made)
    crops = torch.nn.functional.interpolate(coarse, size=(28, 28), mode="bicubic")[:, 0].sigmoid()
    middles = torch.rand(PASTED, 2, generator=made) * torch.tensor(size[::-1])
    halves = torch.rand(PASTED, 2, generator=made) * min(size) / 3.6 + 3
    return crops, torch.cat([middles - halves, middles + halves], 1)


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
