"""What a person may hand to ``predict``: paths, arrays, PIL pictures or tensors, one or many."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from striate.data.decode import decode, decode_picture
from striate.data.preprocess import Preprocess
from striate.errors import ShapeError

Input = str | Path | Image.Image | NDArray[np.uint8] | Tensor


def image_of(given: Input, at_least: tuple[int, int] | None = None) -> Tensor:
    """uint8 (1 or 3, H, W) of anything that is one picture.

    Arrays are (H, W) or (H, W, C); tensors are (C, H, W).

    Args:
        given: the picture.
        at_least: (H, W) below which a file is not decoded; None: at full size.

    Raises:
        ImageError: a file or a PIL picture cannot be read.
        ShapeError: an array or a tensor is no uint8 picture.
    """
    if isinstance(given, str | Path):
        return decode(given, at_least)
    if isinstance(given, Image.Image):
        return decode_picture(given)
    if isinstance(given, np.ndarray):
        image = torch.from_numpy(np.array(given if given.ndim == 3 else given[..., None]))
        image = image.permute(2, 0, 1) if image.ndim == 3 else image
    else:
        image = given
    if image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] not in (1, 3) or not image.numel():
        raise ShapeError(
            f"an image is {given.dtype} {tuple(given.shape)}",
            "uint8: array (H, W) or (H, W, 3), tensor (1 or 3, H, W)",
            "scale floats to 0..255 and convert them to uint8",
        )
    return image


def name_of(given: Input) -> str:
    """The path of a file, "" for anything else."""
    return str(given) if isinstance(given, str | Path) else ""


def input_batches(inputs: Sequence[Input], preprocess: Preprocess, batch: int) -> Iterator[Tensor]:
    """uint8 (N, C, H, W) batches in the order given.

    One thread for each core decodes while the caller works on a batch, at most two batches ahead, so that a
    list of ten million files takes no more memory than a short one. Every thread writes its picture into its
    place: stacking them with torch would start a second team of threads beside these.
    """

    def fill(place: NDArray[np.uint8], given: Input) -> None:
        np.copyto(place, preprocess(image_of(given, preprocess.at_least)).numpy(force=True))

    def start(chunk: Sequence[Input]) -> tuple[NDArray[np.uint8], list[Future[None]]]:
        images = np.empty((len(chunk), preprocess.channels, *preprocess.size), dtype=np.uint8)
        return images, [pool.submit(fill, images[place], given) for place, given in enumerate(chunk)]

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        chunks = (inputs[first : first + batch] for first in range(0, len(inputs), batch))
        ahead = deque(map(start, islice(chunks, 2)))
        while ahead:
            images, tasks = ahead.popleft()
            for task in tasks:
                task.result()
            ahead.extend(map(start, islice(chunks, 1)))
            yield torch.from_numpy(images)
    finally:
        pool.shutdown(cancel_futures=True)
