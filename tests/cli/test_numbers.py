"""One object, landmarks and poses by the command line: trained, reused, exported in int8, by engines."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.cli.main import run

QUICK = ["--model", "lenet5", "--size", "32", "--epochs", "2", "--batch", "8", "--precision", "32", "--quiet"]


def squares(folder: Path) -> Path:
    """Two squares on each of 40 pictures: a table of their middles, and one of a box around the brighter."""
    folder.mkdir()
    random = np.random.default_rng(0)
    points, boxes = ["image,left_x,left_y,right_x,right_y"], ["image,class,x1,y1,x2,y2"]
    for number in range(40):
        pixels = random.integers(0, 60, (32, 32, 3), dtype=np.uint8)
        (x, y), gap = random.integers(4, 12, 2), int(random.integers(8, 14))
        pixels[y - 3 : y + 3, x - 3 : x + 3, number % 2] = 255
        pixels[y - 3 : y + 3, x + gap - 3 : x + gap + 3, 2] = 200
        Image.fromarray(pixels).save(folder / f"{number}.png")
        points.append(f"{number}.png,{x},{y},{x + gap},{y}")
        boxes.append(f"{number}.png,{('red', 'green')[number % 2]},{x - 3},{y - 3},{x + 3},{y + 3}")
    (folder / "points.csv").write_text("\n".join(points))
    (folder / "boxes.csv").write_text("\n".join(boxes))
    return folder


@pytest.mark.parametrize(("task", "table"), [("localize", "boxes.csv"), ("pose", "points.csv")])
def test_a_model_of_numbers_is_reused_exported_and_answers_by_engines(
    task: str, table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = squares(tmp_path / "data")
    first, second = tmp_path / "first", tmp_path / "second"
    train = ["train", str(data / table), "--task", task, *QUICK]
    assert run([*train, "--out", str(first)]) == 0
    assert run([*train, "--out", str(second), "--weights", str(first), "--finetune", "head"]) == 0
    words = (second / "log.jsonl").read_text()
    assert f"model.safetensors, with the branches for {task}" in words
    asked = ["--calibrate", str(data / table), "--most-loss", "100"]
    assert run(["export", str(second), "--to", "openvino", "--precision", "int8", *asked]) == 0
    assert "int8 costs" in capsys.readouterr().err
    pictures, found = [str(data / f"{number}.png") for number in range(8)], []
    for flags in ("--engine torch", "--engine openvino", "--precision int8"):
        assert run(["predict", *pictures, "--model", str(second), "--json", *flags.split()]) == 0
        found.append([numbers(json.loads(line)) for line in capsys.readouterr().out.splitlines()])
    torch, openvino, int8 = map(np.array, found)
    assert np.allclose(torch, openvino, atol=1e-3)  # pixels
    assert np.abs(torch - int8).mean() < 2.5  # of 32 pixels, after two epochs


def numbers(answer: dict[str, Any]) -> list[float]:
    """The corners of the box, or x and y of all points."""
    return answer.get("box") or [point[axis] for point in answer["points"] for axis in "xy"]
