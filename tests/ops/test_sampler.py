"""Which anchors, and which images, a training looks at."""

import pytest
import torch
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

from striate.errors import SettingError
from striate.ops.sampler import repeat_factors, sample_balanced

LABELS = torch.tensor([0, 3, 0, -1, 1, 0, 0, -1, 2, 0])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("count", "share"), [(4, 0.5), (4, 0.25), (8, 0.5), (100, 0.5), (0, 0.5), (4, 1.0)])
def test_as_many_as_torchvision(count: int, share: float) -> None:
    positive, negative = sample_balanced(LABELS, count, share, seeded(0))
    theirs = BalancedPositiveNegativeSampler(count, share)([LABELS])
    assert (len(positive), len(negative)) == tuple(int(masks[0].sum()) for masks in theirs)
    assert (LABELS[positive] > 0).all()
    assert (LABELS[negative] == 0).all()


def test_one_seed_draws_the_same_and_all_are_drawn_in_time() -> None:
    first, second = (sample_balanced(LABELS, 4, 0.5, seeded(7)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    drawn = [sample_balanced(LABELS, 4, 0.5, seeded(seed)) for seed in range(60)]
    assert set(torch.cat([x.positive for x in drawn]).tolist()) == {1, 4, 8}
    assert set(torch.cat([x.negative for x in drawn]).tolist()) == {0, 2, 5, 6, 9}
    assert all(x.negative.tolist() == sorted(set(x.negative.tolist())) for x in drawn)


def test_nothing() -> None:
    assert [len(x) for x in sample_balanced(LABELS[:0], 4, 0.5)] == [0, 0]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(SettingError, match=r"positive_fraction 1\.5"):
        sample_balanced(LABELS, 4, 1.5)


def test_rare_classes_are_repeated() -> (
    None
):  # class 1 in 1 of 8 images: sqrt(.5 / .125) = 2; class 0 in 7 of 8
    images = [[0]] * 7 + [[1, 1]]
    assert repeat_factors(images, 0.5).tolist() == [1.0] * 7 + [2.0]
    assert repeat_factors([[]], 0.5).tolist() == [1.0]
