"""The colors, lines and letters of every picture: the one file where the look of striate is decided.

Series colors: Okabe and Ito 2008, "Color Universal Design", told apart by every kind of color vision.
https://jfly.uni-koeln.de/color/

Ramps are lists of colors whose lightness only grows or only falls, so that they survive grey printing:

    EMBER   night --> violet --> ember --> amber --> straw     how much a pixel matters
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

INK = "#1c2733"  # text
MUTED = "#66717f"  # axes, captions
LINE = "#e3e6ea"  # rules and grids
PAPER = "#ffffff"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
EMBER = ("#0d0b1e", "#43195f", "#952c63", "#dc5039", "#f59a36", "#fdf0b4")

# matplotlib's parameters while a figure is made and written; letters stay text, in a font that the reader has
FIGURE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "savefig.dpi": 150,
    "svg.fonttype": "none",
    "svg.hashsalt": "striate",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue 0..255 of ``#rrggbb``.

    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def ramp(values: Any, colors: Sequence[str]) -> NDArray[np.uint8]:
    """Colors of numbers by linear interpolation along a ramp.

    Args:
        values: any shape, 0..1; what lies outside takes the end's color.
        colors: two or more ``#rrggbb``, evenly spaced over 0..1.

    Returns:
        uint8 (*values.shape, 3).

    >>> ramp([0.0, 0.5, 2.0], ("#000000", "#ffffff")).tolist()
    [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    """
    stops = np.linspace(0, 1, len(colors))
    anchors = np.array([rgb(color) for color in colors], dtype=float)
    positions = np.asarray(values, dtype=float)
    channels = [np.interp(positions, stops, anchors[:, channel]) for channel in range(3)]
    colored: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return colored


def lightness(color: Any) -> float:
    """Relative luminance 0..1 of an sRGB color as WCAG 2.1 defines it, to choose dark or light letters on it.

    Args:
        color: red, green and blue, 0..255.

    >>> lightness((255, 255, 255)), lightness((0, 0, 0))
    (1.0, 0.0)
    """
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
