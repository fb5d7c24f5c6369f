"""What to do when a batch does not fit into memory: its halves, and their halves.

    32 pictures: too large     16: too large     8: fits, and so do the others     8 8 8 8

Answers do not depend on how many pictures are answered at once, so nothing has to be asked.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from striate.errors import SettingError

T = TypeVar("T")

REFUSALS = ("out of memory", "not enough memory", "can't allocate memory", "could not allocate")
"""What torch's allocators and those below them say."""


def in_parts(answer: Callable[..., T], images: Tensor, *given: Sequence[Tensor]) -> Iterator[T]:
    """The answers to a batch, in as many parts as memory makes necessary.

    Args:
        answer: images (N, C, H, W), and what is given with them -> what is answered, the first axis N.
        images: N of them.
        given: with the images, such as boxes; one for each image.

    Raises:
        SettingError: one picture alone does not fit.
    """
    try:
        answered = answer(images, *given)
    except (RuntimeError, MemoryError) as error:
        if not is_refusal(error):
            raise
        if len(images) == 1:
            raise _too_large(images) from error
    else:
        yield answered
        return
    middle = (len(images) + 1) // 2  # outside of the except clause, which holds on to what was computed
    for half in (slice(middle), slice(middle, None)):
        yield from in_parts(answer, images[half], *(one[half] for one in given))


def is_refusal(error: BaseException) -> bool:
    """Whether memory was refused; on a processor torch says so by a plain RuntimeError.

    >>> is_refusal(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    True
    """
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return known or any(words in str(error).lower() for words in REFUSALS)


def _too_large(images: Tensor) -> SettingError:
    height, width = images.shape[-2:]
    return SettingError(
        f"one picture of {height}x{width} does not fit into the memory of {images.device}",
        "memory for the largest two maps of the network",
        "a smaller network, smaller pictures, or another device",
    )
