"""Suppression, IoU and pooling of regions against torchvision: how many times as fast, on the processor.

Held equal: boxes, maps, dtype (float32), threads, and the results: NMS keeps the same boxes in the same
order, IoU has the same bits, RoI align is within 1e-5, and the gradients of RoI align and RoI pool are within
1e-4, of the largest value. In turns (A B A B ...), medians; the kernels are compiled before.

    python benchmarks/box_ops.py [--turns 9] [--threads 2] [--only NMS]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torchvision.ops as peer
from torch import Tensor

from striate import ops

SIDE, STRIDE = 800, 16
REGIONS, CHANNELS, BINS = 1000, 256, 7
Call = Callable[[], Tensor]


def random_boxes(count: int, side: float, low: float, high: float) -> Tensor:
    """Boxes of ``low`` to ``high`` pixels, anywhere in a square."""
    size = low + (high - low) * torch.rand(count, 2)
    corner = side * torch.rand(count, 2) - size / 2
    return torch.cat([corner, corner + size], dim=1)


def suppression() -> Iterator[tuple[str, float, Call, Call, float]]:
    """NMS of random boxes, and of boxes that all lie on one object."""
    for count, asked in ((1_000, 8), (10_000, 20), (50_000, 30)):
        boxes, scores = random_boxes(count, 1000, 10, 200), torch.rand(count)
        yield (
            f"NMS, {count:,} random boxes",
            asked,
            lambda boxes=boxes, scores=scores: peer.nms(boxes, scores, 0.5),
            lambda boxes=boxes, scores=scores: ops.nms(boxes, scores, 0.5),
            0.0,
        )
    for spread in (5, 20, 60):
        boxes = torch.tensor([400.0, 300, 600, 550]) + spread * torch.randn(10_000, 4)
        scores = torch.rand(10_000)
        yield (
            f"NMS, 10,000 boxes on one object, corners {spread} pixels apart",
            20,
            lambda boxes=boxes, scores=scores: peer.nms(boxes, scores, 0.5),
            lambda boxes=boxes, scores=scores: ops.nms(boxes, scores, 0.5),
            0.0,
        )
    first, second = random_boxes(5_000, 1000, 10, 200), random_boxes(5_000, 1000, 10, 200)
    yield (
        "IoU of 5,000 x 5,000",
        10,
        lambda: peer.box_iou(first, second),
        lambda: ops.box_iou(first, second),
        0.0,
    )


def pooling() -> Iterator[tuple[str, float, Call, Call, float]]:
    """RoI align and RoI pool of 1,000 regions, with and without the way back, in both memory formats."""
    corners = random_boxes(REGIONS, SIDE, 16, 400).clamp(0, SIDE)
    regions = torch.cat([torch.zeros(REGIONS, 1), corners], dim=1)
    x = torch.randn(1, CHANNELS, SIDE // STRIDE, SIDE // STRIDE)
    upstream = torch.randn(REGIONS, CHANNELS, BINS, BINS)
    for form, short in ((torch.contiguous_format, ""), (torch.channels_last, ", channels-last")):
        yield from pooling_of(x.to(memory_format=form), regions, upstream.to(memory_format=form), short)


def pooling_of(
    x: Tensor, regions: Tensor, upstream: Tensor, form: str
) -> Iterator[tuple[str, float, Call, Call, float]]:
    """The same in one memory format, which both sides are given."""
    for name, more in (("roi_align", (-1, True)), ("roi_align", (2, True)), ("roi_pool", ())):
        label = f"{name}{', ratio ' + str(more[0]) if more else ''}{form}"

        def forward(module: object, name: str = name, more: tuple = more) -> Tensor:
            return getattr(module, name)(x, regions, BINS, 1 / STRIDE, *more)

        def both(module: object, name: str = name, more: tuple = more) -> Tensor:
            leaf = x.clone().requires_grad_()
            pooled = getattr(module, name)(leaf, regions, BINS, 1 / STRIDE, *more)
            return torch.autograd.grad(pooled, leaf, upstream)[0]

        yield f"{label}: forward", 10, lambda f=forward: f(peer), lambda f=forward: f(ops), 1e-5
        yield f"{label}: forward and backward", 4, lambda f=both: f(peer), lambda f=both: f(ops), 1e-4


def seconds(call: Call) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    print(f"{'':56} torchvision     striate   ratio  asked")
    for name, asked, theirs, ours, tolerance in (*suppression(), *pooling()):
        if chosen.only not in name:
            continue
        expected, found = theirs(), ours()
        far = float((found - expected).abs().max() / expected.abs().max()) if tolerance else 0.0
        assert far <= tolerance if tolerance else torch.equal(found, expected), f"{name}: {far} apart"
        pairs = [(seconds(theirs), seconds(ours)) for _ in range(chosen.turns)]
        a, b = (1e3 * statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"{name:56} {a:8.2f} ms {b:8.2f} ms {a / b:6.1f}x  >= {asked}x", flush=True)


if __name__ == "__main__":
    main()
