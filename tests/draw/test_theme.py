"""Colors that survive grey printing and every kind of color vision."""

import itertools

import pytest

from striate.draw.theme import EMBER, INK, MUTED, PAPER, SERIES, lightness, ramp, rgb


def test_lightness_of_a_ramp_only_grows():
    shades = [lightness(color) for color in ramp([step / 50 for step in range(51)], EMBER)]
    assert all(before < after for before, after in itertools.pairwise(shades))


@pytest.mark.parametrize("color", [INK, MUTED])
def test_letters_can_be_read_on_paper(color):
    # WCAG 2.1, success criterion 1.4.3: (lighter + 0.05) / (darker + 0.05) is at least 4.5
    assert (lightness(rgb(PAPER)) + 0.05) / (lightness(rgb(color)) + 0.05) >= 4.5


def test_series_are_different_colors():
    assert len(set(SERIES)) == len(SERIES)


def test_color_between_two_stops_is_their_mean():
    assert ramp(0.25, ("#000000", "#640a00", "#ffffff")).tolist() == [50, 5, 0]
