"""Panels of bars: one for each kind of number; what is marked has another color, what is missing no bar."""

import pytest
from matplotlib.colors import to_hex

from striate.draw.panels import panels
from striate.draw.theme import SERIES


def test_each_kind_of_number_has_its_bars():
    figure = panels(["a", "b", "c"], {"one": [1.0, 0.5, None], "two": [-0.2, 0.1, 0.3]}, [False, True, False])
    one, two = figure.axes
    assert [axes.get_title(loc="left") for axes in (one, two)] == ["one", "two"]
    assert [bar.get_width() for bar in one.patches] == [1, 0.5, 0]
    assert [bar.get_width() for bar in two.patches] == pytest.approx([-0.2, 0.1, 0.3])
    assert [to_hex(bar.get_facecolor()) for bar in one.patches] == [SERIES[0], SERIES[1], SERIES[0]]
    assert [text.get_text() for text in one.texts] == ["1.00", "0.50", ""]
    assert [label.get_text() for label in one.get_yticklabels()] == ["a", "b", "c"]
    assert one.yaxis_inverted()  # the first name is at the top


def test_one_panel_and_no_names_are_drawn():
    assert len(panels([], {"one": []}, []).axes) == 1
