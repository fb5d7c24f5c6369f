import itertools

import pytest
import torch
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops import batch_triplets, mine_triplets, pair_distances, random_triplets


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    vectors = torch.randn(9, 3, generator=generator, dtype=torch.float64)
    return pair_distances(vectors), torch.tensor([0, 0, 1, 1, 1, 2, 2, 0, 3])


def test_distances_are_those_of_a_slow_loop():
    one, other = torch.randn(4, 3).double(), torch.randn(5, 3).double()
    slow = torch.stack([torch.stack([(a - b).norm() for b in other]) for a in one])
    assert torch.allclose(pair_distances(one, other), slow)
    assert torch.allclose(pair_distances(one, other, squared=True), slow**2)


def test_distances_have_a_gradient_and_a_finite_one_where_vectors_are_equal():
    assert gradcheck(pair_distances, torch.randn(4, 3, dtype=torch.float64, requires_grad=True))
    equal = torch.ones(3, 2, requires_grad=True)
    pair_distances(equal).sum().backward()
    assert not equal.grad.any()


def test_vectors_of_two_lengths_have_no_distance():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 4\)"):
        pair_distances(torch.zeros(2, 3), torch.zeros(2, 4))


def test_every_triplet_is_of_one_kind(batch):
    distances, labels = batch
    numbers = range(len(labels))
    wanted = {"hard": [], "semi-hard": [], "easy": []}
    for a, p, n in itertools.product(numbers, numbers, numbers):
        if a != p and labels[a] == labels[p] != labels[n]:
            gap = distances[a, n] - distances[a, p]
            wanted["hard" if gap <= 0 else "semi-hard" if gap <= 0.5 else "easy"].append([a, p, n])
    assert {kind: mine_triplets(distances, labels, kind, 0.5).tolist() for kind in wanted} == wanted
    both = sorted(wanted["hard"] + wanted["semi-hard"])
    assert mine_triplets(distances, labels, "violating", 0.5).tolist() == both
    assert len(mine_triplets(distances, labels)) == sum(map(len, wanted.values()))


def test_the_nearest_negative_beyond_the_positive_is_semi_hard():
    points = torch.tensor(
        [[0.0], [1.0], [0.5], [1.5], [3.0]]
    )  # anchor 0: positive 1, negatives at 0.5, 1.5, 3
    labels = torch.tensor([0, 0, 1, 2, 3])
    found = batch_triplets(pair_distances(points), labels, "hard", "semi-hard").tolist()
    assert [0, 1, 3] in found


def test_random_negatives_are_of_others_and_the_same_for_a_seed():
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    one, again = (random_triplets(labels, torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.tolist() == again.tolist()
    assert len(one) == 6 + 2
    anchors, positives, negatives = one.T
    assert (labels[anchors] == labels[positives]).all()
    assert (labels[anchors] != labels[negatives]).all()
    assert len(random_triplets(torch.tensor([1, 1]))) == 0


def test_nothing_of_an_empty_batch():
    empty, labels = torch.zeros(0, 0), torch.zeros(0, dtype=torch.int64)
    for found in (mine_triplets(empty, labels), batch_triplets(empty, labels), random_triplets(labels)):
        assert found.shape == (0, 3)


def test_what_does_not_fit_is_refused(batch):
    distances, labels = batch
    with pytest.raises(ShapeError, match=r"labels \(4,\)"):
        mine_triplets(distances, labels[:4])
    with pytest.raises(SettingError, match="kind is 'soft'"):
        mine_triplets(distances, labels, "soft")
    with pytest.raises(SettingError, match="margin is -1"):
        mine_triplets(distances, labels, margin=-1)
    with pytest.raises(SettingError, match="negative is 'soft'"):
        batch_triplets(distances, labels, "hard", "soft")
    with pytest.raises(SettingError, match="both"):
        batch_triplets(distances, labels, "semi-hard", "semi-hard")
