"""What a step of a painting or a texture gains over the plain loop of the tutorials, and its memory.

Held equal: VGG-19 and its (random) weights, the layers, the content (a texture has none and begins with
noise), the style, the forms of the costs (means of squares; Gram matrices divided by C H W), Adam with one
rate and one epsilon on the pixels, the start, the number of steps, the threads. The plain loop is that of
PyTorch's tutorial: float32, channels first, the network cut behind its last layer, weights without
gradients, targets computed once. Ours is in bf16 and channels last, and sends Gram matrices backwards in
one product. Steps are taken in turns (A B A B ...), medians. The final cost of both pictures is measured by
the plain loop, in float32.

    python benchmarks/style_step.py [--what painting,texture] [--sizes 256,512] [--steps 8]
    python benchmarks/style_step.py --memory 512 --precision bf16

The second measures how far the memory rises above the loaded network, beside what is said beforehand.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.backbone import Backbone
from striate.style.losses.losses import Cost, Style, Weights, content_maps, gram_means
from striate.style.networks.encoder import Encoder
from striate.style.painting.optimizers import EPSILON, SCALE, Adam
from striate.style.painting.tiling import peak_bytes
from striate.zoo.networks import create
from striate.zoo.weights.published_weights import MEAN, STD

CONTENT = "stages.2.relu4_2"
STYLES = ("stem.relu1_1", "stages.0.relu2_1", "stages.1.relu3_1", "stages.2.relu4_1", "stages.3.relu5_1")
STYLE_WEIGHT = 1e4
RATE = 0.02
ASKED, MOST_APART = 1.5, 0.02


def gram(maps: Tensor) -> Tensor:
    """As the tutorial has it."""
    count, channels, height, width = maps.shape
    vectors = maps.view(count * channels, height * width)
    return torch.mm(vectors, vectors.t()).div(count * channels * height * width)


class PlainLoop:
    """The loop of the tutorial."""

    def __init__(self, network: Backbone, content: Tensor | None, style: Tensor, start: Tensor) -> None:
        layers = [("stem", network.stem), *((f"stages.{n}", part) for n, part in enumerate(network.stages))]
        self.layers: list[tuple[str, nn.Module]] = []
        for prefix, part in layers:
            self.layers += [(f"{prefix}.{name}", layer) for name, layer in part.named_children()]
        last = [name for name, _ in self.layers].index(STYLES[-1])
        self.layers = self.layers[: last + 1]
        for _, layer in self.layers:
            layer.requires_grad_(False)
        self.mean, self.std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
        with torch.no_grad():
            self.content = None if content is None else self.maps(content)[CONTENT]
            seen = self.maps(style)
            self.grams = {name: gram(seen[name]) for name in STYLES}
        self.pixels = start.clone().requires_grad_()
        self.optimizer = torch.optim.Adam([self.pixels], RATE, eps=EPSILON * SCALE)

    def maps(self, pixels: Tensor) -> dict[str, Tensor]:
        """Of the layers that count."""
        x, seen = (pixels - self.mean) / self.std, {}
        for name, layer in self.layers:
            x = layer(x)
            if name == CONTENT or name in STYLES:
                seen[name] = x
        return seen

    def cost(self, pixels: Tensor) -> Tensor:
        """Content and style."""
        seen = self.maps(pixels)
        apart = [F.mse_loss(gram(seen[name]), self.grams[name]) for name in STYLES]
        total = STYLE_WEIGHT * torch.stack(apart).sum()
        return total if self.content is None else total + F.mse_loss(seen[CONTENT], self.content)

    def step(self) -> None:
        """One step of Adam."""
        self.optimizer.zero_grad()
        with torch.no_grad():
            self.pixels.clamp_(0, 1)
        self.cost(self.pixels).backward()
        self.optimizer.step()


class Ours:
    """The same with what a painting uses."""

    def __init__(
        self, network: Backbone, content: Tensor | None, style: Tensor, start: Tensor, dtype: torch.dtype
    ) -> None:
        layers = STYLES if content is None else (*STYLES, CONTENT)
        self.encoder = Encoder(network, layers, MEAN, STD, dtype)
        kept = {} if content is None else {CONTENT: 1.0}
        weights = Weights(kept, dict.fromkeys(STYLES, STYLE_WEIGHT), form="neural_style")
        maps = {} if content is None else content_maps(self.encoder, content, weights.content)
        self.cost = Cost(self.encoder, weights, maps, [Style(gram_means(self.encoder, style))])
        self.pixels, self.descent = start.clone(), Adam(RATE)

    def step(self) -> None:
        """One step of Adam."""
        _, gradient = self.cost(self.pixels)
        self.pixels = self.descent.move(self.pixels, gradient)


def pictures(side: int) -> tuple[Tensor, Tensor]:
    """A content of soft shapes and a style of stripes, 0..1."""
    random = torch.Generator().manual_seed(0)
    soft = F.interpolate(torch.rand(1, 3, 12, 12, generator=random), (side, side), mode="bicubic").clamp(0, 1)
    rows = torch.arange(side).view(1, 1, side, 1) // 6 % 2
    stripes = 0.7 * rows + 0.3 * torch.rand(1, 3, side, side, generator=random)
    return soft, stripes.expand(1, 3, side, side).contiguous()


def timed(step: Callable[[], None]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def compare(network: Backbone, what: str, side: int, steps: int) -> bool:
    """Steps in turns at one size; whether what was asked is met."""
    picture, style = pictures(side)
    content = picture if what == "painting" else None
    start = picture if what == "painting" else torch.rand(picture.shape)
    plain = PlainLoop(network, content, style, start)
    ours = Ours(network, content, style, start, torch.bfloat16)
    begun = float(plain.cost(start).detach())
    turns = [(timed(plain.step), timed(ours.step)) for _ in range(steps)]
    seconds = [statistics.median(column) for column in zip(*turns[1:], strict=True)]
    with torch.no_grad():
        ends = [float(plain.cost(pixels.detach().clamp(0, 1))) for pixels in (plain.pixels, ours.pixels)]
    ratio, apart = seconds[0] / seconds[1], ends[1] / ends[0] - 1
    print(
        f"{what:8} {side:4} px  plain {seconds[0]:.3f} s  ours {seconds[1]:.3f} s  {ratio:.2f}x"
        f"  cost {begun:.4g} -> {ends[0]:.4g} and {ends[1]:.4g} ({apart:+.2%})",
        flush=True,
    )
    return ratio >= ASKED and apart <= MOST_APART


def memory(network: Backbone, side: int, precision: str) -> None:
    """How far the memory rises in three steps, beside what is said beforehand."""
    content, style = pictures(side)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    ours = Ours(network, content, style, content, dtype)
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak of the resident set
    before = resident("VmRSS")
    for _ in range(3):
        ours.step()
    measured = resident("VmHWM") - before
    said = peak_bytes(ours.encoder, (side, side), "adam", (side, side))
    kept = ours.encoder.kept_bytes(side, side)
    sizes = f"kept {kept / 1e9:.2f} GB  said {said / 1e9:.2f} GB  peak {measured / 1e9:.2f} GB"
    print(f"{side:4} px  {precision:8}  {sizes}")


def resident(name: str) -> int:
    """Bytes of the resident set: now (VmRSS) or at its peak (VmHWM). Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def main() -> None:
    """Compare, or measure memory."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--what", default="painting,texture")
    parser.add_argument("--sizes", default="256,512")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--memory", type=int)
    parser.add_argument("--precision", default="bf16", choices=("bf16", "float32"))
    asked = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    network = create("vgg19", classes=2)
    if asked.memory:
        memory(network, asked.memory, asked.precision)
        return
    pairs = product(asked.what.split(","), asked.sizes.split(","))
    met = [compare(network, what, int(side), asked.steps) for what, side in pairs]
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}: {'met' if all(met) else 'not met'}")


if __name__ == "__main__":
    main()
