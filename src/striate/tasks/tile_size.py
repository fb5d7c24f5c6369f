"""How large the tiles of a large picture are: as asked for, or so that things look as large as in training.

pictures of 480 x 640 seen as 240 x 320 in training --auto--> tiles of 480 x 640
"""

from typing import Any, Literal

from striate.errors import SettingError
from striate.ops.tile_grid import OVERLAP
from striate.tasks.model import TaskModel

Tile = Literal["auto"] | int | tuple[int, int]


def tile_size(model: TaskModel[Any], tile: Tile, overlap: float) -> tuple[int, int]:
    """(H, W) of tiles, pixels of the pictures.

    Raises:
        SettingError: a side is below 1, or the overlap is not 0..0.9.
    """
    if not 0 <= overlap <= 0.9:
        raise SettingError(f"overlap is {overlap}", "0..0.9, a share of the tile", f"overlap={OVERLAP}")
    if tile == "auto":
        return learned_size(model)
    sides = (tile, tile) if isinstance(tile, int) else tile
    if isinstance(sides, str) or len(sides) != 2 or min(sides) < 1:
        raise SettingError(f"tile is {tile!r}", "auto, pixels, or (H, W)", "tile='auto'")
    return sides


def learned_size(model: TaskModel[Any]) -> tuple[int, int]:
    """(H, W) of a part of a picture that fills the network's images at the scale of the training.

    A network that saw pictures of 480 x 640 as 240 x 320 sees tiles of 480 x 640. Where the pictures of the
    training are not known, tiles are as large as the images.
    """
    height, width = model.preprocess.size
    known = model.trained_on and model.trained_on.size
    if not known:
        return height, width
    affine = model.preprocess.affine(known)
    return max(1, round(height / float(affine[1, 1]))), max(1, round(width / float(affine[0, 0])))
