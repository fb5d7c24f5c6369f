"""A training of any task that stops within an epoch and goes on ends as one that ran through, bit for bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.tasks.superresolution import training_crops
from striate.train.session.checkpoint import load_checkpoint
from striate.train.session.events import Event, Saved
from striate.zoo.networks import SEGMENTERS
from tests.tasks.segmentation.stand_in import TwoLayers, write_shapes

EVERY = {"epochs": 2, "batch": 4, "ema": 0.9, "checkpoint_every": 0}


def people(folder: Path, noise: float = 8) -> Path:
    """12 identities with four noisy pictures of a pattern each."""
    draws = np.random.default_rng(0)
    patterns = draws.uniform(0, 255, (12, 1, 4, 4)).repeat(4, 2).repeat(4, 3)
    pictures = (patterns + draws.normal(0, noise, (12, 4, 16, 16))).clip(0, 255).astype(np.uint8)
    np.savez(folder / "people.npz", images=pictures, labels=np.arange(12)[:, None].repeat(4, 1))
    return folder / "people.npz"


def photos(folder: Path) -> Path:
    """Pictures without labels."""
    for number in range(6):
        pixels = (
            np.random.default_rng(number).integers(0, 255, (8, 10, 3), np.uint8).repeat(6, 0).repeat(6, 1)
        )
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def instances(folder: Path) -> Path:
    """COCO with a square on each of six pictures, and its mask."""
    (folder / "images").mkdir()
    whole: dict[str, Any] = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "square"}]}
    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 90, (64, 64, 3), np.uint8)
        x = 4 * number
        pixels[10:40, x : x + 30] += 120
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        whole["images"].append({"id": number, "file_name": f"{number}.png", "height": 64, "width": 64})
        corners = [x, 10, x + 30, 10, x + 30, 40, x, 40]
        box = {"bbox": [x, 10, 30, 30], "area": 900, "iscrowd": 0, "segmentation": [corners]}
        whole["annotations"].append({"id": number + 1, "image_id": number, "category_id": 1, **box})
    (folder / "instances.json").write_text(json.dumps(whole))
    return folder


TINY = {"width": 0.125, "channels": 8, "proposals": 20}
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "verification": (
        people,
        {"model": "resnet20", "arguments": {"width": 0.5, "depth": 0.34}, "size": "16", "dimensions": 8},
    ),
    "segmentation": (write_shapes, {"model": "two_layers", "size": "40x48", "augment": "mirror,shift=0.1"}),
    "superresolution": (photos, {"model": "espcn", "size": "12"}),
    "instances": (instances, {"model": "mask_rcnn", "arguments": TINY, "size": "64", "batch": 2}),
}


@pytest.mark.parametrize("task", CASES)
def test_a_resumed_training_has_the_weights_and_metrics_of_one_that_ran_through(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SEGMENTERS, "two_layers", TwoLayers)
    monkeypatch.setattr(training_crops, "AN_EPOCH", 16)
    (tmp_path / "data").mkdir()
    write, own = CASES[task]
    settings = {"task": task, **EVERY, **own}
    data, steps = write(tmp_path / "data"), []

    def stop(event: Event) -> None:
        if isinstance(event, Saved):
            steps.append(event.step)
            if len(steps) == 1:
                raise KeyboardInterrupt

    through = striate.train(data, out=tmp_path / "through", **settings)
    with pytest.raises(KeyboardInterrupt):
        striate.train(data, out=tmp_path / "run", on_event=stop, **settings)
    resumed = striate.train(data, out=tmp_path / "run", resume=True, **settings)
    whole = load_checkpoint(tmp_path / "through" / "checkpoints" / "last.pt")
    after = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")
    assert 0 < steps[0] < whole["state"]["step"] / 2  # within the first epoch
    for name in ("model", "average"):
        assert whole[name].keys() == after[name].keys()
        assert all(torch.equal(whole[name][key], after[name][key]) for key in whole[name])
    clock = {"seconds", "rate", "waiting"}
    rows = [
        [{k: v for k, v in row.items() if k not in clock} for row in run.history]
        for run in (through, resumed)
    ]
    assert rows[0] == rows[1]
    assert resumed.metrics.to_dict() == through.metrics.to_dict()
