"""The ``data.yaml`` beside a YOLO data set: names of the classes, and where the pictures of each split are.

    path: ../pets                 names:                  or   names: [cat, dog]
    train: images/train             0: cat
    val: [images/a, list.txt]       1: dog

Read by the safe loader: no tag runs code. A ``download:`` is never followed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from striate.data.formats.split_names import SPLITS
from striate.errors import DataError
from striate.files.regular import read_regular, reason_of

MOST_BYTES = 2 * 1024**2
ENDINGS = (".yaml", ".yml")
NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt", "labels/classes.txt")
"""Lists of names that other programs write, a name in a line."""


@dataclass(frozen=True)
class DataYaml:
    """What the file says, or what stands for it.

    Args:
        root: the folder from which its paths are meant.
        names: of the classes by number; None where nobody says.
        listed: whether the names are a list, whose numbers begin at 0 because nobody says otherwise.
        splits: paths of folders and lists by split; empty where nobody says.
        key_points: how many each object has, and numbers for each; (0, 0) for none.
        notes: for the user.
    """

    root: Path
    names: dict[int, str] | None
    listed: bool
    splits: dict[str, list[str]]
    key_points: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()


def yaml_of(path: Path) -> Path | None:
    """The file of a data set: itself, or in a folder ``data.yaml`` or the only one with names."""
    if path.is_file():
        return path if path.suffix.lower() in ENDINGS and b"names" in _start(path) else None
    found = [one for ending in ENDINGS for one in sorted(path.glob(f"*{ending}")) if b"names" in _start(one)]
    named = [one for one in found if one.stem in ("data", "dataset")]
    return next(iter(named or (found if len(found) == 1 else ())), None)


def _start(path: Path) -> bytes:
    try:
        return read_regular(path, MOST_BYTES)
    except OSError:
        return b""


def read_data_yaml(file: Path) -> DataYaml:
    """The names and paths of a file.

    Raises:
        DataError: it is no YAML, or says something else.
    """
    try:
        values = yaml.safe_load(read_regular(file, MOST_BYTES))
        if not isinstance(values, dict):
            raise ValueError("no names and values")
        names, listed = _names(values.get("names"))
        splits = {split: _paths(values[split]) for split in SPLITS if values.get(split)}
        shape = values.get("kpt_shape") or (0, 0)
        key_points = int(shape[0]), int(shape[1])
    except OSError as reason:
        raise _unreadable(file, reason_of(reason)) from reason
    except (yaml.YAMLError, ValueError, TypeError, IndexError, KeyError, RecursionError) as reason:
        raise _unreadable(file, str(reason).splitlines()[0] if str(reason) else "too deep") from reason
    notes = (f"{file.name} names a download, which is not followed",) if values.get("download") else ()
    return DataYaml(_root(file, values), names, listed, splits, key_points, notes)


def names_beside(root: Path) -> DataYaml:
    """What is known without such a file: a list of names, where another program wrote one."""
    for name in NAME_FILES:
        if (root / name).is_file():
            lines = read_regular(root / name, MOST_BYTES).decode("utf-8-sig", "replace").splitlines()
            names = [line.strip() for line in lines if line.strip()]
            return DataYaml(root, dict(enumerate(names)), True, {}, notes=(f"names of classes from {name}",))
    return DataYaml(root, None, False, {}, notes=("nobody names the classes: their numbers are their names",))


def _names(values: Any) -> tuple[dict[int, str] | None, bool]:
    """Names by number, and whether they were a list."""
    if values is None:
        return None, False
    if isinstance(values, dict):
        return {int(number): str(name) for number, name in values.items()}, False
    if not isinstance(values, list):
        raise ValueError(f"names are {str(values)[:40]!r}, no list")
    return {number: str(name) for number, name in enumerate(values)}, True


def _paths(value: Any) -> list[str]:
    paths = value if isinstance(value, list) else [value]
    if not all(isinstance(path, str) for path in paths):
        raise ValueError("a split is neither a path nor a list of paths")
    return paths


def _root(file: Path, values: dict[str, Any]) -> Path:
    """The folder that ``path`` names, from the file; the file's own where that does not exist."""
    said = values.get("path")
    tried = file.parent / said if isinstance(said, str) else file.parent
    return tried if tried.is_dir() else file.parent


def _unreadable(file: Path, reason: str) -> DataError:
    return DataError(
        f"{file} cannot be read ({reason})",
        "YAML with train, val and names",
        "names: [cat, dog], or names: {0: cat, 1: dog}",
    )
