"""The error of every point as a picture of the body or the face: the larger a dot, the larger its error.

  o head            typical positions, the lines of the skeleton, and
 /|\\               the names of the points where they are few
o | O left wrist
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from striate.draw.fonts import shorten
from striate.draw.overlay import ANSWER, FEW, Point
from striate.draw.theme import INK, LINE, PAPER

BONE = "#c3cad1"
MARGINS = 0.22, 0.06  # left and right, where the names stand; top and bottom; shares of the side
DOT = {True: 0.032, False: 0.018}  # radius of the largest dot, shares of the side: of few points, of many
LEAST = 0.005  # of the smallest


def joint_chart(
    points: Sequence[Point],
    lines: Sequence[tuple[int, int]],
    values: Sequence[float | None],
    names: Sequence[str] = (),
    side: int = 480,
) -> Image.Image:
    """A body or a face whose points are as large as their error.

    Args:
        points: L typical positions, any unit.
        lines: pairs of numbers of points that a line joins.
        values: error of each point; None for one that was never visible.
        names: L names, written where there are at most ``FEW``; or none.
        side: of the picture, pixels.
    """
    sheet = Image.new("RGB", (side, side), PAPER)
    pen = ImageDraw.Draw(sheet)
    placed = spread(points, side)
    if len(points) <= FEW:
        _write(pen, placed, names, side)
    for first, second in lines:
        pen.line((placed[first], placed[second]), fill=BONE, width=max(2, side // 160))
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    largest, least = side * DOT[len(points) <= FEW], side * LEAST
    radii = [max(least, largest * (value / most) ** 0.5) if value is not None else least for value in values]
    for (x, y), value, radius in zip(placed, values, radii, strict=True):
        color = ANSWER if value is not None else BONE
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color, outline=PAPER)
    return sheet


def spread(points: Sequence[Point], side: int) -> list[Point]:
    """The points moved and scaled into the middle of a square, as large as its margin allows.

    >>> spread([(0.0, 0.0), (10.0, 20.0)], side=100)
    [(28.0, 6.0), (72.0, 94.0)]
    """
    low = [min(point[axis] for point in points) for axis in (0, 1)]
    high = [max(point[axis] for point in points) for axis in (0, 1)]
    rooms = [side - 2 * round(side * margin) for margin in MARGINS]
    scale = min(room / ((b - a) or 1.0) for room, a, b in zip(rooms, low, high, strict=True))
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    return [(side / 2 + (x - middle[0]) * scale, side / 2 + (y - middle[1]) * scale) for x, y in points]


def _write(pen: ImageDraw.ImageDraw, placed: Sequence[Point], names: Sequence[str], side: int) -> None:
    """The names in a column on each side, from top to bottom as their points, with a line to each."""
    size = max(11, side // 40)
    edge, middle = size / 2, sum(x for x, _ in placed) / max(len(placed), 1)
    for left in (True, False):
        column = [number for number in range(len(names)) if (placed[number][0] < middle) == left]
        column.sort(key=lambda number: placed[number][1])
        tops = spaced([placed[number][1] for number in column], size * 1.4, side - size)
        for number, y in zip(column, tops, strict=True):
            line, face = shorten(names[number].replace("_", " "), size, round(side * MARGINS[0]))
            wide = face.getlength(line)
            x = edge if left else side - edge - wide
            near = x + wide + edge if left else x - edge
            pen.line(((near, y), placed[number]), fill=LINE, width=max(1, side // 480))
            pen.text((x, y - size * 0.6), line, fill=INK, font=face)


def spaced(heights: Sequence[float], gap: float, bottom: float) -> list[float]:
    """Rising heights moved down until they are a gap apart, and up where they pass the bottom.

    >>> spaced([10.0, 12.0, 50.0], 8.0, 52.0), spaced([50.0, 51.0], 8.0, 52.0)
    ([10.0, 18.0, 50.0], [44.0, 52.0])
    """
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + gap) if moved else height)
    for number in reversed(range(len(moved))):
        below = moved[number + 1] - gap if number + 1 < len(moved) else bottom
        moved[number] = min(moved[number], below)
    return moved
