"""The words that a model knows: counted, numbered, and refused where a file was edited."""

import pytest

from striate.data.captions.vocabulary import Vocabulary, vocabulary_of
from striate.errors import DataError, ModelFileError, SettingError

CAPTIONS = [["a", "red", "cat"], ["a", "dog"], ["a", "cat"]]


def test_words_stand_by_count_and_then_by_letters():
    assert vocabulary_of(CAPTIONS, least=1, longest=5).words == ("a", "cat", "dog", "red")


def test_rare_words_are_left_out_and_read_as_unknown():
    known = vocabulary_of(CAPTIONS, least=2, longest=5)
    assert known.words == ("a", "cat")
    assert known.numbers(["a", "dog", "cat"]) == [1, known.unknown, 2]
    assert (known.end, known.unknown, known.start) == (3, 4, 5)


def test_what_stands_behind_the_longest_caption_is_not_counted():
    assert vocabulary_of([["a", "b", "c"]], least=1, longest=2).words == ("a", "b")
    assert Vocabulary(("a", "b"), 2).numbers(["b", "a", "b"]) == [2, 1]


def test_text_ends_at_end():
    known = Vocabulary(("a", "cat"), 5)
    assert known.text([1, 2, 3, 1]) == "a cat"


def test_an_empty_vocabulary_is_refused_with_the_counts():
    with pytest.raises(DataError, match="no word stands 4 times"):
        vocabulary_of(CAPTIONS, least=4, longest=5)
    with pytest.raises(DataError):
        vocabulary_of([], least=1, longest=5)


@pytest.mark.parametrize("arguments", [{"least": 0, "longest": 5}, {"least": 1, "longest": 0}])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(SettingError):
        vocabulary_of(CAPTIONS, **arguments)


def test_it_comes_back_from_its_plain_values():
    known = Vocabulary(("a", "cat"), 5)
    assert Vocabulary.from_dict(known.to_dict()) == known
    assert Vocabulary.from_dict(known.to_dict()).digest() == known.digest()


def test_other_words_have_another_fingerprint():
    first = Vocabulary(("a", "cat"), 5).digest()
    others = Vocabulary(("cat", "a"), 5), Vocabulary(("a", "cats"), 5), Vocabulary(("a", "cat"), 6)
    assert first not in [one.digest() for one in others]


EDITED = [
    {},
    {"words": "abc", "longest": 5},
    {"words": [], "longest": 5},
    {"words": ["a", "a"], "longest": 5},
    {"words": ["a", 3], "longest": 5},
    {"words": ["a", ""], "longest": 5},
    {"words": ["a"], "longest": 0},
    {"words": ["a"], "longest": "5"},
    {"words": ["a"], "longest": 10**9},
]


@pytest.mark.parametrize("values", EDITED, ids=str)
def test_values_that_are_no_vocabulary_are_refused(values):
    with pytest.raises(ModelFileError, match="vocabulary"):
        Vocabulary.from_dict(values)
