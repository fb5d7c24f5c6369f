"""What a step of an inversion gains over the plain loop of the tutorials.

Held equal: VGG-19 and its (random) weights, the layer, the picture, the noise to begin with, the cost
(distance of features as a share of their size, plus the total variation), Adam with one falling rate on
values whose sigmoid is the picture, the number of steps, the threads. The plain loop is float32, channels
first, the network cut behind the layer, without gradients for its weights. Ours is ``striate.invert`` with
``arithmetic="bf16"`` as it stands. Both are run whole in turns (A B A B ...), medians, and what a run of no
steps costs is taken off ours. The final cost of both pictures is measured by the plain loop, in float32.

    python benchmarks/inversion_step.py [--sizes 256,512] [--steps 8] [--turns 3]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import striate
from striate.explain.synthesis.image_parameterization import ImageParameterization
from striate.explain.synthesis.invert import RATE
from striate.layers.backbone import Backbone
from striate.zoo.networks import create

LAYER = "stages.2.relu4_2"
VARIATION = 0.3
ASKED, MOST_APART = 1.5, 0.02


class PlainLoop:
    """The loop of the tutorials."""

    def __init__(self, network: Backbone, picture: Tensor) -> None:
        stage, last = LAYER.rsplit(".", 1)
        parts: list[nn.Module] = [network.stem]
        for name, part in network.stages.named_children():
            if f"stages.{name}" == stage:
                kept = [child for child, _ in part.named_children()]
                parts += [part.get_submodule(child) for child in kept[: kept.index(last) + 1]]
                break
            parts.append(part)
        self.network = nn.Sequential(*parts).requires_grad_(False)
        self.start = ImageParameterization(tuple(picture.shape), "pixels", None, seed=0).values.detach()
        with torch.no_grad():
            self.wanted = self.network(picture)

    def cost(self, pixels: Tensor) -> Tensor:
        """Distance of the features, and variation."""
        down = (pixels[..., 1:, :-1] - pixels[..., :-1, :-1]).square()
        right = (pixels[..., :-1, 1:] - pixels[..., :-1, :-1]).square()
        apart = (self.network(pixels) - self.wanted).square().sum() / self.wanted.square().sum()
        return apart + VARIATION * (down + right).mean()

    def run(self, steps: int) -> Tensor:
        """The picture after so many steps."""
        values = self.start.clone().requires_grad_()
        adam = torch.optim.Adam([values], lr=RATE)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
        for _ in range(steps):
            adam.zero_grad()
            self.cost(values.sigmoid()).backward()
            adam.step()
            falling.step()
        return values.detach().sigmoid()


def picture_of(side: int) -> Tensor:
    """Soft shapes, uint8."""
    random = torch.Generator().manual_seed(0)
    small = torch.rand(1, 3, 12, 12, generator=random)
    return F.interpolate(small, (side, side), mode="bicubic").clamp(0, 1).mul(255).to(torch.uint8)


def timed(run: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Seconds, and the picture."""
    begun = time.perf_counter()
    picture = run()
    return time.perf_counter() - begun, picture


def compare(network: Backbone, side: int, steps: int, turns: int) -> bool:
    """Runs in turns at one size; whether what was asked is met."""
    picture = picture_of(side)
    plain = PlainLoop(network, picture / 255)

    def ours(count: int) -> Tensor:
        found = striate.invert(
            network, picture[0], LAYER, steps=count, variation=VARIATION, arithmetic="bf16"
        )
        return found.pictures

    ours(1), plain.run(1)
    seconds, pictures = [], []
    for _ in range(turns):
        before, whole, bare = (
            timed(lambda: ours(0)),
            timed(lambda: ours(steps)),
            timed(lambda: plain.run(steps)),
        )
        seconds.append((bare[0] / steps, (whole[0] - before[0]) / steps))
        pictures = [bare[1], whole[1]]
    times = [statistics.median(column) for column in zip(*seconds, strict=True)]
    with torch.no_grad():
        begun, *ends = (float(plain.cost(one)) for one in (plain.start.sigmoid(), *pictures))
    ratio, apart = times[0] / times[1], ends[1] / ends[0] - 1
    print(
        f"{side:4} px  plain {times[0]:.3f} s  ours {times[1]:.3f} s  {ratio:.2f}x"
        f"  cost {begun:.4g} -> {ends[0]:.4g} and {ends[1]:.4g} ({apart:+.2%})",
        flush=True,
    )
    return ratio >= ASKED and apart <= MOST_APART


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", default="256,512")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    network = create("vgg19", classes=2).eval()
    met = [compare(network, int(side), asked.steps, asked.turns) for side in asked.sizes.split(",")]
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}: {'met' if all(met) else 'not met'}")


if __name__ == "__main__":
    main()
