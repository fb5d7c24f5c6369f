"""A run is a folder.

settings.json   every setting, decided          metrics.csv        one line for each epoch
splits.json     which image is in which split   log.jsonl          what happened, one event a line
metrics.json    the figures of the best model   model.safetensors  the best model
checkpoints/last.pt   all that is needed to go on
"""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Files
from striate.errors import RunError
from striate.files.atomic import beside, leftovers

OURS = (
    "settings.json",
    "splits.json",
    "metrics.csv",
    "log.jsonl",
    "metrics.json",
    "model.safetensors",
    "report.html",
    "mlflow.db",
)
LOGGERS = "tensorboard", "wandb", "mlruns"
"""Folders that loggers make."""

ENGINES = "model.openvino"
"""The folder of engines that were built from the model."""


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; ``claim`` makes it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings, self.splits = self.path / "settings.json", self.path / "splits.json"
        self.history, self.log = self.path / "metrics.csv", self.path / "log.jsonl"
        self.metrics, self.model = self.path / "metrics.json", self.path / "model.safetensors"
        self.checkpoint = self.path / "checkpoints" / "last.pt"

    def claim(self, *, resume: bool, force: bool) -> None:
        """Make the folder, or make sure that it may be used.

        Raises:
            RunError: it is a file, something is in it already, or it cannot be written.
        """
        require_no_file(self.path)
        try:
            taken = self.path.exists() and any(self.path.iterdir())
            if taken and force and not resume:
                self._clear()
            elif taken and not resume:
                raise RunError(
                    f"{self.path} exists and is not empty",
                    "a new folder",
                    "--resume to go on with that run, --force to replace it, or another --out",
                )
            self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
            self._end_line()
            write_beside(self.path / "checkpoints" / "writable", "")
            (self.path / "checkpoints" / "writable").unlink()
        except OSError as reason:
            raise RunError(
                f"{self.path} cannot be written: {reason.strerror}",
                "a folder with room that you may write to",
                "another --out",
            ) from reason

    def abandon(self) -> None:
        """Leave nothing behind of a run that could not start: it would stand in the way of a better one."""
        if not self.checkpoint.exists():
            self._clear()
            for folder in (self.checkpoint.parent, self.path):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def _clear(self) -> None:
        """Remove what a run leaves behind, and nothing else."""
        for path in (*(self.path / name for name in OURS), self.checkpoint):
            for file in (path, *leftovers(path)):
                file.unlink(missing_ok=True)
        for name in (*LOGGERS, ENGINES):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def _end_line(self) -> None:
        """Cut off the last line of the log if a crash left only half of it."""
        if self.log.exists():
            text = self.log.read_bytes()
            os.truncate(self.log, text.rfind(b"\n") + 1)

    def append(self, values: dict[str, Any]) -> None:
        """One line to the log."""
        with guarded(self.log), open(self.log, "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps(values, ensure_ascii=False) + "\n")

    def write_json(self, path: Path, values: Any) -> None:
        """Replace a JSON file of the run."""
        with guarded(path):
            write_beside(path, json.dumps(values, ensure_ascii=False, indent=1) + "\n")

    def write_history(self, rows: Sequence[dict[str, Any]]) -> None:
        """Replace metrics.csv."""
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with guarded(self.history):
            write_beside(self.history, text.getvalue())

    def read_json(self, path: Path) -> dict[str, Any]:
        """A JSON file of the run.

        Raises:
            RunError: it is not there, or no JSON.
        """
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        except (OSError, ValueError) as reason:
            raise RunError(
                f"{path} cannot be read: {reason}", "the folder of a run that was started", "check the path"
            ) from reason
        return values

    def read_history(self) -> list[dict[str, Any]]:
        """One dictionary for each complete epoch."""
        if not self.history.exists():
            return []
        with open(self.history, encoding="utf-8", newline="") as file:
            return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


class guarded:  # noqa: N801 - reads as a word of the language: with guarded(path)
    """Failures to write are ``RunError``s that name the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, reason: BaseException | None, trace: object) -> None:
        if isinstance(reason, OSError):
            raise RunError(
                f"{self.path} cannot be written: {reason.strerror}",
                "a folder with room that you may write to",
                "make room and resume the run: the last checkpoint is kept",
            ) from reason


def require_no_file(folder: Path) -> None:
    """A folder can be made there.

    Raises:
        RunError: it is a file.
    """
    if folder.is_file():
        raise RunError(f"{folder} is a file, not a folder", "a new folder", "another --out")


def write_beside(path: Path, text: str) -> None:
    """Replace a text file at once."""
    with beside(path) as place:
        place.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def describe_splits(splits: Splits) -> dict[str, Any]:
    """Which image is in which split, by relative path or place in an array; and a fingerprint of it all."""
    parts = {name: _images(part) for name, part in splits.items()}
    content = json.dumps(
        [list(splits.classes), parts, {n: part.annotations.fingerprint() for n, part in splits.items()}]
    )
    return {
        "root": str(splits.root),
        "format": splits.format,
        "classes": list(splits.classes),
        "fingerprint": hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest(),
        "splits": parts,
    }


def _images(part: Dataset) -> list[str] | list[int]:
    store, places = part.store, part.places.tolist()
    return [store.relative(place) for place in places] if isinstance(store, Files) else places


def _value(text: str | None) -> Any:
    """A cell of metrics.csv as the value it was."""
    if not text:
        return None
    if text in ("True", "False"):
        return text == "True"
    return int(text) if text.lstrip("-").isdigit() else float(text)
