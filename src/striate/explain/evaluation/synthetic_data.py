"""Pictures whose reason is known: one small mark decides the class, and everything else is there by chance.

    +-----------+-----------+
    |           |  o        |     a background like photographs: amplitude ~ 1 / frequency
    |  #        |           |     one mark: + x o or a square, which is the class; its box is the mask
    +-----------+-----------+     three things of the same size and inks, which are the same for all classes
    |        =  |           |
    |           |      L    |     which quarter has the mark, the position in it and all inks are drawn by lot
    +-----------+-----------+

Whoever marks what is conspicuous finds the mark in one of four pictures. Whoever asks what the network looks
at, finds it in all of them, if the network looks at it: there is nothing else to be learned.

The idea: Yang, Kim 2019, https://arxiv.org/abs/1907.09701; Zhou, Booth, Ribeiro, Shah 2022,
https://arxiv.org/abs/2104.14403. Background: Field 1987, https://doi.org/10.1364/JOSAA.4.002379
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.arguments import checked
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.errors import SettingError

SIDE, MARK = 32, 7
"""Pixels of a picture and of a mark."""

CONTRAST = 0.12
"""Standard deviation of the background, in shares of the brightest."""

MARKS = {
    "plus": "...#... ...#... ...#... ####### ...#... ...#... ...#...",
    "cross": "#.....# .#...#. ..#.#.. ...#... ..#.#.. .#...#. #.....#",
    "ring": "..###.. .#...#. #.....# #.....# #.....# .#...#. ..###..",
    "square": "####### #.....# #.....# #.....# #.....# #.....# #######",
}
"""The classes: rows of seven pixels."""

OTHERS = {
    "bars": "#..#..# #..#..# #..#..# #..#..# #..#..# #..#..# #..#..#",
    "corner": "#...... #...... #...... #...... #...... #...... #######",
    "disc": "....... ..###.. .#####. .#####. .#####. ..###.. .......",
    "stairs": "##..... .##.... ..##... ...##.. ....##. .....## ......#",
}
"""What says nothing about the class."""


@dataclass(frozen=True)
class SyntheticData:
    """N pictures with the position of their reason.

    Args:
        images: uint8 (N, 3, 32, 32).
        labels: int64 (N,), numbers of ``classes``.
        masks: bool (N, 32, 32), the box of the mark.
        classes: their names.
    """

    images: Tensor
    labels: Tensor
    masks: Tensor
    classes: tuple[str, ...] = tuple(MARKS)

    def __len__(self) -> int:
        return len(self.images)

    def splits(self) -> Splits:
        """As data for ``striate.train``: all of them to be learned from."""
        store = Array(self.images.permute(0, 2, 3, 1).numpy(), "synthetic")
        whole = Dataset.whole(store, self.labels.numpy(), self.classes)
        return Splits({"train": whole}, "synthetic", Path("synthetic"))


@checked
def make_synthetic_data(count: int, seed: int = 0) -> SyntheticData:
    """Pictures whose reason is known; of another seed others.

    Args:
        count: N.
        seed: of all that is left to chance, 0 or more.

    Raises:
        SettingError: count or seed are negative.

    >>> synthetic = make_synthetic_data(2)
    >>> synthetic.images.shape, synthetic.masks.sum((1, 2)).tolist()
    (torch.Size([2, 3, 32, 32]), [49, 49])
    """
    if count < 0 or seed < 0:
        raise SettingError(
            f"count is {count} and seed {seed}", "0 or more", "make_synthetic_data(1000, seed=0)"
        )
    random = np.random.default_rng(seed)
    pixels = _backgrounds(random, count)
    labels = random.integers(0, len(MARKS), count)
    others = _stencils(OTHERS)[random.integers(0, len(OTHERS), (count, 3))]
    things = np.concatenate([_stencils(MARKS)[labels][:, None], others], axis=1)
    corners = _corners(random, count)
    dark, bright = random.uniform(0, 0.25, (count, 4, 3)), random.uniform(0.75, 1, (count, 4, 3))
    inks = np.where(random.random((count, 4, 1)) < 0.5, dark, bright)
    masks = np.zeros((count, SIDE, SIDE), dtype=bool)
    for number in range(4):
        index = _box(corners[:, number])
        box = pixels[index]  # (N, 7, 7, 3)
        pixels[index] = np.where(things[:, number, :, :, None], inks[:, number, None, None], box)
    masks[_box(corners[:, 0])] = True
    images = np.rint(pixels.clip(0, 1) * 255).astype(np.uint8).transpose(0, 3, 1, 2)
    return SyntheticData(torch.from_numpy(images.copy()), torch.from_numpy(labels), torch.from_numpy(masks))


def _backgrounds(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(N, H, W, 3) about 0.5: noise whose amplitude falls with the frequency."""
    steps = np.fft.fftfreq(SIDE)
    frequencies = np.hypot(steps[:, None], steps)
    frequencies[0, 0] = np.inf  # no constant part
    waves = np.fft.fft2(random.standard_normal((count, 3, SIDE, SIDE))) / frequencies
    noise = np.fft.ifft2(waves).real
    spread: NDArray[np.float64] = noise / noise.std(axis=(1, 2, 3), keepdims=True)
    return 0.5 + CONTRAST * spread.transpose(0, 2, 3, 1)


def _corners(random: np.random.Generator, count: int) -> NDArray[np.int64]:
    """(N, 4, 2): upper left corners (top, left) of four things, each in another quarter."""
    half = SIDE // 2
    quarters = random.random((count, 4)).argsort(axis=1)
    inside = random.integers(1, half - MARK, (count, 4, 2))  # never at a border
    return np.stack([quarters // 2, quarters % 2], axis=-1) * half + inside


def _box(corners: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """The index (picture, row, column) of one thing of every picture, for (N, H, W, ...) arrays."""
    steps = np.arange(MARK)
    pictures = np.arange(len(corners))[:, None, None]
    return pictures, corners[:, 0, None, None] + steps[:, None], corners[:, 1, None, None] + steps


def _stencils(drawings: dict[str, str]) -> NDArray[np.bool_]:
    """bool (K, 7, 7)."""
    return np.array([[[dot == "#" for dot in row] for row in one.split()] for one in drawings.values()])
