import pytest
import torch

from striate.records import Batch, IdentityTargets
from striate.tasks.verification.pair_sample import pairs_of
from striate.tasks.verification.verification_metric import VerificationMetric, VerificationMetrics


def measured(vectors, labels, parts=1, norm=2.0):
    metric = VerificationMetric(norm)
    for some, whom in zip(vectors.chunk(parts), labels.chunk(parts), strict=True):
        images = torch.zeros(len(some), 1, 1, 1, dtype=torch.uint8)
        metric.update(some, Batch.full(images, torch.arange(len(some)), IdentityTargets(whom)))
    return metric


def clusters(identities=8, each=4, noise=0.01):
    labels = torch.arange(identities).repeat_interleave(each)
    generator = torch.Generator().manual_seed(0)
    return torch.eye(identities)[labels] + noise * torch.randn(
        len(labels), identities, generator=generator
    ), labels


def test_clusters_have_no_error():
    found = measured(*clusters()).compute()
    assert (found.eer, found.auc, found.pair_accuracy, found.one_shot) == pytest.approx((0, 1, 1, 1))
    assert (found.ways, found.recall, found.mean_average_precision) == (8, {"1": 1.0, "5": 1.0}, 1.0)
    assert found.tar == {"0.01": 1.0, "0.001": None}  # 448 pairs of two identities
    assert sum(found.histograms["same"]) == 8 * 6
    assert found.primary.text() == "0 %"


def test_four_pictures_are_measured_by_hand():  # same at 1 and 4; others at 2, 3, 5, 6
    found = measured(torch.tensor([[0.0], [1.0], [3.0], [7.0]]), torch.tensor([0, 0, 1, 1])).compute()
    # distances: 01 1 same, 02 3, 03 7, 12 2, 13 6, 23 4 same
    assert found.eer == 0.5
    assert found.thresholds["eer"] == 3.0
    assert found.per_image.tolist() == [0.25, 0.25, 1.0, 0.5]
    assert found.recall["1"] == 0.75  # only 3 is nearer to 1 than to 7


def test_parts_and_processes_measure_the_same():
    vectors, labels = clusters(noise=0.5)
    whole = measured(vectors, labels).compute()
    assert measured(vectors, labels, parts=4).compute() == whole
    first, second = measured(vectors[:10], labels[:10]), measured(vectors[10:], labels[10:])
    first.merge(second)
    assert first.compute() == whole


def test_pictures_of_one_identity_or_without_pairs_tell_nothing():
    for labels in (torch.zeros(3).long(), torch.arange(3), torch.zeros(0).long()):
        found = measured(torch.randn(len(labels), 2), labels).compute()
        assert (found.eer, found.count) == (None, len(labels))
        assert found.headline("no picture").startswith("EER –")


def test_metrics_are_the_same_read_from_a_file():
    found = measured(*clusters(noise=0.5)).compute()
    assert VerificationMetrics.from_dict(found.to_dict()) == found


def test_many_pairs_are_drawn_evenly():
    labels = torch.arange(50).repeat_interleave(20)
    pairs = pairs_of(labels, most=2_000)
    assert int(pairs.same.sum()) == 1_000
    assert abs(int((~pairs.same).sum()) - 980) < 20
    assert (pairs.first != pairs.second).all()
    assert torch.equal(labels[pairs.first] == labels[pairs.second], pairs.same)
    few = pairs_of(torch.arange(2_000).clamp(min=1), most=10_000)  # one pair of one identity
    assert int(few.same.sum()) == 1


def test_sums_of_absolute_differences_are_the_distance_of_siamese_vectors():
    vectors, labels = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 0.0]]), torch.tensor([0, 0, 1])
    assert measured(vectors, labels, norm=1).distances(pairs_of(labels)).tolist() == [7, 6, 7]
