"""Read a data set with boxes, and write it in another layout: what cannot be held there is counted.

source --reader--> Found --splits kept, or held out by content--> Labelled --writer--> folder

The folder appears when all is written. Boxes come back bit by bit when it is read again.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from striate.arguments import checked_methods
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.bad_boxes import without_bad_boxes
from striate.data.checks.findings import KINDS, Finding, blocking, refusal
from striate.data.formats.index import Found
from striate.data.formats.json_stream import Progress
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.data.read_dataset import assign, read_found
from striate.data.writers.cut_tiles import Tiles, cut_into_tiles
from striate.data.writers.layout import Labelled, Pictures, Put, names_of
from striate.data.writers.write_coco import write_coco
from striate.data.writers.write_voc import write_voc
from striate.data.writers.write_yolo import write_yolo
from striate.errors import DataError, FileError
from striate.formatting import plural

Target = Literal["coco", "voc", "yolo"]
TILES = ".tiles"
"""The folder of the files that are moved to their places."""

WRITERS: dict[str, Callable[[Labelled, Path, Put], list[str]]] = {
    "coco": write_coco,
    "voc": write_voc,
    "yolo": write_yolo,
}


@checked_methods
@dataclass(frozen=True)
class Converted:
    """What was written.

    Args:
        path: the folder.
        format: its layout.
        pictures: how many by split; "all" where there are none.
        boxes: how many.
        notes: what was assumed, and what the layout cannot hold.
    """

    path: Path
    format: str
    pictures: dict[str, int]
    boxes: int
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count:,}" for name, count in self.pictures.items())
        pictures = plural(sum(self.pictures.values()), "picture")
        return f"{self.path}: {pictures} ({counts}), {plural(self.boxes, 'box')}"


def convert(
    source: Path,
    target: Path,
    to: Target,
    format: str | None = None,
    *,
    split: Mapping[str, float] | None = None,
    seed: int = 0,
    accept: Collection[str] = (),
    on_bad_box: str = "stop",
    pictures: Pictures = "copy",
    tiles: Tiles | None = None,
    reading: Progress | None = None,
) -> Converted:
    """Write a data set in another layout.

    Args:
        source: the data, as for ``read``.
        target: a new folder.
        to: the layout.
        format: of the source; recognised by looking when left out.
        split: shares to hold out by content, where the data have no such split: ``val`` and ``test``.
        seed: of the split.
        accept: kinds of findings that do not stop it; what they name is left out.
        on_bad_box: ``stop`` leaves them as they are.
        pictures: whether they are copied, linked or left where they are.
        tiles: into which large pictures are cut; None for whole pictures.
        reading: as for ``read``.

    Raises:
        DataError: the data cannot be read, have no boxes, or would be spoiled silently.
        FileError: the folder exists, or cannot be written.
    """
    refuse_existing(target)
    found = without_bad_boxes(read_found(source, format, accept, reading, details=True), on_bad_box)
    refused = blocking(found.findings, accept)
    if refused:
        raise refusal(refused)
    labelled, notes = labelled_of(found, split or {}, seed)
    with beside_folder(target) as folder:
        if tiles is None:
            losses = WRITERS[to](labelled, folder, pictures)
        else:
            labelled, cut = cut_into_tiles(labelled, tiles, folder / TILES)
            losses = [*cut, *WRITERS[to](labelled, folder, "move")]
            (folder / TILES).rmdir()
    counts = {name: int((labelled.split == SPLITS.index(name)).sum()) for name in labelled.splits()}
    said = (*found.notes, *_counted(found.findings), *notes, *losses)
    return Converted(
        target, to, counts or {"all": len(labelled.names)}, len(labelled.annotations.boxes), said
    )


def labelled_of(found: Found, shares: Mapping[str, float], seed: int) -> tuple[Labelled, tuple[str, ...]]:
    """What a writer takes, and what was assumed.

    Raises:
        DataError: there are no boxes, or no files of pictures.
    """
    annotations, store = found.annotations, found.store
    if not isinstance(annotations, BoxAnnotations) or not isinstance(store, Files):
        raise DataError(
            f"the data hold {annotations.shown}, no boxes",
            "data with boxes: coco, voc, yolo or a table of boxes",
            "name the format",
        )
    if not len(store):
        raise DataError("no picture of the data is there", "pictures with boxes", "striate check lists why")
    split: NDArray[np.int8] = found.split
    notes: tuple[str, ...] = ()
    if shares or not (split == UNSAID).all():
        split, notes = assign(found, seed, shares, keep_last=False)
    relative = [store.relative(index) for index in range(len(store))]
    sources = [store.name(index) for index in range(len(store))]
    sized = replace(annotations, pictures=annotations.pictures | {"size": _sizes(annotations, sources)})
    finite = np.asarray(np.isfinite(sized.boxes).all(1), np.bool_)
    if not finite.all():
        notes += (f"{plural(int((~finite).sum()), 'box')} left out: NaN or infinite",)
    return Labelled(sources, names_of(relative, split), split, sized.where(finite)), notes


def _sizes(annotations: BoxAnnotations, sources: list[str]) -> NDArray[np.int32]:
    """int32 (N, 2): height and width as the files have them; as is said where they cannot be read."""
    said = annotations.pictures.get("size", np.zeros((len(sources), 2), np.int32))
    sizes = [picture_size(source) or tuple(one) for source, one in zip(sources, said.tolist(), strict=True)]
    for source, size in zip(sources, sizes, strict=True):
        if not all(size):
            raise DataError(f"{source} cannot be read, and nobody says its size", "a picture", "mend it")
    return np.array(sizes, np.int32).reshape(-1, 2)


def _counted(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """How many findings of each kind there are."""
    counts = Counter(finding.kind for finding in findings)
    return tuple(f"{kind} ({count}): {KINDS[kind][1]}" for kind, count in counts.items())


def refuse_existing(target: Path) -> None:
    """A folder that is not there, or empty.

    Raises:
        FileError: something is there.
    """
    if target.exists() and not (target.is_dir() and next(target.iterdir(), None) is None):
        raise FileError(f"{target} exists", "a new folder", "another name, or remove it")


@contextmanager
def beside_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when all went well, else it is removed.

    Raises:
        FileError: nothing can be written there.
    """
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.exists():
            target.rmdir()
        temporary.rename(target)
    except OSError as reason:
        wrong = f"{target} cannot be written ({reason.strerror or reason})"
        raise FileError(wrong, "a folder with room that you may write to", "another path") from reason
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
