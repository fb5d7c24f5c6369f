"""Proposals that are kept: a picture whose boxes were found once is never searched again.

    pixels + settings of the proposer --hash--> ~/.cache/striate/proposals/3f/3f09...npz

What a picture shows decides, not its name, so that copies share their boxes and a changed picture gets new
ones. Files are written beside and renamed; a damaged one is made anew; the oldest go when there are too many.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, final
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from striate.data.array_images import from_tensor
from striate.files.atomic import beside
from striate.files.regular import open_regular, reason_of
from striate.records import Proposals
from striate.tasks.detection.proposer.proposer import Proposer

MOST_BYTES = 4 * 2**30
"""On disk, for all pictures and settings together: about 100,000 pictures in fast mode."""

ROOM = 0.9
"""How much of that is left full when the oldest files were removed."""


def cache_folder() -> Path:
    """``proposals`` in ``$STRIATE_CACHE``, or in ``~/.cache/striate``."""
    return Path(os.environ.get("STRIATE_CACHE") or "~/.cache/striate").expanduser() / "proposals"


@final
@dataclass
class CachedProposals(Proposer):
    """Proposes what another proposer does, and keeps it.

    A folder that cannot be written costs the time of searching again, and nothing else; ``notes`` say so.

    Args:
        proposer: finds the boxes of a picture that is new.
        folder: where they are kept.
        most_bytes: of all files in it.
    """

    proposer: Proposer
    folder: Path = field(default_factory=cache_folder)
    most_bytes: int = MOST_BYTES
    _bytes: int | None = None
    _failed: str = ""
    _lock: Any = field(default_factory=Lock, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())

    @property
    def settings(self) -> dict[str, Any]:
        """Those of the other proposer."""
        return self.proposer.settings

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the other proposer, and why nothing is kept."""
        return (*self.proposer.notes, *([self._failed] if self._failed else []))

    def notes_on(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Those of the other proposer."""
        return self.proposer.notes_on(sources)

    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """The boxes that are kept, or those that are found now."""
        path = self._path(from_tensor(image))
        kept = read_kept(path, source)
        if kept is not None:
            return kept
        found = self.proposer.propose(image, source)
        try:
            self._keep(path, found)
        except OSError as reason:
            self._failed = f"proposals are not kept in {self.folder} ({reason_of(reason)})"
        return found

    def _path(self, image: Tensor) -> Path:
        about = json.dumps([self.settings, list(image.shape)], sort_keys=True)
        content = blake2b(about.encode(), digest_size=20)
        content.update(image.cpu().contiguous().numpy().data)
        name = content.hexdigest()
        return self.folder / name[:2] / f"{name}.npz"

    def _keep(self, path: Path, found: Proposals) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as temporary:
            np.savez(temporary, boxes=packed(found.boxes.numpy()), scores=found.scores.numpy())
        with self._lock:
            before = self._bytes if self._bytes is not None else sum(size for _, size, _ in self._files())
            self._bytes = before + path.stat().st_size
            if self._bytes > self.most_bytes:
                self._bytes = self._trimmed()

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its bytes and its path, the oldest first."""
        found = []
        for path in self.folder.glob("??/*.npz"):
            try:
                stat = path.stat()
            except OSError:  # another process removed it
                continue
            found.append((stat.st_mtime, stat.st_size, path))
        return sorted(found)

    def _trimmed(self) -> int:
        """Remove what was not used for longest; how many bytes are left."""
        files = self._files()
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= ROOM * self.most_bytes:
                break
            path.unlink(missing_ok=True)
            left -= size
        return left


def packed(boxes: Any) -> Any:
    """Boxes as uint16 where these hold the same numbers, which halves the files.

    >>> packed(np.float32([[0, 1, 65535, 3]])).dtype, packed(np.float32([[0, 1, 2.5, 3]])).dtype
    (dtype('uint16'), dtype('float32'))
    """
    inside = boxes.size == 0 or (boxes.min() >= 0 and boxes.max() <= 65535)
    small = boxes.astype(np.uint16) if inside else boxes
    return small if (small == boxes).all() else boxes


def read_kept(path: Path, source: str) -> Proposals | None:
    """What was kept in a file, which becomes the youngest; None if there is none that can be read."""
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
            boxes, scores = arrays["boxes"].astype(np.float32), arrays["scores"].astype(np.float32)
        os.utime(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile, EOFError):
        return None
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        return None
    return Proposals(torch.from_numpy(boxes), torch.from_numpy(scores), source)
