"""Pictures that nobody took: classes of textures, shapes, creatures, fractals and glyphs, drawn from a seed.

    class --> genome: what is drawn         texture  waves, noise, cells, lattices, rings, marble, dead leaves
    picture --> colors, light, size, turn,  shape    a closed contour        creature  limbs around a body
                place, pose, ground         fractal  an iterated map         glyph     strokes of a pen

A network that tells the classes apart has to see texture, contour, parts and strokes, whatever their colors
and their light. Spectra fall with the frequency and edges come from occlusion, as in photographs. Nothing is
copied from anybody's pictures, so that weights learned from them may be shipped.

Kataoka et al. 2020, pre-training without natural images. https://arxiv.org/abs/2101.08515 (fractals)
Baradad et al. 2021, learning to see by looking at noise. https://arxiv.org/abs/2106.05963 (leaves, spectra)

    python benchmarks/generated_pictures.py generated.npz --sheet sheet.png    # 48,000 pictures in 4 minutes
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Field = NDArray[np.float64]
Generator = np.random.Generator

SIDE, CLASSES, EACH, SEED = 96, 294, 100, 0
Y, X = np.meshgrid(*2 * [np.linspace(-1, 1, SIDE)], indexing="ij")
FY, FX = np.meshgrid(np.fft.fftfreq(SIDE) * SIDE, np.fft.rfftfreq(SIDE) * SIDE, indexing="ij")
RADIUS, ANGLE = np.hypot(FX, FY), np.arctan2(FY, FX)
RADIUS[0, 0] = 1.0


# ---- fields of numbers


def filtered(rng: Generator, gain: Field) -> Field:
    """Noise (SIDE, SIDE) whose spectrum has this gain, mean 0, deviation 1."""
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) * gain
    spectrum[0, 0] = 0
    values = np.fft.irfft2(spectrum, (SIDE, SIDE))
    return values / (values.std() + 1e-9)


def smooth(rng: Generator, slope: float) -> Field:
    """Noise whose amplitude falls with the frequency to that power; photographs have about 1."""
    return filtered(rng, RADIUS**-slope)


def squashed(values: Field) -> Field:
    """Values as 0..1."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low + 1e-9)


class View:
    """How one picture shows a thing: turned, enlarged, sheared, moved and bent."""

    def __init__(
        self, rng: Generator, turn: float, zoom: tuple[float, float], move: float, bend: float
    ) -> None:
        self.turn, self.zoom = rng.uniform(-turn, turn), np.exp(rng.uniform(*np.log(zoom)))
        cos, sin = np.cos(self.turn) / self.zoom, np.sin(self.turn) / self.zoom
        x, y = X - rng.uniform(-move, move), Y - rng.uniform(-move, move)
        x = x + rng.uniform(-0.25, 0.25) * y
        if bend:
            x, y = x + bend * smooth(rng, 2.5), y + bend * smooth(rng, 2.5)
        self.u, self.v = cos * x + sin * y, cos * y - sin * x


# ---- textures: a genome draws values 0..1


def waves(gene: Generator) -> Callable[[Generator, View], Field]:
    """One to three gratings, added or multiplied, soft or sharp."""
    count, sharp = int(gene.integers(1, 4)), np.exp(gene.uniform(-1, 2))
    angles, rates = gene.uniform(0, np.pi, count), gene.uniform(2, 9, count)
    joined = np.prod if gene.random() < 0.4 else np.sum

    def draw(rng: Generator, view: View) -> Field:
        parts = [
            np.cos(np.pi * rate * (np.cos(a) * view.u + np.sin(a) * view.v) + rng.uniform(0, 6.3))
            for a, rate in zip(angles, rates, strict=True)
        ]
        return 0.5 + 0.5 * np.tanh(sharp * joined(parts, axis=0))

    return draw


def noise(gene: Generator) -> Callable[[Generator, View], Field]:
    """A band of frequencies, round or along one direction, cut at a level."""
    rate, wide, along = np.exp(gene.uniform(1, 2.8)), gene.uniform(0.15, 0.7), gene.choice([0, 0, 2, 6])
    turn, sharp, level = gene.uniform(0, np.pi), np.exp(gene.uniform(-0.7, 2)), gene.uniform(-0.7, 0.7)

    def draw(rng: Generator, view: View) -> Field:
        band = np.exp(-((np.log(RADIUS / rate * view.zoom) / wide) ** 2) / 2)
        gain = band * np.exp(along * (np.cos(2 * (ANGLE - turn - view.turn)) - 1))
        return 0.5 + 0.5 * np.tanh(sharp * (filtered(rng, gain) - level))

    return draw


def cells(gene: Generator) -> Callable[[Generator, View], Field]:
    """Distances to scattered points (Worley 1996): spots, cracks, plates."""
    rate, loose, kind = gene.uniform(2, 7), gene.uniform(0.2, 0.5), int(gene.integers(4))
    stretch, power = np.exp(gene.uniform(-0.6, 0.6)), gene.choice([1.0, 2.0, 8.0])

    def draw(rng: Generator, view: View) -> Field:
        u, v = view.u * rate * stretch, view.v * rate / stretch
        table = rng.uniform(-loose, loose, (2, 32, 32))
        near = []
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                a, b = np.floor(u).astype(int) + i, np.floor(v).astype(int) + j
                apart = np.abs(np.stack([a + 0.5 - u, b + 0.5 - v]) + table[:, a % 32, b % 32])
                near.append((apart**power).sum(0) ** (1 / power))
        first, second = np.partition(near, 1, axis=0)[:2]
        edges = second - first
        return squashed((first, edges, np.tanh(6 * edges), (first < 0.33).astype(float))[kind])

    return draw


def lattice(gene: Generator) -> Callable[[Generator, View], Field]:
    """Checks, bricks, weave, spots in rows."""
    rate, kind, shift = gene.uniform(2, 6), int(gene.integers(5)), gene.choice([0, 0.5, 0.33])
    fill, stretch = gene.uniform(0.15, 0.4), np.exp(gene.uniform(-0.7, 0.7))

    def draw(rng: Generator, view: View) -> Field:
        v = view.v * rate / stretch
        u = view.u * rate * stretch + shift * np.floor(v)
        a, b = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
        inside = (
            np.maximum(a, b) < fill + 0.08,
            np.hypot(a, b) < fill,
            a + b < fill + 0.15,
            (np.floor(u) + np.floor(v)) % 2 > 0,
            np.where((np.floor(u) + np.floor(v)) % 2 > 0, a, b) < fill,
        )[kind]
        return ndimage.gaussian_filter(inside.astype(float), 0.6)

    return draw


def rings(gene: Generator) -> Callable[[Generator, View], Field]:
    """Circles, stars and spirals around one point."""
    rate, arms, power = gene.uniform(0, 9), int(gene.integers(0, 9)), gene.choice([0.5, 1.0, 1.5])
    sharp = np.exp(gene.uniform(-1, 2))

    def draw(rng: Generator, view: View) -> Field:
        phase = np.pi * rate * np.hypot(view.u, view.v) ** power + arms * np.arctan2(view.v, view.u)
        return 0.5 + 0.5 * np.tanh(sharp * np.cos(phase + rng.uniform(0, 6.3)))

    return draw


def marble(gene: Generator) -> Callable[[Generator, View], Field]:
    """Stripes pushed about by smooth noise (Perlin 1985)."""
    rate, push, slope = gene.uniform(1, 6), gene.uniform(0.5, 3), gene.uniform(1.2, 2.2)
    ridged = gene.random() < 0.5

    def draw(rng: Generator, view: View) -> Field:
        phase = np.pi * rate * view.u + push * smooth(rng, slope)
        return 1 - np.abs(np.sin(phase)) ** 0.5 if ridged else 0.5 + 0.5 * np.sin(phase)

    return draw


def leaves(gene: Generator) -> Callable[[Generator, View], Field]:
    """Discs, boxes or splinters that cover each other; small ones are frequent (Lee, Mumford, Huang 2001)."""
    kind, least, thin = int(gene.integers(3)), gene.uniform(0.05, 0.2), gene.uniform(0.2, 1)

    def draw(rng: Generator, view: View) -> Field:
        values = np.zeros((SIDE, SIDE))
        for _ in range(70):
            size = least * view.zoom / np.sqrt(rng.uniform(0.02, 1))
            turn = rng.uniform(0, np.pi)
            x, y = X - rng.uniform(-1, 1), Y - rng.uniform(-1, 1)
            a, b = np.cos(turn) * x + np.sin(turn) * y, (np.cos(turn) * y - np.sin(turn) * x) / thin
            apart = (np.hypot(a, b), np.maximum(np.abs(a), np.abs(b)), np.abs(a) + np.abs(b))[kind]
            values[apart < size] = rng.random()
        return values

    return draw


TEXTURES = (waves, noise, cells, lattice, rings, marble, leaves)


def texture(gene: Generator) -> Callable[[Generator, View], Field]:
    """One of the textures, by chance."""
    return TEXTURES[gene.integers(len(TEXTURES))](gene)


# ---- things: a genome draws a height, positive inside


def contour(gene: Generator) -> Callable[[Generator, View], Field]:
    """A closed line whose distance from the middle is a sum of waves; some have a hole."""
    fold = int(gene.integers(1, 7))
    waves_, sizes = fold * np.arange(1, 6), gene.normal(0, 0.45, 5) / np.arange(1, 6) ** 0.8
    phases, hole = gene.uniform(0, 6.3, 5), gene.choice([0, 0, gene.uniform(0.15, 0.3)])

    def draw(rng: Generator, view: View) -> Field:
        angle, away = np.arctan2(view.v, view.u), np.hypot(view.u, view.v)
        grown = sizes * (1 + 0.15 * rng.standard_normal(5))
        edge = 0.5 * np.exp(
            sum(s * np.cos(k * angle + p) for k, s, p in zip(waves_, grown, phases, strict=True))
        )
        return np.minimum(np.minimum(edge, 0.9) - away, away - hole if hole else np.inf)

    return draw


def creature(gene: Generator) -> Callable[[Generator, View], Field]:
    """A body, and limbs that end in the open or carry others; a picture moves the joints."""
    count = int(gene.integers(4, 10))
    parent = [0, *(int(gene.integers(0, max(1, k))) for k in range(1, count))]
    angles, lengths = gene.uniform(-np.pi, np.pi, count), gene.uniform(0.15, 0.55, count)
    thick = np.stack([gene.uniform(0.05, 0.2, count), gene.uniform(0.02, 0.16, count)])
    thick[:, 0] += 0.1
    both = gene.random() < 0.6  # mirrored, as animals are

    def draw(rng: Generator, view: View) -> Field:
        moved = angles + rng.normal(0, 0.2, count)
        ends, height = np.zeros((count, 2)), np.full((SIDE, SIDE), -np.inf)
        u = np.abs(view.u) if both else view.u
        for k in range(count):
            start = ends[parent[k]] if k else np.zeros(2)
            step = lengths[k] * np.array([np.cos(moved[k]), np.sin(moved[k])])
            ends[k] = start + step
            a, b = u - start[0], view.v - start[1]
            along = np.clip((a * step[0] + b * step[1]) / (lengths[k] ** 2), 0, 1)
            radius = thick[0, k] + along * (thick[1, k] - thick[0, k])
            height = np.maximum(height, radius - np.hypot(a - along * step[0], b - along * step[1]))
        return height

    return draw


def glyph(gene: Generator) -> Callable[[Generator, View], Field]:
    """Two to four bent strokes of a pen; a picture moves their points."""
    count = int(gene.integers(2, 5))
    points = gene.uniform(-0.75, 0.75, (count, 4, 2))
    for k in range(1, count):
        if gene.random() < 0.5:
            points[k, 0] = points[k - 1, gene.integers(4)]
    t = np.linspace(0, 1, 48)[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)

    def draw(rng: Generator, view: View) -> Field:
        line = (basis @ (points + rng.normal(0, 0.06, points.shape))).reshape(-1, 2)
        cos, sin = np.cos(view.turn) * view.zoom, np.sin(view.turn) * view.zoom
        x, y = cos * line[:, 0] - sin * line[:, 1], sin * line[:, 0] + cos * line[:, 1]
        places = np.clip(np.stack([y, x]) * 0.5 * SIDE + SIDE / 2, 0, SIDE - 1).astype(int)
        blank = np.ones((SIDE, SIDE), bool)
        blank[tuple(places)] = False
        pen = rng.uniform(0.6, 2.6) * SIDE / 64
        return (pen - ndimage.distance_transform_edt(blank)) * 2 / SIDE

    return draw


def fractal(gene: Generator) -> Callable[[Generator, View], Field]:
    """What two to six contracting maps leave of the plane (Barnsley 1988), by the chaos game."""
    count = int(gene.integers(2, 7))
    turns = gene.uniform(-np.pi, np.pi, (2, count))
    sizes = gene.uniform(0.25, 0.85, (2, count)) * gene.choice([-1, 1], (1, count))
    moves = gene.uniform(-1, 1, (count, 2))
    shares = np.abs(sizes).prod(0) ** 0.7
    shares /= shares.sum()

    def maps(rng: Generator) -> Field:
        def turned(angle: Field) -> Field:
            return np.moveaxis(
                np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), 2, 0
            )

        grown = np.clip(sizes * (1 + 0.08 * rng.standard_normal(sizes.shape)), -0.9, 0.9)
        return turned(turns[0]) * grown.T[:, None, :] @ turned(turns[1] + 0.1 * rng.standard_normal(count))

    def draw(rng: Generator, view: View) -> Field:
        matrices, at, seen = maps(rng), rng.uniform(-1, 1, (400, 2)), []
        for step in range(45):
            chosen = rng.choice(count, len(at), p=shares)
            at = np.einsum("nij,nj->ni", matrices[chosen], at) + moves[chosen]
            if step > 8:
                seen.append(at)
        cloud = np.concatenate(seen)
        low, high = np.quantile(cloud, [0.02, 0.98], axis=0)
        cloud = (cloud - (low + high) / 2) / ((high - low).max() / 1.5 + 1e-9) * view.zoom
        cos, sin = np.cos(view.turn), np.sin(view.turn)
        places = (
            np.stack([sin * cloud[:, 0] + cos * cloud[:, 1], cos * cloud[:, 0] - sin * cloud[:, 1]]) + 1
        ) / 2
        row, column = (places * SIDE).astype(int)
        inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
        hits = np.bincount(row[inside] * SIDE + column[inside], minlength=SIDE * SIDE).reshape(SIDE, SIDE)
        return np.where(hits > 0, 0.02 + 0.25 * np.log1p(hits) / np.log1p(hits.max()), -0.02)

    return draw


# ---- pictures


def palette(rng: Generator) -> Field:
    """Two to five colors (n, 3), 0..1, of one mood."""
    mood = rng.uniform(0, 1, 3)
    return np.clip(mood + rng.normal(0, rng.uniform(0.1, 0.4), (int(rng.integers(2, 6)), 3)), 0, 1)


def colored(values: Field, colors: Field) -> Field:
    """Values 0..1 (H, W) as (H, W, 3)."""
    steps = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(values, steps, channel) for channel in colors.T], axis=-1)


def lit(rng: Generator, color: Field, height: Field, strength: float) -> Field:
    """Colors under a lamp from one side: slopes towards it are bright."""
    down, right = np.gradient(height)
    angle = rng.uniform(0, 2 * np.pi)
    shade = np.clip(1 + strength * (np.cos(angle) * right + np.sin(angle) * down), 0.3, 1.7)
    return color * shade[..., None]


def surface(rng: Generator) -> Field:
    """A ground (SIDE, SIDE, 3) of any kind: a texture, leaves, clouds or one color."""
    kind = rng.random()
    if kind < 0.3:
        return np.ones((SIDE, SIDE, 1)) * rng.uniform(0, 1, 3)
    if kind < 0.6:
        clouds = np.stack([smooth(rng, 1.2), *(smooth(rng, 1.5) for _ in range(2))], axis=-1)
        return np.clip(rng.uniform(0.2, 0.8, 3) + clouds @ rng.normal(0, 0.12, (3, 3)), 0, 1)
    view = View(rng, np.pi, (0.6, 1.6), 1.0, 0.05)
    return colored(texture(rng)(rng, view), palette(rng))


def finished(rng: Generator, color: Field) -> NDArray[np.uint8]:
    """Light from one side, a blur or grain, as a camera gives them."""
    color = color * (1 + rng.uniform(-0.35, 0.35) * X + rng.uniform(-0.35, 0.35) * Y)[..., None]
    if rng.random() < 0.3:
        color = ndimage.gaussian_filter(color, (*2 * [rng.uniform(0.3, 1)], 0))
    color = np.clip(color, 0, 1) ** np.exp(rng.uniform(-0.4, 0.4))
    grey = color.mean(-1, keepdims=True)
    color = grey + rng.choice([0, rng.uniform(0.1, 1), 1], p=[0.1, 0.6, 0.3]) * (color - grey)
    return (255 * np.clip(color + rng.normal(0, 0.015, color.shape), 0, 1)).astype(np.uint8)


def textured(gene: Generator) -> Callable[[Generator], NDArray[np.uint8]]:
    """Pictures that one texture fills."""
    field, own = texture(gene), palette(gene) if gene.random() < 0.4 else None

    def draw(rng: Generator) -> NDArray[np.uint8]:
        values = field(rng, View(rng, 0.5, (0.7, 1.4), 1.0, 0.03))
        colors = palette(rng) if own is None else np.clip(own + rng.normal(0, 0.06, own.shape), 0, 1)
        return finished(rng, lit(rng, colored(values, colors), values, rng.choice([0, 1.5])))

    return draw


def thing(kind: Callable[[Generator], Any], turn: float) -> Callable[[Generator], Any]:
    """Pictures with one thing in front of any ground, with a surface and colors of any kind."""

    def of(gene: Generator) -> Callable[[Generator], NDArray[np.uint8]]:
        shape = kind(gene)

        def draw(rng: Generator) -> NDArray[np.uint8]:
            height = shape(rng, View(rng, turn, (0.7, 1.6), 0.25, 0.03))
            inside = np.clip(height * SIDE / 2 + 0.5, 0, 1)[..., None]
            round_ = np.sqrt(np.clip(height, 0, None)) * rng.uniform(0, 8)
            front, back = lit(rng, surface(rng), round_, 1.0), surface(rng)
            if np.abs(front.mean((0, 1)) - back.mean((0, 1))).max() < 0.15:
                front = 1 - front
            return finished(rng, inside * front + (1 - inside) * back)

        return draw

    return of


KINDS: tuple[tuple[str, Callable[[Generator], Any]], ...] = (
    ("texture", textured),
    ("shape", thing(contour, 0.6)),
    ("creature", thing(creature, 0.5)),
    ("texture", textured),
    ("glyph", thing(glyph, 0.25)),
    ("fractal", thing(fractal, 0.4)),
    ("creature", thing(creature, 0.5)),
)
"""In turn for the classes: two in seven are textures, and two are creatures."""


def pictures(classes: int, each: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (classes * each, SIDE, SIDE, 3) and their class numbers, class by class."""
    drawn = np.empty((classes, each, SIDE, SIDE, 3), np.uint8)
    for number in range(classes):
        draw = KINDS[number % len(KINDS)][1](np.random.default_rng([seed, number]))
        for one in range(each):
            drawn[number, one] = draw(np.random.default_rng([seed, number, one + 1]))
    return drawn.reshape(-1, SIDE, SIDE, 3), np.repeat(np.arange(classes), each)


def write_pictures(out: Path, classes: int, each: int, seed: int, sheet: Path | None = None) -> Path:
    """Write them as arrays that ``striate train`` reads, and some as one picture, a class a line."""
    images, labels = pictures(classes, each, seed)
    names = [f"{KINDS[number % len(KINDS)][0]}-{number:03}" for number in range(classes)]
    np.savez(out, images=images, labels=labels, classes=np.array(names))
    if sheet:
        grid = images.reshape(classes, each, SIDE, SIDE, 3)[:21, :16]
        Image.fromarray(np.concatenate([np.concatenate(list(line), axis=1) for line in grid])).save(sheet)
    return out


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="an .npz file")
    parser.add_argument("--classes", type=int, default=CLASSES)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--sheet", type=Path, help="a picture of some of them, a class a line")
    asked = parser.parse_args()
    write_pictures(asked.out, asked.classes, asked.each, asked.seed, asked.sheet)


if __name__ == "__main__":
    main()
