"""Boxes from a file."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.errors import DataError
from striate.records import Proposals
from striate.tasks.detection.proposer.file_proposals import FileProposals, write_proposals

PICTURE = torch.zeros(3, 40, 60, dtype=torch.uint8)


def written(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "boxes.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts))
    return path


def test_what_was_written_is_proposed_again(tmp_path: Path) -> None:
    boxes = torch.tensor([[1.5, 2, 30, 20], [0, 0, 60, 40]])
    first = Proposals(boxes, torch.tensor([0.75, 0.5]), "a.jpg")
    none = Proposals(torch.zeros(0, 4), torch.zeros(0), "b.jpg")
    proposer = FileProposals(write_proposals(tmp_path / "boxes.jsonl", [first, none]))
    found = proposer.propose(PICTURE, "somewhere/a.jpg")
    assert torch.equal(found.boxes, boxes)
    assert found.scores.tolist() == [0.75, 0.5]
    assert found.source == "somewhere/a.jpg"
    assert len(proposer.propose(PICTURE, "b.jpg")) == 0
    assert proposer.notes == ()
    assert proposer.notes_on(["a.jpg", "b.jpg"]) == ()


def test_scores_sort_and_without_them_the_order_stays(tmp_path: Path) -> None:
    boxes = [[0, 0, 9, 9], [0, 0, 20, 20]]
    path = written(
        tmp_path, {"source": "a", "boxes": boxes, "scores": [1, 2]}, {"source": "b", "boxes": boxes}
    )
    proposer = FileProposals(path)
    assert proposer.propose(PICTURE, "a").boxes[:, 2].tolist() == [20, 9]
    assert proposer.propose(PICTURE, "b").boxes[:, 2].tolist() == [9, 20]


def test_boxes_are_clipped_and_what_lies_outside_is_left_out_with_a_note(tmp_path: Path) -> None:
    boxes = [[-5, -5, 9, 9], [70, 0, 90, 9], [5, 5, 5, 9], [0, 0, float("nan"), 9]]
    path = written(tmp_path, {"source": "a", "boxes": boxes}, {"source": "b", "boxes": [[50, 30, 99, 99]]})
    proposer = FileProposals(path)
    assert proposer.propose(PICTURE, "a").boxes.tolist() == [[0, 0, 9, 9]]
    assert proposer.propose(PICTURE, "b").boxes.tolist() == [[50, 30, 60, 40]]
    assert proposer.notes == (
        f"{path}: boxes outside of the picture, without area or not finite left out in 1 picture: a",
        f"{path}: boxes clipped to the picture in 1 picture: b",
    )


def test_a_picture_that_the_file_does_not_name_has_none_and_that_is_noted(tmp_path: Path) -> None:
    path = written(tmp_path, {"source": "a", "boxes": [[0, 0, 9, 9]]}, {"source": "z", "boxes": []})
    proposer = FileProposals(path)
    assert len(proposer.propose(PICTURE, "b")) == 0
    assert len(proposer.propose(PICTURE)) == 0
    assert proposer.notes_on(["a", "b"]) == (
        f"{path} has no boxes for 1 of 2 pictures: b",
        f"{path} has boxes for 1 other picture: z",
    )


def test_of_pictures_with_one_name_the_folders_decide(tmp_path: Path) -> None:
    lines = [
        {"source": f"{split}/1.jpg", "boxes": [[0, 0, 9, side]]} for split, side in (("train", 5), ("val", 7))
    ]
    proposer = FileProposals(written(tmp_path, *lines))
    assert proposer.propose(PICTURE, "/data/val/1.jpg").boxes[0, 3] == 7
    assert proposer.propose(PICTURE, "/data/train/1.jpg").boxes[0, 3] == 5


@pytest.mark.parametrize(
    "line", ["[]", "{", '{"boxes": []}', '{"source": 5, "boxes": []}', "\xff", '{"source": "']
)
def test_a_line_that_names_no_picture_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, {"source": "a", "boxes": []}, "", line)
    with pytest.raises(DataError, match="line 3 names no picture"):
        FileProposals(path)


@pytest.mark.parametrize("boxes", [[[1, 2, 3]], [["a", 1, 2, 3]], 5, None])
def test_boxes_that_are_none_are_refused_when_they_are_needed(tmp_path: Path, boxes: Any) -> None:
    proposer = FileProposals(written(tmp_path, {"source": "a", "boxes": boxes}))
    with pytest.raises(DataError, match="the boxes of a cannot be read"):
        proposer.propose(PICTURE, "a")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        FileProposals(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="jsonl"):
        write_proposals(tmp_path / "boxes.txt", [])
