"""What a person may hand to ``predict``: paths, arrays, PIL pictures or tensors, one or many."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from striate.data.decode import decode, to_tensor
from striate.data.preprocess import Preprocess
from striate.errors import ShapeError

Input = str | Path | Image.Image | NDArray[np.uint8] | Tensor


def image_of(given: Input) -> Tensor:
    """uint8 (1 or 3, H, W) of anything that is one picture.

    Arrays are (H, W) or (H, W, C); tensors are (C, H, W).

    Raises:
        ImageError: a file cannot be read.
        ShapeError: an array or a tensor is no uint8 picture.
    """
    if isinstance(given, str | Path):
        return decode(given)
    if isinstance(given, Image.Image):
        return to_tensor(given.convert("RGB"))
    if isinstance(given, np.ndarray):
        given = torch.from_numpy(
            np.ascontiguousarray(given if given.ndim == 3 else given[..., None])
        ).permute(2, 0, 1)
    if given.dtype != torch.uint8 or given.ndim != 3 or given.shape[0] not in (1, 3):
        raise ShapeError(
            f"an image is {given.dtype} {tuple(given.shape)}",
            "uint8: array (H, W) or (H, W, 3), tensor (1 or 3, H, W)",
            "scale floats to 0..255 and convert them to uint8",
        )
    return given


def name_of(given: Input) -> str:
    """The path of a file, "" for anything else."""
    return str(given) if isinstance(given, str | Path) else ""


def input_batches(inputs: Sequence[Input], preprocess: Preprocess, batch: int) -> Iterator[Tensor]:
    """uint8 (N, C, H, W) batches in the order given; files are decoded by several threads."""
    with ThreadPoolExecutor() as pool:
        images = pool.map(lambda given: preprocess(image_of(given)), inputs)
        for start in range(0, len(inputs), batch):
            yield torch.stack([next(images) for _ in range(min(batch, len(inputs) - start))])
