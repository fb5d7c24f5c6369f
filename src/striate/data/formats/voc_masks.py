"""Pascal VOC's masks of objects: a PNG whose pixels are numbers of objects, in the order of the XML file.

    SegmentationObject/a.png    0 nothing, 1 the first object, 2 the second, ..., 255 not said

Source: Everingham et al. 2010, section 2.3.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.decode import opened
from striate.errors import ImageError

NOT_SAID = 255


def object_masks(file: Path, count: int) -> list[dict[str, Any]]:
    """The masks of so many objects, as COCO's run lengths; none where the file has other numbers.

    Args:
        file: a PNG with a palette, or of numbers.
        count: objects of the XML file.
    """
    try:
        with opened(file) as picture:
            pixels = np.asarray(picture)
    except (ImageError, OSError):
        return []
    if pixels.ndim != 2 or pixels.dtype.kind not in "ui":
        return []
    numbers = set(np.unique(pixels).tolist()) - {0, NOT_SAID}
    if numbers != set(range(1, count + 1)):
        return []
    return [run_lengths(pixels == number) for number in range(1, count + 1)]


def run_lengths(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """A mask as COCO writes it: how many pixels are off and on in turns, column by column.

    >>> run_lengths(np.array([[False, True], [True, True]]))
    {'size': [2, 2], 'counts': [1, 3]}
    """
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=False))
    ends = np.append(edges, len(flat))
    return {"size": list(mask.shape), "counts": np.diff(ends, prepend=0).tolist()}
