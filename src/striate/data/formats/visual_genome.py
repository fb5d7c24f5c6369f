"""Visual Genome: regions of pictures with a phrase each.

    region_descriptions.json   the regions, picture by picture; see ``region_index``
    image_data.json            [{"image_id": 1, "url": ".../VG_100K_2/1.jpg", "width": 800, "height": 600}]
    VG_100K/, VG_100K_2/       the pictures; or images/1.jpg

Krishna et al. 2017, https://arxiv.org/abs/1602.07332.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from striate.data.annotations.caption_annotations import REGION, CaptionAnnotations
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Findings
from striate.data.formats.index import Found
from striate.data.formats.json_stream import JsonStream, Progress
from striate.data.formats.picture_paths import existing, picture_folder
from striate.data.formats.region_index import RegionIndex, region_index
from striate.data.formats.split_names import UNSAID
from striate.data.image_store import Files
from striate.errors import DataError
from striate.files.regular import reason_of
from striate.formatting import plural

REGIONS, IMAGES = "region_descriptions.json", "image_data.json"
TRIED = 50
"""Pictures that are looked for to find their folder."""

LOOKED_AT = 1 << 12
"""Bytes of a file that tell what it is."""


def region_file(path: Path) -> Path | None:
    """The file of regions: the path itself if it looks like one, or the one of a folder."""
    file = path / REGIONS if path.is_dir() else path
    if file.suffix.lower() != ".json" or not file.is_file():
        return None
    with file.open("rb") as stream:
        start = stream.read(LOOKED_AT).lstrip(b"\xef\xbb\xbf \t\r\n")
    return file if start[:1] == b"[" and b'"regions"' in start else None


@dataclass
class _Pictures:
    """What is known of pictures, by id: the last two parts of their address, and (H, W)."""

    names: dict[int, str] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, value: dict[str, Any]) -> None:
        """One picture."""
        number = int(value["image_id"] if "image_id" in value else value["id"])
        parts = urlsplit(str(value.get("url") or f"{number}.jpg")).path.rsplit("/", 2)
        self.names[number] = "/".join(parts[-2:]).lstrip("/")
        self.sizes[number] = int(value.get("height") or 0), int(value.get("width") or 0)


def read_visual_genome(path: Path, *, progress: Progress | None = None) -> Found:
    """The regions of the pictures that are there.

    Args:
        path: of the folder, or of the file of regions.
        progress: called now and then with (bytes read, bytes in all) of the file of regions.

    Raises:
        DataError: there is no such file, it cannot be read, or no picture is there.
    """
    file = region_file(path)
    if file is None:
        raise DataError(f"{path} has no {REGIONS}", f"a folder with {REGIONS} and {IMAGES}", "the folder")
    index, root = region_index(file, progress), file.parent
    pictures, findings = _described(file.with_name(IMAGES)), Findings()
    names = {
        row: pictures.names.get(number, f"{number}.jpg") for row, number in enumerate(index.images.tolist())
    }
    found = _present(root, names)
    for name in found.missing:
        findings.add("missing", name, "there is no picture of that name")
    if index.wrong:
        findings.add("unlabelled", str(file), f"{plural(index.wrong, 'region')} without a box or a phrase")
    if not found.names:
        raise DataError(
            f"none of the {len(index.images):,} pictures of {file} is there, such as {names[0]}",
            "the pictures in VG_100K/ and VG_100K_2/, or in images/, beside the file",
            "unpack the pictures there",
        )
    annotations = _annotations(file, index, pictures).subset(np.array(found.numbers, np.int64))
    counted = f"{plural(len(found.names), 'picture')}, {plural(len(annotations.boxes), 'region')}"
    split = np.full(len(found.names), UNSAID, np.int8)
    note = f"read as Visual Genome: {file.name}, {counted}"
    return Found(Files(root, found.names), annotations, split, tuple(findings), (note,))


def _described(file: Path) -> _Pictures:
    """What image_data.json says; nothing if there is none.

    Raises:
        DataError: it cannot be read.
    """
    pictures = _Pictures()
    if not file.is_file():
        return pictures
    try:
        for value in JsonStream(file).elements():
            pictures.add(value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as reason:
        why = reason_of(reason) if isinstance(reason, OSError) else f"{type(reason).__name__}: {reason}"
        raise DataError(
            f"{file} cannot be read ({why[:100]})",
            '[{"image_id": 1, "url": ..., "width": 800, "height": 600}, ...]',
            "the file as it is published, or none: sizes are then not checked",
        ) from reason
    return pictures


def _present(root: Path, names: dict[int, str]) -> Any:
    """Which pictures are there: below the folders of their addresses, or all in one folder."""
    tried = list(names.values())[:TRIED]
    plain = {row: name.rsplit("/", 1)[-1] for row, name in names.items()}
    below = any((picture_folder(root, tried) / name).is_file() for name in tried)
    chosen = names if below else plain
    return existing(root, picture_folder(root, list(chosen.values())[:TRIED]), chosen)


def _annotations(file: Path, index: RegionIndex, pictures: _Pictures) -> CaptionAnnotations:
    """All regions; columns are mapped from the index, not copied."""
    lengths = np.asarray(index.lengths, np.int64)
    sizes = [pictures.sizes.get(number, (0, 0)) for number in index.images.tolist()]
    return CaptionAnnotations(
        index.boxes,
        np.zeros(len(index.boxes), np.int32),
        np.asarray(index.ends),
        (REGION,),
        {"line": index.ids, "text_start": np.cumsum(lengths) - lengths, "text_length": index.lengths},
        {"file": np.zeros(len(sizes), np.int32), "size": np.array(sizes, np.int32).reshape(-1, 2)},
        Origin(Files(file.parent, [file.name]), "region"),
        texts=index.texts,
    )
