"""An image folder: the folder's name is the class.

    data/train/cat/1.jpg    with splits:  train | training,  val | valid | validation | dev,  test | testing
    data/cat/1.jpg          without

Files below a class folder count at any depth. Hidden files, and files whose ending is no picture's, are left
out and listed. Linked files and folders are followed, loops are not.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from striate.data.checks.findings import Finding
from striate.data.decode import EXTENSIONS
from striate.data.formats.index import Found, IndexRow, gather
from striate.data.formats.split_names import SPLIT_WORDS
from striate.errors import DataError

Identity = tuple[int, int]  # device and inode: the same folder under any name


def read_folder(path: Path) -> Found:
    """List an image folder.

    Raises:
        DataError: it has no class folder with a picture in it.
    """
    findings: list[Finding] = []
    splits = split_folders(path)
    found = gather(path, _rows(path, splits, findings))
    if not len(found.store):
        raise _empty(path)
    return replace(found, findings=tuple(findings), said=(_said(splits),))


def split_folders(path: Path) -> dict[str, str]:
    """Folder name -> split, or nothing when the folders are classes.

    They are splits when there is one for training (or for testing alone) that has folders inside.
    """
    names = {name: SPLIT_WORDS[name.lower()] for name in subfolders(path) if name.lower() in SPLIT_WORDS}
    filled = {name: split for name, split in names.items() if subfolders(path / name)}
    return filled if "train" in filled.values() or len(filled) == len(subfolders(path)) else {}


def subfolders(path: Path) -> list[str]:
    """Names of the folders inside that are not hidden, sorted."""
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())


def _rows(path: Path, splits: dict[str, str], findings: list[Finding]) -> Iterator[IndexRow]:
    if not splits:
        yield from _class_rows(path, "", None, findings)
    for name, split in splits.items():
        yield from _class_rows(path, name, split, findings)
    if splits:
        strays = [name for name in subfolders(path) if name not in splits]
        findings.extend(Finding("stray", str(path / name), "a folder beside the splits") for name in strays)


def _class_rows(path: Path, part: str, split: str | None, findings: list[Finding]) -> Iterator[IndexRow]:
    """Every picture of every class folder of one split."""
    base = path / part
    _report_strays(base, Counter(_kind(entry) for entry in _files(base)), findings)
    for label in subfolders(base):
        prefix = f"{part}/{label}" if part else label
        pictures = _pictures(path, prefix, (), findings)
        first = next(pictures, None)
        if first is None:
            findings.append(Finding("empty", str(base / label), "no picture inside"))
            continue
        yield from (IndexRow(name, label, split) for name in chain((first,), pictures))


def _pictures(root: Path, below: str, above: tuple[Identity, ...], findings: list[Finding]) -> Iterator[str]:
    """Paths of the pictures in a folder and its folders, sorted; one inside itself is entered once."""
    here = root / below
    status = os.stat(here)
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    names, strays = [], Counter[str]()
    for entry in _files(here):
        kind = _kind(entry)
        if kind in EXTENSIONS:
            names.append(entry.name)
        else:
            strays[kind] += 1
    yield from (f"{below}/{name}" for name in sorted(names))
    _report_strays(here, strays, findings)
    for folder in subfolders(here):
        yield from _pictures(root, f"{below}/{folder}", (*above, identity), findings)


def _files(path: Path) -> Iterator["os.DirEntry[str]"]:
    """Everything in a folder but folders; a link is what it points to."""
    with os.scandir(path) as entries:
        yield from (entry for entry in entries if not entry.is_dir())


def _kind(entry: "os.DirEntry[str]") -> str:
    """The ending in small letters, or ``hidden``."""
    return "hidden" if entry.name.startswith(".") else os.path.splitext(entry.name)[1].lower()


def _report_strays(folder: Path, kinds: Counter[str], findings: list[Finding]) -> None:
    """One finding a folder, however many files it is about."""
    told = [f"{count} {kind or 'without an ending'}" for kind, count in sorted(kinds.items())]
    if told:
        findings.append(Finding("stray", str(folder), "left out: " + ", ".join(told)))


def _said(splits: dict[str, str]) -> str:
    layout = "<split>/<class>/" if splits else "<class>/"
    return f"read as a folder of pictures: {layout}"


def _empty(path: Path) -> DataError:
    loose = any(_kind(entry) in EXTENSIONS for entry in _files(path))
    lacks = "pictures but no class folders" if loose else "no class folder with a picture in it"
    return DataError(
        f"{path} holds {lacks}",
        "<class>/*.jpg or <split>/<class>/*.jpg; or a .csv, idx or .npz file",
        "put the pictures of every class into a folder that has the class's name",
    )
