"""Which format a data set has, from what lies there: nothing is read that need not be.

path --a folder of XML, a data.yaml, a JSON with boxes, the first line of a table, ...--> "voc", "yolo", ...
"""

import os
from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from striate.data.annotations.annotations import Annotations, can_become
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.decode import EXTENSIONS
from striate.data.formats.csv import several_tables, tables_in
from striate.data.formats.idx import idx_files
from striate.data.formats.image_folder import split_folders
from striate.data.formats.npz import npz_file
from striate.data.formats.people import PEOPLE, people_tables
from striate.data.formats.table_header import Header, point_table, read_header
from striate.data.picture_files import ending_of
from striate.data.readers import KINDS_OF
from striate.errors import DataError
from striate.files.walk import Walk
from striate.lazy_table import LazyTable

LOOKED_AT = 1_000
"""Names of a folder among which a picture is looked for."""

LAYOUTS: LazyTable[Callable[[Path], object]] = LazyTable(
    {
        "voc": "striate.data.formats.voc:voc_root",
        "yolo": "striate.data.formats.yolo:yolo_root",
        "visual-genome": "striate.data.formats.visual_genome:region_file",
        "coco": "striate.data.formats.coco_captions:coco_box_files",
        "coco-captions": "striate.data.formats.coco_captions:caption_files",
        "coco-points": "striate.data.formats.coco:coco_files",
        "voc-masks": "striate.data.formats.voc_segmentation:voc_mask_root",
        "numbered-masks": "striate.data.formats.numbered_masks:numbered_pairs",
        "masks": "striate.data.formats.masks:mask_pairs",
        "coco-masks": "striate.data.formats.coco:coco_files",
    }
)
"""Format -> what finds its files below a path, or nothing. Those that say most of the pictures are first."""


def recognise(path: Path, kinds: tuple[type[Annotations], ...] = ()) -> str:
    """The format that a path looks like.

    Args:
        path: a folder or a file.
        kinds: of annotations that can be used; none for any.

    Raises:
        DataError: there is no such path, it is a file of no known format, a folder of several tables, or it
            holds nothing of these kinds.
    """
    if not path.exists() and str(path) == "digits":
        return "digits"
    refuse_missing(path)
    if kinds == (IdentityAnnotations,):
        return _people(path)
    annotated = annotated_formats(path)
    if PictureAnnotations in kinds:
        return annotated[0] if annotated else _of_pictures(path)
    if kinds and ClassAnnotations not in kinds:
        fitting = [name for name in annotated if can_become(KINDS_OF[name], kinds)]
        if not fitting:
            raise other_kind(path, annotated[0] if annotated else recognise(path), kinds)
        return min(fitting, key=lambda name: KINDS_OF[name] not in kinds)
    table, header = _table_of(path)
    if annotated and not (header and header.labelled and (kinds or not header.boxed)):
        if not kinds:
            return annotated[0]
        if "voc" in annotated or not _holds_class_folders(path):
            raise other_kind(path, annotated[0], kinds)
    if idx_files(path):
        return "idx"
    tables = [one for one in tables_in(path) if not header or header.labelled or one != table]
    if len(tables) > 1:
        raise several_tables(path, tables)
    if tables:
        return "csv"
    if npz_file(path):
        return "npz"
    if path.is_dir():
        return "folder"
    raise DataError(
        f"{path} is a file of no known format",
        "a folder of pictures, or a .csv, .tsv, .npz, .json or idx file",
        "name the format if the file's ending is unusual: --format csv",
    )


def _people(path: Path) -> str:
    """The format of pictures by identity that a path looks like.

    Raises:
        DataError: it looks like none, or a folder holds several tables.
    """
    tables = people_tables(path)
    if len(tables) > 1:
        raise several_tables(path, tables)
    if tables:
        return PEOPLE["csv"]
    name = recognise(path, (ClassAnnotations,))
    if name not in PEOPLE:
        raise other_kind(path, name, (IdentityAnnotations,))
    return PEOPLE[name]


def _of_pictures(path: Path) -> str:
    """The format of data of which the pictures alone are wanted, and the splits if there are any."""
    if path.is_file():
        return "pictures" if ending_of(path.name) in EXTENSIONS else recognise(path)
    if not split_folders(path) and holds_pictures(path):
        return "pictures"
    name = recognise(path)
    return "pictures" if name == "folder" and not split_folders(path) else name


def other_kind(path: Path, name: str, kinds: tuple[type[Annotations], ...]) -> DataError:
    """The error of data that tell something else than a task wants to know.

    Args:
        path: of the data.
        name: the format that they look like.
        kinds: of annotations that the task can use.
    """
    wanted, known = " or ".join(kind.shown for kind in kinds), KINDS_OF.get(name, Annotations)
    formats = ", ".join(name for name, kind in KINDS_OF.items() if can_become(kind, kinds))
    task = getattr(known, "task", None)
    command = f"; for these data: striate train {path} --task {task}" if task else ""
    return DataError(
        f"{path} holds {known.shown} (format {name}), and no {wanted}",
        f"data with {wanted}",
        f"--format with one of: {formats}{command}",
    )


def _holds_class_folders(path: Path) -> bool:
    """Whether two folders or more of a folder hold pictures, so that their names can be classes."""
    if not path.is_dir():
        return False
    listing = Walk(path).listing()
    return sum(holds_a_picture(path / folder) for folder in (*listing.folders, *listing.links)) > 1


def annotated_formats(path: Path) -> list[str]:
    """The formats with boxes, points or captions that a path has, those that say most about it first."""
    header = _table_of(path)[1]
    tables = {"points": bool(header and header.points), "boxes": bool(header and header.box)}
    if header and header.boxed:  # two corners of a box look like two numbered points
        tables = dict(reversed(tables.items()))
    if header and header.caption is not None:
        tables = {"captions": True, **tables}
    layouts = [name for name, files_below in LAYOUTS.items() if files_below(path)]
    return [*layouts, *(name for name, fits in tables.items() if fits)]


def _table_of(path: Path) -> tuple[Path | None, Header | None]:
    """The table of points or boxes, and what its columns are."""
    table = point_table(path)
    return table, read_header(table) if table else None


def holds_a_picture(folder: Path) -> bool:
    """Whether one of the first files of a folder is a picture."""
    with os.scandir(folder) as entries:
        return any(ending_of(entry.name) in EXTENSIONS for entry in islice(entries, LOOKED_AT))


def holds_pictures(folder: Path) -> bool:
    """Whether there is a picture in a folder, at any depth."""
    names = Walk(folder).files()
    return any(ending_of(name) in EXTENSIONS for name in names)


def refuse_missing(path: Path) -> None:
    """Raise, with the nearest names that do exist.

    Raises:
        DataError: there is no such path.
    """
    if path.exists():
        return
    entries = path.parent.iterdir() if path.parent.is_dir() else ()
    names = [entry.name for entry in entries if entry.name[0] != "." and may_be_data(entry)]
    near = get_close_matches(path.name, names, 3)
    hint = (
        "did you mean " + ", ".join(str(path.parent / name) for name in near)
        if near
        else "check the spelling"
    )
    raise DataError(f"there is no {path}", "a folder, a file, or the word digits", hint)


def may_be_data(path: Path) -> bool:
    """Whether a path could be meant as data: a folder, or a file that ends as data do."""
    return (
        path.is_dir()
        or path.suffix.lower() in (".csv", ".tsv", ".npz", ".gz", ".json", ".yaml")
        or "idx" in path.name
    )
