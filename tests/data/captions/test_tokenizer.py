"""A sentence as words: the rule by examples."""

import pytest

from striate.data.captions.tokenizer import words_of

CASES = {
    "A Cat.": ["a", "cat"],
    "the dog's  well-kept coat": ["the", "dog's", "well-kept", "coat"],
    "don\u2019t": ["don't"],
    "3 red, 2.5 blue": ["3", "red", "2", "5", "blue"],
    "a cat \U0001f431 sits": ["a", "cat", "sits"],
    "line\nbreak\tand\x00control\x1b[31m": ["line", "break", "and", "control", "31m"],
    "snake_case": ["snake", "case"],
    "\ufb01sh": ["fish"],  # the ligature fi, NFKC
    "STRASSE caf\u00e9 cafe\u0301": ["strasse", "caf\u00e9", "caf\u00e9"],
    "\u0915\u0941\u0924\u094d\u0924\u093e": ["\u0915\u0941\u0924\u094d\u0924\u093e"],  # Hindi: marks stay
    "'' - --": [],
    "": [],
}


@pytest.mark.parametrize("text", CASES, ids=ascii)
def test_words_are_runs_of_letters_and_digits(text):
    assert words_of(text) == CASES[text]


def test_the_words_of_joined_words_are_the_same():
    for text in CASES:
        words = words_of(text)
        assert words_of(" ".join(words)) == words
