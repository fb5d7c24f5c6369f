"""Figures are self-contained, say what they should, and never warn."""

import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from striate.draw import charts

NAMES = ["cat", "größer", "кошка", "חתול", "قطة", "고양이", "🐈", "$x^2", "<script>", "a" * 90]


def words(figure) -> list[str]:
    """Every text of a figure's svg."""
    root = ElementTree.fromstring(charts.svg(figure))
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_svg_refers_to_nothing_outside():
    text = charts.svg(charts.curves({"loss": [1.0, 0.5]}, "Loss"))
    assert text.startswith("<svg")
    assert not re.search(r"(href|src)=\"(?!#)", text)
    assert "<script" not in text


def test_same_numbers_give_the_same_svg():
    one, two = (charts.svg(charts.curves({"a": [1, 2], "b": [2, 3]}, "t", best=2)) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("numbers", [[], [0.5], [1.0, float("nan"), 0.25], [float("inf")] * 2])
def test_curves_of_any_length_are_drawn(numbers):
    drawn = words(charts.curves({"train": numbers, "val": numbers}, "Loss", best=len(numbers) or None))
    assert {"Loss", "epoch", "train", "val"} <= set(drawn)


@pytest.mark.parametrize(("height", "low", "high"), [(0.5, 0, 1), (0, 0, 1), (-2, -4, 0)])
def test_one_epoch_has_one_tick_and_an_axis_from_nought(height, low, high):
    axes = charts.curves({"train": [height]}, "Loss").axes[0]
    assert axes.get_xlim() == (0.5, 1.5)
    assert [tick for tick in axes.get_xticks() if 0.5 <= tick <= 1.5] == [1]
    assert axes.get_ylim() == (low, high)


def test_equal_numbers_of_several_epochs_have_an_axis_from_nought():
    axes = charts.curves({"train": [3.0, 3.0, float("nan")]}, "Loss").axes[0]
    assert axes.get_ylim() == (0, 6)


def test_the_legend_of_precision_and_recall_is_below_the_axes():
    figure = charts.precision_recall({"cat": ([0, 1], [0, 0]), "dog": ([0, 1], [0.1, 0.1])})
    charts.svg(figure)  # which lays it out
    (legend,), (axes,) = figure.legends, figure.axes
    assert legend.get_window_extent().y1 < axes.get_window_extent().y0
    assert axes.get_window_extent().height > figure.bbox.height / 2


def test_rows_and_columns_of_a_confusion_can_have_names_of_their_own():
    axes = charts.confusion([[3, 1], [2, 0]], ["cat", "nothing there"], ["cat", "missed"]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "nothing there"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "missed"]


def test_best_epoch_is_ringed():
    axes = charts.curves({"train": [9, 9, 9], "val": [3.0, 1.0, 2.0]}, "Loss", best=2).axes[0]
    assert axes.lines[-1].get_xydata().tolist() == [[2.0, 1.0]]


def test_the_suggested_rate_is_marked_on_the_curve():
    axes = charts.rate_curve([0.01, 0.1, 1.0], [3.0, 1.0, 9.0], 0.1).axes[0]
    assert axes.get_xscale() == "log"
    assert axes.lines[-1].get_xydata().tolist() == [[0.1, 1.0]]
    assert [text.get_text() for text in axes.texts] == ["0.1"]


def test_confusion_counts_stand_in_their_cells():
    axes = charts.confusion([[3, 1], [0, 12]], ["cat", "dog"]).axes[0]
    assert sorted((*text.get_position(), text.get_text()) for text in axes.texts) == [
        (0, 0, "3"), (1, 0, "1"), (1, 1, "12"),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [2, 10, 40, 41, 100])
def test_confusion_of_many_classes_is_drawn(count):
    drawn = words(charts.confusion(np.eye(count), [f"class {number}" for number in range(count)]))
    assert ("class 1" in drawn) == (count <= charts.NAMED)


def test_class_without_images_does_not_divide_by_zero():
    charts.confusion([[0, 0], [1, 1]], ["none", "some"])


def test_names_of_every_script_are_drawn_as_they_are():
    drawn = words(charts.confusion(np.eye(len(NAMES)), NAMES))
    drawn += words(charts.bars([1.0] * len(NAMES), NAMES, "bars"))
    for name in ("größer", "חתול", "قطة", "$x^2", "<script>"):
        assert drawn.count(name) == 3  # both axes, and the bars


def test_reliability_leaves_empty_bins_out():
    axes = charts.reliability([0.1, 0.5, 0.9], [0.0, 0.0, 1.0], [1, 0, 9]).axes[0]
    assert axes.collections[0].get_offsets().tolist() == [[0.1, 0.0], [0.9, 1.0]]


def test_bars_are_read_from_top_to_bottom():
    axes = charts.bars([3.0, 1.5], ["first", "second"], "Layers").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [3.0, 1.5]
    assert axes.yaxis_inverted()


def test_settings_of_matplotlib_stay_what_they_were():
    before = dict(matplotlib.rcParams)
    charts.svg(charts.bars([1.0], ["a"], "t"))
    assert dict(matplotlib.rcParams) == before


def test_an_empty_cell_is_clear_and_a_rare_mistake_is_seen():
    colors = charts.confusion([[99, 1], [0, 0]], ["cat", "dog"]).axes[0].images[0].get_array()
    assert colors[1, 0, 3] == colors[1, 1, 3] == 0
    assert 255 * charts.FAINT <= colors[0, 1, 3] < colors[0, 0, 3]


def test_dots_have_their_intervals_and_the_first_is_on_top():
    axes = charts.dots(
        [90.0, 80.0], [(85.0, 94.0), (70.0, 88.0)], ["lr=0.1", "lr=0.01"], "accuracy (%)"
    ).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["lr=0.1", "lr=0.01"]
    assert [text.get_text() for text in axes.texts] == ["90", "80"]
    low, high = axes.get_ylim()
    assert low > high
