"""PCA gives published numbers; t-SNE keeps neighbourhoods, and places what it has not seen."""

import sys

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.explain.embeddings.neighbours import neighbours
from striate.explain.embeddings.projection import pca, tsne

# Ten points and what scikit-learn 1.9.1's PCA(svd_solver="full") says of them; signs are free.
POINTS = torch.tensor([
    [1.764, 0.4, 0.979], [2.241, 1.868, -0.977], [0.95, -0.151, -0.103], [0.411, 0.144, 1.454],
    [0.761, 0.122, 0.444], [4.334, 5.494, 3.795], [4.313, 3.146, 1.447], [4.654, 4.864, 3.258],
    [6.27, 2.546, 4.046], [3.813, 5.533, 5.469],
])  # fmt: skip


def test_pca_gives_the_numbers_of_scikit_learn():
    found = pca(POINTS)
    assert found.variances.tolist() == pytest.approx([11.2575217, 1.21886912], abs=1e-5)
    assert found.shares.tolist() == pytest.approx([0.8368365, 0.09060557], abs=1e-6)
    expected = [[0.52584672, 0.64351721, 0.55621114], [0.74722987, 0.03708612, 0.66353006]]
    assert torch.allclose(found.components.abs().float(), torch.tensor(expected), atol=1e-5)
    assert found.transform(POINTS).var(0).tolist() == pytest.approx([11.2575217, 1.21886912], abs=1e-4)


def test_the_largest_entry_of_a_component_is_positive():
    found = pca(-POINTS)
    assert (found.components.gather(1, found.components.abs().argmax(1, keepdim=True)) > 0).all()


def test_equal_points_have_no_variance():
    assert pca(torch.ones(3, 2)).shares.tolist() == [0.0, 0.0]


def iris() -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_iris

    flowers = load_iris()
    return torch.tensor(flowers.data, dtype=torch.float32), torch.tensor(flowers.target)


def held_out() -> tuple[torch.Tensor, torch.Tensor]:
    """Places of a third of the flowers that is not seen, as there: seed 42."""
    from sklearn.model_selection import train_test_split

    seen, new = train_test_split(range(150), test_size=0.33, random_state=42)
    return torch.tensor(seen), torch.tensor(new)


def test_new_flowers_are_placed_among_their_own():
    # openTSNE, tests/test_correctness.py::test_iris_bh_transform_correctness: a third held out,
    # more than 95 % have the class of most of their 10 neighbours
    vectors, labels = iris()
    seen, new = held_out()
    found = tsne(vectors[seen], seed=42)
    placed = found.transform(vectors[new])
    near = neighbours(found.points, placed, k=10).indices
    guess = labels[seen][near].mode(1).values
    assert (guess == labels[new]).float().mean() > 0.95
    alone = torch.cat([found.transform(vectors[place : place + 1]) for place in new[:5].tolist()])
    assert torch.allclose(alone, placed[:5], atol=1e-4)


def test_one_seed_makes_one_map_and_few_vectors_are_enough():
    vectors = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    one, same = (tsne(vectors, seed=3).points for _ in range(2))
    assert torch.equal(one, same)
    assert one.shape == (5, 2)


def test_too_few_vectors_and_perplexities_are_refused():
    with pytest.raises(ShapeError, match="t-SNE map"):
        tsne(torch.zeros(3, 2))
    with pytest.raises(SettingError, match="perplexity is 0"):
        tsne(torch.zeros(9, 2), perplexity=0.5)
    with pytest.raises(ShapeError, match="for 2 directions"):
        pca(torch.zeros(1, 5))


def test_without_opentsne_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(SettingError, match="not installed") as refused:
        tsne(torch.zeros(9, 2))
    assert "striate[maps]" in refused.value.attempt
