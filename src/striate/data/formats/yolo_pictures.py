"""Which pictures a YOLO data set has, where the labels of each are, and to which split it belongs."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from striate.data.checks.findings import Findings
from striate.data.decode import EXTENSIONS
from striate.data.formats.data_yaml import MOST_BYTES, DataYaml
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.picture_files import ending_of
from striate.files.regular import read_regular
from striate.files.walk import Walk


def label_of(picture: PurePosixPath) -> PurePosixPath:
    """The text of a picture: below ``labels`` instead of ``images``, or beside it.

    >>> str(label_of(PurePosixPath("train/images/a.jpg"))), str(label_of(PurePosixPath("a.jpg")))
    ('train/labels/a.txt', 'a.txt')
    """
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return PurePosixPath(*parts).with_suffix(".txt")


def split_of_folder(name: str) -> int:
    """The split that a folder of a picture's path names, or ``UNSAID``.

    >>> split_of_folder("images/val2017/a.jpg"), split_of_folder("images/a.jpg")
    (1, -1)
    """
    for part in name.lower().split("/")[:-1]:
        if (word := part.rstrip("0123456789")) in SPLIT_WORDS:
            return SPLITS.index(SPLIT_WORDS[word])
    return UNSAID


def pictures_without_yaml(root: Path) -> Iterator[tuple[str, int]]:
    """Name and split of every picture in a folder ``images`` below the root."""
    for name in Walk(root).files():
        if ending_of(name) in EXTENSIONS and "images" in name.split("/")[:-1]:
            yield name, split_of_folder(name)


def listed_pictures(
    root: Path, data: DataYaml, findings: Findings, outside: bool
) -> Iterator[tuple[str, int]]:
    """Name below the root and split of every picture that the file names, each once."""
    seen: set[str] = set()
    for split, paths in data.splits.items():
        for path in paths:
            for picture in _below(_meant(data.root, path), findings):
                name = os.path.relpath(picture, root).replace(os.sep, "/")
                if name.startswith("..") and not outside:
                    findings.add("outside", picture, f"lies outside of {root}")
                elif name not in seen:
                    seen.add(name)
                    yield name, SPLITS.index(split)


def _meant(root: Path, path: str) -> Path:
    """A path of the file; ``../train`` is often written where ``train`` is meant."""
    plain = root / path
    shorter = root / path.removeprefix("../")
    return shorter if not plain.exists() and shorter.exists() else plain


def _below(path: Path, findings: Findings) -> Iterator[str]:
    """The pictures of a folder, of a list, or the picture itself."""
    if path.is_dir():
        for name in Walk(path).files():
            if ending_of(name) in EXTENSIONS:
                yield os.path.normpath(path / name)
    elif path.suffix == ".txt" and path.is_file():
        for number, line in enumerate(_lines(path), 1):
            if line.strip():
                yield from _of_line(path, number, line.strip(), findings)
    elif path.is_file():
        yield os.path.normpath(path)
    else:
        findings.add("missing", str(path), "there is no such folder or list")


def _lines(path: Path) -> list[str]:
    return read_regular(path, 64 * MOST_BYTES).decode("utf-8-sig", "replace").splitlines()


def _of_line(path: Path, number: int, line: str, findings: Findings) -> Iterator[str]:
    """A picture of a list, from the folder of the list or from the one above it."""
    folders, names = (path.parent, path.parent.parent), dict.fromkeys((line, line.replace("\\", "/")))
    tried = [os.path.normpath(os.path.join(folder, name)) for name in names for folder in folders]
    found = next((one for one in tried if os.path.isfile(one)), None)
    if found is None:
        findings.add("missing", f"{path}:{number}", f"there is no picture {line!r}")
    else:
        yield found
