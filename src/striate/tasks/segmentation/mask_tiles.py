"""A picture of any size, named pixel by pixel in bounded memory: tiles, blended, and kept as run lengths.

    picture --tiles--> scores --mean by Gaussian weights, band by band--> best classes --runs--> Segmentation

In memory are one batch of tiles, one row of tiles of scores in float16, and the runs of the answer; of an
array on disk (``numpy.memmap``, a TIFF or PPM without compression) no more is read at once than a batch of
tiles.
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.inputs import Input, image_of, name_of, one_or_many
from striate.data.mapped_picture import forget, mapped
from striate.errors import SettingError
from striate.layers.eval_mode import evaluating
from striate.ops.tile_blend import blended_bands
from striate.ops.tile_grid import OVERLAP, tile_boxes
from striate.records import Segmentation
from striate.records.segmentation import mask_dtype
from striate.tasks.segmentation.segmenter import Segmenter, scores_of
from striate.tasks.segmentation.upscaled import best_of, upscaled
from striate.tasks.tile_size import Tile, tile_size

AT_ONCE = 8
"""Tiles that go through the network together."""

LENGTH = torch.int64.itemsize
"""Bytes of the length of a run."""


@torch.inference_mode()
def predict_tiled(
    model: Segmenter,
    images: Input | Iterable[Input],
    tile: Tile = "auto",
    *,
    overlap: float = OVERLAP,
) -> Segmentation | list[Segmentation]:
    """The class of every pixel of one picture, or of many, as the model sees them in tiles.

    Args:
        model: that gives ``Segmentation``.
        images: as ``TaskModel.predict`` takes them.
        tile: (H, W) of the tiles in pixels of the pictures, or one side of squares. ``auto`` takes tiles in
            which things are as large for the network as they were in training. A picture that is no larger
            than a tile is answered at once.
        overlap: share of a tile that its neighbour shows too, 0..0.9.

    Raises:
        SettingError: tile or overlap mean nothing.
        ImageError, ShapeError: as ``TaskModel.predict``.
    """
    side = tile_size(model, tile, overlap)
    pictures, alone = one_or_many(images)
    found = [_in_tiles(model, one, side, overlap) for one in pictures]
    return found[0] if alone else found


def _in_tiles(model: Segmenter, given: Input, side: tuple[int, int], overlap: float) -> Segmentation:
    parts = _Parts(given)
    if all(have <= most for have, most in zip(parts.size, side, strict=True)):
        return model.predict(given)
    boxes = tile_boxes(parts.size, side, overlap)
    with evaluating(model):
        answered = _answered(model, parts, boxes)
        bands = blended_bands(answered, parts.size, torch.float16)
        best = (best_of(scores.float(), 0) for _, scores in bands)
        labels, lengths = _runs(best, mask_dtype(len(model.classes)))
    return Segmentation(lengths, labels, parts.size, model.classes, name_of(given))


class _Parts:
    """Parts of a picture: of an array only what is asked for is read."""

    def __init__(self, given: Input) -> None:
        self.array: NDArray[np.uint8] | None = None
        self.image: Tensor | None = None
        on_disk = mapped(given) if isinstance(given, str | Path) else given
        if isinstance(on_disk, np.ndarray) and on_disk.dtype == np.uint8 and on_disk.ndim == 3:
            self.array, shape = on_disk, on_disk.shape[:2]
        else:
            self.image = image_of(given)
            shape = tuple(self.image.shape[1:])
        self.size = int(shape[0]), int(shape[1])

    def part(self, box: Tensor) -> Tensor:
        """uint8 (C, h, w)."""
        left, top, right, below = box.tolist()
        if self.array is not None:
            return image_of(np.ascontiguousarray(self.array[top:below, left:right]))
        assert self.image is not None
        return self.image[:, top:below, left:right]

    def read(self) -> None:
        """What was read of a file need not stay in memory."""
        if self.array is not None:
            forget(self.array)


def _answered(model: Segmenter, parts: _Parts, boxes: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Each tile with its scores (K, h, w), in pixels of the picture."""
    height, width = (int(boxes[0, 3] - boxes[0, 1]), int(boxes[0, 2] - boxes[0, 0]))
    affine, answer = model.preprocess.affine((height, width)), model.answering(len(boxes))
    rest = iter(boxes)
    while some := list(islice(rest, AT_ONCE)):
        images = torch.stack([model.preprocess(parts.part(box)) for box in some])
        scores = scores_of(answer(images.to(model.device))).float().cpu()
        for box, one in zip(some, scores, strict=True):
            yield box, upscaled(one, affine, (height, width))
        parts.read()


def _runs(bands: Iterator[Tensor], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Labels and lengths of bands of rows; a run that goes on in the next band is one run.

    They are gathered in buffers that grow in their place: parts joined at the end would be held twice.

    >>> bands = iter([torch.tensor([[1, 1, 2]]), torch.tensor([[2, 0, 0]])])
    >>> [column.tolist() for column in _runs(bands, torch.uint8)]
    [[1, 2, 0], [2, 2, 2]]
    """
    labels, lengths, one, last = bytearray(), bytearray(), dtype.itemsize, -1
    for band in bands:
        values, counts = torch.unique_consecutive(band.flatten(), return_counts=True)
        if labels and last == values[0]:
            counts[0] += int.from_bytes(lengths[-LENGTH:], sys.byteorder)
            del labels[-one:], lengths[-LENGTH:]
        labels += values.to(dtype).numpy().tobytes()
        lengths += counts.numpy().tobytes()
        last = int(values[-1])
    if not labels:
        raise SettingError("the picture has no pixel", "one or more", "another picture")
    return torch.frombuffer(labels, dtype=dtype), torch.frombuffer(lengths, dtype=torch.int64)
