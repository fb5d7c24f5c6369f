"""A run is a folder.

settings.json   every setting, decided          metrics.csv        one line for each epoch
splits.json     which image is in which split   log.jsonl          what happened, one event a line
metrics.json    the metrics of the best model   model.safetensors  the best model
checkpoints/last.pt   all that is needed to go on
.lock                 while a training writes to the folder

The folder is one run's: it is locked while a training writes, nothing in it leads elsewhere, and what
somebody edited is an error of three lines.
"""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Files
from striate.errors import RunError
from striate.files.atomic import beside, leftovers
from striate.files.inside import strangers
from striate.files.lock import NAME as LOCK
from striate.files.lock import Busy, FolderLock
from striate.files.regular import is_regular, read_regular, reason_of

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

CHECKPOINTS = "checkpoints"

STAGES = "stages"
"""The folder of what a task writes after the descent and removes in the end, see ``stages``."""

MOST_BYTES = 2 * 1024**3
"""Of a JSON file: the names of ten million pictures take about a quarter of it."""

TAIL = 65_536
"""Bytes of the log that are read at once to find the end of its last complete line."""

A_RUN = "the folder of a run that was started"


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; ``claim`` makes it.
        numbered: whether ``claim`` takes the first of path, path-2, path-3, ... that does not exist.
    """

    def __init__(self, path: str | Path, *, numbered: bool = False) -> None:
        self._base = Path(path) if numbered else None
        self._lock: FolderLock | None = None
        self.move(Path(path))

    def move(self, path: Path) -> None:
        """Mean another folder."""
        self.path = path
        self.settings, self.splits = path / "settings.json", path / "splits.json"
        self.history, self.log = path / "metrics.csv", path / "log.jsonl"
        self.metrics, self.model = path / "metrics.json", path / "model.safetensors"
        self.checkpoint = path / CHECKPOINTS / "last.pt"

    # ---- the right to write

    def claim(self, *, resume: bool, force: bool) -> None:
        """Make the folder and lock it, or make sure that it may be used. ``release`` ends that.

        Raises:
            RunError: it is a file, something is in it already, another training writes to it, a part of it
                leads elsewhere, or it cannot be written.
        """
        try:
            if self._base is not None:
                self._make_numbered(self._base)
            else:
                require_no_file(self.path)
                self._require_free(resume=resume, force=force)
                self.path.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
            self._require_free(resume=resume, force=force)  # it may have been filled just before
            self._prepare(replace=force and not resume)
        except OSError as reason:
            self.release()
            raise RunError(
                f"{self.path} cannot be written: {reason_of(reason)}",
                "a folder with room that you may write to",
                "another --out",
            ) from reason
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Another training may write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _make_numbered(self, base: Path) -> None:
        """The first name that is free: making a folder fails where another training has just made it."""
        base.parent.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            self.move(base if number == 1 else base.with_name(f"{base.name}-{number}"))
            with suppress(FileExistsError):
                self.path.mkdir()
                return

    def _require_free(self, *, resume: bool, force: bool) -> None:
        """Nothing is in the folder, or that was foreseen."""
        taken = self.path.exists() and any(entry.name != LOCK for entry in self.path.iterdir())
        if taken and not (resume or force):
            raise RunError(
                f"{self.path} exists and is not empty",
                "a new folder",
                "--resume to go on with that run, --force to replace it, or another --out",
            )

    def _locked(self) -> FolderLock:
        try:
            return FolderLock(self.path)
        except Busy as busy:
            raise RunError(
                f"another training writes to {self.path}: {busy.owner}",
                "one training in a folder",
                "wait until it has ended, or another --out",
            ) from None

    def _prepare(self, *, replace: bool) -> None:
        """Clear what must not stay, and try whether files can be written."""
        self.require_own()
        if replace:
            self._clear()
        for path in (*(self.path / name for name in OURS), self.checkpoint):
            for left in leftovers(path):  # by a run that was killed while it wrote
                left.unlink(missing_ok=True)
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        self._mend_log()
        write_beside(self.path / CHECKPOINTS / "writable", "")
        (self.path / CHECKPOINTS / "writable").unlink()

    def require_own(self) -> None:
        """Every file of the run is a file, and no link leads out of the folder.

        Raises:
            RunError: somebody put something else there.
        """
        wrong = strangers(self.path, (*OURS, *LOGGERS, ENGINES, CHECKPOINTS, STAGES, LOCK))
        if wrong:
            raise RunError(
                f"in {self.path}, {wrong[0]}",
                "a run whose files lie in its own folder",
                "put the file itself there, or start a new run with another --out",
            )

    def abandon(self) -> None:
        """Leave nothing behind of a run that could not start: it would stand in the way of a better one."""
        if not self.checkpoint.exists():
            self._clear()
            if self.checkpoint.parent.is_dir() and not any(self.checkpoint.parent.iterdir()):
                self.checkpoint.parent.rmdir()
            self.release()
            with suppress(OSError):  # something is in it, or another training has just taken it
                self.path.rmdir()

    def _clear(self) -> None:
        """Remove what a run leaves behind, and nothing else."""
        for path in (*(self.path / name for name in OURS), self.checkpoint):
            for file in (path, *leftovers(path)):
                file.unlink(missing_ok=True)
        for name in (*LOGGERS, ENGINES, STAGES):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def remove_stages(self) -> None:
        """Remove what the stages wrote: what they found is in the model."""
        shutil.rmtree(self.path / STAGES, ignore_errors=True)

    def _mend_log(self) -> None:
        """Cut off the last line of the log if a crash left only half of it; give it a file of its own."""
        if not self.log.exists():
            return
        if self.log.stat().st_nlink > 1:  # of a copy made of links: appending would change both
            with beside(self.log) as copy:
                shutil.copyfile(self.log, copy)
        os.truncate(self.log, end_of_lines(self.log))

    # ---- its files

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
        """A JSON object of the run.

        Raises:
            RunError: it is not there, no regular file, no JSON object, or leads out of the folder.
        """
        try:
            self.require_own()
            values = json.loads(read_regular(path, MOST_BYTES).decode("utf-8", "surrogateescape"))
        except (OSError, ValueError, RecursionError, MemoryError) as reason:
            raise RunError(f"{path} cannot be read: {reason_of(reason)}", A_RUN, "check the path") from reason
        if not isinstance(values, dict):
            raise RunError(f"{path} holds no JSON object", "the file as it was written", "start a new run")
        return values

    def read_history(self) -> list[dict[str, Any]]:
        """One dictionary for each complete epoch.

        Raises:
            RunError: it was edited, and is no such table.
        """
        if not self.history.exists():
            return []
        try:
            self.require_own()
            text = read_regular(self.history, MOST_BYTES).decode("utf-8")
            return [
                {name: _value(cell) for name, cell in row.items()}
                for row in csv.DictReader(io.StringIO(text))
            ]
        except (OSError, ValueError, csv.Error, TypeError, AttributeError) as reason:
            raise RunError(
                f"{self.history} cannot be read: {reason_of(reason)}",
                "a line of numbers for each epoch",
                "a copy",
            ) from reason


class guarded:  # noqa: N801 - reads as a word of the language: with guarded(path)
    """Failures to write are ``RunError``s that name the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, reason: BaseException | None, trace: object) -> None:
        if isinstance(reason, OSError):
            raise RunError(
                f"{self.path} cannot be written: {reason_of(reason)}",
                "a folder with room that you may write to",
                "make room and resume the run: the last checkpoint is kept",
            ) from reason


def require_no_file(folder: Path) -> None:
    """A folder can be made there.

    Raises:
        RunError: it is a file.
    """
    if folder.exists() and not folder.is_dir():
        what = "a file" if is_regular(folder) else "something else"
        raise RunError(f"{folder} is {what}, not a folder", "a new folder", "another --out")


def write_beside(path: Path, text: str) -> None:
    """Replace a text file at once."""
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def end_of_lines(path: Path) -> int:
    """Bytes of a file up to the end of its last complete line; little of it is read."""
    with open(path, "rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0:
            start = max(0, position - TAIL)
            file.seek(start)
            found = file.read(position - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            position = start
    return 0


def describe_splits(splits: Splits) -> dict[str, Any]:
    """Which image is in which split, by relative path or position in an array; and a fingerprint."""
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
