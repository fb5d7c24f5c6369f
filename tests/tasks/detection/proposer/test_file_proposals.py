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
        f"{path}: boxes clipped to the picture in 2 pictures: a, b",
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


@pytest.mark.parametrize(
    ("boxes", "scores", "wrong"),
    [
        ([[1, 2, 3]], None, "has 3 numbers in box 1"),
        ([[1, 2, 3, 4], ["a", 1, 2, 3]], None, "has something else than numbers in box 2"),
        ([[1, 2, 3, 10**400]], None, "has something else than numbers in box 1"),
        (5, None, "has no list of boxes"),
        (None, None, "has no list of boxes"),
        ([[1, 2, 3, 4]], [0.5, 0.5], "has 2 scores of 1 box"),
        ([[1, 2, 3, 4]], ["high"], "has scores that are no numbers"),
    ],
)
def test_boxes_that_are_none_are_refused_when_they_are_needed(
    tmp_path: Path, boxes: Any, scores: Any, wrong: str
) -> None:
    path = written(tmp_path, "", {"source": "a", "boxes": boxes, "scores": scores})
    proposer = FileProposals(path)
    with pytest.raises(DataError) as error:
        proposer.propose(PICTURE, "a")
    assert error.value.wrong == f"{path}, line 2 (a) {wrong}"
    assert "striate propose" in str(error.value)


def test_a_line_that_ends_early_is_refused_without_words_of_a_library(tmp_path: Path) -> None:
    path = written(tmp_path, '{"source": "a", "boxes": [[1, 2')
    proposer = FileProposals(path)
    with pytest.raises(DataError, match=r"line 1 \(a\) is no JSON"):
        proposer.propose(PICTURE, "a")


def test_a_second_line_of_a_picture_is_refused_with_both_numbers(tmp_path: Path) -> None:
    lines = [{"source": name, "boxes": []} for name in ("a/1.jpg", "b/1.jpg", "./a/1.jpg")]
    with pytest.raises(DataError, match=r"lines 1 and 3 are both of \./a/1\.jpg"):
        FileProposals(written(tmp_path, *lines))


def test_the_only_picture_of_that_name_is_taken_from_another_folder_with_a_note(tmp_path: Path) -> None:
    path = written(tmp_path, {"source": "a/x.png", "boxes": [[0, 0, 9, 9]]})
    proposer = FileProposals(path)
    assert len(proposer.propose(PICTURE, "/data/b/x.png")) == 1
    assert proposer.notes == (
        f"{path}: no folder in common, recognised by the name alone: 1 picture: /data/b/x.png as a/x.png",
    )


@pytest.mark.parametrize("name", ["x.png", "a/x.png", "/old/x.png"])
def test_one_line_is_not_for_two_pictures(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, {"source": name, "boxes": [[0, 0, 9, 9]]})
    sources = ["/data/a/x.png", "/data/b/x.png"]
    with pytest.raises(DataError, match=r"line 1 names .* could be /data/a/x\.png or /data/b/x\.png"):
        FileProposals(path).notes_on(sources)
    proposer = FileProposals(path)
    assert len(proposer.propose(PICTURE, sources[0])) == 1
    assert len(proposer.propose(PICTURE, "a/x.png")) == 1  # the same picture, named from nearer by
    with pytest.raises(DataError, match="could be"):
        proposer.propose(PICTURE, sources[1])


def test_a_picture_that_could_be_of_two_lines_is_refused(tmp_path: Path) -> None:
    lines = [{"source": name, "boxes": []} for name in ("a/x.png", "c/x.png", "b/y.png")]
    proposer = FileProposals(written(tmp_path, *lines))
    with pytest.raises(DataError, match=r"lines 1 and 2, a/x\.png and c/x\.png, could both be of /data/b/x"):
        proposer.propose(PICTURE, "/data/b/x.png")
    with pytest.raises(DataError, match="could both be of x"):
        proposer.propose(PICTURE, "x.png")


def test_a_line_without_folders_is_of_the_picture_beside_it(tmp_path: Path) -> None:
    lines = [{"source": name, "boxes": [[0, 0, 9, end]]} for name, end in (("x.png", 5), ("/old/a/x.png", 7))]
    proposer = FileProposals(written(tmp_path, *lines))
    assert proposer.propose(PICTURE, "/data/x.png").boxes[0, 3] == 5
    assert proposer.propose(PICTURE, "/old/a/x.png").boxes[0, 3] == 7
    assert proposer.notes == ()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        FileProposals(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="jsonl"):
        write_proposals(tmp_path / "boxes.txt", [])
