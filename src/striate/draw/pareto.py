"""Two numbers of each name against each other, the names beside their points and never on each other.

    |         .--- c        frontier: no point lies above and to the left of one of its points
    |    .--- b    o d
    | a -'

A name stands right beside its point where there is room, else further away with a thin line to it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from striate.draw.charts import styled
from striate.draw.fonts import legible
from striate.draw.theme import INK, LINE, MUTED, PAPER, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

XY = tuple[float, float]
"""From the left and from the bottom, in points of 1/72 inch."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

ANGLES = (130, 90, 180, 50, 0, -50, -130, -90, 155, 25, -25, -155)
"""Where a name is tried around its point, degrees counterclockwise from the right: first off the frontier."""

DISTANCES = (7.0, 10.0, 16.0, 24.0, 34.0, 46.0, 60.0, 80.0, 110.0)
"""Points (1/72 inch) between a point and its name, as they are tried."""

FAR = 12.0
"""Points from which on a line leads from a name to its point."""

GAP = 2.0
MARKER = 6.5  # half the side of a point's box
BETTER = "↖ better"

GROUPS, MARKERS = (*SERIES, INK), ("o", "s", "^", "D")
"""Colors of groups, and what tells apart those that share one."""


@dataclass(frozen=True)
class Point:
    """One name.

    Args:
        name: beside the point.
        x, y: above 0.
        interval: of y; None for none.
        kept: whether it lies on the frontier.
        group: names of one group have one color; "" for the color of the frontier, or of what is off it.
    """

    name: str
    x: float
    y: float
    interval: tuple[float, float] | None = None
    kept: bool = True
    group: str = ""


def frontier(points: Sequence[Point], across: str, up: str, *, higher_is_better: bool = True) -> "Figure":
    """A score (better is up) against time (logarithmic), with the frontier as steps through its points.

    Groups have a legend, unless points are called as their group is. What is off the frontier is hollow then.

    Args:
        points: one or more.
        across: what x is.
        up: what y is.
        higher_is_better: whether a larger y is a better one; else the axis is turned over.
    """
    with styled(8.2, 4.6) as (figure, axes):
        steps = sorted((point.x, point.y) for point in points if point.kept)
        _scale(axes, points)
        if not higher_is_better:
            axes.invert_yaxis()
        _steps(axes, steps, MUTED if any(point.group for point in points) else SERIES[0])
        _dots(axes, points)
        axes.set(xlabel=across, ylabel=up)
        note = axes.annotate(
            BETTER, (0, 1), (8, -8), "axes fraction", "offset points", ha="left", va="top", color=MUTED
        )
        _legend(figure, points)
        _name(figure, axes, points, steps, [note])
    return figure


def scatter(points: Sequence[Point], across: str, up: str) -> "Figure":
    """Two costs against each other, both logarithmic; the line says where both grow alike."""
    with styled(8.2, 4.6) as (figure, axes):
        if points:
            _scale(axes, points)
            axes.set_yscale("log")
            lows, highs = (end(point.y for point in points) for end in (min, max))
            axes.set_ylim(lows / 2, highs * 2)
            _round_ticks(axes.yaxis)
            _dots(axes, points)
        axes.set(xlabel=across, ylabel=up)
        _name(figure, axes, points, [], [])
    return figure


def _scale(axes: "Axes", points: Sequence[Point]) -> None:
    """Room around the points; ticks at 1, 2, 5, 10, ..."""
    axes.set_xscale("log")
    least, most = min(point.x for point in points), max(point.x for point in points)
    axes.set_xlim(least / 1.9, most * 1.9)
    _round_ticks(axes.xaxis)
    ends = [side for point in points for side in (point.y, *(point.interval or ()))]
    room = 0.12 * max(max(ends) - min(ends), 1.0)
    axes.set_ylim(min(ends) - room, max(ends) + room)


def _round_ticks(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, place: round_number(value)))


def round_number(value: float) -> str:
    """A number at a tick.

    >>> round_number(0.05), round_number(2.0), round_number(10_000.0)
    ('0.05', '2', '10,000')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _steps(axes: "Axes", steps: Sequence[XY], color: str) -> None:
    """The frontier, and below it what is reached."""
    right = axes.get_xlim()[1]
    x, y = [*(place[0] for place in steps), right], [*(place[1] for place in steps), steps[-1][1]]
    axes.fill_between(x, y, axes.get_ylim()[0], step="post", color=color, alpha=0.07, linewidth=0)
    axes.step(x, y, where="post", color=color, linewidth=1.6, alpha=0.75)


def _dots(axes: "Axes", points: Sequence[Point]) -> None:
    """Each point with its interval."""
    marks = group_marks(points)
    for point in points:
        color, marker = marks.get(point.group, (SERIES[0] if point.kept else MUTED, "o"))
        if point.interval:
            axes.vlines(point.x, *point.interval, color=color, linewidth=1.4, alpha=0.45, zorder=3)
        filled = point.kept or not point.group
        face, edge = (color, PAPER) if filled else (PAPER, color)
        axes.scatter(
            point.x, point.y, s=64, color=face, edgecolor=edge, linewidth=1.4, marker=marker, zorder=4
        )


def group_marks(points: Sequence[Point]) -> dict[str, tuple[str, str]]:
    """{group: (color, marker)}, in the order in which they come; of many groups a color has several markers.

    >>> group_marks([Point("a", 1, 1, group="ssd"), Point("b", 1, 1), Point("c", 1, 1, group="yolo")])
    {'ssd': ('#0072b2', 'o'), 'yolo': ('#d55e00', 'o')}
    """
    names = dict.fromkeys(point.group for point in points if point.group)
    number = len(GROUPS)
    return {
        name: (GROUPS[place % number], MARKERS[place // number % len(MARKERS)])
        for place, name in enumerate(names)
    }


def _legend(figure: "Figure", points: Sequence[Point]) -> None:
    """The groups above the axes, where their names do not stand beside the points."""
    from matplotlib.lines import Line2D

    if all(point.name == point.group for point in points if point.group):
        return
    style: dict[str, Any] = {"linestyle": "none", "markersize": 7, "markeredgecolor": PAPER}
    handles = [
        Line2D([], [], color=color, marker=marker, label=legible(name), **style)
        for name, (color, marker) in group_marks(points).items()
    ]
    if handles:
        figure.legend(
            handles=handles,
            loc="outside upper left",
            ncols=7,
            frameon=False,
            handletextpad=0.1,
            columnspacing=1.2,
        )


class Page:
    """A figure whose layout is settled, in points of 1/72 inch."""

    def __init__(self, figure: "Figure", axes: "Axes") -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self._renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        self._unit, self._axes = figure.dpi / 72, axes

    def where(self, x: float, y: float) -> XY:
        """The place of two numbers."""
        right, up = self._axes.transData.transform((x, y))
        return right / self._unit, up / self._unit

    def box(self, artist: Any) -> Box:
        """What something drawn takes up."""
        left, bottom, right, top = artist.get_window_extent(self._renderer).extents / self._unit
        return left, bottom, right, top

    def line(self, one: XY, other: XY) -> None:
        """Draw a thin line between two places."""
        pixels = [[side * self._unit for side in end] for end in (one, other)]
        ends = self._axes.transData.inverted().transform(pixels)
        self._axes.plot(*ends.T, color=LINE, linewidth=1, zorder=2)


def _name(
    figure: "Figure", axes: "Axes", points: Sequence[Point], steps: Sequence[XY], notes: list[Any]
) -> None:
    """Put the names where they touch nothing."""
    page = Page(figure, axes)
    order = sorted(points, key=lambda point: not point.kept)
    names = [_written(axes, point, bold=point.kept and bool(steps)) for point in order]
    boxes = [page.box(name) for name in names]
    sizes = [(right - left, top - bottom) for left, bottom, right, top in boxes]
    anchors = [page.where(point.x, point.y) for point in order]
    frame = page.box(axes.patch)
    solid = [page.box(note) for note in notes] + [_around(anchor, MARKER) for anchor in anchors]
    bars = [_bar(page, point) for point in order if point.interval]
    lines = [_around(place, 1.0) for place in _along([page.where(*step) for step in steps], frame)]
    placed = label_corners(sizes, anchors, frame, solid, bars + lines)
    for name, anchor, size, corner in zip(names, anchors, sizes, placed, strict=True):
        if corner is None:
            name.remove()
            continue
        name.set_position((corner[0] - anchor[0], corner[1] - anchor[1]))
        near = _nearest(corner, size, anchor)
        if math.dist(near, anchor) > FAR:
            page.line(near, anchor)


def _written(axes: "Axes", point: Point, *, bold: bool) -> Any:
    """A name, not yet at its place."""
    return axes.annotate(
        legible(point.name),
        (point.x, point.y),
        textcoords="offset points",
        xytext=(0, 0),
        weight="bold" if bold else "normal",
        color=INK if point.kept else MUTED,
        zorder=5,
    )


def label_corners(
    sizes: Sequence[XY],
    anchors: Sequence[XY],
    frame: Box,
    solid: Sequence[Box],
    soft: Sequence[Box] = (),
) -> list[XY | None]:
    """The lower left corner of every name, so that none touches another one.

    Args:
        sizes: width and height of each.
        anchors: the point of each.
        frame: that they must stay in.
        solid: what they must not touch.
        soft: what they shall not touch, where that is possible.

    Returns:
        corners; None for a name that has no room at all.

    >>> [(x, y)] = label_corners([(20, 8)], [(50, 50)], (0, 0, 100, 100), [(48, 48, 52, 52)])
    >>> round(x), round(y)
    (29, 54)
    """
    taken: list[Box] = []
    corners: list[XY | None] = []
    for size, anchor in zip(sizes, anchors, strict=True):
        boxes = ((x, y, x + size[0], y + size[1]) for x, y in _around_it(size, anchor, frame))
        inside = [box for box in boxes if _inside(box, frame)]
        free = [box for box in inside if not any(_touch(box, other) for other in (*taken, *solid))]
        clear = (box for box in free if not any(_touch(box, other) for other in soft))
        chosen = next(clear, next(iter(free), None))
        corners.append(chosen[:2] if chosen else None)
        taken += [chosen] if chosen else []
    return corners


def _around_it(size: XY, anchor: XY, frame: Box) -> Iterator[XY]:
    """Corners to be tried: near its point first, then anywhere."""
    (wide, tall), (x, y) = size, anchor
    for distance in DISTANCES:
        for angle in map(math.radians, ANGLES):
            right, up = round(math.cos(angle), 6), round(math.sin(angle), 6)
            middle = x + right * (distance + wide / 2), y + up * (distance + tall / 2)
            yield middle[0] - wide / 2, middle[1] - tall / 2
    left, bottom, right_end, top = frame
    rows = [bottom + step * (tall + GAP) for step in range(1, max(1, int((top - bottom) / (tall + GAP))))]
    columns = [left + step * wide / 3 for step in range(1, max(1, int(3 * (right_end - left) / wide)))]
    yield from sorted(
        ((column, row) for row in rows for column in columns), key=lambda corner: math.dist(corner, anchor)
    )


def _touch(one: Box, other: Box) -> bool:
    """Whether two boxes come closer than the gap."""
    return (
        one[0] < other[2] + GAP
        and other[0] < one[2] + GAP
        and one[1] < other[3] + GAP
        and other[1] < one[3] + GAP
    )


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _around(place: XY, half: float) -> Box:
    return place[0] - half, place[1] - half, place[0] + half, place[1] + half


def _bar(page: Page, point: Point) -> Box:
    """The box of an interval's line."""
    low, high = point.interval or (point.y, point.y)
    (x, bottom), (_, top) = page.where(point.x, low), page.where(point.x, high)
    return x - 1, bottom, x + 1, top


def _along(steps: Sequence[XY], frame: Box) -> Iterator[XY]:
    """Places on the frontier, close to each other."""
    ends = [*steps, (frame[2], steps[-1][1])] if steps else []
    for (x, y), (next_x, next_y) in pairwise(ends):
        yield from ((x + part * (next_x - x) / 40, y) for part in range(41))
        yield from ((next_x, y + part * (next_y - y) / 40) for part in range(41))


def _nearest(corner: XY, size: XY, anchor: XY) -> XY:
    """The place of a name's box that is nearest to its point."""
    return (
        min(max(anchor[0], corner[0]), corner[0] + size[0]),
        min(max(anchor[1], corner[1]), corner[1] + size[1]),
    )
