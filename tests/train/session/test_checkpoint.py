"""Checkpoints are complete or not there."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.errors import Interrupted, RunError
from striate.train.session.checkpoint import load_checkpoint, save_checkpoint
from striate.train.session.interrupt import Impatience


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last.pt", {"weights": torch.tensor([1.5]), "step": 3})
    state = load_checkpoint(tmp_path / "last.pt")
    assert (state["weights"].item(), state["step"]) == (1.5, 3)
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_full_disk_keeps_the_old_file_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path / "last.pt", {"step": 3})

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"No space left[^\n]*\n[^\n]*\n  try: make room and resume"):
        save_checkpoint(tmp_path / "last.pt", {"step": 4})
    assert load_checkpoint(tmp_path / "last.pt")["step"] == 3
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_signal_while_it_is_written_is_no_full_disk(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last.pt", {"step": 3})

    class Late(torch.Tensor):
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise Impatience(Interrupted("a signal", "none", "again"))

    with pytest.raises(Impatience):
        save_checkpoint(tmp_path / "last.pt", {"weights": torch.zeros(3).as_subclass(Late)})
    assert load_checkpoint(tmp_path / "last.pt")["step"] == 3
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_signal_within_the_file_is_no_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_: Any, file: Any) -> None:  # as torch's writer does when it is left in the middle of a tensor
        try:
            raise Impatience(Interrupted("a signal", "none", "again"))
        finally:
            raise RuntimeError("unexpected pos 36886656 vs 36886544")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(Impatience):
        save_checkpoint(tmp_path / "last.pt", {"step": 4})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"weights": torch.zeros(100)})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RunError, match=r"last\.pt cannot be read"):
        load_checkpoint(path)


class Attack:
    """Unpickled, it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def test_no_code_of_a_file_is_run(tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(pickle.dumps(Attack(tmp_path / "made")))
    torch.save({"format": 1, "x": Attack(tmp_path / "made")}, tmp_path / "zip.pt")
    for name in ("last.pt", "zip.pt"):
        with pytest.raises(RunError):
            load_checkpoint(tmp_path / name)
    assert not (tmp_path / "made").exists()


def test_another_format_number_is_refused(tmp_path: Path) -> None:
    torch.save({"format": 99}, tmp_path / "last.pt")
    with pytest.raises(RunError, match="format number 2"):
        load_checkpoint(tmp_path / "last.pt")
