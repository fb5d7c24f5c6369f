"""A network and data so small that a training takes a second."""

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor, nn

from striate.layers.image_network import ImageNetwork

PALETTE = [0, 0, 0, 200, 0, 0, 0, 200, 0]


class TwoLayers(ImageNetwork):
    """(N, C, H, W) -> scores (N, K, H, W), of 3 x 3 pixels around each."""

    input_size = (32, 32)

    def __init__(self, classes: int, in_channels: int = 3, *, width: int = 8) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, classes, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        """The scores of every pixel."""
        return self.layers(images)


def write_shapes(
    root: Path,
    count: int = 12,
    size: tuple[int, int] = (40, 48),
    images: str = "images",
    masks: str = "masks",
) -> Path:
    """Grey pictures with a red square and a green stripe, and masks 0, 1, 2 with a palette."""
    random = np.random.default_rng(0)
    for folder in (images, masks):
        (root / folder).mkdir(parents=True)
    for number in range(count):
        picture = random.integers(90, 110, (*size, 3)).astype(np.uint8)
        mask = np.zeros(size, np.uint8)
        y, x = random.integers(0, size[0] - 16), random.integers(0, size[1] - 16)
        picture[y : y + 12, x : x + 12], mask[y : y + 12, x : x + 12] = (200, 20, 20), 1
        picture[-6:], mask[-6:] = (20, 200, 20), 2
        Image.fromarray(picture).save(root / images / f"{number}.png")
        indexed = Image.fromarray(mask, mode="P")
        indexed.putpalette(PALETTE)
        indexed.save(root / masks / f"{number}.png")
    return root
