"""The picture of docs/en/instances.md: two cows that touch, by instance, by class, and both in one.

    python docs/make_panoptic_picture.py     # writes docs/_static/panoptic.png

The cows, the meadow and the sky are drawn here; the answers are the true ones.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

from striate.draw.panoptic_view import answers_beside
from striate.records import BitMasks, Detections, MaskCrops, Segmentation

PICTURE = Path(__file__).parent / "_static" / "panoptic.png"
SIZE, HORIZON = (420, 300), 110
SKY, GRASS = (168, 204, 236), (116, 160, 78)
PARTS = {
    "body": (0, 40, 130, 100),
    "head": (-34, 22, 14, 62),
    "ear": (2, 18, 18, 30),
    "legs": ((14, 84, 28, 140), (34, 84, 48, 140), (88, 84, 102, 140), (108, 84, 122, 140)),
    "udder": (70, 90, 98, 106),
}
PATCHES = ((24, 46, 58, 78), (82, 52, 114, 88), (-26, 26, -8, 42))
COWS = (((70, 60), 1.0, (120, 84, 58), (228, 218, 206)), ((176, 92), 1.2, (44, 42, 44), (236, 234, 230)))
"""Corner, size, color and color of the patches, the cow behind first."""


def cow(pen: ImageDraw.ImageDraw, place: tuple[int, int], size: float, color: object, patch: object) -> None:
    """Draw one; ``patch`` None for its outline alone."""

    def at(box: tuple[int, ...]) -> tuple[float, ...]:
        return tuple(size * side + place[number % 2] for number, side in enumerate(box))

    for leg in PARTS["legs"]:
        pen.rectangle(at(leg), fill=color)  # type: ignore[arg-type]
    for name in ("udder", "head", "ear"):
        pen.ellipse(at(PARTS[name]), fill=color)  # type: ignore[arg-type]
    pen.rounded_rectangle(at(PARTS["body"]), radius=26 * size, fill=color)  # type: ignore[arg-type]
    for one in PATCHES if patch is not None else ():
        pen.ellipse(at(one), fill=patch)  # type: ignore[arg-type]


def scene() -> tuple[Tensor, Tensor]:
    """The picture, uint8 (3, H, W), and the visible pixels of both cows, bool (2, H, W)."""
    image = Image.new("RGB", SIZE, SKY)
    ImageDraw.Draw(image).rectangle((0, HORIZON, *SIZE), fill=GRASS)
    masks = []
    for place, size, color, patch in COWS:
        cow(ImageDraw.Draw(image), place, size, color, patch)
        mask = Image.new("L", SIZE)
        cow(ImageDraw.Draw(mask), place, size, 255, None)
        masks.append(torch.from_numpy(np.asarray(mask) > 0))
    pixels = torch.from_numpy(np.array(image.filter(ImageFilter.GaussianBlur(0.8))))
    return pixels.permute(2, 0, 1).contiguous(), torch.stack([masks[0] & ~masks[1], masks[1]])


def main() -> None:
    image, cows = scene()
    crops = MaskCrops.of(cows)
    things = Detections(
        crops.windows.float(),
        torch.tensor([0.97, 0.99]),
        torch.zeros(2).long(),
        ("cow",),
        masks=BitMasks(crops),
    )
    classes = torch.ones(SIZE[1], SIZE[0], dtype=torch.uint8)
    classes[HORIZON:] = 2
    classes[cows.any(0)] = 0
    stuff = Segmentation.of(classes, ("cow", "sky", "grass"))
    answers_beside(image, {"instances": things, "classes of pixels": stuff}).save(PICTURE)


if __name__ == "__main__":
    main()
