"""Two measures of the pattern that an upsampling draws: how unevenly filters overlap, and what is left of it.

    3x3 filters, 2 pixels apart            a constant picture, doubled
      covered  1 2 1 2 1                     a b a b      every pixel belongs to one of 2x2 phases;
               2 4 2 4 2                     c d c d      the phases of an even result are equal
               1 2 1 2 1                     a b a b

A filter whose side divides by the stride overlaps evenly. The pattern stays nevertheless: each phase is made
by other weights of the filter. Only a convolution of an enlarged map gives all phases by the same weights.

Odena, Dumoulin, Olah 2016. https://distill.pub/2016/deconv-checkerboard
"""

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.ops.geometry import per_axis


def overlaps(kernel: int, stride: int) -> Tensor:
    """int64 (stride,): how many filters cover a pixel of each phase, along one axis.

    Raises:
        SettingError: a number is smaller than 1.

    >>> overlaps(3, 2).tolist(), overlaps(4, 2).tolist(), overlaps(1, 2).tolist()
    ([2, 1], [2, 2], [1, 0])
    """
    per_axis("kernel and stride", (kernel, stride), 2)
    return torch.tensor([len(range(phase, kernel, stride)) for phase in range(stride)])


def unevenness(kernel: int, stride: int, axes: int = 2) -> float:
    """Deviation of the overlaps of a transposed convolution, in their mean; 0 where they are even.

    Args:
        kernel: side of the filter.
        stride: pixels from one filter to the next.
        axes: 1 for a signal, 2 for a picture.

    Raises:
        SettingError: a number is smaller than 1.

    >>> [round(unevenness(kernel, 2, axes=1), 4) for kernel in (2, 3, 4)], round(unevenness(3, 2), 4)
    ([0.0, 0.3333, 0.0], 0.4843)
    """
    per_axis("axes", axes, 1)
    along = overlaps(kernel, stride).double()
    counts = torch.ones((), dtype=torch.float64)
    for _ in range(axes):
        counts = torch.outer(counts.flatten(), along)
    return (counts.std(correction=0) / counts.mean()).item()


def phase_ratio(x: Tensor, stride: int = 2, margin: int = 0) -> float:
    """Deviation of the phases of a map from each other, in their mean size; 0 where they are equal.

    Args:
        x: (N, C, H, W), what an upsampling made of a constant picture.
        stride: by which it enlarged.
        margin: pixels at each edge that are left out; a multiple of the stride.

    Returns:
        the mean deviation of the phases of all channels, divided by the mean of their amounts; 0 for zeros.

    Raises:
        ShapeError: the map has no four axes, or nothing is left within the margin.
        SettingError: the stride is smaller than 1.

    >>> phase_ratio(torch.tensor([[[[1.0, 3.0], [1.0, 3.0]]]])), phase_ratio(torch.ones(1, 1, 4, 4))
    (0.5, 0.0)
    """
    per_axis("stride", stride, 1)
    if x.dim() != 4 or min(x.shape[2:]) < 2 * margin + stride:
        raise ShapeError(
            f"x is {tuple(x.shape)}", f"(N, C, H, W), sides of {2 * margin + stride} or more", "a larger map"
        )
    inner = x.detach().double()[:, :, margin : x.shape[2] - margin, margin : x.shape[3] - margin]
    phases = torch.stack(
        [inner[:, :, i::stride, j::stride].mean((0, 2, 3)) for i in range(stride) for j in range(stride)]
    )
    size = phases.abs().mean()
    return (phases.std(0, correction=0).mean() / size).item() if size > 0 else 0.0
