"""Pictures that are parts of pictures: what is inside a box and a margin around it, one for each object.

picture  +------------------+          crop   +--------+
         |     +----+       |                 | +----+ |
         |     | box|       |    --->         | | box| |
         |     +----+       |                 | +----+ |
         +------------------+                 +--------+
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.image_store import Store

CROP_MARGIN = 0.15
"""Share of the longer side of a box that is kept around it."""


class Crops:
    """Parts of the images of another store.

    Args:
        store: the whole images.
        indices: int64 (N,), the image of every crop.
        boxes: float32 (N, 4), x1, y1, x2, y2, pixels.
        margin: share of the longer side of the box, kept around it.
    """

    def __init__(
        self,
        store: Store,
        indices: NDArray[np.int64],
        boxes: NDArray[np.float32],
        margin: float = CROP_MARGIN,
    ) -> None:
        self.store, self.indices = store, indices
        around = margin * np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])[:, None]
        self.corners = np.maximum(np.floor(boxes[:, :2] - around), 0).astype(np.float32)
        self._ends = np.ceil(boxes[:, 2:] + around).astype(np.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def relative(self, index: int) -> str:
        """The picture's path below the root, and which part of it."""
        return self.store.relative(int(self.indices[index])) + self._part(index)

    def name(self, index: int) -> str:
        """The picture's path, and which part of it."""
        return self.store.name(int(self.indices[index])) + self._part(index)

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> Tensor:
        """uint8 (C, H, W): the part; a box that leaves the picture ends at its edge."""
        image = self.store.read(int(self.indices[index]))
        (left, top), (right, bottom) = self.corners[index].astype(int), self._ends[index]
        height, width = image.shape[-2:]
        top, left = min(top, height - 1), min(left, width - 1)
        return image[:, top : max(bottom, top + 1), left : max(right, left + 1)].contiguous()

    def _part(self, index: int) -> str:
        (left, top), (right, bottom) = self.corners[index].astype(int), self._ends[index]
        return f"[{left}:{right}, {top}:{bottom}]"
