"""Selective search as a proposer, kept and computed by several threads."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from striate.errors import ImageError, SettingError
from striate.ops import selective_search
from striate.records import Proposals
from striate.tasks.detection.proposer.cached_proposals import CachedProposals, cache_folder
from striate.tasks.detection.proposer.file_proposals import FileProposals, write_proposals
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.proposers import propose_each, proposer_of
from striate.tasks.detection.proposer.selective_proposals import SelectiveProposals
from striate.tasks.detection.proposer.window_proposals import WindowProposals


@dataclass
class Counting(Proposer):
    """Proposes the left half, and counts how often it was asked."""

    asked: list[str] = field(default_factory=list)
    name: str = "half"

    @property
    def settings(self) -> dict[str, Any]:
        return {"proposals": self.name}

    def propose(self, image: torch.Tensor, source: str = "") -> Proposals:
        self.asked.append(source)
        return Proposals(torch.tensor([[0.0, 0, image.shape[2] / 2, image.shape[1]]]), torch.ones(1), source)


def shade(value: int, width: int = 9) -> torch.Tensor:
    return torch.full((3, 5, width), value, dtype=torch.uint8)


def test_the_boxes_are_those_of_the_search_with_falling_scores() -> None:
    image = torch.randint(0, 255, (3, 40, 50), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = SelectiveProposals().propose(image, "a.jpg")
    assert torch.equal(found.boxes, selective_search(image))
    assert found.scores[0] == 1
    assert bool((found.scores.diff() < 0).all())
    assert found.source == "a.jpg"


def test_a_picture_is_searched_once_whatever_it_is_called(tmp_path: Path) -> None:
    inner = Counting()
    cached = CachedProposals(inner, tmp_path)
    first, again = cached.propose(shade(1), "a"), cached.propose(shade(1), "copy of a")
    assert torch.equal(first.boxes, again.boxes)
    assert torch.equal(first.scores, again.scores)
    assert (again.source, inner.asked) == ("copy of a", ["a"])
    cached.propose(shade(2), "b")
    cached.propose(shade(1, width=10), "c")
    CachedProposals(Counting(inner.asked, "other settings"), tmp_path).propose(shade(1), "d")
    CachedProposals(inner, tmp_path).propose(shade(2), "b again")  # another program
    assert inner.asked == ["a", "b", "c", "d"]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    inner = Counting()
    cached = CachedProposals(inner, tmp_path)
    cached.propose(shade(1))
    (path,) = tmp_path.rglob("*.npz")
    for content in (b"", b"damaged", path.read_bytes()[:100]):
        path.write_bytes(content)
        assert cached.propose(shade(1)).boxes.tolist() == [[0, 0, 4.5, 5]]
    np.savez(path, boxes=np.zeros((2, 3)), scores=np.zeros(2))
    cached.propose(shade(1))
    cached.propose(shade(1))
    assert len(inner.asked) == 5


def test_what_was_not_used_for_longest_goes_when_there_is_too_much(tmp_path: Path) -> None:
    inner = Counting()
    size = 0
    for value in range(4):
        CachedProposals(inner, tmp_path).propose(shade(value))
        size = next(tmp_path.rglob("*.npz")).stat().st_size
    CachedProposals(inner, tmp_path).propose(shade(0))  # becomes the youngest
    CachedProposals(inner, tmp_path, most_bytes=4 * size).propose(shade(9))
    assert len(list(tmp_path.rglob("*.npz"))) == 3  # 0.9 * 4 files
    inner.asked.clear()
    for value in (0, 9, 1):
        CachedProposals(inner, tmp_path).propose(shade(value), str(value))
    assert inner.asked == ["1"]


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cached = CachedProposals(Counting(), tmp_path / "file" / "below")
    assert len(cached.propose(shade(1))) == 1
    assert cached.notes == (f"proposals are not kept in {tmp_path}/file/below (Not a directory)",)


def test_a_cached_proposer_goes_to_other_processes(tmp_path: Path) -> None:
    copy = pickle.loads(pickle.dumps(CachedProposals(SelectiveProposals(), tmp_path)))
    assert copy.propose(shade(1)).boxes.tolist() == [[0, 0, 9, 5]]


def test_the_cache_lies_in_the_folder_of_the_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "proposals"


def test_proposers_have_names(tmp_path: Path) -> None:
    assert isinstance(proposer_of("windows"), WindowProposals)
    assert proposer_of("selective", "quality", cache=False) == SelectiveProposals("quality")
    assert isinstance(proposer_of(), CachedProposals)
    assert isinstance(proposer_of(write_proposals(tmp_path / "boxes.jsonl", [])), FileProposals)
    for arguments in (("magic",), ("boxes.txt",), ("selective", "slow")):
        with pytest.raises(SettingError):
            proposer_of(*arguments)


def test_many_pictures_come_in_their_order_and_an_unreadable_one_is_named(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    for number, path in enumerate(paths):
        Image.new("RGB", (10 + 2 * number, 8)).save(path)
    paths[3].write_bytes(b"nothing")
    given: Iterator[Path] = iter(paths)
    found = list(propose_each(Counting(), given, threads=3))
    assert [one.boxes[0, 2].item() for one in found if isinstance(one, Proposals)] == [5, 6, 7, 9, 10, 11]
    assert isinstance(found[3], ImageError)
    assert [one.source for one in found if isinstance(one, Proposals)] == [
        str(path) for path in paths if path != paths[3]
    ]


def test_a_generator_is_read_a_few_pictures_ahead() -> None:
    read = []

    def pictures() -> Iterator[torch.Tensor]:
        for number in range(100):
            read.append(number)
            yield shade(number)

    found = propose_each(Counting(), pictures(), threads=2)
    next(found)
    assert len(read) <= 6
    found.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16", "P", "1", "CMYK"])
def test_pictures_of_any_kind_are_searched(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((20, 40), np.uint8)
    pixels[:, 20:] = 200
    path = tmp_path / "picture.tif"
    if mode == "I;16":
        Image.fromarray(pixels.astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(pixels).convert(mode).save(path)
    (found,) = propose_each(SelectiveProposals(), [path])
    assert isinstance(found, Proposals)
    assert sorted(found.boxes.tolist())[0] == [0, 0, 20, 20]
