"""Intervals of measured numbers: worked by hand, from papers' examples, and by how often they hold."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import intervals
from striate.ops.intervals import bootstrap, paired_difference, wilson


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, "Two-sided confidence intervals ...", table I, method 3
        (15, 148, 0.0624, 0.1605),  # the same
        (0, 20, 0.0, 0.1611),  # the same
        (1, 29, 0.0061, 0.1718),  # the same
        (0, 0, 0.0, 1.0),  # nothing is known
    ],
)
def test_the_interval_of_a_share_is_wilsons(successes: int, count: int, low: float, high: float) -> None:
    assert wilson(successes, count) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_a_share_contains_it_up_to_the_ends() -> None:
    for count in (1, 3, 33, 10_000_000):
        for successes in (0, 1, count - 1, count):
            low, high = wilson(successes, count)
            assert 0 <= low <= successes / count <= high <= 1


def test_more_confidence_is_wider() -> None:
    narrow, wide = wilson(5, 10, 0.8), wilson(5, 10, 0.99)
    assert wide[0] < narrow[0] < 0.5 < narrow[1] < wide[1]


@pytest.mark.parametrize("arguments", [(3, 2), (-1, 2), (1, 2, 0.0), (1, 2, 1.0)])
def test_a_share_that_is_none_is_refused(arguments: tuple[int, int]) -> None:
    with pytest.raises(SettingError, match="try:"):
        wilson(*arguments)


def test_the_bootstrap_of_the_mean_is_nearly_the_normal_interval() -> None:
    # 0..99: standard deviation 28.866, mean 49.5 +- 1.96 * 28.866 / 10 = 43.84 .. 55.16
    low, high = bootstrap(torch.arange(100.0), resamples=20_000) or (0, 0)
    assert (low, high) == pytest.approx((43.84, 55.16), abs=0.15)


def test_the_bootstrap_of_the_mean_holds_as_often_as_it_says() -> None:
    generator = torch.Generator().manual_seed(1)
    held = 0
    for _ in range(200):
        low, high = bootstrap(torch.randn(50, generator=generator), resamples=200) or (1, 1)
        held += low <= 0 <= high
    assert held >= 180  # 190 expected; 3 standard deviations are 9


def test_the_bootstrap_is_seeded() -> None:
    values = torch.tensor([1.0, 2.0, 5.0, 9.0])
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_any_statistic_of_images_can_be_asked_for() -> None:  # a ratio of sums: 1/2 for every image
    pairs = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 10.0]])
    assert bootstrap(pairs, lambda sets: sets[..., 0].sum(1) / sets[..., 1].sum(1)) == (0.5, 0.5)


def test_images_without_a_value_are_left_out() -> None:
    nan = float("nan")
    assert bootstrap(torch.tensor([1.0, nan, 2.0, 4.0])) == bootstrap(torch.tensor([1.0, 2.0, 4.0]))
    assert bootstrap(torch.tensor([1.0, nan])) is None
    assert bootstrap(torch.tensor([])) is None


def test_the_resamples_come_in_parts_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(10)
    whole = bootstrap(values)
    monkeypatch.setattr(intervals, "DRAWS_AT_ONCE", 25)
    assert bootstrap(values) == whole


def test_many_images_have_the_normal_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(4000)
    resampled = bootstrap(values, resamples=4000) or (0, 0)
    monkeypatch.setattr(intervals, "MANY", 4000)
    normal = bootstrap(values) or (0, 0)
    width = normal[1] - normal[0]
    assert resampled == pytest.approx(normal, abs=0.06 * width)


def test_the_bootstrap_refuses_what_it_cannot_draw() -> None:
    with pytest.raises(SettingError, match="try:"):
        bootstrap(torch.rand(3), resamples=0)
    with pytest.raises(SettingError, match="try:"):
        bootstrap(torch.tensor(1.0))


def right(*counts: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of (both right, only the first, only the second, none) as many images."""
    cells = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    pairs = torch.tensor([cell for cell, count in zip(cells, counts, strict=True) for _ in range(count)])
    return pairs[:, 0], pairs[:, 1]


def test_two_models_on_the_same_images_by_hand() -> None:
    # N + 2 = 35, b = 1, c = 0: middle -1/35, half 1.96 * sqrt(2 - 1/35) / 35 = .0786
    difference = paired_difference(*right(32, 1, 0, 0))
    assert difference.mean == pytest.approx(-1 / 33)
    assert difference.interval == pytest.approx((-0.10719, 0.05005), abs=5e-5)
    assert (difference.count, difference.told_apart) == (33, False)


def test_two_models_with_many_images_are_told_apart() -> None:
    # The approval survey in Agresti 2002, section 10.1: 944 against 880 of 1600. With half an answer in each
    # cell: -64/1602 +- 1.96 * sqrt(238 - 64^2/1602) / 1602 = -.03995 +- .01878
    difference = paired_difference(*right(794, 150, 86, 570))
    assert difference.interval == pytest.approx((-0.0587, -0.0212), abs=5e-5)
    assert difference.told_apart


def test_equal_models_are_not_told_apart() -> None:
    assert not paired_difference(*right(3, 0, 0, 2)).told_apart
    values = torch.tensor([0.2, 0.7, 0.4])
    assert paired_difference(values, values).interval == (0.0, 0.0)
    assert not paired_difference(values, values).told_apart


def test_other_values_are_compared_by_the_bootstrap_of_their_differences() -> None:
    first, second = torch.tensor([0.2, 0.5, 0.3, 0.9]), torch.tensor([0.3, 0.7, 0.4, 0.95])
    difference = paired_difference(first, second)
    assert difference.interval == bootstrap(second.double() - first.double())
    assert difference.told_apart


def test_images_that_one_model_could_not_be_measured_on_are_left_out() -> None:
    nan = float("nan")
    assert paired_difference(torch.tensor([1.0, nan]), torch.tensor([1.0, 0.0])).count == 1
    nothing = paired_difference(torch.tensor([nan]), torch.tensor([0.0]))
    assert (nothing.count, nothing.interval, nothing.told_apart) == (0, None, False)


def test_two_models_need_the_same_images() -> None:
    with pytest.raises(ShapeError, match="same images"):
        paired_difference(torch.rand(3), torch.rand(4))
