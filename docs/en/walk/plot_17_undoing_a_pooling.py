"""
17. Eight ways to undo a pooling
================================

Page 5 shows what transposed convolution is. A network that names every pixel, or paints one, has to choose a
way up, and the choice shows in its pictures: as a checkerboard. Here eight ways stand side by side, in the
same small network on the same photograph, before and after it has learned.

Two numbers tell of the checkerboard. *Unevenness*: with all weights 1, how differently often are pixels
covered? It is a matter of kernel and stride. *Phase ratio*: of a constant picture, how much do the four
pixels of a square differ, with the weights that the network has? It is a matter of weights, so it changes as
they learn.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn import functional as F

from striate import ops
from striate.layers.upsampling import UNLEARNED, pattern, upsampling

photo = torch.from_numpy(np.array(load_sample_image("flower.jpg"))).permute(2, 0, 1)[None] / 255
photo = ops.avg_pool(photo, 2)[:, :, :208, :304]
constant = torch.full((1, 3, 32, 32), 0.5)
CHANNELS = 16


class Bottleneck(nn.Module):
    """A photograph -> itself, after a pooling was undone: (N, 3, H, W) -> (N, 3, H, W)."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.down = nn.Conv2d(3, CHANNELS, 3, padding=1)
        self.color = nn.Conv2d(CHANNELS, 3, 1) if way in (*UNLEARNED, "max_unpool") else nn.Identity()
        self.up = nn.Identity() if way == "max_unpool" else upsampling(way, CHANNELS, 3)

    def forward(self, images):
        maps, places = ops.max_pool_with_places(F.leaky_relu(self.down(images), 0.2), 2)
        if self.way == "max_unpool":
            maps = ops.max_unpool(maps, places, images.shape[-2:])
        return self.up(self.color(maps))


WAYS = {
    "nearest": "nearest",
    "bed_of_nails": "bed of nails",
    "max_unpool": "max unpooling",
    "transposed_3x3": "transposed, 3x3",
    "transposed_4x4": "transposed, 4x4",
    "transposed_2x2": "transposed, 2x2",
    "resize_conv": "resize + convolution",
    "sub_pixel": "sub-pixel",
}
networks = {}
for way in WAYS:
    torch.manual_seed(0)
    networks[way] = Bottleneck(way)


@torch.no_grad()
def shown(title):
    """All ways on a detail of the photograph, and on a constant picture."""
    fig, axes = plt.subplots(2, len(WAYS), figsize=(15, 4.6))
    for (way, name), column in zip(WAYS.items(), axes.T, strict=True):
        painted, plain = networks[way](photo)[0], networks[way](constant)[0]
        detail = painted[:, 60:108, 120:168]
        low, high = (detail.min(), detail.max()) if title == "before" else (0, 1)
        column[0].imshow(((detail - low) / (high - low)).clamp(0, 1).permute(1, 2, 0).numpy())
        inner = plain.mean(0)[8:24, 8:24]
        reach = max(0.02, float((inner - inner.mean()).abs().max()))
        column[1].imshow((inner - inner.mean()).numpy(), cmap="RdBu", vmin=-reach, vmax=reach)
        ratio = ops.phase_ratio(plain[None], margin=4)
        column[0].set_title(name, fontsize=10)
        column[1].set_xlabel(f"phase ratio {ratio:.3f}", fontsize=10)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("a detail")
    axes[1, 0].set_ylabel("a constant picture")
    fig.suptitle(f"{title} learning")
    fig.tight_layout()


# %%
# Before
# ------
#
# Random weights. Above a detail of the photograph, its contrast stretched; below, what becomes of a constant
# picture, red below its mean and blue above:

shown("before")

# %%
# All ways but nearest and resize + convolution draw a pattern, though the 4x4 and 2x2 filters cover all
# pixels equally often: each of the four pixels of a square has weights of its own, and random weights differ.
# Max unpooling puts a maximum back to its place; in a constant picture all are equal, so the first place is
# remembered.
#
# After
# -----
#
# Each network learns to give back what it is shown, details of this photograph, for two hundred steps:

for network in networks.values():
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        tops, lefts = torch.randint(0, 208 - 48, (8,)), torch.randint(0, 304 - 48, (8,))
        details = torch.cat(
            [photo[:, :, top : top + 48, left : left + 48] for top, left in zip(tops, lefts, strict=True)]
        )
        F.l1_loss(network(details), details).backward()
        optimizer.step()
        optimizer.zero_grad()
shown("after")

# %%
# Learning evens the phases out, since the photograph asks for it, and what is left of the pattern tells of
# the way. A bed of nails cannot: three of four pixels have nothing but zeros to show. In numbers:

print(f"{'':21} unevenness  phase ratio  PSNR")
with torch.no_grad():
    for way, name in WAYS.items():
        covered = "by places" if way == "max_unpool" else f"{pattern(way).unevenness:.3f}"
        ratio = ops.phase_ratio(networks[way](constant), margin=4)
        close = ops.psnr(networks[way](photo).clamp(0, 1), photo)
        print(f"{name:21} {covered:>10}  {ratio:11.3f}  {float(close):4.1f}")

# %%
# ``unet`` doubles its maps by nearest and convolves twice, unless ``up`` names another way: before it has
# learned anything there is no pattern that it must unlearn.
