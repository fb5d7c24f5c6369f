"""Beside other programs: what they use is measured, and the number of threads follows only where asked."""

from collections.abc import Iterator

import pytest
import torch

from striate.train.session import shared_cores as room
from striate.train.session.shared_cores import SharedCores, Used, used


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def looks(monkeypatch: pytest.MonkeyPatch, adapt: bool, others: list[float]) -> tuple[list[int], list[str]]:
    """Threads after each look, and what was told, while others take so many of two cores in each second."""
    clock = Used(0.0, 0.0, 0.0)
    monkeypatch.setattr(room.time, "monotonic", lambda: clock.at)
    monkeypatch.setattr(room, "used", lambda: clock)
    monkeypatch.setattr(room.os, "sched_getaffinity", lambda _: {0, 1})
    cores, threads, told = SharedCores(adapt), [], []
    for share in others:
        clock = Used(clock.at + 1, clock.all + 1.5 + share, clock.own + 1.5)
        told += [sentence for sentence in [cores.look()] if sentence]
        threads.append(torch.get_num_threads())
    cores.restore()
    return [*threads, torch.get_num_threads()], told


@pytest.mark.usefixtures("two_threads")
def test_threads_follow_what_others_leave_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, told = looks(monkeypatch, True, [0.1, 0.7, 1.0, 2.0, 0.0, 1.0])
    assert threads == [2, 1, 1, 1, 2, 1, 2]  # the last: restored
    assert told == []


@pytest.mark.usefixtures("two_threads")
def test_without_the_setting_nothing_changes_and_it_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, told = looks(monkeypatch, False, [1.0] * 4 + [0.0] + [1.0] * 12)
    assert set(threads) == {2}
    assert len(told) == 1
    assert "other programs take 1.0 of 2 cores" in told[0]
    assert "share_cores" in told[0]


def test_own_work_is_not_that_of_others() -> None:
    before = used()
    assert before is not None  # Linux
    sum(range(3_000_000))
    after = used()
    assert after is not None
    assert after.own > before.own
    assert after.all >= before.all
