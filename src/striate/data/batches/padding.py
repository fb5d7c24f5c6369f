"""Pictures of unequal size in one tensor: every picture at the top left, black beside and below it.

+-------+     +-----------+
|  a    |     |    b      |     sizes: those of a and of b
|.......|     +-----------+
| black |     |   black   |     both sides are multiples of 32, so that halving five times fits
+-------+     +-----------+
"""

from collections.abc import Sequence

import torch
from torch import Tensor

MULTIPLE = 32


def padded(images: Sequence[Tensor], *, always: bool = False) -> tuple[Tensor, Tensor]:
    """One tensor of several images, and their true sizes.

    Args:
        images: N of (C, H, W), one or more; of one size they are not padded at all, unless ``always``.
        always: both sides become multiples even if all images are of one size.

    Returns:
        (N, C, H, W), and int64 (N, 2) with H and W of each.

    >>> one, sizes = padded([torch.ones(1, 2, 3), torch.ones(1, 4, 2)])
    >>> one.shape, sizes.tolist()
    (torch.Size([2, 1, 32, 32]), [[2, 3], [4, 2]])
    """
    sizes = torch.tensor([image.shape[1:] for image in images])
    if not always and (sizes == sizes[0]).all():
        return torch.stack(list(images)), sizes
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in sizes.amax(0).tolist())
    result = images[0].new_zeros(len(images), images[0].shape[0], height, width)
    for place, image in zip(result, images, strict=True):
        place[:, : image.shape[1], : image.shape[2]] = image
    return result, sizes
