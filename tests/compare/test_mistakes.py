"""Every mistake in sight: planted wrong labels are found, listed and corrected in a copy."""

import base64
import csv
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import striate
from striate.cli.main import run
from striate.errors import DataError, FileError, RunError
from striate.report import mistakes_page
from striate.report.mistakes_page import cards, page, write_mistakes

QUICK: dict[str, Any] = {"accelerator": "cpu", "epochs": 12, "batch": 8, "augment": "none", "size": "32"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder of two classes with two pictures in the wrong one, and the folds of a network on it."""
    import numpy as np

    root, random = tmp_path_factory.mktemp("planted"), np.random.default_rng(0)
    for name, color in {"meadow": (60, 160, 70), "sea": (40, 90, 180)}.items():
        (root / "data" / name).mkdir(parents=True)
        for number in range(24):
            pixels = np.clip(random.normal(color, 30, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / "data" / name / f"{name}{number:02}.png")
    shutil.move(root / "data" / "sea" / "sea03.png", root / "data" / "meadow" / "sea03.png")
    shutil.move(root / "data" / "meadow" / "meadow05.png", root / "data" / "sea" / "meadow05.png")
    folds = striate.cross_validate(root / "data", 3, model="lenet5", out=root / "folds", **QUICK)
    return root, folds, striate.mistakes(root / "folds", root / "data")


def test_planted_labels_are_the_first_suspects(planted: Any) -> None:
    _, _, found = planted
    first = {Path(found.name(one.row)).name: (one.given, one.suggested) for one in found.suspects[:2]}
    assert first == {"sea03.png": ("meadow", "sea"), "meadow05.png": ("sea", "meadow")}
    assert "wrong label" in found.headline()
    assert found.seen == 0


def test_the_table_has_a_line_for_every_picture_the_largest_loss_first(planted: Any) -> None:
    _, _, found = planted
    rows = list(csv.DictReader(found.to_csv().splitlines()))
    assert len(rows) == 48
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert {Path(row["picture"]).name for row in rows[:2]} == {"sea03.png", "meadow05.png"}
    assert rows[0]["suspected"].startswith("wrong label: ")
    assert {row["split"] for row in rows} == {"fold 1", "fold 2", "fold 3"}


def test_a_single_model_says_which_pictures_it_had_learned_from(planted: Any) -> None:
    root, folds, _ = planted
    found = striate.mistakes(folds.folds[0].folder, root / "data")
    assert len(found) == 48
    assert found.seen == folds.folds[0].learned
    assert set(found.split) == {"train", "val", "test"}


def test_the_page_is_one_file_with_one_script_that_its_policy_names(planted: Any) -> None:
    text = page(planted[2])
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "unsafe-inline'; img" in text
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", text)
    assert text.count("<figure ") == len(list(cards(planted[2]))) == 48


def test_a_page_has_as_many_cards_as_there_is_room_for(planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, found = planted
    first = list(cards(found))
    monkeypatch.setattr(mistakes_page, "ROOM", sum(len(card.image) for card in first[:3]))
    assert list(cards(found)) == first[:3]
    monkeypatch.setattr(mistakes_page, "MOST", 2)
    assert len(list(cards(found))) == 2


def test_the_list_of_the_page_corrects_a_copy(planted: Any, tmp_path: Path) -> None:
    root, _, found = planted
    lines = ["picture,action,was,label"]
    for card in list(cards(found))[:2]:
        lines.append(f"{card.picture},{card.actions[0]},{card.given},{card.suggested}")
    lines.append("sea/sea00.png,drop,sea,")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    before = sorted(root.joinpath("data").rglob("*.png"))
    done = striate.correct(root / "data", tmp_path / "list.csv", tmp_path / "new")
    assert (done.pictures, done.changed) == (47, {"relabel": 2, "drop": 1})
    assert (tmp_path / "new" / "sea" / "sea03.png").exists()
    assert (tmp_path / "new" / "meadow" / "meadow05.png").exists()
    assert not (tmp_path / "new" / "sea" / "sea00.png").exists()
    assert sorted(root.joinpath("data").rglob("*.png")) == before  # the original is as it was


def test_a_table_is_corrected_with_its_other_columns(planted: Any, tmp_path: Path) -> None:
    data = planted[0] / "data"
    shutil.copytree(data, tmp_path / "data")
    rows = ["image;note;label", "sea/sea00.png;a,b;sea", "meadow/meadow00.png;;meadow", "sea/sea01.png;;sea"]
    (tmp_path / "data" / "table.csv").write_text("\n".join(rows))
    (tmp_path / "list.csv").write_text("picture,action,was,label\nsea/sea00.png,relabel,sea,meadow\n")
    done = striate.correct(tmp_path / "data" / "table.csv", tmp_path / "list.csv", tmp_path / "new")
    assert done.format == "csv"
    written = (tmp_path / "new" / "table.csv").read_text().splitlines()
    assert written == ["image;note;label", "sea/sea00.png;a,b;meadow", *rows[2:]]
    assert (tmp_path / "new" / "sea" / "sea00.png").exists()


def test_a_picture_outside_the_table_stays_where_it_is(planted: Any, tmp_path: Path) -> None:
    shutil.copytree(planted[0] / "data", tmp_path / "pictures")
    (tmp_path / "table").mkdir()
    outside = ["../pictures/sea/sea00.png", str(tmp_path / "pictures" / "sea" / "sea01.png")]
    rows = ["image,label", f"{outside[0]},sea", f"{outside[1]},w/o", "none.png", ""]
    (tmp_path / "table" / "table.csv").write_text("\n".join(rows))
    (tmp_path / "list.csv").write_text(f"picture,action,was,label\n{outside[0]},relabel,sea,w/o\n")
    table = tmp_path / "table" / "table.csv"
    striate.correct(table, tmp_path / "list.csv", tmp_path / "new", format="csv", accept=("outside",))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["table.csv"]
    assert not (tmp_path / "pictures-2").exists()
    with (tmp_path / "new" / "table.csv").open(newline="") as stream:
        written = list(csv.reader(stream))
    assert [row[1] for row in written[1:3]] == ["w/o", "w/o"]
    assert all(
        Path(row[0]).samefile(other)
        for row, other in zip(
            written[1:3],
            map(Path, [str(tmp_path / "pictures" / "sea" / "sea00.png"), outside[1]]),
            strict=True,
        )
    )
    assert written[3][0] == "none.png"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,action,was,label\nsea/none.png,relabel,sea,meadow\n", "of other data: there is no picture"),
        ("picture,action,was,label\nsea/sea00.png,relabel,meadow,sea\n", "is 'sea', and not 'meadow'"),
        ("picture,action,was,label\nsea/sea00.png,relabel,sea,\n", "relabel without a label"),
        ("picture,action,was,label\nsea/sea00.png,paint,sea,meadow\n", "the action 'paint'"),
        ("picture,action,was,label\nsea/sea00.png,relabel,sea,../x\n", "without slashes"),
        ("picture,action\n", "holds no correction"),
        ("a,b\n1,2\n", "no list of corrections"),
        (
            "picture,action,was,label,x1,y1,x2,y2\nsea/sea00.png,add-box,,sea,1,2,3,4\n",
            "pictures that have no boxes",
        ),
        ("picture,action,was,label,x1,y1,x2,y2\nsea/sea00.png,add-box,,sea,9,2,3,4\n", "has the box 9 2 3 4"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_and_nothing_is_written(
    planted: Any, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        striate.correct(planted[0] / "data", tmp_path / "list.csv", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_exists_is_not_written_to(planted: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("picture,action,was,label\nsea/sea00.png,drop,sea,\n")
    with pytest.raises(FileError, match="exists"):
        striate.correct(planted[0] / "data", tmp_path / "list.csv", planted[0] / "data")


def test_folds_of_other_data_are_refused(planted: Any, picture_folder: Path) -> None:
    with pytest.raises(DataError, match="holds other pictures"):
        striate.mistakes(planted[0] / "folds", picture_folder)


def test_a_list_may_name_whole_paths(planted: Any, tmp_path: Path) -> None:
    data = planted[0] / "data"
    (tmp_path / "list.csv").write_text(f"picture,action\n{data / 'sea' / 'sea00.png'},drop\n")
    assert striate.correct(data, tmp_path / "list.csv", tmp_path / "new").pictures == 47


def test_folds_that_are_not_complete_are_refused(planted: Any, tmp_path: Path) -> None:
    root, _, _ = planted
    shutil.copytree(root / "folds", tmp_path / "folds")
    shutil.rmtree(tmp_path / "folds" / "lenet5-fold2")
    with pytest.raises(RunError, match=r"not complete: lenet5 \(2 of 3\)"):
        striate.mistakes(tmp_path / "folds", root / "data")


def test_the_terminal_lists_writes_and_corrects(
    planted: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, _, _ = planted
    table, html = tmp_path / "all.csv", tmp_path / "page.html"
    words = ["mistakes", str(root / "folds"), str(root / "data"), "--csv", str(table), "--page", str(html)]
    assert run(words) == 0
    assert "wrong label: sea for meadow" in capsys.readouterr().out
    assert len(table.read_text().splitlines()) == 49
    assert html.stat().st_size < 5_000_000
    (tmp_path / "list.csv").write_text("picture,action,was,label\nsea/sea00.png,drop,sea,\n")
    out = str(tmp_path / "new")
    assert run(["correct", str(root / "data"), str(tmp_path / "list.csv"), "--out", out]) == 0
    assert "47 pictures; drop 1" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_says_so(planted: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        write_mistakes(planted[2], tmp_path / "file" / "page.html")
