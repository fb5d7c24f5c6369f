"""Where the time goes: of each name a bar, whose pieces are the shares of its parts.

rcnn     |#proposals#|..............backbone..............|head|   1.2 s
ssd      |.......................backbone........|--head--|finish|  12 ms
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from striate.draw.charts import styled
from striate.draw.fonts import legible
from striate.draw.theme import INK, MUTED, PAPER, SERIES, lightness, rgb
from striate.formatting import milliseconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = {
    "proposals": SERIES[4],
    "backbone": SERIES[0],
    "network": SERIES[0],
    "head": SERIES[2],
    "finish": SERIES[3],
}
LEAST = 0.07
"""Share from which on a piece is wide enough for its percentage."""

ROW, MARGIN = 0.34, 1.0
"""Inches of a bar with its gap, and of all that is above and below."""


def parts_chart(rows: Mapping[str, Mapping[str, float]]) -> "Figure":
    """Shares of the parts, with the whole at the end of each bar.

    Args:
        rows: {name: {part: seconds}}, the first one on top; no part is below 0.
    """
    with styled(8.2, MARGIN + ROW * max(1, len(rows))) as (figure, axes):
        parts = [part for part in COLORS if any(part in row for row in rows.values())]
        for place, row in enumerate(rows.values()):
            _bar(axes, place, {part: row[part] for part in parts if part in row})
        for part in parts:
            axes.barh([0], [0], color=COLORS[part], label=part)
        axes.set_yticks(range(len(rows)), [legible(name) for name in rows])
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 112), xlabel="share of the time of a picture (%)")
        axes.set_xticks(range(0, 101, 20))
        axes.tick_params(axis="y", labelcolor=INK)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        if parts:
            figure.legend(loc="outside upper left", ncols=len(parts), frameon=False, handlelength=1.0)
    return figure


def _bar(axes: "Axes", place: int, row: Mapping[str, float]) -> None:
    """One name."""
    whole, left = sum(row.values()), 0.0
    for part, seconds in row.items():
        share = 100 * seconds / whole if whole else 0.0
        axes.barh(place, share, 0.72, left, color=COLORS[part], edgecolor=PAPER, linewidth=0.8)
        if share >= 100 * LEAST:
            light = lightness(rgb(COLORS[part])) > 0.2
            axes.text(
                left + share / 2,
                place,
                f"{share:.0f}",
                ha="center",
                va="center",
                color=INK if light else PAPER,
            )
        left += share
    axes.text(101.5, place, f"{milliseconds(whole)} ms", ha="left", va="center", color=MUTED)
