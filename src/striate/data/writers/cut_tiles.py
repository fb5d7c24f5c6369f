"""Cut large pictures into tiles with their boxes, so that a detector is taught small objects at full size.

    +-------+ . . . . .      +-------+  +-------+
    |      [|box]     .  ->  |      [|  |[box]  |     a box is clipped at the border of a tile, and left out
    |     . |     .   .      |       |  |       |     where less than a fifth of it is inside
    +-------+ . . . . .      +-------+  +-------+

The rule for boxes is that of augmentation (``stays_inside``). A picture that is no larger than a tile stays
as it is. Tiles of JPEG files are JPEG files of high quality, all others PNG. All tiles of a picture stay in
its split.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.decode import decode
from striate.data.writers.cropped_details import cropped_details
from striate.data.writers.layout import Labelled, unique_names
from striate.errors import SettingError
from striate.files.text_store import TextStore
from striate.formatting import plural
from striate.ops.tile_grid import OVERLAP, tile_boxes
from striate.records.affine import clipped_boxes, stays_inside

Empty = Literal["keep", "drop"]
JPEG, QUALITY = (".jpg", ".jpeg"), 95
"""Endings of files whose tiles are JPEG too, and their quality: pixels differ by a level or two."""

OF_ONE = ("id",)
"""Columns of pictures that tiles cannot share."""


@dataclass(frozen=True)
class Tiles:
    """How pictures are cut.

    Args:
        side: (H, W) of the tiles, pixels.
        overlap: share of a tile that its neighbour shows too, 0..0.9.
        empty: whether tiles without a box are kept, as background, or dropped.

    Raises:
        SettingError: a side is below 1, or the overlap is not 0..0.9.
    """

    side: tuple[int, int]
    overlap: float = OVERLAP
    empty: Empty = "keep"

    def __post_init__(self) -> None:
        if not all(one >= 1 for one in self.side):
            raise SettingError(f"tile is {self.side}", "pixels, 1 or more, or (H, W)", "tile=640")
        if not 0 <= self.overlap <= 0.9:
            expected = "0..0.9, a share of the tile"
            raise SettingError(f"overlap is {self.overlap}", expected, f"overlap={OVERLAP}")


class Part(NamedTuple):
    """A tile, or a whole picture.

    Args:
        picture: its number.
        window: x1, y1, x2, y2 in the picture; None for all of it.
        rows: int64 (M,), the boxes that are in it.
        boxes: float32 (M, 4), in its own pixels.
    """

    picture: int
    window: tuple[int, int, int, int] | None
    rows: NDArray[np.int64]
    boxes: NDArray[np.float32]


def cut_into_tiles(labelled: Labelled, tiles: Tiles, folder: Path) -> tuple[Labelled, tuple[str, ...]]:
    """Tiles in the place of pictures, as files in a folder, and sentences about what became of the boxes.

    Args:
        labelled: pictures with boxes.
        tiles: how they are cut.
        folder: a new one, for the tiles.

    Raises:
        ImageError: a picture cannot be read.
        OSError: a tile cannot be written.
    """
    every = list(_parts(labelled, tiles))
    parts = [one for one in every if one.window is None or len(one.rows) or tiles.empty == "keep"]
    names = unique_names([_name(labelled.names[one.picture], one.window) for one in parts])
    sources = [str(folder / f"{number}{Path(name).suffix}") for number, name in enumerate(names)]
    folder.mkdir()
    _write(labelled, parts, sources)
    pictures = np.array([one.picture for one in parts], np.int64)
    cut = Labelled(sources, names, labelled.split[pictures], _annotations(labelled.annotations, parts))
    return cut, _notes(labelled, every, tiles)


def _parts(labelled: Labelled, tiles: Tiles) -> Iterator[Part]:
    """The tiles of every picture, with their boxes."""
    annotations = labelled.annotations
    for index, (height, width) in enumerate(annotations.pictures["size"].tolist()):
        rows = np.array(labelled.rows(index), np.int64)
        windows = tile_boxes((height, width), tiles.side, tiles.overlap)
        if len(windows) == 1:
            yield Part(index, None, rows, annotations.boxes[rows])
            continue
        boxes = torch.from_numpy(annotations.boxes[rows])
        for window in windows:
            moved = boxes - window[[0, 1, 0, 1]]
            left, top, right, bottom = window.tolist()
            inside = clipped_boxes(moved, (bottom - top, right - left))
            stays = stays_inside(moved, inside)
            yield Part(index, (left, top, right, bottom), rows[stays.numpy()], inside[stays].numpy())


def _name(name: str, window: tuple[int, int, int, int] | None) -> str:
    """The name of a tile says where it lies.

    >>> _name("a/b.tif", (480, 0, 960, 640)), _name("a/b.JPG", (0, 0, 9, 9)), _name("b.tif", None)
    ('a/b_480_0.png', 'a/b_0_0.JPG', 'b.tif')
    """
    if window is None:
        return name
    path = Path(name)
    ending = path.suffix if path.suffix.lower() in JPEG else ".png"
    return path.with_name(f"{path.stem}_{window[0]}_{window[1]}{ending}").as_posix()


def _write(labelled: Labelled, parts: list[Part], sources: list[str]) -> None:
    """The files of all parts; a picture is decoded once, and one at a time is in memory."""
    decoded, pixels = -1, torch.empty(0)
    for part, target in zip(parts, sources, strict=True):
        source = labelled.sources[part.picture]
        if part.window is None:
            shutil.copyfile(source, target)
            continue
        if part.picture != decoded:
            decoded, pixels = part.picture, decode(source)
        left, top, right, bottom = part.window
        tile = pixels[:, top:bottom, left:right].permute(1, 2, 0).numpy()
        options: dict[str, Any] = (
            {"quality": QUALITY, "subsampling": 0} if target.lower().endswith(JPEG) else {}
        )
        Image.fromarray(np.ascontiguousarray(tile)).save(target, **options)


def _annotations(annotations: BoxAnnotations, parts: list[Part]) -> BoxAnnotations:
    """The boxes of all parts."""
    rows = np.concatenate([one.rows for one in parts]) if parts else np.zeros(0, np.int64)
    boxes = np.concatenate([one.boxes for one in parts]) if parts else np.zeros((0, 4), np.float32)
    pictures = np.array([one.picture for one in parts], np.int64)
    columns = {name: column[rows] for name, column in annotations.columns.items()}
    if "details" in columns:
        windows = (one.window for one in parts for _ in one.rows)
        store = TextStore()
        texts = [
            store.add(cropped_details(str(text or ""), window))
            for text, window in zip(columns["details"], windows, strict=True)
        ]
        columns["details"] = np.array(texts, object)
    known = {name: column[pictures] for name, column in annotations.pictures.items() if name not in OF_ONE}
    for row, one in enumerate(parts):
        if one.window is not None:
            left, top, right, bottom = one.window
            known["size"][row] = bottom - top, right - left
    return replace(
        annotations,
        boxes=boxes.astype(np.float32),
        labels=annotations.labels[rows],
        ends=np.cumsum([len(one.rows) for one in parts], dtype=np.int64),
        columns=columns,
        pictures=known,
        proposals=None,
    )


def _notes(labelled: Labelled, parts: list[Part], tiles: Tiles) -> tuple[str, ...]:
    """How many tiles there are, and what became of the boxes."""
    cut = [one for one in parts if one.window is not None]
    if not cut:
        height, width = tiles.side
        return (f"no picture is larger than a tile of {width}x{height}: none was cut",)
    pictures, empty = {one.picture for one in cut}, sum(not len(one.rows) for one in cut)
    lost = sum(len(labelled.rows(index)) for index in pictures)
    lost -= len(np.unique(np.concatenate([one.rows for one in cut])))
    kept = "kept" if tiles.empty == "keep" else "left out"
    counted = f"{plural(len(pictures), 'picture')} cut into {plural(len(cut), 'tile')}"
    notes = {
        f"{counted}, {empty:,} of them without a box: {kept}": 1,
        f"{plural(lost, 'box')} in no tile: less than a fifth, or less than a pixel, lies in each": lost,
    }
    return tuple(sentence for sentence, count in notes.items() if count)
