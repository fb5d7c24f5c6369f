"""What a network costs: measured in a process of its own, and which batch fits."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.data.checks.statistics import Facts
from striate.data.preprocess import Preprocess
from striate.errors import OutOfMemory, TrainingError
from striate.train.profile import memory
from striate.train.profile import profile as room
from striate.train.profile.memory import Peak, free_memory, out_of_memory
from striate.train.profile.profile import Cost, Costs, measure
from striate.train.run.settings import Settings
from striate.zoo.build import build
from striate.zoo.save_load import save

DECIDED = Settings(model="lenet5", size="32", batch=8, precision="32", accelerator="cpu")
MIB = 2**20


def test_a_network_is_measured_in_a_process_of_its_own() -> None:
    found = measure(DECIDED, Facts(True, (32, 32), True, (1,) * 10, 10))
    # LeNet-5: 61,706 parameters; 25*6*28*28 + 150*16*10*10 + 400*120 + 120*84 + 84*10 multiplications
    assert (found.parameters, found.multiplications) == (61_706, 416_520)
    assert [cost.batch for cost in found.answers] == [1, 32]
    assert all(0 < cost.seconds < 1 and 0 <= cost.memory < 500 * MIB for cost in found.answers)
    assert [batch for batch, _ in found.learning] == [2, 8]
    assert [batch for batch, _ in found.steps] == [2, 8]
    assert [part for part, _ in found.parts] == ["backbone", "head", "finish"]
    assert all(seconds > 0 for _, seconds in (*found.steps, *found.parts))
    assert Costs.from_dict(found.to_dict()) == found


def test_costs_of_an_earlier_version_have_no_parts() -> None:
    old = {"size": [8, 8], "parameters": 1, "multiplications": 2, "answers": [], "learning": [[2, 300]]}
    assert Costs.from_dict(old) == Costs((8, 8), 1, 2, (), ((2, 300),))


def test_a_trained_model_is_measured_on_its_pictures_and_learns_no_further(tmp_path: Path) -> None:
    own = {"width": 0.125, "channels": 8, "proposals": 40}
    model = build("fast_rcnn", ("cat",), Preprocess((64, 96)), task="detect", **own)
    model.network.change("proposals", 5)
    model.arguments["proposals"] = 5
    save(model, tmp_path / "model.safetensors")
    shown = np.zeros((2, 3, 64, 96), np.uint8)
    shown[1, :, 16:48, 16:64] = 255
    np.save(tmp_path / "shown.npy", shown)
    files = {"file": str(tmp_path / "model.safetensors"), "shown": str(tmp_path / "shown.npy")}
    found = list(room.measurements({**files, "device": "cpu", "batches": [1]}))
    assert [list(line) for line in found] == [["answers"], ["parts"]]
    assert list(found[1]["parts"]) == ["proposals", "backbone", "head", "finish"]


def test_pictures_of_a_file_come_again_and_again(tmp_path: Path) -> None:
    np.save(tmp_path / "shown.npy", np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1))
    found = room.pictures(None, 5, str(tmp_path / "shown.npy"))  # type: ignore[arg-type]
    assert found.flatten().tolist() == [0, 1, 2, 0, 1]


def test_a_batch_that_would_take_too_long_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "answering", lambda *_: 3.0)  # 3 s a picture, 96 s for 32
    monkeypatch.setattr(room, "seconds_of_parts", lambda *_: {})
    peak = Peak(torch.device("cpu"))
    model = build("lenet5", ("a", "b"), Preprocess((32, 32), 1, (0.5,), (0.5,)))
    found = list(room.answers_of(model, {"batches": [1, 32]}, peak))
    assert [line["answers"]["batch"] for line in found if "answers" in line] == [1]


def test_the_peak_is_what_was_used_at_most_since_the_reset() -> None:
    peak = Peak(torch.device("cpu"))
    with mmap.mmap(-1, 64 * MIB) as held:  # not malloc, which may give pages that are resident already
        held[:] = b"1" * len(held)
    assert peak.bytes() >= 60 * MIB
    peak.reset()
    assert peak.bytes() < 60 * MIB


def test_a_batch_that_fits_is_estimated_from_small_ones() -> None:
    # 100 + 50 a picture: (2, 200) and (8, 500); 1,000 bytes hold 18 pictures, 16 in eights
    line = Costs((1, 1), 1, 1, (), ((2, 200), (8, 500)))
    assert line.learning_memory(18) == 1000
    assert (line.fitting_batch(1000), line.fitting_batch(400), line.fitting_batch(90)) == (16, 6, 0)


def test_the_error_says_which_batch_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda device: 2 * 2**30)
    error = out_of_memory("vgg16", 128, torch.device("cpu"), lambda free: int(free // (100 * MIB)))
    assert isinstance(error, OutOfMemory)
    assert error.batch == 18  # 0.9 * 2048 MiB / 100 MiB
    assert error.wrong == "training vgg16 with a batch of 128 does not fit into the memory of cpu"
    assert error.attempt.startswith("batch 18, or --fit-batch")


def test_what_was_refused_is_never_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda device: 2 * 2**30)
    assert out_of_memory("vgg16", 64, torch.device("cpu"), lambda free: 1000).batch == 32
    assert out_of_memory("vgg16", 1, torch.device("cpu"), lambda free: 0).attempt == "a smaller network"


def test_free_memory_is_at_most_what_a_container_may_use(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("max", str(100 * MIB)), ("used", str(40 * MIB)), ("none", "max")):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "LIMITS", ((str(tmp_path / "none"), str(tmp_path / "used")),))
    whole = free_memory(torch.device("cpu"))
    monkeypatch.setattr(memory, "LIMITS", ((str(tmp_path / "max"), str(tmp_path / "used")),))
    assert free_memory(torch.device("cpu")) == 60 * MIB < (whole or 0)


def test_a_batch_that_is_refused_ends_the_measurement_and_keeps_the_smaller_ones() -> None:
    asked = {
        "model": "lenet5",
        "task": "classification",
        "options": {},
        "classes": 10,
        "channels": 1,
        "arguments": {},
        "size": [32, 32],
        "precision": "32",
    }
    found = list(room.measurements({**asked, "device": "cpu", "batches": [1, 2**42]}))
    assert [line["answers"]["batch"] for line in found if "answers" in line] == [1]


def test_a_process_that_dies_is_told_of_and_what_it_said_before_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Done:
        stdout, stderr, returncode = '{"learning": {"batch": 2, "memory": 5}}\n{"lear', "", -9

    monkeypatch.setattr(room.subprocess, "run", lambda *_, **__: Done)
    assert room.ask({"model": "lenet5"}) == [{"learning": {"batch": 2, "memory": 5}}]
    monkeypatch.setattr(Done, "stdout", "")
    with pytest.raises(
        TrainingError, match="lenet5 could not be measured: its process was ended by the signal 9"
    ):
        room.ask({"model": "lenet5"})


def test_the_cost_of_a_batch_that_was_not_measured_is_none() -> None:
    found = Costs((32, 32), 1, 1, (Cost(1, 0.1, 10),))
    assert found.at(1) == Cost(1, 0.1, 10)
    assert found.at(32) is None
