"""Dense captions of drawn scenes: regions found and described, and combinations never seen before.

    python benchmarks/dense_captions.py draw scenes            4,000 scenes to learn, 500 and 200 others
    python benchmarks/dense_captions.py learn scenes RUNS      end to end, and captions on frozen boxes
    python benchmarks/dense_captions.py measure scenes RUN     mAP, exact captions, held-out ones apart

``learn`` trains twice with the same epochs in all: once end to end (RUNS/together); once the boxes alone for
half of them (RUNS/boxes), then the language model alone on the detector, which stands still (RUNS/frozen).

A scene has two to four things on a noisy ground: a shape alone, or a shape close above another one.

    small striped blue triangle          large red star above a green circle

Shape, color, size and texture are drawn by a seed. Six pairs of color and shape are never drawn in a scene to
learn from, nor in the 500 unseen ones; each of the 200 held-out scenes has one. Nothing here is a photograph.
"""

import argparse
import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE, FINER = 144, 4
"""Pixels of a scene, and how much finer shapes are drawn before they are reduced."""

COLORS = {
    "red": (214, 40, 40),
    "green": (40, 150, 60),
    "blue": (40, 80, 210),
    "yellow": (236, 200, 30),
    "purple": (130, 50, 160),
    "orange": (240, 130, 20),
}
SHAPES = ("circle", "square", "triangle", "star")
SIZES = {"small": (18, 23), "large": (33, 40)}
TEXTURES = ("", "striped", "dotted")
HELD_OUT = frozenset(
    (
        *(("red", "triangle"), ("green", "star"), ("blue", "square")),
        *(("yellow", "circle"), ("purple", "triangle"), ("orange", "square")),
    )
)
MARGIN, GAP = 9, (1, 4)
"""Pixels between two things, at least; and between the two shapes of one thing."""

COUNTS = {"train": 4000, "test": 500, "heldout": 200}


@dataclass(frozen=True)
class Shape:
    """A shape of a side in pixels."""

    shape: str
    color: str
    size: str
    texture: str
    side: int

    @property
    def words(self) -> str:
        """``small striped blue triangle``."""
        return " ".join(word for word in (self.size, self.texture, self.color, self.shape) if word)

    def drawn(self, draw: np.random.Generator) -> Image.Image:
        """RGBA, as large as the shape."""
        side = self.side * FINER
        ink = Image.new("RGB", (side, side), COLORS[self.color])
        _texture(ImageDraw.Draw(ink), self.texture, side, draw)
        mask = Image.new("L", (side, side), 0)
        _outline(ImageDraw.Draw(mask), self.shape, side)
        ink.putalpha(mask)
        return ink.resize((self.side, self.side), Image.Resampling.LANCZOS)


def _texture(pen: ImageDraw.ImageDraw, texture: str, side: int, draw: np.random.Generator) -> None:
    """White stripes or dots."""
    step, width = 6 * FINER, 2 * FINER
    first = int(draw.integers(step))
    if texture == "striped":
        for x in range(first - side, 2 * side, step):
            pen.line((x, 0, x + side, side), fill="white", width=width)
    if texture == "dotted":
        for row, y in enumerate(range(first % step, side + step, step)):
            for x in range(first - row % 2 * step // 2, side + step, step):
                pen.ellipse((x - width, y - width, x + width // 2, y + width // 2), fill="white")


def _outline(pen: ImageDraw.ImageDraw, shape: str, side: int) -> None:
    """The pixels of a shape."""
    if shape == "circle":
        pen.ellipse((0, 0, side - 1, side - 1), fill=255)
    elif shape == "square":
        pen.rectangle((0, 0, side, side), fill=255)
    elif shape == "triangle":
        pen.polygon([(side / 2, 0), (side, side), (0, side)], fill=255)
    else:
        angles = np.pi * (np.arange(10) / 5 - 0.5)
        radii = np.where(np.arange(10) % 2, 0.45, 1.0) * side / 2
        points = np.stack([np.cos(angles) * radii, np.sin(angles) * radii], 1)
        points = (points - points.min(0)) / (points.max(0) - points.min(0)) * side
        pen.polygon([tuple(point) for point in points], fill=255)


def a_shape(draw: np.random.Generator, *, held_out: bool) -> Shape:
    """Any shape of the combinations that are learned, or of those that are held out."""
    while True:
        shape, color = str(draw.choice(SHAPES)), str(draw.choice(list(COLORS)))
        if ((color, shape) in HELD_OUT) == held_out:
            size = str(draw.choice(list(SIZES)))
            side = int(draw.integers(*SIZES[size], endpoint=True))
            return Shape(shape, color, size, str(draw.choice(TEXTURES)), side)


@dataclass(frozen=True)
class Thing:
    """A shape, or a shape above another one."""

    upper: Shape
    lower: Shape | None
    gap: int

    @property
    def words(self) -> str:
        """The caption."""
        under = "" if self.lower is None else f" above a {self.lower.color} {self.lower.shape}"
        return self.upper.words + under

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height, pixels."""
        if self.lower is None:
            return self.upper.side, self.upper.side
        height = self.upper.side + self.gap + self.lower.side
        return max(self.upper.side, self.lower.side), height


def a_thing(draw: np.random.Generator, *, held_out: bool) -> Thing:
    """One in three is a pair."""
    lower = a_shape(draw, held_out=False) if draw.random() < 1 / 3 else None
    return Thing(a_shape(draw, held_out=held_out), lower, int(draw.integers(*GAP, endpoint=True)))


def scene(seed: tuple[int, int], *, held_out: bool) -> tuple[Image.Image, list[tuple[list[int], str]]]:
    """A picture, and the box and caption of each thing."""
    draw = np.random.default_rng(seed)
    base, slope = draw.integers(150, 235, 3), draw.normal(0, 0.12, (2, 3))
    y, x = np.mgrid[:SIDE, :SIDE]
    ground = base + y[..., None] * slope[0] + x[..., None] * slope[1] + draw.normal(0, 7, (SIDE, SIDE, 3))
    picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    placed: list[tuple[list[int], str]] = []
    for number in range(int(draw.integers(2, 4, endpoint=True))):
        thing = a_thing(draw, held_out=held_out and number == 0)
        if (corner := _free(draw, thing.extent, [box for box, _ in placed])) is None:
            continue
        _paste(picture, thing, corner, draw)
        width, height = thing.extent
        placed.append(([*corner, corner[0] + width, corner[1] + height], thing.words))
    return picture, placed


def _free(
    draw: np.random.Generator, extent: tuple[int, int], boxes: list[list[int]], attempts: int = 60
) -> tuple[int, int] | None:
    """The corner of a place away from all boxes; None if none was met."""
    for _ in range(attempts):
        left, top = (int(draw.integers(0, SIDE - side, endpoint=True)) for side in extent)
        right, bottom = left + extent[0], top + extent[1]
        if all(
            right + MARGIN <= x1 or x2 + MARGIN <= left or bottom + MARGIN <= y1 or y2 + MARGIN <= top
            for x1, y1, x2, y2 in boxes
        ):
            return left, top
    return None


def _paste(picture: Image.Image, thing: Thing, corner: tuple[int, int], draw: np.random.Generator) -> None:
    """Draw a thing, the narrower shape in the middle of the wider one."""
    width, top = thing.extent[0], corner[1]
    for shape in (thing.upper, thing.lower):
        if shape is not None:
            ink = shape.drawn(draw)
            picture.paste(ink, (corner[0] + (width - shape.side) // 2, top), ink)
            top += shape.side + thing.gap


def rows(folder: Path, split: str, count: int) -> Iterator[list[object]]:
    """Draw the scenes of a split, and give their lines of the table."""
    (folder / split).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture, things = scene((sorted(COUNTS).index(split), number), held_out=split == "heldout")
        name = f"{split}/{number:04}.png"
        picture.save(folder / name)
        for box, words in things:
            yield [name, *box, words, "test" if split == "heldout" else split]


def draw_scenes(folder: Path, share: float) -> None:
    """``scenes.csv`` with scenes to learn and unseen ones; ``heldout.csv``."""
    for table, splits in (("scenes.csv", ("train", "test")), ("heldout.csv", ("heldout",))):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / table).open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["image", "x1", "y1", "x2", "y2", "caption", "split"])
            for split in splits:
                writer.writerows(rows(folder, split, max(1, round(COUNTS[split] * share))))


def measure(folder: Path, model_path: Path) -> None:
    """Numbers on unseen scenes and on those with combinations that were never learned."""
    import striate
    from striate.data.captions.tokenizer import words_of
    from striate.ops import box_iou

    model = striate.load(model_path)
    for table in ("scenes.csv", "heldout.csv"):
        metrics = striate.evaluate(model, folder / table, split="test")
        print(table, metrics.headline(f"{metrics.count} scenes"))
        print("   ", {name: round(value, 4) for name, value in metrics.values.items() if value is not None})
    truth: dict[str, list[tuple[list[float], str]]] = {}
    with (folder / "heldout.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            box = [float(row[side]) for side in ("x1", "y1", "x2", "y2")]
            truth.setdefault(row["image"], []).append((box, row["caption"]))
    found, right, named = 0, 0, 0
    for name, things in truth.items():
        answer = model.predict(folder / name)
        box, caption = things[0]  # the first thing is the one with a held-out combination
        overlap = box_iou(answer.boxes, answer.boxes.new_tensor([box])).flatten()
        if len(overlap) and overlap.max() >= 0.5:
            said = answer.captions.texts[int(overlap.argmax())]
            found, right = found + 1, right + (words_of(said) == words_of(caption))
            named += set(caption.split(" above ")[0].split()) <= set(said.split(" above ")[0].split())
    print(
        f"held-out combinations: {found} of {len(truth)} found; caption exact {right / max(found, 1):.1%}, ",
        end="",
    )
    print(f"the shape named right {named / max(found, 1):.1%}")


def commands(folder: Path, runs: Path, epochs: int, more: list[str]) -> list[list[str]]:
    """The three trainings, as words of the command line."""
    first, half = epochs // 2, ["--epochs", str(epochs - epochs // 2)]
    common = ["train", str(folder / "scenes.csv"), "--model", "densecap", "--batch", "16"]
    common += ["--size", str(SIDE), *more]
    return [
        [*common, "--epochs", str(epochs), "--out", str(runs / "together")],
        [*common, "--epochs", str(first), "--set", "caption_weight=0", "--out", str(runs / "boxes")],
        [
            *(*common, *half, "--weights", str(runs / "boxes"), "--finetune", "branches"),
            *("--set", "caption_weight=1", "--out", str(runs / "frozen")),
        ],
    ]


def learn(folder: Path, runs: Path, epochs: int, more: list[str]) -> None:
    """Train, each in a process of its own, and measure; what is done already is not done again."""
    for words in commands(folder, runs, epochs, more):
        print("striate", *words, flush=True)
        if not (Path(words[-1]) / "report.html").exists():
            subprocess.run([sys.executable, "-m", "striate", *words], check=True)
    for name in ("together", "frozen"):
        print(name)
        measure(folder, runs / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    drawing = verbs.add_parser("draw")
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--share", type=float, default=1.0, help="of the counts of scenes")
    measuring = verbs.add_parser("measure")
    measuring.add_argument("folder", type=Path)
    measuring.add_argument("model", type=Path)
    learning = verbs.add_parser("learn", epilog="further words are those of striate train")
    learning.add_argument("folder", type=Path)
    learning.add_argument("runs", type=Path)
    learning.add_argument("--epochs", type=int, default=16)
    chosen, more = parser.parse_known_args()
    if more and chosen.verb != "learn":
        parser.error(f"unknown words: {' '.join(more)}")
    if chosen.verb == "draw":
        draw_scenes(chosen.folder, chosen.share)
    elif chosen.verb == "learn":
        learn(chosen.folder, chosen.runs, chosen.epochs, more)
    else:
        measure(chosen.folder, chosen.model)


if __name__ == "__main__":
    main()
