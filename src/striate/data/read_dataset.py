"""Read a labelled data set in whatever form it lies: recognised by looking, or stated with ``format``.

    path --recognise--> folder | csv | voc | coco | ... --reader--> Found --split--> Splits

Splits: those of the data are kept. Without any, a seeded share of every class becomes ``val``. When there is
a test split but no validation split, ``val`` is taken from the training pictures. With ``validation=0``
nothing is taken: every training picture is trained on, and there is a ``val`` only if the data have one.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.checks.bad_boxes import without_bad_boxes
from striate.data.checks.content_hash import identities, pixel_identities
from striate.data.checks.findings import Finding
from striate.data.class_names import difference, lookalikes
from striate.data.dataset import Dataset, Splits
from striate.data.fold import Fold
from striate.data.folds import fold_notes, is_tested
from striate.data.formats.index import Found
from striate.data.formats.json_stream import Progress
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.image_store import Files
from striate.data.joints import read_joints
from striate.data.python_data.from_python import FORMAT as PYTHON
from striate.data.python_data.from_python import from_python
from striate.data.readers import DETAILED, KINDS_OF, reader_of
from striate.data.recognise import holds_a_picture, recognise, refuse_missing
from striate.data.region_pictures import as_region_pictures
from striate.data.split import held_out, merged, united
from striate.errors import DataError, SettingError
from striate.files.walk import Walk
from striate.formatting import plural

# Below both limits a split also decodes the pictures, to find one that was saved in two ways: about a second.
DECODED_FILES = 5_000
DECODED_BYTES = 32 * 1024**2
LEAST_HELD_OUT, HALF = 2, 0.5
"""Identities that are held out at least, as one makes no pair of strangers; and the share of them at most."""

FEWEST = 5
"""Values below which a column that is called group or person tells of pictures, not of whose they are."""


def read(
    path: Any,
    format: str | None = None,
    *,
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.0,
    accept: Collection[str] = (),
    kinds: tuple[type[Annotations], ...] = (),
    joints: str | None = None,
    on_bad_box: str = "stop",
    reading: Progress | None = None,
    group: str | None = None,
    classes: str | None = None,
    shapes: bool = False,
    fold: str | None = None,
) -> Splits:
    """Read a data set.

    Args:
        path: a folder, a file, or ``"digits"``; or a Python object, see ``from_python``.
        format: one of ``READERS``; None: recognised by looking.
        seed: of the split, where the data have none.
        validation: share of every class, 0 <= validation < 1, that is held out where the data have no such
            split.
        test: share of every class, 0 <= test < 1, that is held out as ``test`` before, likewise.
        accept: kinds of findings; ``outside`` lists files outside the folder of a table too.
        kinds: of annotations that a task can use, where the data are recognised; none for any.
        joints: a file or the name of a known set of points, see ``read_joints``; for data with points.
        on_bad_box: ``stop``, ``clip``, ``drop`` or ``drop-image``, see ``without_bad_boxes``.
        reading: called now and then with (bytes read, bytes in all) of a large file of annotations.
        group: a column of the table; pictures with one value there, such as those of one person, are held out
            together, and shares are shares of the groups.
        classes: what the values of masks mean, see ``read_classes``.
        shapes: whether masks and joints of boxes are kept, for what learns from them.
        fold: as ``2/5``: of all pictures, whatever splits they have, the second of five parts is ``test``.

    Returns:
        ``train`` and, where there are such pictures, ``val`` and ``test``, with what was assumed in
        ``.notes`` and what was odd in ``.findings``.

    Raises:
        DataError: there is no such path, or nothing in it that can be read.
        SettingError: no such format or column, no such way with bad boxes, a share outside 0..1, or no path.
    """
    if not 0 <= validation < 1:
        raise SettingError(f"validation is {validation}", "0 or more and less than 1", "leave it out for 0.1")
    if not 0 <= test < 1:
        raise SettingError(f"test is {test}", "0 or more and less than 1", "leave it out for none")
    found, name, root = _found(path, format, kinds, shapes, accept, reading, group, classes)
    found = as_pictures(with_joints(_with_shapes(found) if shapes else found, joints), kinds)
    if not format and name != PYTHON:
        found = _with_alternative(_with_classes(found, name), name, root)
    found = without_bad_boxes(found, on_bad_box)
    found, folded = held_fold(found, fold, seed) if fold else (found, ())
    split, notes = assign(found, seed, {"test": test, "val": validation})
    notes = (*folded, *notes)
    findings = (*found.findings, *name_findings(found), *split_findings(found, split))
    every = Dataset(found.store, found.annotations, np.arange(len(found.store)))
    every, split, cut = as_region_pictures(every, split, kinds)
    return Splits(_parts(every, split), name, root, (*found.notes, *notes, *cut), findings)


def _found(
    path: Any,
    format: str | None,
    kinds: tuple[type[Annotations], ...],
    shapes: bool,
    *words: Any,
) -> tuple[Found, str, Path]:
    """What a path or a Python object holds, in which format, and where it lies.

    Args:
        path, format, kinds, shapes: as of ``read``.
        words: as ``reader_of`` takes them after the name.
    """
    if not isinstance(path, str | os.PathLike):
        given = from_python(path)
        return _by_identity(given.found, kinds), PYTHON, Path(given.name)
    root = Path(path)
    try:
        name = format or recognise(root, kinds)
        options = {"details": True} if shapes and name in DETAILED else {}
        return _read(root, name, reader_of(name, *words), **options), name, root
    except OSError as reason:
        raise _closed(root, reason) from reason


def _by_identity(found: Found, kinds: tuple[type[Annotations], ...]) -> Found:
    """Classes as identities, where a task learns from these alone."""
    known = found.annotations
    if not isinstance(known, ClassAnnotations) or kinds != (IdentityAnnotations,):
        return found
    return replace(found, annotations=IdentityAnnotations(known.labels, known.classes))


def as_pictures(found: Found, kinds: tuple[type[Annotations], ...]) -> Found:
    """The pictures alone, where a task wants nothing else; the splits stay.

    Args:
        found: by any reader.
        kinds: of annotations that can be used.
    """
    if PictureAnnotations not in kinds or isinstance(found.annotations, kinds):
        return found
    note = f"{found.annotations.shown} are not looked at: the pictures are all that is learned from"
    known = PictureAnnotations(len(found.store))
    return replace(found, annotations=known, notes=(*found.notes, note))


def read_found(
    root: Path, format: str | None, accept: Collection[str], reading: Progress | None, *, details: bool
) -> Found:
    """What a data set with boxes holds, before anything is split.

    Args:
        root: as ``read``.
        format: as ``read``.
        accept: as ``read``.
        reading: as ``read``.
        details: whether masks, key points and all else that is known of boxes is kept.

    Raises:
        DataError: as ``read``.
        SettingError: there is no such format.
    """
    try:
        name = format or recognise(root, (BoxAnnotations,))
        options = {"details": True} if details and name in DETAILED else {}
        return _read(root, name, reader_of(name, accept, reading), **options)
    except OSError as reason:
        raise _closed(root, reason) from reason


def _read(root: Path, name: str, reader: Callable[..., Found], **options: bool) -> Found:
    if name != "digits":
        refuse_missing(root)
    return reader(root, **options)


def _with_shapes(found: Found) -> Found:
    """Boxes whose batches have their masks and joints, and a note of boxes without masks."""
    known = found.annotations
    if not isinstance(known, BoxAnnotations):
        return found
    shaped = known.with_shapes()
    return replace(found, annotations=shaped, notes=(*found.notes, *shaped.shape_notes))


def _with_classes(found: Found, name: str) -> Found:
    """Note that a table which was read as boxes, one a picture, could teach classes alone."""
    known = found.annotations
    if name != "boxes" or not isinstance(known, BoxAnnotations) or len(known.boxes) > len(known):
        return found
    note = "--task localize learns one box a picture, --task classification the classes alone"
    return replace(found, notes=(*found.notes, note))


def _with_alternative(found: Found, name: str, root: Path) -> Found:
    """Note that a folder which was read as something else holds folders of pictures too."""
    if name == "folder" or KINDS_OF.get(name) is not ClassAnnotations or not root.is_dir():
        return found
    listing = Walk(root).listing()
    if any(holds_a_picture(root / folder) for folder in (*listing.folders, *listing.links)):
        note = f"{root} holds folders of pictures too: --format folder reads them as classes"
        return replace(found, notes=(*found.notes, note))
    return found


def _closed(root: Path, reason: OSError) -> DataError:
    """The error of a folder that may not be listed, a file that is named as a folder, ..."""
    path = reason.filename or root
    return DataError(
        f"{path} cannot be read ({reason.strerror})",
        "files and folders that you may read",
        "check its permissions, and --format if you gave one",
    )


def with_joints(found: Found, joints: str | None) -> Found:
    """The points with the mirror pairs and the skeleton of a joints file.

    Raises:
        SettingError: there is no such file, it names other points, or the data have none.
    """
    known = found.annotations
    if joints is None:
        return _with_known_joints(found)
    named = read_joints(joints)
    if isinstance(known, BoxAnnotations) and known.shapes and known.shapes.joints:
        return replace(found, annotations=known.with_joints(named))
    if not isinstance(known, PointAnnotations):
        wrong = f"joints is {joints!r}, and the data have no named points"
        raise SettingError(wrong, "data with points", "leave joints out")
    if len(named.names) != len(known.joints.names) or not (
        known.numbered or set(named.names) == set(known.joints.names)
    ):
        raise SettingError(
            f"{joints} names {len(named.names)} points, the data {len(known.joints.names)} others",
            "the names of the data, " + ", ".join(known.joints.names[:5]) + ", ...",
            "mend the joints file",
        )
    same = set(named.names) == set(known.joints.names)
    placed = named.renamed(known.joints.names) if same else named
    return replace(found, annotations=replace(known, joints=placed))


def _with_known_joints(found: Found) -> Found:
    """Note that numbers without names were taken for a known set of points."""
    known = found.annotations
    if not (isinstance(known, PointAnnotations) and known.numbered and known.joints.can_be_mirrored):
        return found
    note = "68 points without names: taken for face68, which says what a mirror exchanges; --joints FILE else"
    return replace(found, notes=(*found.notes, note))


def assign(
    found: Found, seed: int, shares: Mapping[str, float], *, keep_last: bool = True
) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """The split of every picture, int8 (N,), and what was assumed.

    ``shares`` of the training pictures are held out one after the other, where the data have no such split.
    ``keep_last``: whether training keeps a picture of every class of boxes, though fewer are held out.
    """
    split = found.split.copy()
    notes: tuple[str, ...] = ()
    unassigned = split == UNSAID
    if unassigned.any() and not unassigned.all():
        count = int(unassigned.sum())
        notes = (f"{plural(count, 'picture')} without a split {'is' if count == 1 else 'are'} trained on",)
    split[unassigned] = SPLITS.index("train")
    for name, share in shares.items():
        if share == 0 or (split == SPLITS.index(name)).any():
            continue
        train = np.flatnonzero(split == SPLITS.index("train"))
        shown = _identity(found, train)
        if found.annotations.identities() is not None:
            share = max(share, min(HALF, LEAST_HELD_OUT / len(np.unique(shown))))
        strata, each = found.annotations.strata()[train], found.annotations.each_stratum
        chosen = train[held_out(shown, strata, share, seed, every_class=each, keep_last=keep_last)]
        split[chosen] = SPLITS.index(name)
        purpose = "validation" if name == "val" else "the test"
        notes += (f"held out {len(chosen)} of {len(train)} pictures for {purpose} (seed {seed})",)
    return split, notes


def held_fold(found: Found, fold: str, seed: int) -> tuple[Found, tuple[str, ...]]:
    """The pictures of one fold as the test split and all others to be learned from, and what was assumed.

    Raises:
        SettingError: it names no fold, or there are too few pictures for so many.
    """
    chosen, shown = Fold.read(fold), _identity(found, np.arange(len(found.split)))
    tested = is_tested(chosen, found.annotations, shown, seed)
    own = {SPLITS[number] for number in np.unique(found.split) if number != UNSAID}
    together = (f"the splits of the data are put together for {chosen.of} folds",) if len(own) > 1 else ()
    split = np.where(tested, SPLITS.index("test"), SPLITS.index("train")).astype(np.int8)
    return replace(found, split=split), (*together, *fold_notes(chosen, tested, seed, found.annotations))


def _identity(found: Found, indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """What every picture shows, for small sets of files also across formats; or the group that it is of."""
    shown = identities(found.store, indices)
    if isinstance(found.store, Files) and _small(found.store, indices):
        shown = merged(pixel_identities(found.store, indices), shown)
    asked = found.groups is not None and found.groups.asked
    return united(shown, found.groups.numbers[indices]) if asked and found.groups else shown


def _small(store: Files, indices: NDArray[np.int64]) -> bool:
    return len(indices) <= DECODED_FILES and sum(map(store.size, map(int, indices))) <= DECODED_BYTES


def name_findings(found: Found) -> list[Finding]:
    """Class names that differ only in case, spaces or Unicode form."""
    return [
        Finding("similar-names", other, f"{first!r} and {other!r} differ only in {difference(first, other)}")
        for first, other in lookalikes(found.classes)
    ]


def split_findings(found: Found, split: NDArray[np.int8]) -> list[Finding]:
    """What the annotations alone tell of the splits."""
    if not (split == SPLITS.index("train")).any():
        return [Finding("no-train", "train", "no picture")]
    return [*found.annotations.findings(split), *group_findings(found, split)]


def group_findings(found: Found, split: NDArray[np.int8]) -> list[Finding]:
    """How many groups of pictures stand in several splits, with two pictures of one."""
    if found.groups is None:
        return []
    numbers, member = np.unique(found.groups.numbers, return_inverse=True)
    if len(numbers) < FEWEST and not found.groups.asked:
        return []
    low, high = np.full(len(numbers), len(SPLITS)), np.full(len(numbers), -1)
    np.minimum.at(low, member, split)
    np.maximum.at(high, member, split)
    shared = np.flatnonzero(low < high)
    if not len(shared):
        return []
    one = member == shared[0]
    pair = [np.flatnonzero(one & (split == end[shared[0]]))[0] for end in (low, high)]
    names = [f"{Path(found.store.name(int(index))).name} in {SPLITS[split[index]]}" for index in pair]
    detail = f"{len(shared):,} of {len(numbers):,} groups stand in two splits, as {' and '.join(names)}"
    column = found.groups.column
    if found.groups.asked:
        return [Finding("group-leak", column, detail)]
    return [Finding("shared-group", column, f"{detail}; --group {column} keeps them apart")]


def _parts(whole: Dataset, split: NDArray[np.int8]) -> dict[str, Dataset]:
    indices = {name: np.flatnonzero(split == number) for number, name in enumerate(SPLITS)}
    return {name: whole.subset(chosen) for name, chosen in indices.items() if len(chosen)}
