"""Every way to end has its exit code, and every mistake its three lines."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer import Exit

import striate
from striate.cli import main
from striate.errors import Interrupted, LabelError
from striate.formatting import flag_name
from striate.train.run.settings import Settings
from striate.train.run.task_settings import TASKS_OF

STRIATE = [sys.executable, "-m", "striate"]
QUICK = {**os.environ, "OMP_NUM_THREADS": "1"}


def test_help_comes_quickly_and_without_torch() -> None:
    lines = (
        "import sys; from striate.cli.main import run; code = run(['train', '--help'])",
        "assert code == 0 and 'torch' not in sys.modules and 'numpy' not in sys.modules",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, stdout=subprocess.DEVNULL)
    before = processor_seconds()
    subprocess.run([*STRIATE, "--help"], check=True, stdout=subprocess.DEVNULL)
    assert processor_seconds() - before <= 0.7


def processor_seconds() -> float:
    """Of the child processes that ended: on a machine with nothing else to do, the time that they took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_every_setting_is_a_flag_of_train_and_those_of_a_task_are_shown_with_it() -> None:
    shown = {}
    pixels = ("segmentation", "superresolution")
    for task in (
        "",
        "classification",
        "localize",
        "pose",
        "detect",
        "verification",
        "caption",
        "dense_captions",
        *pixels,
    ):
        words = [*STRIATE, "train", "--help", *(["--task", task] if task else [])]
        text = subprocess.run(words, check=True, capture_output=True, text=True, env=QUICK).stdout
        shown[task] = {name for name in Settings.model_fields if f"{flag_name(name)} " in text}
    of_python = {"own"}  # modules and functions of one's own have no text
    assert set.union(*shown.values()) == set(Settings.model_fields) - of_python
    of_numbers = {name for name, tasks in TASKS_OF.items() if "classification" not in tasks}
    assert not shown[""] & of_numbers
    assert {"box_weight", "head"} <= shown["localize"]
    assert "joints" in shown["pose"]
    assert "box_weight" not in shown["pose"]


@pytest.mark.parametrize(
    ("arguments", "wrong", "expected"),
    [
        (["trian"], "there is no verb 'trian'", "train"),
        (["train", "digits", "--epohcs", "3"], "`striate train` has no flag --epohcs", "--epochs"),
        (["train", "digits", "--trunk", "vgg11"], "no flag --trunk", "one of: --out, "),
        (["train", "digits", "--epochs", "0"], "epochs is '0'", "greater than or equal to 1"),
        (["train", "digits", "--epochs", "few"], "epochs is 'few'", "a whole number"),
        (["train", "digits", "--epochs"], "Option '--epochs' requires an argument", "--flag VALUE"),
        (["train", "digits", "--lr", "0,1"], "lr is '0,1'", "a number"),
        (["train", "digits", "--optimizer", "sdg"], "optimizer is 'sdg'", "'sgd' or 'adamw'"),
        (["train"], "no data were named", "a folder, a file, or the word digits"),
        (
            ["evaluate"],
            "`striate evaluate`: missing argument 'MODEL'",
            "striate evaluate [OPTIONS] MODEL DATA",
        ),
        (["check", "no such folder"], "there is no no such folder", "a folder, a file, or the word digits"),
        (
            ["predict", "a.png", "--model", "no.safetensors"],
            "there is no no.safetensors",
            "a .safetensors file",
        ),
        (["summary", "lenet5", "--input", "32"], "input is '32'", "channels x height x width, as in 3x32x32"),
    ],
)
def test_a_mistake_is_three_lines_and_exit_code_2(
    arguments: list[str], wrong: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 3
    assert lines[0].partition(": ")[0].endswith("Error")
    assert wrong in lines[0]
    assert lines[1].startswith(f"  expected: {expected}")
    assert lines[2].startswith("  try: ")


def raising(error: BaseException) -> object:
    def verb(*args: object, **kwargs: object) -> None:
        raise error

    return verb


def interrupted(number: int) -> Interrupted:
    error = Interrupted("stopped at step 3", "the end", "--resume")
    error.signal = number
    return error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LabelError("a", "b", "c"), 2, "LabelError: a\n  expected: b\n  try: c\n"),
        (
            interrupted(signal.SIGINT),
            130,
            "Interrupted: stopped at step 3\n  expected: the end\n  try: --resume\n",
        ),
        (
            interrupted(signal.SIGTERM),
            143,
            "Interrupted: stopped at step 3\n  expected: the end\n  try: --resume\n",
        ),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (
            ValueError("two\nlines"),
            1,
            "striate made a mistake: ValueError: two\n  for the traceback: set STRIATE_DEBUG=1\n",
        ),
        (Exit(2), 2, ""),
    ],
)
def test_every_way_to_end_has_its_exit_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("STRIATE_DEBUG", raising=False)
    monkeypatch.setattr(striate, "summary", raising(error))
    assert main.run(["summary", "lenet5"]) == code
    assert capsys.readouterr().err == said


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIATE_DEBUG", "1")
    monkeypatch.setattr(striate, "summary", raising(ValueError("ours")))
    with pytest.raises(ValueError, match="ours"):
        main.run(["summary", "lenet5"])


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [*STRIATE, "summary", "lenet5", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUICK
    )
    with process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == main.BROKEN_PIPE


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_importing_or_reading_ends_within_two_seconds(
    number: int, code: int, pictures: Path
) -> None:
    process = subprocess.Popen([*STRIATE, "check", str(pictures)], stdout=subprocess.DEVNULL, env=QUICK)
    time.sleep(0.7)
    process.send_signal(number)
    begin = time.perf_counter()
    assert process.wait() == code
    assert time.perf_counter() - begin < 2.5  # two seconds, and a little for a busy machine
