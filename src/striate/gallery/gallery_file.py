"""What a gallery holds, as one safetensors file: vectors, whom they show, and the threshold.

    "striate": {"format": 1, "kind": "gallery", "model": "<hash>", "names": [...], "threshold": ..., ...}
    vectors   float32 (N, D)     of each enrolled picture
    people    int64 (N,)         whom each shows, a number in ``names``
    contents  int64 (N,)         64 bits of BLAKE2b of its pixels, so that none is enrolled twice

Written beside and renamed: a killed process leaves the old file. One process at a time changes it: the others
wait, and are told who writes when it takes too long. No picture is stored, and no code runs when it is read.
"""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from striate.errors import DataError
from striate.files.atomic import writable, write
from striate.files.lock import Busy, FolderLock
from striate.files.regular import open_regular, reason_of

FORMAT, KIND, KEY = 1, "gallery", "striate"
ENDINGS = (".safetensors",)
DISTANCES = {"euclidean": 2.0, "l1": 1.0}
"""Name of a distance -> the norm of the difference of two vectors."""

MOST_HEADER = 100_000_000
"""Bytes of the header, the limit of the safetensors library."""

MOST_NAME = 500
"""Characters of a name."""

WAITED, BETWEEN = 10.0, 0.05
"""Seconds that a writer waits for another one, and between two tries."""

EXPECTED = "a gallery that striate enroll wrote"


@dataclass(frozen=True)
class GalleryContent:
    """What a gallery holds.

    Args:
        model: hash of the model that made the vectors.
        path: where that model was read from, as a hint; "" for none.
        distance: ``euclidean`` or ``l1``.
        names: P identities.
        vectors: float32 (N, D).
        people: int64 (N,), numbers of identities.
        contents: int64 (N,), hashes of the pixels of the pictures.
        threshold: the largest distance that is accepted; None before a calibration.
        far: the false accept rate that was asked for.
        calibration: counts of pairs and measured rates.
    """

    model: str
    path: str = ""
    distance: str = "euclidean"
    names: tuple[str, ...] = ()
    vectors: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    people: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    contents: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    threshold: float | None = None
    far: float | None = None
    calibration: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.people)

    def with_pictures(self, name: str, vectors: Tensor, contents: Tensor) -> "GalleryContent":
        """The same, and more pictures of an identity."""
        names = self.names if name in self.names else (*self.names, name)
        people = torch.full((len(vectors),), names.index(name))
        old = self.vectors if len(self) else vectors.new_empty(0, vectors.shape[1])
        return replace(
            self,
            names=names,
            vectors=torch.cat([old, vectors]),
            people=torch.cat([self.people, people]),
            contents=torch.cat([self.contents, contents]),
        )

    def without(self, name: str) -> "GalleryContent":
        """The same without an identity."""
        number = self.names.index(name)
        kept = self.people != number
        people = self.people[kept]
        return replace(
            self,
            names=tuple(one for one in self.names if one != name),
            vectors=self.vectors[kept],
            people=people - (people > number).long(),
            contents=self.contents[kept],
        )


def write_gallery(path: Path, content: GalleryContent) -> None:
    """Write a gallery, all or nothing.

    Raises:
        DataError: it cannot be written there.
    """
    header = {
        "format": FORMAT,
        "kind": KIND,
        "model": content.model,
        "path": content.path,
        "distance": content.distance,
        "names": list(content.names),
        "threshold": content.threshold,
        "far": content.far,
        "calibration": content.calibration,
    }
    text = json.dumps(header, allow_nan=False)
    tensors = {"vectors": content.vectors, "people": content.people, "contents": content.contents}
    packed = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    write(path, lambda to: safetensors.torch.save_file(packed, to, {KEY: text}), ENDINGS, DataError)


def read_gallery(path: Path) -> GalleryContent:
    """Read a gallery.

    Raises:
        DataError: there is none, it is truncated or something else, of another format number, or holds
            numbers that are not finite.
    """
    try:
        with open_regular(path) as stream:
            content = stream.read()
    except OSError as reason:
        expected = f"{EXPECTED}; it ends in {ENDINGS[0]}"
        raise DataError(f"{path} cannot be read: {reason_of(reason)}", expected, "striate enroll") from reason
    header = _header(path, content)
    try:
        tensors = safetensors.torch.load(content)
        found = GalleryContent(
            str(header["model"]),
            str(header["path"]),
            str(header["distance"]),
            tuple(map(str, header["names"])),
            tensors["vectors"],
            tensors["people"],
            tensors["contents"],
            _number(header["threshold"]),
            _number(header["far"]),
            dict(header["calibration"]),
        )
    except (SafetensorError, KeyError, TypeError, ValueError) as reason:
        raise _damaged(path, reason_of(reason)) from reason
    _require(path, found)
    return found


def forget_identity(path: Path, name: str) -> tuple[GalleryContent, int]:
    """Remove an identity from a file with all its vectors and hashes; the model is not needed.

    Returns:
        what is left, and the number of pictures that the identity had.

    Raises:
        DataError: there is no such file, it is no gallery, or nobody is called so.
    """
    if not path.exists():
        raise DataError(f"there is no gallery {path}", "a file that striate enroll wrote", "check the path")
    with only_writer(path):
        content, usual = read_gallery(path), usual_name(name)
        if usual not in content.names:
            known = ", ".join(content.names[:5]) + (", ..." if len(content.names) > 5 else "")
            expected = f"one of: {known}" if known else "a name that was enrolled; the gallery is empty"
            raise DataError(f"nobody is called {usual[:60]!r}", expected, "check the spelling")
        kept = content.without(usual)
        write_gallery(path, kept)
    return kept, len(content) - len(kept)


def usual_name(name: str) -> str:
    """A name without spaces around it; letters with accents are one character each."""
    return normalize("NFC", name).strip()


def _header(path: Path, content: bytes) -> dict[str, Any]:
    """The words of a file, found without reading its tensors.

    Raises:
        DataError: it is no gallery, or one of another format.
    """
    try:
        length = int.from_bytes(content[:8], "little")
        if not 0 < length <= min(MOST_HEADER, len(content) - 8):
            raise ValueError("it is truncated, or no safetensors file")
        header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
        kind, number = header.get("kind", "model"), header["format"]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as reason:
        raise _damaged(path, reason_of(reason)) from reason
    if kind != KIND:
        raise DataError(
            f"{path} is a {str(kind)[:40]}, not a gallery", EXPECTED, "name the file of the gallery"
        )
    if number != FORMAT:
        wrong = f"{path} is a gallery of format {str(number)[:40]}"
        raise DataError(wrong, f"format {FORMAT}", "the version of striate that wrote it, or enroll again")
    return dict(header)


def _require(path: Path, found: GalleryContent) -> None:
    """The parts of a gallery fit each other.

    Raises:
        DataError: they do not.
    """
    vectors, people, contents = found.vectors, found.people, found.contents
    count = len(people)
    shapes = vectors.ndim == 2 and people.ndim == 1 and len(vectors) == count == len(contents)
    kinds = (vectors.dtype, people.dtype, contents.dtype) == (torch.float32, torch.int64, torch.int64)
    if not shapes or not kinds or contents.ndim != 1 or found.distance not in DISTANCES:
        raise _damaged(path, "its parts do not belong together")
    numbers = set(torch.unique(people).tolist())
    if numbers != set(range(len(found.names))) or len(set(found.names)) < len(found.names):
        raise _damaged(path, "its names do not fit its vectors")
    if not bool(vectors.isfinite().all()):
        raise _damaged(path, "a vector holds NaN or an infinite number")


def _number(value: Any) -> float | None:
    """A finite number 0 or more; None as it is."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no threshold or rate")
    return float(value)


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} is no whole gallery: {why}", EXPECTED, "a copy of it, or enroll again")


@contextmanager
def only_writer(path: Path, waiting: float = WAITED) -> Iterator[None]:
    """The right to change a gallery: another process that has it is waited for.

    Raises:
        DataError: it keeps on writing, or nothing can be written there.
    """
    writable(path, ENDINGS, DataError)
    end = time.monotonic() + waiting
    while True:
        try:
            lock = FolderLock(path.parent, f".{path.name}.lock")
            break
        except Busy as busy:
            if time.monotonic() > end:
                wrong = f"{path} is written by {busy.owner}"
                raise DataError(wrong, "one writer at a time", "again when it is done") from None
            time.sleep(BETWEEN)
        except OSError as reason:
            wrong = f"{path} cannot be locked: {reason_of(reason)}"
            raise DataError(wrong, "a folder that you may write to", "another path") from reason
    with lock:
        yield
