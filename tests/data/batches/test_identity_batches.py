import pytest
import torch

from striate.data.batches.identity_batches import identity_order, pictures_of_each
from striate.errors import SettingError

LABELS = torch.arange(30).repeat_interleave(5)[
    torch.randperm(150, generator=torch.Generator().manual_seed(7))
]


def batches(labels, batch, per_identity, epoch=0, run=1):
    return identity_order(labels, batch, per_identity, 0, epoch, run=run).split(batch)


def test_a_batch_holds_so_many_different_pictures_of_each_identity():
    for batch in batches(LABELS, 20, 2):
        assert LABELS[batch].bincount().unique().tolist() in ([0, 2], [2])
        assert len(batch.unique()) == 20


def test_an_epoch_has_as_many_steps_as_one_in_any_order():
    assert len(batches(LABELS, 20, 2)) == 150 // 20


def test_the_same_epoch_is_the_same_order_and_another_is_not():
    first, again, other = (torch.cat(batches(LABELS, 20, 2, epoch)) for epoch in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_all_identities_and_all_pictures_take_turns():
    seen = torch.cat([torch.cat(batches(LABELS, 20, 2, epoch)) for epoch in range(12)])
    assert len(LABELS[seen].unique()) == 30
    assert len(seen.unique()) == 150


def test_runs_are_neighbours():
    labels = torch.arange(64).repeat_interleave(2)
    for batch in batches(labels, 16, 2, run=8):
        whom = labels[batch][::2]  # eight that follow each other; 0 follows 63
        assert (whom.diff() % 64).tolist() == [1] * 7


def test_an_identity_with_too_few_pictures_gives_some_twice_and_one_with_a_single_picture_none():
    labels = torch.tensor([0, 0, 1, 1, 1, 2])
    batch = batches(labels, 6, 3)[0]
    assert labels[batch].bincount().tolist() == [3, 3]


def test_few_identities_give_more_pictures_each():
    labels = torch.arange(3).repeat_interleave(20)
    assert pictures_of_each(labels, 32, 2) == 11
    assert labels[batches(labels, 32, 2)[0]].bincount().tolist() in ([11, 11, 10], [11, 10, 11], [10, 11, 11])


def test_pairs_need_two_pictures():
    with pytest.raises(SettingError, match="per_identity is 1"):
        identity_order(LABELS, 20, 1, 0, 0)
    with pytest.raises(SettingError, match="every identity has one picture"):
        identity_order(torch.arange(5), 4, 2, 0, 0)
