"""``striate check --model RUN``: pictures whose neighbours have another class."""

import json
import shutil
from pathlib import Path

import pytest

from striate.cli.main import run


@pytest.fixture
def mistaken(pictures: Path, tmp_path: Path) -> Path:
    """The two shades; a dark picture lies among the bright ones, and a file there is no picture."""
    data = tmp_path / "data"
    shutil.copytree(pictures, data)
    (data / "dark" / "3.png").rename(data / "bright" / "wrong.png")
    (data / "bright" / "broken.png").write_bytes(b"no picture")
    return data


def test_a_picture_in_a_wrong_folder_is_a_suspect(
    mistaken: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(mistaken), "--model", str(trained), "--json"]) == 2  # of the broken file
    findings = json.loads(capsys.readouterr().out)["findings"]
    (found,) = [one for one in findings if one["kind"] == "suspect"]
    assert found["source"].endswith("bright/wrong.png")
    assert found["detail"] == "is 'bright', 100 % of the nearest 'dark'"


def test_what_only_a_detector_has_is_refused_with_another_model(
    pictures: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(pictures), "--model", str(trained)]
    assert run([*words, "--size", "32"]) == 2
    assert "is no detector, and its size and arguments are saved with it" in capsys.readouterr().err
    assert run([*words, "--plot", str(tmp_path / "a.png")]) == 2
    assert "--plot draws priors" in capsys.readouterr().err
