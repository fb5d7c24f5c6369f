"""The order of images: from (seed, epoch) alone, and cut fairly."""

from hashlib import blake2b

import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.batches.shuffle import permutation, seed_from, share_of

NUMBERS = st.integers(-(2**40), 2**40)


def test_a_seed_is_the_first_eight_bytes_of_blake2b_without_the_last_bit():
    first = blake2b(b"3,1", digest_size=8).digest()
    assert seed_from(3, 1) == int.from_bytes(first, "little") // 2


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_a_seed_fits_into_a_generator(numbers):
    torch.Generator().manual_seed(seed_from(*numbers))
    assert 0 <= seed_from(*numbers) < 2**63


def test_neighbours_have_unrelated_seeds():
    seeds = {seed_from(seed, epoch) for seed in range(50) for epoch in range(50)}
    assert len(seeds) == 2500  # sums would give 99


def test_numbers_do_not_run_together():
    assert seed_from(1, 12) != seed_from(11, 2)


def test_a_permutation_holds_everything_once():
    assert permutation(100, seed=4, epoch=2).sort().values.tolist() == list(range(100))


def test_seed_and_epoch_both_change_the_order():
    orders = {tuple(permutation(20, seed, epoch).tolist()) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


@given(st.integers(0, 40), st.integers(1, 9))
def test_the_shares_of_all_ranks_are_the_batch(count, world):
    batch = torch.arange(count)
    shares = [share_of(batch, rank, world) for rank in range(world)]
    assert torch.cat(shares).tolist() == batch.tolist()
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
