"""Seconds of the parts of an answer: summed where a part comes twice, medians over pictures, nothing kept."""

import os
from pathlib import Path

import pytest
import torch

from striate.data.preprocess import Preprocess
from striate.tasks.detection.proposer.proposers import proposer_of
from striate.train.profile import part_seconds as room
from striate.train.profile.part_seconds import nothing_kept, one_answer, seconds_of_parts
from striate.zoo.build import build


class Clocked:
    """Of a model only what is asked for: each part takes one tick, and the head comes twice."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.training, self.seen = False, list[float]()

    def answer_in_parts(self, images: torch.Tensor, sizes: torch.Tensor):
        self.seen.append(images.float().mean().item())
        assert sizes.tolist() == [[4, 6]]
        yield from ("head", "backbone", "head", "finish")

    def eval(self) -> None: ...

    def train(self, mode: bool = True) -> None: ...

    def modules(self):
        return iter(())


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(10_000))
    monkeypatch.setattr(room, "perf_counter", lambda: next(now))


@pytest.mark.usefixtures("ticks")
def test_a_part_that_comes_twice_is_added_up() -> None:
    found = one_answer(Clocked(), torch.zeros(1, 3, 4, 6, dtype=torch.uint8))  # type: ignore[arg-type]
    assert found == {"head": 2, "backbone": 1, "finish": 1}


@pytest.mark.usefixtures("ticks")
def test_pictures_take_turns_and_parts_stand_in_the_order_of_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SECONDS", 1000)
    model = Clocked()
    pictures = torch.tensor([10, 20], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 4, 6)
    found = seconds_of_parts(model, pictures)  # type: ignore[arg-type]
    assert list(found.items()) == [("backbone", 1), ("head", 2), ("finish", 1)]
    assert model.seen == [10, 20, 10, 20]  # the first is not counted, then three


@pytest.mark.usefixtures("ticks")
def test_an_answer_that_takes_long_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SECONDS", 5)
    model = Clocked()
    found = seconds_of_parts(model, torch.zeros(2, 3, 4, 6, dtype=torch.uint8))  # type: ignore[arg-type]
    assert (len(model.seen), found["head"]) == (1, 2)


def test_a_model_that_is_built_inside_searches_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(room.CACHE, str(tmp_path))
    image = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
    with nothing_kept():
        proposer_of("selective").propose(image)
    assert os.environ[room.CACHE] == str(tmp_path)
    assert list(tmp_path.rglob("*.npz")) == []


def test_a_real_detector_gives_a_time_for_every_part() -> None:
    own = {"width": 0.125, "channels": 8, "proposals": 8}
    model = build("faster_rcnn", ("cat",), Preprocess((64, 64)), task="detect", **own).eval()
    found = seconds_of_parts(model, torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
    assert list(found) == ["proposals", "backbone", "head", "finish"]
    assert all(seconds > 0 for seconds in found.values())
