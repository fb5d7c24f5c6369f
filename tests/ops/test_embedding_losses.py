import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.ops import (
    contrastive_loss,
    cosine_margin_losses,
    pair_distances,
    siamese_scores,
    softmax_losses,
    triplet_losses,
)

LABELS = torch.tensor([0, 0, 1])
DISTANCES = torch.tensor([[0.0, 0.5, 0.25], [0.5, 0.0, 2.0], [0.25, 2.0, 0.0]])


def test_a_contrastive_loss_with_squares_is_that_of_its_paper():  # 0.5^2, (1 - 0.25)^2
    assert contrastive_loss(DISTANCES, LABELS, power=2).item() == pytest.approx(0.25 + 0.5625)


def test_pairs_within_both_margins_have_no_loss():
    assert contrastive_loss(DISTANCES, LABELS, positive_margin=0.5, negative_margin=0.51).item() == (
        pytest.approx(0.26)
    )


def test_triplets_of_torch_have_the_same_loss():
    vectors = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    triplets = torch.tensor([[0, 1, 2], [3, 4, 5]])
    found = triplet_losses(pair_distances(vectors), triplets, margin=1.0)
    wanted = F.triplet_margin_loss(*vectors[triplets.T], margin=1.0, reduction="none", eps=0)
    assert torch.allclose(found, wanted, atol=1e-6)


def test_a_softmax_over_two_identities_is_worked_by_hand():  # exp 1 / (exp 1 + 2 exp 0), at temperature 1
    vectors = torch.eye(2).repeat_interleave(2, 0)
    losses = softmax_losses(vectors @ vectors.T, torch.tensor([0, 0, 1, 1]), temperature=1.0)
    assert losses.tolist() == pytest.approx([-math.log(math.e / (math.e + 2))] * 4)


def test_a_picture_that_is_alone_has_no_softmax_loss():
    vectors = F.normalize(torch.randn(3, 2), dim=1)
    assert softmax_losses(vectors @ vectors.T, torch.tensor([0, 0, 1]))[2] == 0
    assert softmax_losses(torch.ones(1, 1), torch.tensor([0])).tolist() == [0]
    assert softmax_losses(torch.ones(0, 0), torch.tensor([]).long()).tolist() == []


def test_without_a_margin_the_cosine_loss_is_a_cross_entropy():
    cosines, labels = torch.rand(5, 3) * 2 - 1, torch.tensor([0, 1, 2, 0, 1])
    found = cosine_margin_losses(cosines, labels, margin=0, scale=4)
    assert torch.allclose(found, F.cross_entropy(4 * cosines, labels, reduction="none"))
    assert (cosine_margin_losses(cosines, labels, margin=0.3, scale=4) > found).all()


def test_equal_pictures_have_the_score_of_the_bias():
    first = torch.rand(3, 4)
    assert siamese_scores(first, first, torch.ones(4), bias=2.5).tolist() == [2.5] * 3


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: contrastive_loss(pair_distances(x), LABELS, 0.1, 3.0),
        lambda x: triplet_losses(pair_distances(x, squared=True), torch.tensor([[0, 1, 2]]), 5.0),
        lambda x: softmax_losses(F.normalize(x) @ F.normalize(x).T, LABELS),
        lambda x: cosine_margin_losses(F.normalize(x), LABELS),
        lambda x: siamese_scores(x[:1], x[1:2], torch.ones(2, dtype=torch.float64)),
    ],
    ids=["contrastive", "triplet", "softmax", "cosine", "siamese"],
)
def test_every_loss_has_a_gradient(loss):
    x = torch.tensor([[0.1, 1.0], [0.9, -0.3], [-1.1, 0.4]], dtype=torch.float64, requires_grad=True)
    assert gradcheck(loss, x)


def test_margins_with_which_equal_vectors_have_no_loss_are_refused():
    with pytest.raises(SettingError, match="margin is 0"):
        triplet_losses(DISTANCES, torch.tensor([[0, 1, 2]]), margin=0)
    with pytest.raises(SettingError, match=r"margins are 0.0 and 0"):
        contrastive_loss(DISTANCES, LABELS, negative_margin=0)
    with pytest.raises(SettingError, match="temperature is 0"):
        softmax_losses(DISTANCES, LABELS, temperature=0)
    with pytest.raises(SettingError, match="margin is -1"):
        cosine_margin_losses(DISTANCES, LABELS, margin=-1)
    with pytest.raises(ShapeError, match=r"weights \(3,\)"):
        siamese_scores(torch.zeros(2, 4), torch.zeros(2, 4), torch.zeros(3))
