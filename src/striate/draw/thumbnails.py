"""A map of many pictures: each stands near its point, and none lies on another.

     points (N, 2)            cells of one size             map
      .  .:                    +--+--+--+                 +--+  +--+
     .  ::  .     --fit-->     |1 |  |23|   --spread-->   |1 |  |2 |
       .                       +--+--+--+                 +--+--+--+
                                                             |3 |

Every picture takes the free cell nearest to its point; those nearest to the middle of a cell come first.
"""

import colorsys
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from striate.draw.fonts import font, font_file, shorten
from striate.draw.image_grid import Picture, as_picture
from striate.draw.theme import INK, MUTED, PAPER, SERIES, rgb
from striate.errors import ShapeError

MOST_SHOWN = 2_500
"""Pictures on a map; of more a share is shown, evenly chosen."""

ROOM = 2.5
"""Cells for each picture: less is a full board without shape, more makes small pictures."""

RIM = 14
"""One cell in so many is left free along every side, where crowded points can spread."""

FRAME = 2  # pixels around a picture in the color of its class
LETTER = 15  # height of the legend's letters, pixels
NAMED = 120  # classes in the legend; with more, neither colors nor names could be told apart
WIDTH = 170  # of a column of the legend, pixels
LIGHTNESS = (0.45, 0.65, 0.3)  # of the hues, in turns: many hues of one lightness look alike


def place_cells(points: NDArray[np.float64], columns: int, rows: int) -> NDArray[np.int64]:
    """A cell (column, row) of its own for every point, near where it lies; row 0 is at the top.

    Args:
        points: (N, 2), x to the right and y up; N of at most columns * rows.
        columns: of the board.
        rows: of the board.

    Raises:
        ShapeError: there are more points than cells.

    >>> place_cells(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]), 2, 2).tolist()
    [[0, 1], [0, 0], [1, 0]]
    """
    if len(points) > columns * rows:
        raise ShapeError(
            f"there are {len(points)} points for {columns * rows} cells", "as many cells", "more columns"
        )
    rim = min(columns, rows) // RIM
    wanted = rim + fitted(points) * (columns - 1 - 2 * rim, rows - 1 - 2 * rim)
    off_center = np.abs(wanted - np.rint(wanted)).max(1)
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    cells = np.stack([column.ravel(), row.ravel()], 1)
    free = np.ones(len(cells), dtype=bool)
    found = np.empty((len(points), 2), dtype=np.int64)
    for index in np.argsort(off_center, kind="stable"):
        distances = ((cells - wanted[index]) ** 2).sum(1)
        cell = int(np.where(free, distances, np.inf).argmin())
        free[cell] = False
        found[index] = cells[cell]
    return found


def fitted(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points scaled to 0..1 along both axes, y turned down; an axis without extent becomes 0.5."""
    low, high = points.min(0), points.max(0)
    extent = np.where(high > low, high - low, 1)
    inside = np.where(high > low, (points - low) / extent, 0.5)
    inside[:, 1] = 1 - inside[:, 1]
    return inside


def class_colors(count: int) -> list[tuple[int, int, int]]:
    """Colors of classes: those of all charts, then hues in between."""
    hues = [
        colorsys.hls_to_rgb((0.04 + 0.618034 * k) % 1, LIGHTNESS[k % 3], 0.55)
        for k in range(count - len(SERIES))
    ]
    turned = [(round(255 * r), round(255 * g), round(255 * b)) for r, g, b in hues]
    return [*map(rgb, SERIES), *turned][:count]


def thumbnail_map(
    points: NDArray[np.float64],
    images: Sequence[Picture],
    labels: Sequence[int],
    classes: Sequence[str] = (),
    side: int = 1400,
) -> Image.Image:
    """Pictures at their points on one white sheet, framed in the color of their class, with a legend.

    Args:
        points: (N, 2), N of 1 or more.
        images: N pictures; of more than ``MOST_SHOWN`` a share is shown.
        labels: N class numbers; others than 0..K-1 have no frame.
        classes: K names.
        side: of the map, pixels, about.

    Raises:
        ShapeError: the parts differ in number, or there is none.
    """
    if not len(points) or not len(points) == len(images) == len(labels):
        raise ShapeError(
            f"there are {len(points)} points, {len(images)} pictures and {len(labels)} labels",
            "one or more of each, and as many",
            "pass what striate.embedding_map made",
        )
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), MOST_SHOWN)).astype(int))
    board = max(1, math.ceil(math.sqrt(ROOM * len(chosen))))
    cell = max(10, side // board)
    cells = place_cells(np.asarray(points, dtype=np.float64)[chosen], board, board)
    legend = WIDTH * legend_columns(len(classes), board * cell) if 1 < len(classes) <= NAMED else 0
    paper = Image.new("RGB", (board * cell + legend, board * cell), PAPER)
    colors = class_colors(len(classes))
    for index, (column, row) in zip(chosen, cells.tolist(), strict=True):
        label = labels[index]
        frame = colors[label] if legend and 0 <= label < len(classes) else None
        paper.paste(_framed(images[index], cell - 1, frame), (column * cell, row * cell))
    if legend:
        _legend(paper, board * cell, classes, colors)
    return paper


def _framed(image: Picture, side: int, frame: tuple[int, int, int] | None) -> Image.Image:
    """A picture fitted into a square, with a frame if it has a color."""
    inner = side - 2 * FRAME if frame else side
    card = Image.new("RGB", (side, side), frame or PAPER)
    shown = as_picture(image)
    scale = inner / max(shown.size)
    size = max(1, round(shown.width * scale)), max(1, round(shown.height * scale))
    shown = shown.resize(size, Image.Resampling.BICUBIC)
    card.paste(shown, ((side - size[0]) // 2, (side - size[1]) // 2))
    return card


def _legend(
    paper: Image.Image, left: int, classes: Sequence[str], colors: Sequence[tuple[int, int, int]]
) -> None:
    """The names of the classes beside their colors, in as many columns as they need."""
    pen, rows = ImageDraw.Draw(paper), legend_rows(paper.height)
    for index, (name, color) in enumerate(zip(classes, colors, strict=True)):
        column, row = divmod(index, rows)
        start, top = left + column * WIDTH, 16 + row * (LETTER + 11)
        pen.rounded_rectangle((start + 16, top, start + 16 + LETTER, top + LETTER), 3, fill=color)
        line, face = shorten(name, LETTER, WIDTH - 52)
        pen.text((start + 40, top - 2), line, fill=INK, font=face)


def legend_rows(height: int) -> int:
    """Names that fit below each other."""
    return max(1, (height - 16) // (LETTER + 11))


def legend_columns(classes: int, height: int) -> int:
    """Columns of names that a legend needs.

    >>> legend_columns(30, 1400), legend_columns(100, 1400), legend_columns(30, 400)
    (1, 2, 3)
    """
    return math.ceil(classes / legend_rows(height))


def caption(paper: Image.Image, text: str) -> Image.Image:
    """The same picture with a line below it, which says what is shown."""
    tall = LETTER + 14
    taller = Image.new("RGB", (paper.width, paper.height + tall), PAPER)
    taller.paste(paper, (0, 0))
    face = font(font_file(text), LETTER)
    ImageDraw.Draw(taller).text((8, paper.height + 4), text, fill=MUTED, font=face)
    return taller
