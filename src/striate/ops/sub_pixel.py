"""Pixel shuffle: channels become pixels, and pixels channels.

    four channels           one channel of twice the side
    [1] [2] [3] [4]   <-->   1 2
                             3 4

Shi et al. 2016, section 3.2, equation 4. https://arxiv.org/abs/1609.05158
"""

from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.ops.geometry import per_axis


def pixel_shuffle(x: Tensor, factor: int = 2) -> Tensor:
    """(N, C * factor^2, H, W) -> (N, C, H * factor, W * factor).

    Raises:
        ShapeError: ``x`` has not four axes, or its channels do not divide by factor^2.
        SettingError: the factor is smaller than 1.

    >>> import torch
    >>> pixel_shuffle(torch.tensor([1, 2, 3, 4]).view(1, 4, 1, 1)).tolist()
    [[[[1, 2], [3, 4]]]]
    """
    per_axis("factor", factor, 1)
    if x.dim() != 4 or x.shape[1] % factor**2:
        raise ShapeError(
            f"x is {tuple(x.shape)}", f"(N, C, H, W), C a multiple of {factor**2}", "x[None] for one image"
        )
    return F.pixel_shuffle(x, factor)


def pixel_unshuffle(x: Tensor, factor: int = 2) -> Tensor:
    """The inverse: (N, C, H * factor, W * factor) -> (N, C * factor^2, H, W).

    Raises:
        ShapeError: ``x`` has not four axes, or a side does not divide by the factor.
        SettingError: the factor is smaller than 1.

    >>> import torch
    >>> pixel_unshuffle(torch.tensor([[[[1, 2], [3, 4]]]])).flatten().tolist()
    [1, 2, 3, 4]
    """
    per_axis("factor", factor, 1)
    if x.dim() != 4 or any(side % factor for side in x.shape[2:]):
        raise ShapeError(
            f"x is {tuple(x.shape)}", f"(N, C, H, W), sides multiples of {factor}", "x[None] for one image"
        )
    return F.pixel_unshuffle(x, factor)
