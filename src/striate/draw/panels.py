"""Several numbers of each name beside each other: a panel of bars for each kind of number.

        found        deletion     insertion
a   ########  80    ###   0.2    #####  0.6
b   ##        20    #     0.1    ####   0.5
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate.draw.fonts import legible
from striate.draw.theme import FIGURE, LINE, MUTED, SERIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def panels(
    names: Sequence[str], columns: Mapping[str, Sequence[float | None]], marked: Sequence[bool]
) -> "Figure":
    """Horizontal bars in the order given, with their numbers at the ends.

    Args:
        names: N of them.
        columns: title -> N numbers; None leaves a gap.
        marked: which names have another color.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(FIGURE):
        figure = Figure(
            figsize=(1.6 + 1.9 * len(columns), 0.9 + 0.28 * max(1, len(names))), layout="constrained"
        )
        together = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        colors = [SERIES[1] if mark else SERIES[0] for mark in marked]
        for axes, (title, numbers) in zip(together, columns.items(), strict=True):
            drawn = axes.barh(
                range(len(names)), [number or 0.0 for number in numbers], color=colors, height=0.66
            )
            labels = ["" if number is None else f"{number:.2f}" for number in numbers]
            axes.bar_label(drawn, labels=labels, padding=4, color=MUTED, fontsize=8)
            axes.set_title(title, fontsize=9, fontweight="normal")
            axes.grid(visible=False, axis="y")
            axes.grid(visible=True, axis="x", color=LINE)
            axes.margins(x=0.28, y=0.02)
        together[0].set_yticks(range(len(names)), [legible(name) for name in names])
        together[0].invert_yaxis()
    return figure
