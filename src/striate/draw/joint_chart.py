"""The error of every point as a picture of the body or the face: the larger a dot, the larger its error.

  o head            typical positions, the lines of the skeleton, and
 /|\\               the names of the points where they are few
o | O left wrist
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from striate.draw.fonts import shorten
from striate.draw.overlay import ANSWER, FEW, Point
from striate.draw.theme import INK, MUTED, PAPER

BONE = "#c3cad1"
MARGIN = 0.16  # of the side, where the names of the outermost points stand
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
    for first, second in lines:
        pen.line((placed[first], placed[second]), fill=BONE, width=max(2, side // 160))
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    largest, least = side * DOT[len(points) <= FEW], side * LEAST
    radii = [max(least, largest * (value / most) ** 0.5) if value is not None else least for value in values]
    for (x, y), value, radius in zip(placed, values, radii, strict=True):
        color = ANSWER if value is not None else BONE
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color, outline=PAPER)
    if len(points) <= FEW:
        for point, radius, name in zip(placed, radii, names, strict=False):
            _write(pen, point, radius, name, side)
    return sheet


def spread(points: Sequence[Point], side: int) -> list[Point]:
    """The points moved and scaled into the middle of a square, as large as its margin allows.

    >>> spread([(0.0, 0.0), (10.0, 20.0)], side=100)
    [(33.0, 16.0), (67.0, 84.0)]
    """
    low = [min(point[axis] for point in points) for axis in (0, 1)]
    high = [max(point[axis] for point in points) for axis in (0, 1)]
    room, span = side * (1 - 2 * MARGIN), max(high[0] - low[0], high[1] - low[1]) or 1.0
    middle, scale = [(one + other) / 2 for one, other in zip(low, high, strict=True)], room / span
    return [(side / 2 + (x - middle[0]) * scale, side / 2 + (y - middle[1]) * scale) for x, y in points]


def _write(pen: ImageDraw.ImageDraw, point: Point, radius: float, name: str, side: int) -> None:
    """The name beside its dot, on the side that is farther from the middle of the picture."""
    size = max(11, side // 40)
    line, face = shorten(name.replace("_", " "), size, round(side * 0.3))
    wide, gap = face.getlength(line), radius + size / 3
    left = point[0] + gap if point[0] >= side / 2 else point[0] - gap - wide
    left = min(max(gap / 2, left), side - wide - gap / 2)
    pen.text((left, point[1] - size * 0.6), line, fill=INK if radius > side * LEAST else MUTED, font=face)
