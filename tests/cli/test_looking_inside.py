"""The verbs that look inside: what they write, what they say, what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.cli.main import run


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    return capsys.readouterr()


def test_classes_and_channels_are_drawn_into_one_file(trained: Path, tmp_path: Path, capsys) -> None:
    drawn = tmp_path / "seen.png"
    asked = ["--class", "dark", "--class", "bright", "--layer", "network.stem", "--channel", "0"]
    assert run(["visualize", str(trained), *asked, "--steps", "2", "--out", str(drawn)]) == 0
    lines = said(capsys)[0].splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == [
        "class dark",
        "class bright",
        "network.stem channel 0",
    ]
    assert lines[3] == f"drawn: {drawn}"
    assert drawn.exists()


def test_the_plain_way_starts_from_a_picture(trained: Path, pictures: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "seen.png"
    start = str(pictures / "dark" / "0.png")
    asked = ["--class", "dark", "--plain", "--start", start, "--steps", "1", "--out", str(drawn)]
    assert run(["visualize", str(trained), *asked]) == 0
    assert drawn.exists()


def test_a_strip_over_depth_has_a_row_for_each_layer(
    trained: Path, pictures: Path, tmp_path: Path, capsys
) -> None:
    picture, drawn = str(pictures / "dark" / "0.png"), tmp_path / "strip.png"
    assert run(["invert", str(trained), picture, "--steps", "2", "--out", str(drawn)]) == 0
    assert "stages.0" in said(capsys)[0]
    asked = ["--layers", "network.stem, network.head", "--steps", "1", "--json", "--out", str(drawn)]
    assert run(["invert", str(trained), picture, *asked]) == 0
    assert list(json.loads(said(capsys)[0])) == ["network.stem", "network.head"]


def test_vectors_are_written_and_become_a_map(trained: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    vectors, drawn = tmp_path / "v.npz", tmp_path / "map.png"
    assert run(["embed", str(pictures), "--model", str(trained), "--out", str(vectors)]) == 0
    assert "40 pictures, 84 numbers each" in said(capsys)[0]
    with np.load(vectors) as parts:
        assert parts["vectors"].shape == (40, 84)
        assert sorted(set(parts["names"]))[0].endswith("bright/0.png")
    assert run(["map", str(vectors), "--method", "pca", "--out", str(drawn)]) == 0
    assert "PCA:" in said(capsys)[0]
    with Image.open(drawn) as sheet:
        assert sheet.width > 1000
    asked = ["--model", str(trained), "--split", "val", "--method", "pca", "--json", "--out", str(drawn)]
    assert run(["map", str(pictures), *asked]) == 0
    assert json.loads(said(capsys)[0])["method"] == "pca"


def test_neighbours_are_drawn_and_counted(trained: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    drawn = tmp_path / "near.png"
    asked = ["--model", str(trained), "-k", "3", "--out", str(drawn)]
    assert run(["neighbours", str(pictures), *asked]) == 0
    assert "by features" in said(capsys)[0]
    assert drawn.exists()
    assert run(["neighbours", str(pictures), *asked, "--json"]) == 0
    assert json.loads(said(capsys)[0])["pictures"] == 40


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["visualize", "MODEL"], "nothing to visualize was named"),
        (["visualize", "MODEL", "--channel", "0"], "1 channel"),
        (["visualize", "MODEL", "--class", "horse"], "there is no class 'horse'"),
        (["visualize", "MODEL", "--layer", "network.stam", "--channel", "0"], "no layer 'network.stam'"),
        (["visualize", "MODEL", "--layer", "network.stem", "--channel", "600"], "there is no 600"),
        (["visualize", "MODEL", "--class", "dark", "--steps", "0", "--out", "FOLDER"], "is a folder"),
        (["invert", "MODEL", "missing.png"], "missing.png"),
        (["invert", "MODEL", "PICTURE", "--layers", ","], "no layer was named"),
        (["embed", "DATA", "--model", "MODEL", "--out", "FOLDER"], "is a folder"),
        (["embed", "DATA", "--model", "MODEL", "--split", "left"], "no split 'left'"),
        (["map", "DATA"], "cannot be read as vectors"),
        (["map", "DATA", "--model", "MODEL", "--method", "umap"], "method is 'umap'"),
        (["neighbours", "DATA", "--model", "MODEL", "-k", "40"], "k is 40 for 40 vectors"),
    ],
)
def test_bad_input_gets_three_lines(
    words: list[str], wrong: str, trained: Path, pictures: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = str(pictures / "dark" / "0.png")
    given = {"MODEL": str(trained), "DATA": str(pictures), "PICTURE": picture, "FOLDER": str(tmp_path)}
    assert run([given.get(word, word) for word in words]) == 2
    lines = said(capsys)[1].strip().splitlines()
    assert wrong in lines[-3]
    assert [line.split(":")[0].strip() for line in lines[-2:]] == ["expected", "try"]


def test_methods_are_judged_on_pictures_of_ones_own(
    trained: Path, pictures: Path, tmp_path: Path, capsys
) -> None:
    picture, table = str(pictures / "dark" / "0.png"), tmp_path / "judged.csv"
    asked = ["--method", "saliency", "--method", "gradcam", "--out", str(table)]
    assert run(["benchmark-explanations", str(trained), picture, *asked]) == 0
    told, remarks = said(capsys)
    assert [line.split()[0] for line in told.splitlines()[2:4]] == ["saliency", "gradcam"]
    assert "found" not in told
    assert told.splitlines()[-1] == f"written: {table}"
    assert remarks.splitlines() == ["measured: saliency", "measured: gradcam"]
    assert table.read_text().count("\n") == 3
    assert run(["benchmark-explanations", str(trained), picture, "--method", "saliency", "--json"]) == 0
    assert json.loads(said(capsys)[0])["pictures"] == 1


def test_a_judge_without_pictures_says_what_is_missing(trained: Path, capsys) -> None:
    assert run(["benchmark-explanations", str(trained)]) == 2
    assert "a model was given without pictures" in said(capsys)[1]
