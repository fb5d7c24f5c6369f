"""``evaluate`` and ``summary``: figures for people, JSON for machines."""

import json
from pathlib import Path

import pytest

from striate.cli.evaluate import show_classes
from striate.cli.main import run
from striate.tasks.classification.confusion import Confusion
from striate.tasks.classification.metrics import ClassificationMetrics

# truth rows, guess columns: 3 of 4 cats, 2 of 2 dogs
TWO = ClassificationMetrics(
    classes=("cat", "dog"),
    count=6,
    accuracy=5 / 6,
    top5=None,
    precision=(3 / 3, 2 / 3),
    recall=(3 / 4, 2 / 2),
    f1=(6 / 7, 4 / 5),
    support=(4, 2),
    confusion=Confusion.from_json([[3, 1], [0, 2]]),
    calibration_error=0.125,
    calibration_interval=(0.1, 0.2),
)


def test_figures_are_told_with_the_weakest_class_first(capsys: pytest.CaptureFixture[str]) -> None:
    show_classes(TWO)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "6 pictures, 2 classes",
        "accuracy             83.33 %  95 % interval 43.6 to 97.0 %",  # Wilson, 5 of 6
        "calibration error    12.50 %  95 % interval 10.0 to 20.0 %",
        "",
        "class  precision    recall       F1  pictures",
        "dog      66.67 %  100.00 %  80.00 %         2",
        "cat     100.00 %   75.00 %  85.71 %         4",
    ]


def test_evaluate_prints_json_for_machines(
    trained: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(trained), str(pictures), "--split", "all", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["classes"] == ["bright", "dark"]
    assert metrics["support"] == [20, 20]


def test_data_with_a_class_that_the_model_does_not_know_are_refused(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(trained), "digits"]) == 2
    said = capsys.readouterr().err
    assert "LabelError: the model does not know the classes 0, 1, 2, 3, 4, ..." in said
    assert "measured on: all 1,797 pictures" in said


def test_summary_prints_the_table_of_the_course_notes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet5", "--input", "3x32x32"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    first = next(row for row in rows if "28x28x6" in row)
    assert {"4,704", "456"} <= set(first)  # (5 * 5 * 3 + 1) * 6 = 456


def test_summary_of_a_saved_model_is_json_for_machines(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", str(trained), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]


def test_blocks_are_compared_with_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["--block", "5x5x32", "--block", "1x1x16,5x5x32", "--input", "192x28x28"]
    assert run(["summary", *texts]) == 0
    printed = capsys.readouterr().out
    assert "120,422,400" in printed
    assert "12,443,648" in printed
    assert run(["summary", *texts, "--json"]) == 0
    shares = [block["multiplications"] for block in json.loads(capsys.readouterr().out)["blocks"]]
    assert shares == [120_422_400, 12_443_648]


@pytest.mark.parametrize(
    "words",
    [
        ["summary", "--block", "5x5x32"],
        ["summary", "lenet5", "--block", "fc3", "--input", "1x2x2"],
    ],
)
def test_a_summary_of_nothing_or_of_two_things_is_refused(words: list[str]) -> None:
    assert run(words) == 2


def test_the_plot_is_drawn_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet5", "--plot", str(tmp_path / "costs.svg")]) == 0
    assert "<svg" in (tmp_path / "costs.svg").read_text()
    for ending in (".xyz", ".gif", ""):  # matplotlib would write a gif, and .png to a name without an ending
        assert run(["summary", "lenet5", "--plot", str(tmp_path / f"costs{ending}")]) == 2
        assert ".png, .svg or .pdf" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["costs.svg"]


@pytest.mark.parametrize("name", ["nofile.safetensors", "runs/none"])
def test_the_summary_of_a_file_that_is_not_there_says_so(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", name]) == 2
    assert f"ModelFileError: there is no {name}\n" in capsys.readouterr().err


def test_blocks_are_not_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "--block", "5x5x32", "--plot", "blocks.png"]) == 2
    said = capsys.readouterr().err
    assert "--block was given with --plot" in said
    assert "which --plot draws" in said


def test_summary_takes_the_network_s_own_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["summary", "resnet18", "--classes", "10", "--set", "stem=small", "--set", "width=0.5"]
    assert run([*words, "--input", "3x32x32", "--json"]) == 0
    # counted in tests/backbones/test_scaled.py with a stem of 7x7: 2,801,450; 3x3 has 40 * 3 * 32 fewer
    assert json.loads(capsys.readouterr().out)["total"]["parameters"] == 2_801_450 - 3_840


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("widht=0.5", "resnet18 has no argument 'widht'"),
        ("width=wide", "width is 'wide'"),
        ("shortcut=X", "shortcut='A' or shortcut='B' or shortcut='C'"),
        ("classes=5", "resnet18 has no argument 'classes'"),
        ("model=5", "resnet18 has no argument 'model'"),
        ("width", "set is 'width'"),
    ],
)
def test_summary_refuses_arguments_that_the_network_has_not(
    value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", "resnet18", "--set", value]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("flags", [("--set", "width=0.5"), ("--classes", "3")])
def test_a_model_that_is_there_takes_no_arguments(
    flags: tuple[str, str], trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", str(trained), *flags]) == 2
    assert "was given with" in capsys.readouterr().err


def test_summary_without_a_model_lists_the_networks_of_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary"]) == 0
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert "resnet18" in lines["classification"].split(", ")
    assert "unet" in lines["segmentation"].split(", ")
    assert run(["summary", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["superresolution"] == ["edsr", "espcn", "resize_convolution"]
    assert run(["summary", "--input", "3x32x32"]) == 2
    assert "no model was named" in capsys.readouterr().err
