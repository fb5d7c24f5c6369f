"""Lists of vectors: what is found is right, nearly all is found, and all when all lists are looked at."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.errors import ShapeError
from striate.explain.embeddings.inverted_lists import InvertedLists, count_for, made_of


def clustered(count: int, seed: int) -> torch.Tensor:
    """Vectors of 12 numbers around 20 centres."""
    draws = torch.Generator().manual_seed(seed)
    centres = 3 * torch.randn(20, 12, generator=torch.Generator().manual_seed(9))
    chosen = torch.randint(20, (count,), generator=draws)
    return centres[chosen] + torch.randn(count, 12, generator=draws)


def slowly(rows: torch.Tensor, queries: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    found = torch.cdist(queries.double(), rows.double()).sort(1)
    return found.indices[:, :k], found.values[:, :k].float()


@pytest.mark.parametrize("queries", [1, 3, 4, 50])  # four are compared at once
def test_all_lists_find_what_a_slow_comparison_finds(queries):
    rows, asked = clustered(500, 0), clustered(queries, 1)
    lists, order = made_of(rows.numpy())
    assert lists.probes == len(lists.centres) == count_for(500)
    keys, distances = lists.search(rows.numpy()[order], asked, 7)
    wanted = slowly(rows, asked, 7)
    assert torch.equal(torch.from_numpy(order)[keys], wanted[0])
    assert torch.allclose(distances, wanted[1], atol=1e-5)


def test_a_row_lies_in_the_list_of_its_nearest_centre():
    rows = clustered(500, 0)
    lists, order = made_of(rows.numpy())
    labels = torch.cdist(rows, torch.from_numpy(lists.centres)).argmin(1)
    for number, (begin, end) in enumerate(zip(lists.first[:-1], lists.first[1:], strict=True)):
        assert sorted(order[begin:end].tolist()) == (labels == number).nonzero()[:, 0].tolist()


def test_measured_lists_look_at_few_and_find_nearly_all():
    rows, asked = clustered(4000, 0), clustered(500, 1)
    lists, order = made_of(rows.numpy())
    measured = lists.measured(rows.numpy()[order])
    assert measured.probes < len(lists.centres) / 2
    keys, distances = measured.search(rows.numpy()[order], asked, 10)
    wanted = slowly(rows, asked, 10)
    pairs = zip(torch.from_numpy(order)[keys].tolist(), wanted[0].tolist(), strict=True)
    assert sum(len(set(one) & set(other)) for one, other in pairs) / 5000 >= 0.985
    near = torch.from_numpy(rows.numpy()[order])[keys]
    assert torch.allclose(distances, (near - asked[:, None]).norm(dim=2), atol=1e-5)
    assert bool((distances.diff(dim=1) >= 0).all())


def test_what_was_removed_is_not_found_and_other_lists_fill_its_place():
    rows = clustered(500, 0).numpy()
    lists, order = made_of(rows)
    few, ordered = replace(lists, probes=1), rows[order]
    here = np.arange(500) % 2 == 0
    keys, distances = few.search(ordered, torch.from_numpy(ordered[:9]), 200, here)
    assert bool((keys % 2 == 0).all())
    assert bool(distances.isfinite().all())
    assert all(len(set(row)) == 200 for row in keys.tolist())


def test_far_from_zero_and_with_any_number_of_dimensions_all_are_found():
    for dimensions in (1, 3, 17):
        rows = 1000 + torch.randn(300, dimensions, generator=torch.Generator().manual_seed(0))
        lists, order = made_of(rows.numpy())
        keys, _ = lists.search(rows.numpy()[order], rows[:20], 3)
        assert torch.equal(torch.from_numpy(order)[keys], slowly(rows, rows[:20], 3)[0])


def test_threads_do_not_change_a_bit():
    rows, asked = clustered(3000, 0), clustered(400, 1)
    lists, order = made_of(rows.numpy())
    before = torch.get_num_threads()
    answers = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        answers.append(lists.search(rows.numpy()[order], asked, 5))
    torch.set_num_threads(before)
    assert torch.equal(answers[0][0], answers[1][0])
    assert torch.equal(answers[0][1], answers[1][1])


@pytest.mark.parametrize(
    ("first", "probes"), [([0, 2], 1), ([1, 2, 3], 1), ([0, 3, 2], 1), ([0, 1, 3], 0), ([0, 1, 3], 3)]
)
def test_lists_that_do_not_fit_are_refused(first, probes):
    zeros = {name: np.zeros(shape, np.float32) for name, shape in (("mean", 4), ("basis", (4, 4)))}
    with pytest.raises(ShapeError, match="lists have centres"):
        InvertedLists(
            np.zeros((2, 4), np.float32), np.array(first), probes, **zeros, heads=np.zeros((5, 3), np.float32)
        )
