"""BLEU, CIDEr-D and METEOR by hand."""

import math

import pytest

from striate.tasks.captioning.bleu import bleu
from striate.tasks.captioning.cider import cider_d
from striate.tasks.captioning.meteor import alignment, meteor

CAT = ["the", "cat", "sat", "on", "the", "mat"]


def test_bleu_counts_a_run_as_often_as_one_truth_has_it():
    """Papineni et al. 2002, example 2: "the" seven times, two of them right."""
    answer = ["the"] * 7
    truths = [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]]
    assert bleu([answer], [truths], order=1) == pytest.approx(2 / 7)


def test_bleu_of_a_true_caption_is_one():
    assert bleu([CAT], [[CAT]]) == 1.0


def test_bleu_by_hand():
    """1: 5/5, 2: 3/4 (not "on the"), 3: 1/3 (the cat sat), 4: 0/2."""
    answer = ["the", "cat", "sat", "the", "mat"]
    # unigrams 5/5; bigrams the-cat, cat-sat, the-mat of 4; brevity exp(1 - 6/5)
    assert bleu([answer], [[CAT]], order=2) == pytest.approx(math.exp(-0.2) * math.sqrt(3 / 4))
    # trigrams the-cat-sat of 3
    assert bleu([answer], [[CAT]], order=3) == pytest.approx(math.exp(-0.2) * (3 / 4 / 3) ** (1 / 3))
    assert bleu([answer], [[CAT]]) == 0.0


def test_bleu_counts_a_set_as_a_whole():
    """The second answer alone has no run of two: 0. Together: unigrams 7/7, bigrams 5/5, brevity 1."""
    assert bleu([CAT, ["cat"]], [[CAT], [["cat"]]], order=2) == pytest.approx(1.0)
    assert bleu([["cat"]], [[["cat"]]], order=2) == 0.0


def test_bleu_takes_the_truth_of_the_nearest_length():
    truths = [["a"], ["a", "b", "c"]]  # both are one word away from two: the shorter counts, no penalty
    assert bleu([["a", "b"]], [truths], order=1) == 1.0


def test_bleu_of_nothing_is_nothing():
    assert bleu([], []) == 0.0
    assert bleu([[]], [[CAT]]) == 0.0


def test_cider_rewards_what_is_rare():
    """Two pictures. "a" is said of both and weighs log 1 = 0; the rest weighs log 2.

    Runs of one word: red, cat against cat: cos = 1/sqrt(2). Of two: "a red", "red cat" against "a cat": 0.
    A word more: exp(-1 / 72). 10 / 4 * that.
    """
    truths = [[["a", "cat"]], [["a", "dog"]]]
    found = cider_d([["a", "red", "cat"], ["a", "dog"]], truths)
    assert found.tolist() == pytest.approx([10 / 4 / math.sqrt(2) * math.exp(-1 / 72), 5.0])


def test_cider_clips_what_is_repeated():
    """cat twice: min(2, 1) * 1 / (2 * 1) = 1/2 of one word; "cat cat" is no true run; one word more."""
    truths = [[["cat"]], [["dog"]]]
    assert cider_d([["cat", "cat"], []], truths).tolist() == pytest.approx(
        [10 / 4 * 0.5 * math.exp(-1 / 72), 0.0]
    )


def test_cider_is_the_mean_over_true_captions():
    """The first truth is met in one and two words, 1 + 1; the second in none: half of 10 / 4 * 2."""
    truths = [[["a", "cat"], ["fur", "ball"]], [["a", "dog"]]]
    assert cider_d([["a", "cat"], ["x"]], truths)[0].item() == pytest.approx(2.5)


METEOR = {  # F = 10 P R / (R + 9 P), penalty (chunks / m)^3 / 2; the first two are .9977 and .9654 in
    # https://en.wikipedia.org/wiki/METEOR
    "the cat sat on the mat": (1.0 * (1 - 0.5 / 6**3), (6, 1)),
    "the cat was sat on the mat": (
        10 * (6 / 7) / (1 + 9 * 6 / 7) * (1 - 0.5 * (2 / 6) ** 3),
        (6, 2),
    ),
    "on the mat sat the cat": (1 - 0.5 * (3 / 6) ** 3, (6, 3)),
    "the cats sitting": (10 * (2 / 3) * (2 / 6) / (2 / 6 + 9 * 2 / 3) * (1 - 0.5 * (1 / 2) ** 3), (2, 1)),
    "a bird": (0.0, (0, 0)),
    "": (0.0, (0, 0)),
}


@pytest.mark.parametrize("answer", METEOR)
def test_meteor_by_hand(answer):
    score, aligned = METEOR[answer]
    assert alignment(answer.split(), CAT) == aligned
    assert meteor(answer.split(), [CAT]) == pytest.approx(score)


def test_meteor_takes_the_best_of_several_truths():
    assert meteor(["a", "bird"], [CAT, ["a", "bird"]]) == pytest.approx(1 - 0.5 / 8)
    assert meteor(["a"], []) == 0.0


def test_exact_matches_go_before_stems():
    """ "dog" goes to "dog", though "dogs" stands first."""
    assert alignment(["dog"], ["dogs", "dog"]) == (1, 1)
    assert alignment(["the", "dog", "dogs"], ["the", "dogs", "dog"]) == (3, 3)


def test_of_equal_alignments_the_one_of_fewest_chunks_counts():
    """The first "a" of the answer goes to the second of the truth."""
    assert alignment(["a", "b"], ["a", "c", "a", "b"]) == (2, 1)


def test_a_caption_of_400_words_is_aligned():
    long = ["a", "b"] * 200
    assert alignment(long, long[:50]) == (50, 1)
