"""``striate train``: a folder of pictures in, a run folder out; resumed, refused, replaced."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from striate.cli.main import run
from striate.cli.train import show
from striate.train.run.run import Run

STRIATE = [sys.executable, "-m", "striate"]


def test_training_leaves_a_model_and_a_report(trained: Path) -> None:
    kept = {path.name for path in trained.iterdir()}
    assert {
        "settings.json",
        "splits.json",
        "metrics.csv",
        "log.jsonl",
        "model.safetensors",
        "report.html",
    } <= kept


def test_of_several_processes_only_the_first_one_speaks(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, lines in (("1", 0), ("0", 3)):  # metrics, model and report
        monkeypatch.setenv("RANK", number)
        show(Run.open(trained), json=False)
        assert len(capsys.readouterr().out.splitlines()) == lines


def test_progress_goes_to_stderr_and_json_to_stdout(
    pictures: Path, flags: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(pictures), *flags, "--out", str(tmp_path / "run"), "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["report"] == str(tmp_path / "run" / "report.html")
    assert result["metrics"]["accuracy"] == pytest.approx(1.0)
    assert [row["epoch"] for row in result["history"]] == [1, 2, 3, 4, 5]
    assert "epoch 5/5" in err


def test_a_run_folder_is_never_overwritten_without_force(
    pictures: Path, flags: tuple[str, ...], trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trained / "model.safetensors").read_bytes()
    assert run(["train", str(pictures), *flags, "--out", str(trained)]) == 2
    assert capsys.readouterr().err.startswith("RunError: ")
    assert (trained / "model.safetensors").read_bytes() == before


def test_two_runs_without_out_get_two_folders(
    pictures: Path, flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run(["train", str(pictures), *flags, "--quiet"]) == 0
    assert {path.name for path in Path("runs").iterdir()} == {"two shades-lenet5", "two shades-lenet5-2"}


def test_an_interrupted_run_says_so_and_goes_on_by_its_folder_alone(pictures: Path, tmp_path: Path) -> None:
    folder, environment = tmp_path / "run", {**os.environ, "OMP_NUM_THREADS": "1"}
    flags = ["--out", str(folder), "--model", "lenet5", "--epochs", "60", "--batch", "8"]
    process = subprocess.Popen(
        [*STRIATE, "train", str(pictures), *flags, "--accelerator", "cpu"],
        stderr=subprocess.PIPE,
        env=environment,
    )
    while not (folder / "model.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1].decode()
    assert process.returncode == 130
    assert f"striate train --resume --out {folder} goes on from there" in said
    done = len((folder / "metrics.csv").read_text().splitlines()) - 1
    assert 1 <= done < 60
    assert run(["train", "--resume", "--out", str(folder), "--quiet"]) == 0
    assert len((folder / "metrics.csv").read_text().splitlines()) == 61


def test_a_learning_rate_is_looked_for_and_drawn_and_no_run_is_made(
    pictures: Path,
    flags: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["train", str(pictures), *flags, "--find-lr", "--plot", "rates.svg"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("suggestion: lr ")
    assert "drawn: rates.svg" in err
    assert {path.name for path in tmp_path.iterdir()} == {"rates.svg"}
    assert run(["train", str(pictures), *flags, "--find-lr", "--json"]) == 0
    curve = json.loads(capsys.readouterr().out)
    assert curve["suggestion"] in curve["rates"]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (["--plot", "x.svg"], "--plot x.svg draws nothing of a training"),
        (["--weights", "nowhere.pth"], "there is no file nowhere.pth"),
        (["--finetune", "head"], "finetune is 'head', and there are no weights to begin with"),
        (["--augment", "nowhere.json"], "the recipe nowhere.json cannot be read"),
    ],
)
def test_mistakes_about_reuse_are_three_lines(
    pictures: Path, more: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(pictures), *more]) == 2
    err = capsys.readouterr().err
    assert wrong in err
    assert len(err.splitlines()) == 3


def test_a_model_learns_on_from_the_command_line(
    pictures: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "mine.json"
    recipe.write_text('{"mirror": 0.5}')
    weights = ["--weights", str(trained / "model.safetensors"), "--augment", str(recipe)]
    folder = tmp_path / "run"
    assert run(["train", str(pictures), *weights, "--epochs", "1", "--out", str(folder)]) == 0
    err = capsys.readouterr().err
    assert "18 pictures of a class are enough for the upper layers, not for all" in err
    assert json.loads((folder / "settings.json").read_text())["augment"] == "mirror=0.5"
    assert run(["train", "--resume", "--out", str(folder), *weights, "--quiet"]) == 0


def test_the_network_s_own_arguments_are_flags_of_train_and_saved_with_the_model(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from striate.zoo.model_file import read_header

    flags = ("--model", "resnet20", "--epochs", "1", "--accelerator", "cpu", "--set", "width=0.5")
    assert run(["train", str(pictures), *flags, "--set", "depth=0.3", "--out", str(tmp_path / "run")]) == 0
    header = read_header(tmp_path / "run" / "model.safetensors")
    assert header["arguments"] == {"in_channels": 3, "width": 0.5, "depth": 0.3}
    report = (tmp_path / "run" / "report.html").read_text()
    assert "--set width=0.5 --set depth=0.3" in report
    assert run(["train", str(pictures), *flags, "--set", "widht=1", "--out", str(tmp_path / "no")]) == 2
    assert "resnet20 has no argument" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
