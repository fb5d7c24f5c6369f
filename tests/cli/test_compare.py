"""``striate compare``: a table to stdout, a page beside the runs, mistakes before anything is trained."""

import json
import signal
from pathlib import Path

import pytest
from PIL import Image

from striate.cli.main import run
from striate.train.run.settings import Settings

FLAGS = ("--epochs", "1", "--batch", "4", "--accelerator", "cpu", "--size", "32")


def test_networks_are_compared_and_a_second_call_shows_the_same(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "compare",
        str(pictures),
        "--models",
        "lenet5,lenet5_1998",
        *FLAGS,
        "--out",
        str(tmp_path / "compare"),
    ]
    assert run([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert "run 2/2" in err
    assert {row["model"] for row in found["rows"]} == {"lenet5", "lenet5_1998"}
    for row in found["rows"]:
        assert 0 <= row["interval"][0] <= row["accuracy"] <= row["interval"][1] <= 1
        assert Path(row["file"]).exists()
        assert (Path(row["file"]).parent / "report.html").exists()
        assert [cost["batch"] for cost in row["costs"]["answers"]] == [1, 32]
    assert Path(found["page"]).exists()
    assert run([*words, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "lenet5_1998" in out
    assert "run 1/2" not in err
    assert run([*words, "--csv", "--quiet"]) == 0
    assert capsys.readouterr().out == (tmp_path / "compare" / "compare.csv").read_text()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--models", "lenet5,resnet21"), "there is no network 'resnet21'"),
        (("--models", "lenet5,lenet5"), "lenet5 is named twice"),
        (("--models", ","), "no networks were named"),
        (("--models", "lenet5", "--budget", "soon"), "budget is 'soon'"),
        (("--models", "lenet5", "--model", "lenet5"), "has no flag --model"),
        (
            ("--models", "lenet5", "--proposals", "100,300"),
            "proposals is given, and none has such an argument",
        ),
        (("--models", "yolo", "--backbone", "resnet18,resnet19"), "there is no network 'resnet19'"),
        (("--models", "rcnn", "--proposals", "100,0"), "proposals is 0"),
        (("--models", "lenet5", "--size", "32,wide"), "size is 'wide'"),
    ],
    ids=str,
)
def test_mistakes_are_told_before_anything_is_made(
    flags: tuple[str, ...], said: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", str(pictures), *flags, "--out", str(tmp_path / "compare")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "compare").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [(("--size", "16", "--costs-only"), "Nothing could be measured."), (("--budget", "0.001s"), "budget 1s")],
    ids=str,
)
def test_a_comparison_of_nothing_but_failures_ends_with_2_after_its_table(
    flags: tuple[str, ...], said: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", str(pictures), "--models", "lenet5", "--batch", "4", "--accelerator", "cpu", *flags]
    assert run([*words, "--out", str(tmp_path / "compare"), "--quiet"]) == 2
    printed = capsys.readouterr().out
    assert printed.startswith("network")
    assert said in " ".join(printed.split())
    assert (tmp_path / "compare" / "compare.html").exists()


def test_arguments_reach_the_networks_that_have_them_and_a_sentence_names_the_others(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", str(pictures), "--models", "resnet20,lenet5", *FLAGS, "--costs-only", "--json"]
    assert run([*words, "--set", "width=0.5", "--out", str(tmp_path / "compare")]) == 0
    out, err = capsys.readouterr()
    costs = {row["model"]: row["costs"]["parameters"] for row in json.loads(out)["rows"]}
    assert costs["resnet20"] < 100_000  # 269,722 with ten classes and all of the width
    assert "without width 0.5, as they have no such argument: lenet5" in err


@pytest.mark.parametrize(
    ("value", "said"), [("widht=0.5", "has no argument 'widht'"), ("width=wide", "width is 'wide'")]
)
def test_arguments_that_no_network_has_are_refused_before_anything_is_made(
    value: str, said: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", str(pictures), "--models", "lenet5,resnet20", "--set", value]
    assert run([*words, "--out", str(tmp_path / "compare")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "compare").exists()


def test_an_interrupted_comparison_shows_what_is_done_and_how_to_go_on(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from striate.compare import compare as room

    plain = room.train

    def interrupted(splits: object, settings: Settings, *rest: object, **more: object) -> object:
        for event in plain(splits, settings, *rest, **more):  # type: ignore[arg-type]
            yield event
            if settings.model == "lenet5_1998" and type(event).__name__ == "Started":
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(room, "train", interrupted)
    words = ["compare", str(pictures), "--models", "lenet5,lenet5_1998", *FLAGS]
    assert run([*words, "--out", str(tmp_path / "compare")]) == 130
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith("lenet5")}
    assert "%" in rows["lenet5"]
    assert "%" not in rows["lenet5_1998"]
    assert "done so far:" in err
    assert "the same command goes on from there" in err


def test_a_sweep_ranks_the_values_of_a_setting(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", str(pictures), "--models", "lenet5", "--sweep", "lr=0.001,0.01", *FLAGS]
    assert run([*words, "--out", str(tmp_path / "compare"), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sweep"] == "lr"
    assert {row["model"] for row in found["rows"]} == {"lr=0.001", "lr=0.01"}
    assert "Accuracy by lr" in Path(found["page"]).read_text()


def test_one_network_that_failed_ends_with_2(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = (
        "--models",
        "lenet5,lenet5_1998,resnet20",
        "--size",
        "16",
        "--costs-only",
        "--accelerator",
        "cpu",
    )
    assert run(["compare", str(pictures), *flags, "--out", str(tmp_path / "compare"), "--quiet"]) == 2
    assert "resnet20 is the fastest" in " ".join(capsys.readouterr().out.split())


def test_trained_models_answer_one_picture_beside_each_other(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, drawing = str(pictures / "dark" / "3.png"), tmp_path / "both.png"
    names = [str(trained), str(trained / "model.safetensors")]
    assert run(["compare", picture, "--models", ",".join(names), "--out", str(drawing)]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in names)
    assert f"drawn: {drawing}" in out
    with Image.open(drawing) as both:
        assert both.width > 2 * 320
    assert run(["compare", picture, "--models", names[0], "--out", str(drawing), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"][names[0]]["class_name"] == "dark"
    for more in (("--models", "lenet5"), ("--models", names[0], "--epochs", "3"), ()):
        assert run(["compare", picture, *more]) == 2
        assert "is one picture, and" in capsys.readouterr().err
