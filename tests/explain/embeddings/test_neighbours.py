"""Nearest neighbours are those of a slow loop, whoever finds them."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.explain.embeddings import neighbours as room
from striate.explain.embeddings.neighbours import neighbours


def random(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))


def slowly(rows: torch.Tensor, query: torch.Tensor, k: int, leave_out: int | None) -> list[int]:
    apart = [float((row - query).double().norm()) for row in rows]
    return sorted((place for place in range(len(rows)) if place != leave_out), key=apart.__getitem__)[:k]


@pytest.mark.parametrize("block", [7, 1024])
def test_they_are_those_of_a_slow_loop(block, monkeypatch):
    monkeypatch.setattr(room, "BLOCK", block)
    rows, queries = random(60), random(20, 1)
    found = neighbours(rows, queries, k=4)
    assert found.indices.tolist() == [slowly(rows, query, 4, None) for query in queries]
    own = neighbours(rows, k=4)
    assert own.indices.tolist() == [slowly(rows, row, 4, place) for place, row in enumerate(rows)]
    assert torch.allclose(own.distances[:, 0], (rows - rows[own.indices[:, 0]]).norm(dim=1), atol=1e-5)


def test_twins_are_neighbours_of_each_other_and_ties_go_to_the_lower_place():
    rows = torch.tensor([[0.0], [0.0], [0.0], [9.0]])
    found = neighbours(rows, k=2)
    assert found.indices.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]
    assert found.distances[0].tolist() == [0.0, 0.0]


def test_far_from_zero_they_are_exact_too():  # where |a|^2 - 2 a b + |b|^2 alone would be rounded to nothing
    rows = torch.tensor([[1e5], [1e5 + 1], [1e5 + 3], [1e5 + 7]])
    assert neighbours(rows, k=1).distances.flatten().tolist() == [1.0, 1.0, 2.0, 4.0]


def test_cosine_looks_at_directions():  # 1 - cos 0 = 0; 1 - cos 90 = 1
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = neighbours(rows, torch.tensor([[5.0, 0.0]]), k=2, metric="cosine")
    assert found.indices.tolist() == [[0, 1]]
    assert found.distances.flatten().tolist() == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("own", [True, False])
def test_beyond_the_limit_lists_find_the_same(own, monkeypatch):
    rows = random(300)
    queries = None if own else random(20, 1)
    exact = neighbours(rows, queries, k=5)
    monkeypatch.setattr(room, "MOST_EXACT", 100)
    found = neighbours(rows, queries, k=5)
    assert exact.exact
    assert not found.exact
    assert (found.indices != exact.indices).double().mean() <= 0.01
    assert (found.distances - exact.distances).abs().mean() < 1e-2  # one in a hundred may be missed


def test_no_queries_have_no_neighbours():
    assert neighbours(random(9), torch.empty(0, 6), k=2).indices.shape == (0, 2)


def test_what_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="k is 9 for 9 vectors"):
        neighbours(random(9), k=9)
    with pytest.raises(SettingError, match="metric is 'angle'"):
        neighbours(random(9), metric="angle")
    with pytest.raises(ShapeError, match="queries"):
        neighbours(random(9), torch.zeros(2, 5))
    with pytest.raises(SettingError, match="more pictures"):
        neighbours(random(1))
