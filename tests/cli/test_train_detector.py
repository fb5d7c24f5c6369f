"""A training of a detector on the command line: what is no number, and batches without any object."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.cli.main import run
from striate.tasks.detection.detector import Detector

SMALL = ["--set", "width=0.125", "--set", "channels=16", "--size", "64", "--batch", "4", "--epochs", "2"]


def data(folder: Path, white: int | None = None, boxes: range = range(8)) -> Path:
    """COCO with eight pictures of noise, one of them white; some have a box."""
    random = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    for number in range(8):
        pixels = random.integers(0, 200, (64, 64, 3), dtype=np.uint8)
        pixels[:] = 255 if number == white else pixels
        Image.fromarray(pixels).save(folder / "images" / f"p{number}.png")
    values = {
        "images": [
            {"id": number, "file_name": f"p{number}.png", "width": 64, "height": 64} for number in range(8)
        ],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "bbox": [8, 8 + number, 20, 24]}
            for number in boxes
        ],
    }
    (folder / "annotations.json").write_text(json.dumps(values))
    return folder


@pytest.mark.parametrize("model", ["yolo", "ssd"])
def test_a_picture_that_becomes_nan_stops_the_training_and_is_named(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    normalized = Detector.normalized

    def sick(self: Detector, images: torch.Tensor) -> torch.Tensor:
        white = (images.float() / images.float().amax().clamp(min=1)).flatten(1).amin(1) > 0.99
        return torch.where(white[:, None, None, None], torch.nan, normalized(self, images))

    monkeypatch.setattr(Detector, "normalized", sick)
    folder = data(tmp_path / "data", white=2)
    arguments = ["--model", model, *SMALL, "--validation", "0", "--augment", "none"]
    code = run(["train", str(folder), *arguments, "--out", str(tmp_path / "run")])
    error = capsys.readouterr().err
    assert code == 2
    assert "the loss is nan at step" in error
    assert "p2.png" in error
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_batches_without_any_object_have_finite_losses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = data(tmp_path / "data", boxes=range(1))  # one picture of eight: a batch of four has none
    arguments = ["--model", "yolo", *SMALL, "--validation", "0", "--json"]
    assert run(["train", str(folder), *arguments, "--out", str(tmp_path / "run")]) == 0
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    losses = [float(row.split(",")[rows[0].split(",").index("train_loss")]) for row in rows[1:]]
    assert np.isfinite(losses).all()
    assert len(losses) == 2
    capsys.readouterr()
