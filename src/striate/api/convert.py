"""Write boxes in the layouts that other programs read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from striate.arguments import checked
from striate.data.writers.convert import Converted, Target
from striate.data.writers.convert import convert as convert_data
from striate.data.writers.cut_tiles import Empty, Tiles
from striate.data.writers.layout import Pictures
from striate.errors import SettingError
from striate.ops.tile_grid import OVERLAP

__all__ = ["convert"]

SHARES = ("val", "test")
"""Splits that can be held out."""


@checked
def convert(
    data: str | Path,
    out: str | Path,
    to: Target,
    format: str | None = None,
    *,
    split: Mapping[str, float] | None = None,
    seed: int = 0,
    accept: Sequence[str] = (),
    on_bad_box: Literal["stop", "clip", "drop", "drop-image"] = "stop",
    pictures: Pictures = "copy",
    tile: int | tuple[int, int] | None = None,
    overlap: float = OVERLAP,
    empty_tiles: Empty = "keep",
    reading: Callable[[int, int], None] | None = None,
) -> Converted:
    """Write a data set with boxes in another layout; read again, its boxes are the same, bit by bit.

    Args:
        data: a folder or a file.
        out: a new folder.
        to: ``coco``, ``voc`` or ``yolo``.
        format: of the data; recognised by looking when left out.
        split: shares to hold out where the data have no such split, as in ``{"val": 0.1, "test": 0.1}``; by
            what the pictures show.
        seed: of the split.
        accept: kinds of findings that do not stop it; what they name is left out.
        on_bad_box: ``clip``, ``drop`` or ``drop-image``; ``stop`` leaves bad boxes as they are.
        pictures: ``copy``, ``link`` or ``none``.
        tile: cut larger pictures into tiles of so many pixels, one side or (H, W), with their boxes: clipped,
            and left out where less than a fifth of one is inside.
        overlap: share of a tile that its neighbour shows too, 0..0.9.
        empty_tiles: ``keep`` tiles without a box, as background, or ``drop`` them.
        reading: called now and then with (bytes read, bytes in all) of a large file of annotations.

    Returns:
        ``.path``, ``.pictures`` by split, ``.boxes``, and ``.notes`` that count what the layout cannot hold.

    Raises:
        DataError: the data cannot be read, have no boxes, or would be spoiled silently.
        SettingError: a share is not 0..1, or of another split; a tile has no pixels, or its pictures shall
            not be copied.
        FileError: the folder exists, or cannot be written.
    """
    for name, share in (split or {}).items():
        if name not in SHARES or not 0 <= share < 1:
            raise SettingError(
                f"split is {name}={share}", "val and test, 0 or more and less than 1", "val=0.1"
            )
    sides = (tile, tile) if isinstance(tile, int) else tile
    if sides is not None and pictures != "copy":
        raise SettingError(f"pictures is {pictures} with tiles", "copy: tiles are new files", "leave it out")
    chosen = {name: split[name] for name in reversed(SHARES) if split and name in split}
    return convert_data(
        Path(data),
        Path(out),
        to,
        format,
        split=chosen,
        seed=seed,
        accept=accept,
        on_bad_box=on_bad_box,
        pictures=pictures,
        tiles=None if sides is None else Tiles(sides, overlap, empty_tiles),
        reading=reading,
    )
