import pytest
import torch
from sklearn.metrics import roc_auc_score

from striate.errors import DataError, SettingError, ShapeError
from striate.ops import fold_accuracy, one_shot_accuracy, recall_at, roc


def test_rates_are_counted_by_hand():  # same at 1, 2, 4; different at 3, 4, 5, 6
    found = roc(torch.tensor([1.0, 2, 4, 3, 4, 5, 6]), torch.arange(7) < 3)
    assert found.thresholds.tolist() == [-float("inf"), 1, 2, 3, 4, 5, 6]
    assert found.tar.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1])
    assert found.far.tolist() == pytest.approx([0, 0, 0, 1 / 4, 2 / 4, 3 / 4, 1])
    # between thresholds 3 (far 1/4, rejected 1/3) and 4 (far 1/2, rejected 0): equal at 1/7 of the way
    assert found.eer == pytest.approx(1 / 4 + 1 / 7 * 1 / 4)
    assert found.at_far(0.3) == (3.0, pytest.approx(2 / 3))
    assert found.at_far(0.0) == (2.0, pytest.approx(2 / 3))
    assert found.at_far(1.0) == (6.0, 1.0)
    assert found.different == 4


def test_the_area_is_that_of_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    same = torch.rand(500, generator=generator) < 0.3
    distances = (torch.randn(500, generator=generator) - same.float()).round(decimals=1)
    assert roc(distances, same).auc == pytest.approx(roc_auc_score(same, -distances))


def test_pairs_that_are_told_apart_have_no_error():
    found = roc(torch.arange(20.0), torch.arange(20) < 10)
    assert (found.eer, found.auc, found.at_far(0.001)) == (0.0, 1.0, (9.0, 1.0))
    assert roc(-torch.arange(20.0), torch.arange(20) < 10).eer == 1.0


def test_pairs_of_one_kind_tell_nothing():
    with pytest.raises(DataError, match="0 of 3 pairs"):
        roc(torch.zeros(3), torch.zeros(3).bool())
    with pytest.raises(ShapeError, match="not finite"):
        roc(torch.tensor([0.0, float("nan")]), torch.tensor([True, False]))
    with pytest.raises(SettingError, match="far is 2"):
        roc(torch.zeros(2), torch.tensor([True, False])).at_far(2)


def test_the_threshold_of_a_fold_comes_from_the_others():
    distances = torch.cat([torch.linspace(0, 1, 50), torch.linspace(0.9, 2, 500)])
    mean, deviation = fold_accuracy(distances, torch.arange(550) < 50)
    assert 0.9 < mean < 1
    assert 0 < deviation < 0.1
    assert fold_accuracy(distances, torch.arange(550) < 50) == (mean, deviation)
    with pytest.raises(DataError, match="3 pairs of a kind for 10 folds"):
        fold_accuracy(torch.arange(40.0), torch.arange(40) < 3)


def test_one_shot_is_right_for_clusters_and_a_guess_for_noise():
    labels = torch.arange(30).repeat_interleave(4)
    clusters = torch.eye(30)[labels] + 0.01 * torch.randn(120, 30, generator=torch.Generator().manual_seed(0))
    assert one_shot_accuracy(clusters, labels, ways=20, episodes=20) == 1.0
    assert one_shot_accuracy(clusters, labels, ways=20, shots=3, episodes=20, norm=1) == 1.0
    noise = torch.randn(120, 5, generator=torch.Generator().manual_seed(1))
    assert one_shot_accuracy(noise, labels, ways=20, episodes=200) == pytest.approx(1 / 20, abs=0.02)


def test_more_ways_than_identities_are_refused():
    with pytest.raises(DataError, match="2 identities have 2 pictures or more, for 3 ways"):
        one_shot_accuracy(torch.zeros(5, 1), torch.tensor([0, 0, 1, 1, 2]), ways=3)


def test_recall_counts_queries_with_a_right_one_among_the_first():
    found, wanted = torch.tensor([[1, 2, 3], [3, 2, 1], [4, 4, 4]]), torch.tensor([1, 1, 1])
    assert [recall_at(found, wanted, k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 1 / 3, 2 / 3])
    with pytest.raises(ShapeError, match="k is 4"):
        recall_at(found, wanted, 4)
