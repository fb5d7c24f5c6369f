"""``striate propose``: pictures, data with boxes, files of proposals, and inputs that are unusual."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.cli.main import run
from striate.data.decode import decode
from striate.errors import ImageError, SettingError
from striate.tasks.detection.proposer.file_proposals import FileProposals

HALVES = {(0, 0, 20, 20), (20, 0, 40, 20), (0, 0, 40, 20)}
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals are kept in a folder of the test; kernels where they are always kept."""
    folder = tmp_path_factory.mktemp("cache") / "proposals"
    place = "striate.tasks.detection.proposer.cached_proposals.cache_folder"
    monkeypatch.setattr(place, lambda: folder)


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """Two pictures of two halves, one of one color, and one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 20:] = 200
    for name in ("a.png", "b.png"):
        Image.fromarray(pixels).save(folder / name)
    Image.fromarray(pixels[:, :20]).save(folder / "c.png")
    return folder


@pytest.fixture
def table(halves: Path) -> Path:
    """Boxes in the pictures: the right half of one, a small box in the other."""
    path = halves / "boxes.csv"
    path.write_text("image,class,x1,y1,x2,y2\na.png,half,20,0,40,20\nb.png,dot,2,2,6,7\n")
    return path


def test_boxes_are_written_a_picture_a_line_and_read_again(
    halves: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "boxes.jsonl"
    assert run(["propose", str(halves), "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [Path(line["source"]).name for line in lines] == ["a.png", "b.png", "c.png"]
    assert {tuple(box) for box in lines[0]["boxes"]} == HALVES
    assert lines[2]["boxes"] == [[0, 0, 20, 20]]  # one color
    assert "3 pictures, 7 boxes: 2.33 boxes and" in capsys.readouterr().out
    again = FileProposals(out).propose(decode(halves / "a.png"), str(halves / "a.png"))
    assert {tuple(box) for box in again.boxes.tolist()} == HALVES


def test_of_data_with_boxes_recall_is_told_and_drawn(table: Path, tmp_path: Path, capsys: Capture) -> None:
    plot, out = tmp_path / "recall.svg", tmp_path / "boxes.jsonl"
    arguments = ["propose", str(table), "--out", str(out), "--plot", str(plot), "--json"]
    assert run(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    # the half is found; the best box for 4 x 5 pixels is a half of 400: IoU 20 / 400
    last = told["recall"][-1]
    assert (told["pictures"], last["recall 0.5"], last["recall 0.7"]) == (2, 0.5, 0.5)
    assert last["mean best overlap"] == pytest.approx((1 + 0.05) / 2)
    assert plot.read_text().lstrip().startswith("<?xml")
    assert run(["propose", str(table), "--out", str(out)]) == 0
    assert "mean best overlap" in capsys.readouterr().out


def test_drawings_show_the_first_boxes_or_the_best_of_each_object(
    halves: Path, table: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "boxes.jsonl")
    assert run(["propose", str(halves / "a.png"), "--out", out, "--save", str(tmp_path / "first")]) == 0
    assert run(["propose", str(table), "--out", out, "--save", str(tmp_path / "best")]) == 0
    first = np.asarray(Image.open(tmp_path / "first" / "a.png"))
    best = np.asarray(Image.open(next((tmp_path / "best").rglob("a.png"))))
    assert first.shape == best.shape
    assert (first != best).any()


def test_an_unreadable_picture_is_named_and_the_others_are_searched(
    halves: Path, tmp_path: Path, capsys: Capture
) -> None:
    (halves / "b.png").write_bytes(b"nothing")
    out = tmp_path / "boxes.jsonl"
    assert run(["propose", str(halves), "--out", str(out)]) == 2
    assert len(out.read_text().splitlines()) == 2
    assert "b.png" in capsys.readouterr().err


def test_where_no_picture_can_be_read_an_old_file_stays(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "b.png").write_bytes(b"nothing")
    out = tmp_path / "boxes.jsonl"
    out.write_text("old")
    assert run(["propose", str(tmp_path / "b.png"), "--out", str(out)]) == 2
    assert out.read_text() == "old"
    told = capsys.readouterr()
    assert "none of 1 picture can be read" in told.err
    assert not told.out


def test_boxes_of_a_file_are_measured_and_what_does_not_fit_is_noted(
    table: Path, tmp_path: Path, capsys: Capture
) -> None:
    mine = tmp_path / "mine.jsonl"
    lines = [{"source": "a.png", "boxes": [[20, 0, 90, 90]]}, {"source": "z.png", "boxes": []}]
    mine.write_text("\n".join(map(json.dumps, lines)))
    out = str(tmp_path / "out.jsonl")
    assert run(["propose", str(table), "--proposals", str(mine), "--out", out, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["recall"][-1]["recall 0.5"] == 0.5
    assert "no boxes for 1 of 2 pictures" in told.err
    assert "boxes for 1 other picture: z.png" in told.err
    assert "boxes clipped to the picture in 1 picture: a.png" in told.err


def test_wrong_words_are_refused_before_anything_is_searched(
    halves: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "boxes.jsonl"
    for words in (
        ["--proposals", "magic"],
        ["--mode", "slow"],
        ["--mode", "quality", "--proposals", "windows"],
        ["--proposals", "rpn"],
        ["--model", "runs/none"],
        ["--out", str(tmp_path / "boxes.txt")],
        ["--plot", str(tmp_path / "recall.doc")],
        ["--top", "0"],
    ):
        assert run(["propose", str(halves), "--out", str(out), *words]) == 2, words
    assert not out.exists()
    assert "try:" in capsys.readouterr().err


def test_a_file_of_boxes_is_not_replaced_by_what_is_read_from_it(
    table: Path, tmp_path: Path, capsys: Capture
) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps({"source": "a.png", "boxes": [[20, 0, 90, 90]]}))
    before = mine.read_bytes()
    assert run(["propose", str(table), "--proposals", str(mine), "--out", str(mine)]) == 2
    assert "is the file that the boxes come from" in capsys.readouterr().err
    assert mine.read_bytes() == before


def test_the_verb_in_python_answers_one_picture_or_many(halves: Path) -> None:
    one = striate.propose(halves / "a.png")
    many = striate.propose([halves / "a.png", torch.zeros(3, 8, 9, dtype=torch.uint8)], top=1, cache=False)
    assert not isinstance(one, list)
    assert isinstance(many, list)
    assert {tuple(box) for box in one.boxes.tolist()} == HALVES
    assert [len(found) for found in many] == [1, 1]
    with pytest.raises(SettingError):
        striate.propose(halves / "a.png", top=0)
    with pytest.raises(ImageError):
        striate.propose(halves / "none.png")
