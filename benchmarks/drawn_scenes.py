"""A data set of drawn meadows: sky, grass, trees, fences and cows, with the class of every pixel.

    python benchmarks/drawn_scenes.py FOLDER [--train 200] [--val 40] [--seed 0]

Written are train/ and val/ with trainannot/ and valannot/ (PNG of class numbers), and classes.txt. Posts and
trunks are two or three pixels wide, crowns and grass have nearly the same green, cows are black and white and
often touch. ``scene`` also gives the number of the cow at every pixel.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

CLASSES = ("sky", "grass", "tree", "fence", "cow")
SKY, GRASS, TREE, FENCE, COW = range(len(CLASSES))
SIZE = (96, 128)
"""Height and width."""

COLORS = {"trunk": (96, 68, 44), "fence": (171, 142, 105), "white": (232, 228, 220), "black": (38, 34, 34)}
NOISE = {SKY: 5, GRASS: 16, TREE: 26, FENCE: 9, COW: 9}
"""Standard deviation of the grey that is added, levels: crowns are rougher than grass."""


@dataclass(frozen=True)
class Scene:
    """A drawn meadow.

    Args:
        picture: RGB.
        mask: uint8 (H, W), class numbers.
        cows: uint8 (H, W), 0, or the number of the cow from 1 on.
    """

    picture: Image.Image
    mask: NDArray[np.uint8]
    cows: NDArray[np.uint8]


class Sheets:
    """A picture, its mask and the numbers of its cows, which are drawn on together."""

    def __init__(self, size: tuple[int, int]) -> None:
        shape = size[::-1]
        self.sheets = [Image.new("RGB", shape), Image.new("L", shape), Image.new("L", shape)]
        self.pens = [ImageDraw.Draw(one) for one in self.sheets]

    def draw(self, form: str, where: object, color: tuple[int, int, int], kind: int, cow: int = 0) -> None:
        """A polygon, rectangle or ellipse on all three."""
        for pen, fill in zip(self.pens, (color, kind, cow), strict=True):
            getattr(pen, form)(where, fill=fill)


def scene(random: np.random.Generator, size: tuple[int, int] = SIZE, cows: int | None = None) -> Scene:
    """One meadow.

    Args:
        random: draws everything.
        size: height and width.
        cows: how many; drawn when left out.
    """
    sheets, width = Sheets(size), size[1]
    horizon = background(sheets, random, size)
    for _ in range(random.integers(1, 4)):
        tree(sheets, random, (int(random.integers(0, width)), horizon + int(random.integers(-2, 14))))
    if random.random() < 0.8:
        fence(sheets, random, width, horizon + int(random.integers(10, 26)))
    herd(sheets, random, size, horizon, int(random.integers(0, 4)) if cows is None else cows)
    picture, mask, numbers = (np.asarray(one) for one in sheets.sheets)
    return Scene(noisy(picture, mask, random), mask.copy(), numbers.copy())


def background(sheets: Sheets, random: np.random.Generator, size: tuple[int, int]) -> int:
    """Sky and a wavy meadow; the row in which it begins."""
    height, width = size
    horizon = int(random.integers(height // 4, height // 2))
    blue, light = random.integers(-25, 25), random.integers(-20, 20)
    for row in range(height):
        sky = (130 + blue + row, 165 + blue + row, 225 + blue // 3)
        sheets.draw("rectangle", (0, row, width, row), tuple(min(one, 255) for one in sky), SKY)
    x = np.arange(-1, width + 1)
    wave = horizon + 3 * np.sin(x / random.integers(12, 30) + random.random() * 6)
    hill = [*zip(x.tolist(), wave.tolist(), strict=True), (width, height), (-1, height)]
    sheets.draw("polygon", hill, (92 + light, 138 + light, 62 + light), GRASS)
    return horizon


def tree(sheets: Sheets, random: np.random.Generator, foot: tuple[int, int]) -> None:
    """A trunk of three pixels and a crown of some disks."""
    x, y = foot
    tall = int(random.integers(16, 30))
    sheets.draw("rectangle", (x - 1, y - tall, x + 1, y), COLORS["trunk"], TREE)
    for _ in range(6):
        left, top = x + random.integers(-9, 10), y - tall + random.integers(-9, 6)
        radius, light = random.integers(5, 9), random.integers(-14, 14)
        disk = (left - radius, top - radius, left + radius, top + radius)
        sheets.draw("ellipse", tuple(map(int, disk)), (70 + light, 112 + light, 48 + light), TREE)


def fence(sheets: Sheets, random: np.random.Generator, width: int, ground: int) -> None:
    """Posts of two pixels, and two rails of one."""
    for x in range(int(random.integers(0, 12)), width, int(random.integers(11, 17))):
        sheets.draw("rectangle", (x, ground - 12, x + 1, ground), COLORS["fence"], FENCE)
    for above in (10, 5):
        sheets.draw("rectangle", (0, ground - above, width, ground - above), COLORS["fence"], FENCE)


def herd(
    sheets: Sheets, random: np.random.Generator, size: tuple[int, int], horizon: int, count: int
) -> None:
    """Cows beside each other, so that most of them touch."""
    height, width = size
    x = int(random.integers(-4, max(1, width - 26 * count)))
    ground = int(random.integers(min(horizon + 24, height - 8), height - 3))
    for number in range(1, count + 1):
        cow(sheets, random, (x, ground + int(random.integers(-3, 4))), number)
        x += int(random.integers(22, 34))


def cow(sheets: Sheets, random: np.random.Generator, corner: tuple[int, int], number: int) -> None:
    """Body, head and legs, with spots; it looks to the left or to the right."""
    (x, ground), white, black = corner, COLORS["white"], COLORS["black"]
    top, right = ground - 18, random.random() < 0.5
    for leg in (5, 8, 20, 23):
        sheets.draw("rectangle", (x + leg, ground - 7, x + leg + 1, ground), white, COW, number)
    sheets.draw("ellipse", (x + 3, top, x + 26, top + 13), white, COW, number)
    head = x + 24 if right else x - 3
    sheets.draw("ellipse", (head, top - 3, head + 8, top + 5), white, COW, number)
    sheets.draw("rectangle", (head + 2, top - 5, head + 3, top - 3), black, COW, number)
    for _ in range(3):
        left, high = x + 6 + int(random.integers(0, 12)), top + int(random.integers(2, 6))
        spot = (left, high, left + int(random.integers(4, 7)), high + int(random.integers(3, 6)))
        sheets.draw("ellipse", spot, black, COW, number)


def noisy(picture: NDArray[np.uint8], mask: NDArray[np.uint8], random: np.random.Generator) -> Image.Image:
    """With the grain of each class."""
    grain = np.array([NOISE[kind] for kind in range(len(CLASSES))])[mask] * random.normal(size=mask.shape)
    return Image.fromarray((picture + grain[..., None]).clip(0, 255).astype(np.uint8))


def write(folder: Path, train: int, val: int, seed: int) -> None:
    """The data set."""
    random = np.random.default_rng(seed)
    for split, count in (("train", train), ("val", val)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        (folder / f"{split}annot").mkdir(exist_ok=True)
        for number in range(count):
            made = scene(random)
            made.picture.save(folder / split / f"{number:04}.png")
            Image.fromarray(made.mask).save(folder / f"{split}annot" / f"{number:04}.png")
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n")


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=200)
    parser.add_argument("--val", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    write(asked.folder, asked.train, asked.val, asked.seed)
    print(f"{asked.train} pictures to learn from and {asked.val} to measure in {asked.folder}")


if __name__ == "__main__":
    main()
