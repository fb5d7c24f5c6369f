"""Names of every script are drawn without a warning."""

import pytest

from striate.draw.fonts import MISSING, clean, font_file, legible, letters_of, own_font, shorten

LATIN = ["cat", "größer", "a\tb\nc", "\udcff", "$\\frac", ""]
NAMES = [*LATIN, "Ελλάδα", "кошка", "חתול", "قطة", "고양이", "猫", "🐈"]


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_that_is_drawn_is_in_its_font(name):
    assert set(legible(name)) <= letters_of(font_file(clean(name))) | {MISSING}


def test_letters_that_no_font_has_become_squares():
    assert legible("a\U0010fffd") == "a" + MISSING


@pytest.mark.parametrize("name", NAMES)
def test_shortened_text_fits(name):
    line, letters = shorten(name * 40, 13, 100)
    assert letters.getlength(line) <= 100


def test_short_text_is_whole():
    line, letters = shorten("cat", 13, 100)
    assert line == "cat"
    assert letters.path == str(own_font())
