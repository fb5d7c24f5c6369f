"""Labels that are shares: by the formulas of their papers."""

import pytest
import torch

from striate.data.augment.mixup_cutmix import beta, cutmix, mixup, partners_of, shares, smooth_labels, span
from striate.records import Batch, ClassTargets

LABELS = torch.tensor([0, 1, 2, 3, 0, 1])
BATCH = Batch.full(
    torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 8, 10) * 51,  # image i is i / 5
    torch.arange(10, 16),
    ClassTargets(LABELS),
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_smoothing_gives_a_share_to_all():  # 0.9 + 0.1 / 4 and 0.1 / 4
    rows = smooth_labels(BATCH, 4, 0.1).targets.labels
    assert rows[2].tolist() == pytest.approx([0.025, 0.025, 0.925, 0.025])
    assert torch.allclose(rows.sum(1), torch.ones(6))


def test_smoothing_by_nothing_is_one_hot():
    assert torch.equal(smooth_labels(BATCH, 4, 0).targets.labels, shares(LABELS, 4))


@pytest.mark.parametrize("seed", range(5))
def test_mixup_blends_images_and_labels_alike(seed):
    mixed = mixup(BATCH, 4, 1.0, seeded(seed))
    generator = seeded(seed)
    weight, partners = beta(1.0, generator), partners_of(BATCH, generator)
    for i, j in enumerate(partners.tolist()):
        assert torch.allclose(mixed.images[i], torch.tensor(weight * i / 5 + (1 - weight) * j / 5), atol=1e-6)
        expected = torch.zeros(4)
        expected[LABELS[i]] += weight
        expected[LABELS[j]] += 1 - weight
        assert torch.allclose(mixed.targets.labels[i], expected)


@pytest.mark.parametrize("seed", range(20))
def test_cutmix_labels_are_the_exact_shares_of_pixels(seed):
    mixed = cutmix(BATCH, 4, 1.0, seeded(seed))
    assert mixed.images.dtype == torch.uint8
    for i, image in enumerate(mixed.images[:, 0]):
        values, counts = image.flatten().unique(return_counts=True)
        expected = torch.zeros(4)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            expected[LABELS[value // 51]] += count / 80
        assert torch.allclose(mixed.targets.labels[i], expected), i


def test_cutmix_pastes_one_rectangle():
    mixed = cutmix(BATCH, 4, 1.0, seeded(3))
    foreign = (mixed.images != BATCH.images)[:, 0].any(0)
    rows, columns = foreign.any(1), foreign.any(0)
    assert foreign.any()
    assert torch.equal(foreign, rows[:, None] & columns)


def test_mixing_leaves_the_batch_and_its_indices_alone():
    before = BATCH.images.clone()
    for mix in (mixup, cutmix):
        assert mix(BATCH, 4, 1.0, seeded()).indices.tolist() == list(range(10, 16))
    assert torch.equal(BATCH.images, before)


def test_the_ways_follow_each_other():
    mixed = cutmix(mixup(smooth_labels(BATCH, 4, 0.1), 4, 0.2, seeded()), 4, 1.0, seeded())
    assert torch.allclose(mixed.targets.labels.sum(1), torch.ones(6))
    assert mixed.targets.labels.min() >= 0.025 - 1e-6


def test_weights_have_the_spread_of_their_distribution():
    """Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)), 0.1786 for a = 0.2. Five standard errors of 4,000."""
    generator = seeded()
    weights = torch.tensor([beta(0.2, generator) for _ in range(4000)])
    assert float(weights.mean()) == pytest.approx(0.5, abs=5 * (0.1786 / 4000) ** 0.5)
    assert float(weights.var()) == pytest.approx(1 / 5.6, abs=0.01)


def test_a_span_is_cut_off_at_the_border():
    spans = [span(10, 0.4, seeded(seed)) for seed in range(60)]
    assert {(one.start, one.stop) for one in spans} == {
        (max(middle - 2, 0), min(middle + 2, 10)) for middle in range(10)
    }


def test_one_seed_gives_one_mix():
    once, twice = (cutmix(BATCH, 4, 1.0, seeded(7)) for _ in range(2))
    assert torch.equal(once.images, twice.images)
    assert torch.equal(once.targets.labels, twice.targets.labels)
