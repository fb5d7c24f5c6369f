"""The same convolution three ways: as the sum that one neuron makes, by torch, and as a matrix.

LeCun, Bottou, Bengio, Haffner 1998, section II.A; the matrix: Dumoulin, Visin 2016, section 4.1,
https://arxiv.org/abs/1603.07285. The kernel is not mirrored: it is what mathematics calls cross-correlation.

    kernel (x, y, z), stride 1, padding 1                      stride 2: every second row

    [ x y z 0 0 0 ]   [ 0 ]   [      ay + bz ]
    [ 0 x y z 0 0 ]   [ a ]   [ ax + by + cz ]                 [ x y z 0 0 0 ]
    [ 0 0 x y z 0 ] . [ b ] = [ bx + cy + dz ]                 [ 0 0 x y z 0 ]
    [ 0 0 0 x y z ]   [ c ]   [ cx + dy      ]
                      [ d ]
                      [ 0 ]   X.T enlarges: it is the transposed convolution, and its padding is cut off
"""

from collections.abc import Sequence
from itertools import product
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import Padding, output_size, padding_sides, per_axis

AxisPadding = int | Padding | Sequence[int | tuple[int, int]]
"""Pixels on every side, "same", "valid", or for each axis pixels or (before, after)."""


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: AxisPadding = 0,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve with torch; "same" goes with any stride, and the padding may differ from side to side.

    Args:
        x: (N, C, H, W), or (N, C, W) for signals.
        weight: (K, C, f, f), or (K, C, f).
        bias: (K), added to the K maps.
        stride: pixels from one window to the next, one number or one for each axis.
        padding: zeros around ``x``: pixels, "same", "valid", or for each axis pixels or (before, after).
        dilation: pixels from one weight to the next, one number or one for each axis.

    Returns:
        (N, K, H', W') with the sizes that ``output_size`` gives.

    Raises:
        ShapeError: the tensors do not fit each other, or the kernel does not fit the padded input.
        SettingError: stride, padding or dilation is out of its range.

    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> convolve(x, torch.ones(1, 1, 2), stride=2, padding="same").tolist()
    [[[1.0, 5.0, 4.0]]]
    """
    _check_tensors(x, weight, bias)
    window = _Window(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    function = F.conv1d if weight.dim() == 3 else F.conv2d
    return function(window.pad(x), weight, bias, stride=window.stride, dilation=window.dilation)


def convolve_slowly(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: AxisPadding = 0,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve neuron by neuron, by the formula: the slow twin of ``convolve``, with the same arguments.

    z[i, j, k] = b[k] + sum over u, v, k' of x[i', j', k'] * w[u, v, k', k]
    with i' = i * s_h + u, j' = j * s_w + v counted on the padded input; what lies outside of ``x`` is zero.

    Raises:
        ShapeError: the tensors do not fit each other, or the kernel does not fit the padded input.
        SettingError: stride, padding or dilation is out of its range.

    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> convolve_slowly(x, torch.ones(1, 1, 2), stride=2, padding="same").tolist()
    [[[1.0, 5.0, 4.0]]]
    """
    _check_tensors(x, weight, bias)
    window = _Window(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    neurons, below = [], x.movedim(0, -1)
    for k, *place in product(range(weight.shape[0]), *map(range, window.output)):
        z = x.new_zeros(x.shape[0]) if bias is None else bias[k].expand(x.shape[0])
        for k_below, *u in product(range(weight.shape[1]), *map(range, weight.shape[2:])):
            seen = window.pixel(place, u)
            if seen is not None:
                z = z + below[(k_below, *seen)] * weight[(k, k_below, *u)]
        neurons.append(z)
    return torch.stack(neurons, dim=1).reshape(x.shape[0], weight.shape[0], *window.output)


def convolution_matrix(
    kernel: Tensor, input_size: int | Sequence[int], stride: int | Sequence[int] = 1, padding: AxisPadding = 0
) -> Tensor:
    """Write a convolution as the matrix X: X @ a convolves the padded a, X.T @ b is the transposed one.

    Args:
        kernel: (f), (f, f), or with channels (K, C, f), (K, C, f, f).
        input_size: pixels along each axis before padding; one number for a square.
        stride: pixels from one window to the next, one number or one for each axis.
        padding: as in ``convolve``.

    Returns:
        (K * outputs, C * padded pixels): a row for each neuron, a column for each pixel, the zeros around the
        image too; both are in the order of ``flatten``.

    Raises:
        ShapeError: the kernel has no axis or more than four, or does not fit the padded input.
        SettingError: stride or padding is out of its range.

    >>> convolution_matrix(torch.tensor([1, 2, 3]), input_size=4, stride=2, padding=1).tolist()
    [[1, 2, 3, 0, 0, 0], [0, 0, 1, 2, 3, 0]]
    """
    if not 1 <= kernel.dim() <= 4 or 0 in kernel.shape:
        raise ShapeError(
            f"kernel is {tuple(kernel.shape)}", "(f), (f, f), (K, C, f) or (K, C, f, f)", "kernel[0, 0]"
        )
    weight = kernel if kernel.dim() > 2 else kernel[None, None]
    sizes = per_axis("input_size", input_size, weight.dim() - 2)
    window = _Window(sizes, weight.shape[2:], stride, padding, 1)
    rows, columns = prod(window.output), prod(window.padded)
    matrix = weight.new_zeros(rows, columns, *weight.shape[:2])
    matrix[torch.arange(rows), window.pixels()] = weight.flatten(2).permute(2, 0, 1).unsqueeze(1)
    return matrix.permute(2, 0, 3, 1).reshape(weight.shape[0] * rows, weight.shape[1] * columns)


def convolve_by_matrix(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: AxisPadding = 0,
) -> Tensor:
    """Convolve by one product with ``convolution_matrix``; arguments and result are those of ``convolve``.

    Raises:
        ShapeError: the tensors do not fit each other, or the kernel does not fit the padded input.
        SettingError: stride or padding is out of its range.

    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> convolve_by_matrix(x, torch.ones(1, 1, 2), stride=2, padding="same").tolist()
    [[[1.0, 5.0, 4.0]]]
    """
    _check_tensors(x, weight, bias)
    window = _Window(x.shape[2:], weight.shape[2:], stride, padding, 1)
    matrix = convolution_matrix(weight, x.shape[2:], stride, padding)
    z = (window.pad(x).flatten(1) @ matrix.T).reshape(x.shape[0], weight.shape[0], *window.output)
    return z if bias is None else z + bias.reshape(-1, *(1,) * len(window.output))


class _Window:
    """Where a kernel lies on an input: all numbers checked, one for each axis."""

    def __init__(
        self,
        sizes: Sequence[int],
        f: Sequence[int],
        stride: int | Sequence[int],
        padding: AxisPadding,
        dilation: int | Sequence[int],
    ) -> None:
        axes = len(sizes)
        self.f, self.stride = tuple(f), per_axis("stride", stride, axes)
        self.dilation = per_axis("dilation", dilation, axes)
        each = [padding] * axes if isinstance(padding, int | str) else list(padding)
        if len(each) != axes:
            raise SettingError(
                f"padding has {len(each)} entries", f"1 or {axes}, one for each axis", 'padding="same"'
            )
        geometry = list(zip(sizes, f, self.stride, each, self.dilation, strict=True))
        self.output = tuple(output_size(*axis) for axis in geometry)
        self.sides = [padding_sides(*axis) for axis in geometry]
        self.sizes = tuple(sizes)
        self.padded = tuple(n + before + after for n, (before, after) in zip(sizes, self.sides, strict=True))

    def pad(self, x: Tensor) -> Tensor:
        """Surround with zeros; F.pad wants the last axis first."""
        ends = [pixels for sides in reversed(self.sides) for pixels in sides]
        return F.pad(x, ends) if any(ends) else x

    def pixel(self, place: Sequence[int], u: Sequence[int]) -> tuple[int, ...] | None:
        """Find the pixel under element ``u`` of the window at ``place``; None in the padding."""
        at = tuple(
            i * s + e * d - before
            for i, s, e, d, (before, _) in zip(place, self.stride, u, self.dilation, self.sides, strict=True)
        )
        return at if all(0 <= i < n for i, n in zip(at, self.sizes, strict=True)) else None

    def pixels(self) -> Tensor:
        """(elements, outputs): which padded pixel lies under an element of the window, for each output."""
        under = torch.zeros(1, 1, dtype=torch.int64)
        for f, s, outputs, pixels in zip(self.f, self.stride, self.output, self.padded, strict=True):
            axis = torch.arange(f)[:, None] + s * torch.arange(outputs)
            under = under[:, None, :, None] * pixels + axis[None, :, None, :]
            under = under.flatten(2).flatten(0, 1)
        return under


def _check_tensors(x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse tensors that do not fit each other."""
    if weight.dim() not in (3, 4) or x.dim() != weight.dim():
        raise ShapeError(
            f"x is {tuple(x.shape)}, weight {tuple(weight.shape)}",
            "x (N, C, H, W) with weight (K, C, f, f), or x (N, C, W) with weight (K, C, f)",
            "x[None] for one image, weight[None, None] for one bare kernel",
        )
    if x.shape[1] != weight.shape[1]:
        raise ShapeError(
            f"x has {x.shape[1]} channels, the filters have {weight.shape[1]}",
            "as many channels in a filter as in the input",
            "x.movedim(-1, 1) if the channels come last",
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"bias is {tuple(bias.shape)} for {weight.shape[0]} filters",
            "one number for each filter",
            "bias=None",
        )
