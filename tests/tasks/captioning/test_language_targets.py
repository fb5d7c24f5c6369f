"""What a language model learns, and numbers -> words."""

import torch

from striate.data.captions.vocabulary import Vocabulary
from striate.tasks.captioning.language_targets import learned, numbered, read, texts


def test_each_step_learns_the_next_word_and_then_end():
    """jcjohnson/densecap test/LanguageModel_test.lua, getTargetTest: 100 words, END is 101."""
    words = torch.tensor([[5, 7, 0, 0, 0], [11, 12, 13, 0, 0], [15, 16, 17, 18, 29], [50, 0, 0, 0, 0]])
    expected = [
        [0, 5, 7, 101, 0, 0, 0],
        [0, 11, 12, 13, 101, 0, 0],
        [0, 15, 16, 17, 18, 29, 101],
        [0, 50, 101, 0, 0, 0, 0],
    ]
    assert learned(words, 101).tolist() == expected


def test_numbers_become_the_words_up_to_end():
    """Case densecap_lm_decode: jcjohnson/densecap test/LanguageModel_test.lua, decodeSequenceTest."""
    vocabulary = Vocabulary(("a", "cat", "dog", "eating", "hungry"), 10)
    rows = torch.tensor([[1, 5, 2, 4, 1, 3, 6], [1, 3, 6, 0, 0, 0, 0], [2, 3, 1, 3, 2, 6, 0]])
    assert texts(rows, vocabulary) == ["a hungry cat eating a dog", "a dog", "cat dog a dog cat"]


def test_captions_of_several_lengths_are_filled_up():
    vocabulary = Vocabulary(("a", "cat"), 2)
    captions = [["a"], ["a", "red", "cat"], []]  # red is unknown, cat is beyond the longest
    assert numbered(captions, vocabulary).tolist() == [[1, 0], [1, 4], [0, 0]]


def test_no_captions_are_no_rows():
    words = numbered([], Vocabulary(("a",), 2))
    assert words.shape == (0, 1)
    assert learned(words, 2).shape == (0, 3)


def test_an_empty_caption_learns_that_it_ends():
    assert learned(torch.tensor([[0]]), 9).tolist() == [[0, 9, 0]]


def test_a_step_reads_what_the_step_before_learned():
    words = torch.tensor([[5, 7, 0]])
    assert read(words, 103).tolist() == [[103, 5, 7, 0]]
