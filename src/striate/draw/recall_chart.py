"""Recall of proposals: how many objects the first N boxes find, and how well these boxes fit.

    by number of boxes        by overlap
    |      ____               |--.
    |   __/                   |   \\
    |__/                      |    `-.
    1   10  100  1,000        0.5    0.95
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from striate.draw.fonts import clean
from striate.draw.theme import FIGURE, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Lines = Mapping[str, tuple[list[float], list[float]]]


def recall_chart(by_number: Lines, by_overlap: Lines) -> "Figure":
    """Two panels.

    Args:
        by_number: name -> numbers of boxes, and a share 0..1 for each.
        by_overlap: name -> IoU 0..1, and a share 0..1 for each.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    with matplotlib.rc_context(FIGURE):
        figure = Figure(figsize=(8.4, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _lines(left, by_number)
        left.set_xscale("log")
        left.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        left.xaxis.set_minor_locator(NullLocator())
        left.set(xlabel="boxes of a picture", title="recall and overlap", ylim=(0, 1.02))
        left.margins(x=0.02)
        _lines(right, by_overlap)
        right.set(xlabel="IoU asked for", title="recall", xlim=(0.49, 0.96))
    return figure


def _lines(axes: "Axes", lines: Lines) -> None:
    for index, (name, (x, y)) in enumerate(lines.items()):
        marker = "o" if len(x) < 3 else None
        axes.plot(x, y, label=clean(name), color=SERIES[index % len(SERIES)], marker=marker, markersize=4)
    axes.legend(frameon=False, handlelength=1.2)
