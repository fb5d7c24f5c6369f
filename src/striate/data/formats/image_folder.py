"""An image folder: the folder's name is the class.

    data/train/cat/1.jpg    with splits:  train | training,  val | valid | validation | dev,  test | testing
    data/cat/1.jpg          without

Files below a class folder count at any depth. What is hidden, of the system or written by striate, and files
whose ending is no picture's, are left out and listed (``files.walk``). Pictures of a format that is not read
(HEIC, raw) are findings.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from striate.data.checks.findings import Finding
from striate.data.decode import EXTENSIONS
from striate.data.decoding.file_kind import ENDINGS
from striate.data.formats.index import Found, IndexRow, gather
from striate.data.formats.split_names import SPLIT_WORDS
from striate.data.picture_files import ending_of
from striate.errors import DataError
from striate.files.walk import WRITTEN, Walk


def read_folder(path: Path) -> Found:
    """List an image folder.

    Raises:
        DataError: it has no class folder with a picture in it.
    """
    findings: list[Finding] = []
    splits, walk = split_folders(path), Walk(path)
    found = gather(path, _rows(walk, splits, findings))
    findings += [Finding("stray", str(path), sentence) for sentence in walk.sentences()]
    if not len(found.store):
        raise _empty(path, findings)
    return replace(found, findings=tuple(findings), notes=(_note(splits),))


def split_folders(path: Path) -> dict[str, str]:
    """Folder name -> split, or nothing when the folders are classes.

    They are splits when there is one for training (or for testing alone) that has folders inside.
    """
    folders = subfolders(path)
    names = {name: SPLIT_WORDS[name.lower()] for name in folders if name.lower() in SPLIT_WORDS}
    filled = {name: split for name, split in names.items() if subfolders(path / name)}
    return filled if "train" in filled.values() or len(filled) == len(folders) else {}


def subfolders(path: Path) -> list[str]:
    """Names of the folders inside that are not left out, sorted."""
    listing = Walk(path).listing()
    return sorted((*listing.folders, *listing.links))


def _rows(walk: Walk, splits: dict[str, str], findings: list[Finding]) -> Iterator[IndexRow]:
    if not splits:
        yield from _class_rows(walk, "", None, findings)
        return
    top = walk.listing()
    for name, split in splits.items():
        yield from _class_rows(walk, name, split, findings)
    others = [name for name in (*top.folders, *top.links) if name not in splits]
    findings.extend(Finding("stray", str(walk.root / name), "a folder beside the splits") for name in others)
    _report_strays(walk.root, Counter(map(ending_of, top.files)), findings)


def _class_rows(walk: Walk, part: str, split: str | None, findings: list[Finding]) -> Iterator[IndexRow]:
    """Every picture of every class folder of one split."""
    listing = walk.listing(part)
    _report_strays(walk.root / part, Counter(map(ending_of, listing.files)), findings)
    for label in (*listing.folders, *listing.links):
        prefix, before, pictures = f"{part}/{label}" if part else label, len(walk.skipped.get(WRITTEN, ())), 0
        unread = len(findings)
        for name in _pictures(walk, prefix, findings):
            pictures += 1
            yield IndexRow(name, label, split)
        only_ours = len(walk.skipped.get(WRITTEN, ())) > before
        if not pictures and not only_ours:
            words = "no picture inside" if len(findings) == unread else "no picture that can be read inside"
            findings.append(Finding("empty", str(walk.root / prefix), words))


def _pictures(walk: Walk, below: str, findings: list[Finding]) -> Iterator[str]:
    """Paths of the pictures in a folder and its folders; what is no picture becomes a finding."""
    for folder, names in groupby(walk.files(below), key=lambda name: name.rpartition("/")[0]):
        others = []
        for name in names:
            if ending_of(name) in EXTENSIONS:
                yield name
            else:
                others.append(name)
        if others:
            _report_others(walk.root, folder, others, findings)


def _report_others(root: Path, folder: str, names: list[str], findings: list[Finding]) -> None:
    """Pictures of a format that is not read, unless one of the same name lies beside; the rest is counted."""
    beside = Walk(root / folder).listing().files
    read = {f"{folder}/{os.path.splitext(name)[0]}" for name in beside if ending_of(name) in EXTENSIONS}
    strays = Counter[str]()
    for name in names:
        kind = ENDINGS.get(ending_of(name))
        if kind is not None and os.path.splitext(name)[0] not in read:
            findings.append(Finding("unreadable", str(root / name), f"{kind.words}: {kind.attempt}"))
        else:
            strays[ending_of(name)] += 1
    _report_strays(root / folder, strays, findings)


def _report_strays(folder: Path, endings: Counter[str], findings: list[Finding]) -> None:
    """One finding a folder, however many files it is about."""
    counts = [f"{count} {ending or 'without an ending'}" for ending, count in sorted(endings.items())]
    if counts:
        findings.append(Finding("stray", str(folder), "left out: " + ", ".join(counts)))


def _note(splits: dict[str, str]) -> str:
    layout = "<split>/<class>/" if splits else "<class>/"
    return f"read as a folder of pictures: {layout}"


def _empty(path: Path, findings: list[Finding]) -> DataError:
    loose = any(ending_of(name) in EXTENSIONS for name in Walk(path).listing().files)
    lacks = "pictures but no class folders" if loose else "no class folder with a picture in it"
    unread = [finding for finding in findings if finding.kind == "unreadable"]
    more = f"; {len(unread):,} files are of formats that are not read, such as {unread[0]}" if unread else ""
    return DataError(
        f"{path} holds {lacks}{more}",
        "<class>/*.jpg or <split>/<class>/*.jpg; or a .csv, idx or .npz file",
        "convert them to JPEG or PNG"
        if unread
        else "put the pictures of every class into a folder that has the class's name",
    )
