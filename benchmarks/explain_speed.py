"""Explaining 64 pictures with ResNet-18, against captum: seconds and peak memory of saliency and Grad-CAM.

Held equal: the network and its (random) weights, 64 random pictures of 224 pixels in float32, the explained
classes, the layer of Grad-CAM (the last stage), signed maps at the size of the pictures, the threads. Each is
called as its documentation does: captum.attr.Saliency(model).attribute(images, target=...), and LayerGradCam
with relu_attributions and its interpolate; striate.explain(model, images, method). Seconds: in turns
(A B A B ...), medians. Memory: how far the resident set rises above the loaded network and pictures at its
peak, each in a process of its own.

    python benchmarks/explain_speed.py [--turns 5] [--threads 2]
"""

import argparse
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import captum.attr as captum
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from striate.explain.attribution.methods import explain

COUNT, SIDE = 64, 224
ASKED, MOST_APART = 1.2, 1e-6


def network_and_pictures() -> tuple[nn.Module, Tensor]:
    """ResNet-18 with random weights, and random pictures."""
    torch.manual_seed(0)
    return resnet18(weights=None).eval(), torch.rand(COUNT, 3, SIDE, SIDE)


def calls(model: nn.Module, images: Tensor) -> dict[str, dict[str, Callable[[], Tensor]]]:
    """The same maps in both ways."""
    classes = torch.arange(COUNT) % 10
    named = classes.tolist()

    def captum_gradcam() -> Tensor:
        coarse = captum.LayerGradCam(model, model.layer4).attribute(
            images, target=classes, relu_attributions=True
        )
        return captum.LayerAttribution.interpolate(coarse, (SIDE, SIDE), "bilinear").squeeze(1)

    return {
        "saliency": {
            "captum": lambda: captum.Saliency(model).attribute(images, target=classes, abs=False),
            "striate": lambda: explain(model, images, target=named).values,
        },
        "gradcam": {
            "captum": captum_gradcam,
            "striate": lambda: explain(model, images, "gradcam", layer="layer4", target=named).values,
        },
    }


def timed(call: Callable[[], Tensor]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def rise(method: str, whose: str) -> float:
    """Megabytes by which the resident set rises at its peak, in this process. Linux only."""
    call = calls(*network_and_pictures())[method][whose]
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak of the resident set
    before = resident("VmRSS")
    call()
    return (resident("VmHWM") - before) / 2**20


def resident(name: str) -> int:
    """Bytes of the resident set: now (VmRSS) or at its peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def measured_apart(method: str, whose: str, threads: int) -> float:
    """``rise`` in a process of its own."""
    asked = [sys.executable, __file__, "--threads", str(threads), "--memory", f"{method}:{whose}"]
    return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def compare(method: str, ways: dict[str, Callable[[], Tensor]], turns: int, threads: int) -> bool:
    """Print one line; whether what was asked is met."""
    theirs, ours = ways["captum"](), ways["striate"]()
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    taken = [(timed(ways["captum"]), timed(ways["striate"])) for _ in range(turns)]
    before, now = (statistics.median(column) for column in zip(*taken, strict=True))
    heavy, light = (measured_apart(method, whose, threads) for whose in ("captum", "striate"))
    print(
        f"{method:9} captum {before:.2f} s, {heavy:,.0f} MiB   striate {now:.2f} s, {light:,.0f} MiB"
        f"   {before / now:.2f}x, apart by {apart:.1e} of the largest value",
        flush=True,
    )
    return before / now >= ASKED and light <= heavy and apart <= MOST_APART


def main() -> None:
    """Compare both methods, or measure the memory of one call."""
    warnings.simplefilter("ignore")  # captum's, about hooks and gradients of the input
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.memory:
        print(rise(*asked.memory.split(":")))
        return
    both = calls(*network_and_pictures())
    met = [compare(method, ways, asked.turns, asked.threads) for method, ways in both.items()]
    print(f"{asked.threads} threads, torch {torch.__version__}: {'met' if all(met) else 'not met'}")


if __name__ == "__main__":
    main()
