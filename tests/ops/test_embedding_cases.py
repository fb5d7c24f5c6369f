"""Published numbers for triplets and losses of vectors: the groups mining and loss of ``explain.json``.

The file names the source of each case: tests of pytorch-metric-learning and
lightly (MIT), and one case derived by hand.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import (
    batch_triplets,
    contrastive_loss,
    mine_triplets,
    pair_distances,
    softmax_losses,
    triplet_losses,
)

MINED = [
    "batch_hard_1d",
    "batch_easyhard_easy_hard",
    "batch_easyhard_semihard_hard",
    "batch_easyhard_hard_easy",
    "batch_easyhard_hard_hard",
]
OTHERS = {
    "triplet_margin_miner_16",
    "batch_hard_all_labels_different",
    "ntxent_correlated_2",
    "ntxent_correlated_8",
    "triplet_loss_no_triplets",
    "triplet_loss_collapsed",
    "contrastive_loss_5pts",
}


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> dict[str, dict[str, Any]]:
    known = json.loads((shared_data.parent / "conformance" / "explain.json").read_text())
    return {case["id"]: case for case in known["cases"] if case["group"] in ("mining", "loss")}


def vectors_of(case: dict[str, Any]) -> tuple[Tensor, Tensor]:
    vectors = torch.tensor(case["embeddings"], dtype=torch.float64, requires_grad=True)
    return vectors, torch.tensor(case["labels"])


def test_no_case_is_left_out(cases: dict[str, dict[str, Any]]) -> None:
    assert set(cases) == {*MINED, *OTHERS}


@pytest.mark.parametrize("name", MINED)
def test_every_anchor_has_the_published_positive_and_negative(cases: dict[str, Any], name: str) -> None:
    case = cases[name]
    vectors, labels = vectors_of(case)
    wanted = case["expected"]
    strategies = (case.get("positive_strategy", "hard"), case.get("negative_strategy", "hard"))
    found = batch_triplets(
        pair_distances(vectors.detach()),
        labels,
        *(one.replace("semihard", "semi-hard") for one in strategies),
    )
    anchors, positives, negatives = (column.tolist() for column in found.T)
    assert anchors == wanted["anchors"]
    for column, key in ((positives, "positives"), (negatives, "negatives")):
        choices = wanted.get(f"{key}_any_of") or [wanted[key]]
        assert all(
            value in allowed for value, allowed in zip(column, zip(*choices, strict=True), strict=True)
        )


def test_the_hardest_pairs_of_a_batch_have_the_published_distances(cases: dict[str, Any]) -> None:
    case = cases["batch_hard_1d"]
    vectors, labels = vectors_of(case)
    distances = pair_distances(vectors.detach())
    anchors, positives, negatives = batch_triplets(distances, labels).T
    assert distances[anchors, positives].max() == case["hardest_positive_distance"]
    assert distances[anchors, negatives].min() == case["hardest_negative_distance"]


def test_triplets_of_each_kind_are_those_of_brute_force(cases: dict[str, Any]) -> None:
    case = cases["triplet_margin_miner_16"]
    vectors, labels = vectors_of(case)
    distances = pair_distances(F.normalize(vectors.detach()))
    kinds = {"all": "violating", "hard": "hard", "semihard": "semi-hard", "easy": "easy"}
    found = {name: mine_triplets(distances, labels, kind, case["margin"]) for name, kind in kinds.items()}
    assert {name: len(triplets) for name, triplets in found.items()} == case["counts"]
    assert found["hard"].tolist() == case["hard"]
    assert found["semihard"][:20].tolist() == case["semihard_first20"]


def test_a_batch_of_strangers_has_no_triplet_and_no_loss(cases: dict[str, Any]) -> None:
    labels = torch.tensor(cases["batch_hard_all_labels_different"]["labels"])
    vectors = torch.randn(32, 64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    distances = pair_distances(vectors)
    found = batch_triplets(distances, labels)
    assert found.shape == (0, 3)
    triplet_losses(distances, found).sum().backward()
    assert not vectors.grad.any()


def test_a_loss_of_no_triplets_is_0_with_a_gradient(cases: dict[str, Any]) -> None:
    case = cases["triplet_loss_no_triplets"]
    vectors, labels = vectors_of(case)
    distances = pair_distances(F.normalize(vectors))
    loss = triplet_losses(distances, mine_triplets(distances, labels), case["margin"]).sum()
    loss.backward()
    assert loss.item() == case["expected"]
    assert not vectors.grad.any()


def test_equal_vectors_have_a_loss_of_exactly_the_margin(cases: dict[str, Any]) -> None:
    case = cases["triplet_loss_collapsed"]
    vectors, labels = vectors_of(case)
    distances = pair_distances(F.normalize(vectors))
    loss = triplet_losses(distances, mine_triplets(distances, labels), case["margin"]).mean()
    loss.backward()
    assert loss.item() == case["expected"]
    assert vectors.grad.isfinite().all()


@pytest.mark.parametrize("name", ["ntxent_correlated_2", "ntxent_correlated_8"])
def test_parallel_vectors_leave_nothing_but_a_guess(cases: dict[str, Any], name: str) -> None:
    count = cases[name]["n_samples"]
    factors = torch.arange(1.0, 2 * count + 1, dtype=torch.float64)
    vectors = F.normalize(factors[:, None] * torch.tensor([1.0, 2.0], dtype=torch.float64))
    losses = softmax_losses(vectors @ vectors.T, torch.arange(count).repeat(2), temperature=0.37)
    assert losses.mean().item() == pytest.approx(cases[name]["expected"], abs=1e-8)


def test_the_contrastive_loss_is_the_published_one(cases: dict[str, Any]) -> None:
    case = cases["contrastive_loss_5pts"]
    vectors, labels = vectors_of(case)
    distances = pair_distances(F.normalize(vectors), squared=True)
    loss = contrastive_loss(distances, labels, case["pos_margin"], case["neg_margin"])
    assert loss.item() == pytest.approx(case["expected"]["mean"], abs=1e-8)
