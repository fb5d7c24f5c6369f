"""Charts of a run, as matplotlib figures that belong to nobody: no pyplot, no window, no shared state.

curves        what went down and what went up, epoch by epoch
rate_curve    the loss by learning rate
confusion     which class was taken for which
reliability   how often an answer of some confidence was right
bars          one number for each name
dots          one number and its interval for each name
costs         two numbers for each layer of a network
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from striate.draw.fonts import clean, font_file, legible
from striate.draw.theme import FIGURE, INK, LINE, MUTED, PAPER, SERIES, rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

NAMED = 40  # classes whose names fit beside a confusion matrix
COUNTED = 16  # classes whose counts fit into its cells
CELL, FAINT = SERIES[0], 0.15  # its color, and how strong the smallest share is


@contextmanager
def styled(width: float, height: float) -> Iterator[tuple["Figure", "Axes"]]:
    """An empty figure (inches) with one pair of axes, in the house's style."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(FIGURE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def svg(figure: "Figure") -> str:
    """A figure as one ``<svg>`` element that refers to nothing outside itself; same figure, same text."""
    import matplotlib

    paper = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context(FIGURE):
        figure.savefig(paper, format="svg", metadata=nothing, transparent=True)
    text = paper.getvalue()
    return text[text.index("<svg") :]


def curves(
    lines: Mapping[str, Sequence[float]],
    title: str,
    *,
    best: int | None = None,
) -> "Figure":
    """Numbers by epoch, from epoch 1; a number that is not finite leaves a gap.

    Args:
        lines: name -> one number per epoch.
        title: what the numbers are, with their unit.
        best: the epoch at which the last line is ringed.
    """
    from matplotlib.ticker import MaxNLocator

    with styled(4.2, 2.7) as (figure, axes):
        for index, (name, numbers) in enumerate(lines.items()):
            epochs = np.arange(1, len(numbers) + 1)
            marker = "o" if len(numbers) < 3 else None
            color = SERIES[index % len(SERIES)]
            axes.plot(epochs, numbers, label=clean(name), color=color, marker=marker, markersize=4)
            if best and index == len(lines) - 1:
                axes.plot([best], [numbers[best - 1]], "o", markersize=7, mfc="none", mec=color)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.02)
        _room_for_one_number(axes, [list(numbers) for numbers in lines.values()])
        if len(lines) > 1:
            axes.legend(frameon=False, handlelength=1.2)
    return figure


def _room_for_one_number(axes: "Axes", lines: Sequence[Sequence[float]]) -> None:
    """Where there is one epoch, or one height, axes that begin at 0: others would show digits of nothing."""
    if max(map(len, lines), default=0) == 1:
        axes.set_xlim(0.5, 1.5)
    heights = {number for numbers in lines for number in numbers if np.isfinite(number)}
    if len(heights) == 1:
        low, high = sorted((0.0, 2 * heights.pop() or 1.0))
        axes.set_ylim(low, high)


def rate_curve(rates: Sequence[float], losses: Sequence[float], suggestion: float) -> "Figure":
    """The loss by learning rate, with the suggested rate marked.

    Args:
        rates: rising, above 0.
        losses: one for each rate.
        suggestion: one of the rates.
    """
    with styled(4.2, 2.7) as (figure, axes):
        axes.plot(rates, losses, color=SERIES[0])
        axes.axvline(suggestion, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        height = losses[list(rates).index(suggestion)]
        axes.plot([suggestion], [height], "o", color=SERIES[0], markersize=6)
        axes.annotate(
            f"{suggestion:.2g}", (suggestion, height), xytext=(6, 6), textcoords="offset points", color=INK
        )
        axes.set_xscale("log")
        axes.set(xlabel="learning rate", title="loss")
        axes.margins(x=0.02)
    return figure


def precision_recall(lines: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> "Figure":
    """Precision by recall.

    Args:
        lines: name -> recall and precision, both 0..1.
    """
    with styled(4.2, 3.4) as (figure, axes):
        for index, (name, (recall, precision)) in enumerate(lines.items()):
            axes.plot(recall, precision, label=clean(_short(name)), color=SERIES[index % len(SERIES)])
        axes.set(xlabel="recall", title="precision", xlim=(0, 1), ylim=(0, 1.02))
        # below the axes: within them every corner can have a curve
        columns = min(3, max(1, len(lines)))
        figure.legend(frameon=False, handlelength=1.2, loc="outside lower center", ncols=columns)
    return figure


def roc_curve(far: Sequence[float], tar: Sequence[float], eer: float) -> "Figure":
    """True accept rate by false accept rate, the latter by powers of ten.

    Args:
        far: shares, rising.
        tar: shares.
        eer: the error where both kinds are equal, marked.
    """
    with styled(4.2, 3.4) as (figure, axes):
        axes.plot(far, tar, color=SERIES[0])
        axes.plot([eer], [1 - eer], "o", color=SERIES[1])
        axes.set(xlabel="false accept rate", title="true accept rate", ylim=(0, 1.02))
        axes.set_xscale("symlog", linthresh=1e-3)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 1e-3, 1e-2, 1e-1, 1], ["0", "0.1 %", "1 %", "10 %", "100 %"])
    return figure


def two_histograms(counts: Mapping[str, Sequence[float]], threshold: float | None) -> "Figure":
    """Shares of pairs by distance, of one identity and of two.

    Args:
        counts: ``edges`` of the bins, and pairs of ``same`` and of ``other``.
        threshold: a distance that is marked; None for none.
    """
    edges = np.asarray(counts["edges"], dtype=float)
    with styled(4.2, 3.4) as (figure, axes):
        for index, (key, name) in enumerate((("same", "one identity"), ("other", "two identities"))):
            values = np.asarray(counts[key], dtype=float)
            shares = values / max(values.sum(), 1)
            axes.stairs(shares, edges, fill=True, alpha=0.5, color=SERIES[index], label=name)
        if threshold is not None:
            axes.axvline(threshold, color=LINE, linestyle="--")
        axes.set(xlabel="distance", title="share of the pairs")
        figure.legend(frameon=False, handlelength=1.2, loc="outside lower center", ncols=2)
    return figure


def confusion(matrix: ArrayLike, classes: Sequence[str], predicted: Sequence[str] = ()) -> "Figure":
    """Which class (row) was taken for which (column), colored by the share of the row.

    Args:
        matrix: counts (K, K), rows are true classes, columns are predicted ones.
        classes: K names; beyond 40 classes the axes carry numbers.
        predicted: K names of the columns, where they differ from those of the rows.
    """
    counts = np.asarray(matrix, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    named = len(classes) <= NAMED
    size = max(3.6, 2.2 + 0.28 * len(classes)) if named else 4.6
    with styled(size, size * 0.94) as (figure, axes):
        axes.imshow(_cells(shares), interpolation="none")
        axes.grid(visible=False)
        axes.spines[:].set(visible=True, color=LINE)
        axes.set(xlabel="predicted", ylabel="true")
        if named:
            _name_axes(axes, classes, predicted or classes)
        if len(classes) <= COUNTED:
            _count_cells(axes, counts, shares)
    return figure


def _cells(shares: Any) -> Any:
    """uint8 (K, K, 4): one color over a light or dark page, as strong as the share of the row."""
    colors = np.empty((*shares.shape, 4), np.uint8)
    colors[..., :3] = rgb(CELL)
    colors[..., 3] = np.where(shares > 0, 255 * (FAINT + (1 - FAINT) * shares), 0)  # a single mistake is seen
    return colors


def _name_axes(axes: "Axes", rows: Sequence[str], columns: Sequence[str]) -> None:
    below = [_short(name) for name in columns]
    turned = 90 if max(map(len, below), default=0) > 2 else 0
    axes.set_xticks(range(len(below)), below, rotation=turned)
    axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
    _dress([*axes.get_xticklabels(), *axes.get_yticklabels()])


def _short(name: str) -> str:
    """At most 24 letters of a name."""
    whole = legible(name)
    return whole if len(whole) <= 24 else whole[:23] + "…"


def _dress(labels: Sequence["Text"]) -> None:
    """Give every label the font that has its letters, and keep dollar signs what they are."""
    from matplotlib.font_manager import FontProperties

    for label in labels:
        label.set_parse_math(False)
        label.set_fontproperties(FontProperties(fname=font_file(label.get_text())))


def _count_cells(axes: "Axes", counts: Any, shares: Any) -> None:
    for row, column in np.argwhere(counts > 0):
        color = INK if shares[row, column] < 0.5 else PAPER
        count = f"{counts[row, column]:.0f}"
        axes.text(column, row, count, ha="center", va="center", color=color, fontsize=8)


def reliability(confidence: ArrayLike, right: ArrayLike, count: ArrayLike) -> "Figure":
    """How often answers of some confidence were right; a calibrated model lies on the diagonal.

    Args:
        confidence: mean confidence in each bin, 0..1.
        right: share of right answers in each bin, 0..1.
        count: answers in each bin; empty bins are left out.
    """
    mean, share, number = (np.asarray(part, dtype=float) for part in (confidence, right, count))
    full = number > 0
    with styled(3.6, 3.3) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        area = 16 + 160 * np.sqrt(number[full] / max(number.sum(), 1))
        axes.plot(mean[full], share[full], color=SERIES[0], linewidth=1.2, alpha=0.6)
        axes.scatter(mean[full], share[full], s=area, color=SERIES[0], edgecolor="none", alpha=0.85)
        axes.set(xlabel="confidence", ylabel="accuracy", xlim=(-0.03, 1.05), ylim=(-0.03, 1.05))
    return figure


def costs(
    names: Sequence[str], parameters: Sequence[int], multiplications: Sequence[int], title: str
) -> "Figure":
    """Where a network keeps its parameters, and where it spends its multiplications: two bars for each layer.

    Args:
        names: of the layers, from the image to the scores.
        parameters: one number for each.
        multiplications: one number for each, for one image.
        title: what the network is.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    columns = {"parameters": parameters, "multiplications": multiplications}
    with matplotlib.rc_context(FIGURE):
        figure = Figure(figsize=(9, 1.3 + 0.24 * max(1, len(names))), layout="constrained")
        figure.suptitle(clean(title), x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, color, (kind, numbers) in zip(panels, SERIES, columns.items(), strict=False):
            total = max(sum(numbers), 1)
            drawn = axes.barh(range(len(names)), list(numbers), color=color, height=0.66)
            shares = [_share(number / total) for number in numbers]
            axes.bar_label(drawn, labels=shares, padding=4, color=MUTED, fontsize=8)
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            axes.grid(visible=False, axis="y")
            axes.margins(x=0.14, y=0.02)
            axes.set_title(f"{sum(numbers):,} {kind}", fontsize=9, fontweight="normal")
        panels[0].set_yticks(range(len(names)), [_short(name) for name in names])
        _dress(panels[0].get_yticklabels())
        panels[0].invert_yaxis()
    return figure


def _share(part: float) -> str:
    """A share for people; nothing for what cannot be seen."""
    return f"{part:.0%}".replace("%", " %") if part >= 0.005 else ""


def bars(values: Sequence[float], names: Sequence[str], title: str) -> "Figure":
    """One horizontal bar for each name, in the order given, with its number at the end."""
    with styled(5.2, 0.9 + 0.26 * max(1, len(names))) as (figure, axes):
        drawn = axes.barh(range(len(names)), list(values), color=SERIES[0], height=0.66)
        axes.bar_label(drawn, labels=[f"{value:,.4g}" for value in values], padding=4, color=MUTED)
        axes.set_yticks(range(len(names)), [_short(name) for name in names])
        _dress(axes.get_yticklabels())
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=LINE)
        axes.margins(x=0.12)
        axes.set_title(title)
    return figure


def dots(
    values: Sequence[float], intervals: Sequence[tuple[float, float]], names: Sequence[str], title: str
) -> "Figure":
    """A dot and its interval for each name, from top to bottom in the order given.

    Args:
        values: N.
        intervals: N times (low, high).
        names: N.
        title: what the values are, with their unit.
    """
    with styled(6.4, 0.9 + 0.34 * max(1, len(names))) as (figure, axes):
        for index, (value, ends) in enumerate(zip(values, intervals, strict=True)):
            axes.hlines(index, *ends, color=SERIES[0], linewidth=2, alpha=0.45)
            axes.plot(value, index, "o", color=SERIES[0], markersize=7)
            label = f"{value:,.4g}"
            axes.annotate(label, (value, index), (0, 7), textcoords="offset points", ha="center", color=MUTED)
        axes.set_yticks(range(len(names)), [_short(name) for name in names])
        _dress(axes.get_yticklabels())
        axes.set_ylim(len(names) - 0.5, -0.7)
        axes.set_title(title)
    return figure
