"""How regions are pooled: the weights of pixels in a bin, their means and maxima, and the gradients of these.

    Samples   bilinear samples spread over a region            -> weights of rows and of columns
    Windows   bins of whole pixels, floor to ceil of its edges -> the same, or first and end of each bin

    mean      out[r, c, p, q] = sum over y, x of rows[r, p, y] * columns[r, q, x] * map[c, y, x]
    largest   out[r, c, p, q] = largest of map[c, top..bottom, left..right]

``plain_mean`` and ``plain_largest`` say this in plain tensors: they are the definition, the test, and what
devices without a kernel use. ``MeanOfRegions`` and ``LargestOfRegions`` are the kernels with their gradients.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

CHUNK = 1024
"""Regions whose weights are in memory at a time."""


class Samples:
    """The weights of bilinear samples.

    Args:
        frame: (R, 4) corners in pixels of the map, not rounded.
        bins: (P, Q) along the height and the width.
        ratio: samples along a bin; 0 or less for one in each pixel.
        least: smallest side of a region, in pixels.
    """

    def __init__(self, frame: Tensor, bins: tuple[int, int], ratio: int, least: float) -> None:
        self.bins = bins
        self.start = frame[:, :2]
        self.size = frame[:, 2:] - frame[:, :2]
        if least:
            self.size = self.size.clamp(min=least)
        counts = self.size.new_tensor([bins[1], bins[0]])
        adaptive = torch.ceil(self.size / counts)
        self.grid = (torch.full_like(adaptive, ratio) if ratio > 0 else adaptive.clamp(min=0)).long()

    def weights(self, part: slice, axis: int, length: int) -> Tensor:
        """Weights (regions of ``part``, bins, length) along axis 0, the height, or 1, the width."""
        bins, which = self.bins[axis], 1 - axis
        start, size, grid = self.start[part, which], self.size[part, which], self.grid[part, which]
        if start.device.type != "cpu":
            return plain_sample_weights(start, size, grid, bins, length)
        from striate.ops.kernels.roi import sample_weights

        out = _empty((len(start), bins, length), start)
        steps = torch.arange(max(int(grid.max()) if len(grid) else 0, bins, length, 2) + 1, dtype=start.dtype)
        sample_weights(0, len(start), *(x.contiguous().numpy() for x in (start, size, grid, steps, out)))
        return out

    def plain_mean(self, x: Tensor, image: Tensor, by_position: bool) -> Tensor:
        """The definition of ``mean`` for these samples."""
        sides = [
            plain_sample_weights(self.start[:, k], self.size[:, k], self.grid[:, k], bins, length)
            for k, bins, length in zip((1, 0), self.bins, x.shape[2:], strict=True)
        ]
        return plain_mean(x, image, sides[0], sides[1], by_position)


class Windows:
    """Bins of whole pixels: bin p covers floor(p * side) to ceil((p + 1) * side), so neighbours may overlap.

    Args:
        corners: (R, 4) in whole pixels of the map.
        bins: (P, Q) along the height and the width.
        size: rows and columns of the map that count.
        inclusive: whether the second corner is the last pixel of the region, or the first one after it.
    """

    def __init__(
        self, corners: Tensor, bins: tuple[int, int], size: tuple[int, ...], inclusive: bool
    ) -> None:
        self.bins, self.dtype = bins, corners.dtype
        self.edges = [
            _window_edges(corners[:, which], corners[:, which + 2] + inclusive, count, length)
            for which, count, length in zip((1, 0), bins, size, strict=True)
        ]

    def weights(self, part: slice, axis: int, length: int) -> Tensor:
        """Weights (regions of ``part``, bins, length): 1 / pixels of the bin in it, 0 outside."""
        first, end = self.edges[axis][part].unbind(-1)
        pixels = torch.arange(length, device=first.device)
        inside = (pixels >= first[..., None]) & (pixels < end[..., None])
        return inside.to(self.dtype) / (end - first).clamp(min=1)[..., None]

    def plain_mean(self, x: Tensor, image: Tensor, by_position: bool) -> Tensor:
        """The definition of ``mean`` for these bins."""
        rows, columns = (self.weights(slice(None), axis, x.shape[2 + axis]).to(x.dtype) for axis in (0, 1))
        return plain_mean(x, image, rows, columns, by_position)

    def plain_largest(self, x: Tensor, image: Tensor) -> Tensor:
        """The definition of ``largest``, bin by bin; an empty bin gives 0."""
        pooled = []
        for tops, lefts, number in zip(*self.edges, image, strict=True):
            for top, bottom in tops.tolist():
                for left, right in lefts.tolist():
                    pixels = x[number, :, top:bottom, left:right].flatten(1)
                    pooled.append(pixels.max(dim=1).values if pixels.shape[1] else x.new_zeros(x.shape[1]))
        stacked = torch.stack(pooled) if pooled else x.new_zeros(0, x.shape[1])
        return stacked.view(len(image), *self.bins, x.shape[1]).permute(0, 3, 1, 2)


class MeanOfRegions(Function):
    """``plain_mean`` by a kernel: (x, image, weights, by_position) -> (R, C, P, Q)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, image: Tensor, weights: Samples | Windows, by_position: bool) -> Tensor:
        """Weighted means."""
        from striate.ops.kernels import roi
        from striate.ops.kernels.buffers import empty
        from striate.ops.kernels.compile import in_threads

        ctx.image, ctx.weights, ctx.by_position, ctx.shape = image, weights, by_position, x.shape
        ctx.last, last = _is_last(x), _is_last(x) or by_position
        maps, count = _channels_last(x, weights.bins, by_position), weights.bins[0] * weights.bins[1]
        shape = (count, maps.shape[-1]) if last else (maps.shape[-1], count)
        out = empty((len(image), *shape), maps.dtype)
        if by_position:
            out[:] = 0
        for part, rows, columns in _chunks(weights, len(image), x):
            more = () if by_position else (last,)
            work = roi.position_mean if by_position else roi.mean
            arrays = (maps, image[part].numpy(), rows, columns, out[part])
            in_threads(work, len(rows), out[part].size, *arrays, *more)
        return _as_regions(torch.from_numpy(out), weights.bins, last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None, None]:
        """Spread the gradient of each bin over its pixels."""
        from striate.ops.kernels import roi
        from striate.ops.kernels.compile import in_threads

        number, channels, height, width = ctx.shape
        bins, image = ctx.weights.bins, ctx.image
        count = bins[0] * bins[1]
        last = _is_last(g) or ctx.by_position
        gradients = _as_bins(g, last)
        own = (count, channels // count) if ctx.by_position else (channels,)
        out = g.new_zeros(number, height, width, *own)
        for part, rows, columns in _chunks(ctx.weights, len(image), g.new_empty(0, 0, height, width)):
            arrays = (gradients[part].contiguous().numpy(), image[part].numpy(), rows, columns)
            more = (out.numpy(),) if ctx.by_position else (last, out.numpy())
            work = roi.position_mean_backward if ctx.by_position else roi.mean_backward
            in_threads(work, own[-1], g[part].numel(), *arrays, *more, cuts=1)
        spread = out.transpose(3, 4).flatten(3) if ctx.by_position else out
        return _like(spread, ctx.last), None, None, None


class LargestOfRegions(Function):
    """``Windows.plain_largest`` by a kernel: (x, image, windows) -> (R, C, P, Q)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, image: Tensor, windows: Windows) -> Tensor:
        """The largest number of each bin, and where it was if a gradient will be asked for."""
        from striate.ops.kernels import roi
        from striate.ops.kernels.buffers import empty
        from striate.ops.kernels.compile import in_threads

        last = _is_last(x)
        maps, count = _channels_last(x), windows.bins[0] * windows.bins[1]
        _, height, width, channels = maps.shape
        shape = (count, channels) if last else (channels, count)
        out = empty((len(image), *shape), maps.dtype)
        small = "i2" if height * width < 1 << 15 else "i4"
        where = empty((len(image) if ctx.needs_input_grad[0] else 0, *shape), small)
        edges = (edge.contiguous().numpy() for edge in windows.edges)
        in_threads(roi.largest, len(image), out.size, maps, image.numpy(), *edges, out, where, last)
        ctx.image, ctx.where, ctx.shape, ctx.last = image, where, x.shape, last
        return _as_regions(torch.from_numpy(out), windows.bins, last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        """Give the gradient of each bin to the pixel that was the largest."""
        from striate.ops.kernels import roi
        from striate.ops.kernels.compile import in_threads

        number, channels, height, width = ctx.shape
        pixels = height * width
        out = g.new_zeros(number, *((pixels, channels) if ctx.last else (channels, pixels)))
        arrays = (_as_bins(g, ctx.last).contiguous().numpy(), ctx.image.numpy(), ctx.where, out.numpy())
        in_threads(roi.largest_backward, channels, g.numel(), *arrays, ctx.last, cuts=1)
        return _as_regions(out, (height, width), ctx.last), None, None


def plain_sample_weights(start: Tensor, size: Tensor, grid: Tensor, bins: int, length: int) -> Tensor:
    """The definition of the weights (R, bins, length) of bilinear samples along one axis."""
    side = (size / bins)[:, None, None]
    samples = torch.arange(int(grid.max()) if len(grid) else 0, device=start.device)
    steps = torch.arange(bins, device=start.device, dtype=start.dtype)[:, None]
    at = start[:, None, None] + steps * side + (samples + 0.5) * side / grid[:, None, None].clamp(min=1)
    counted = (samples < grid[:, None, None]) & (at >= -1) & (at <= length)
    at = at.clamp(0, length - 1)
    low = at.long().clamp(max=length - 1)
    share = (at - low).to(start.dtype)
    weight = counted / grid[:, None, None].clamp(min=1).to(start.dtype)
    out = start.new_zeros(len(start), bins, length)
    out.scatter_add_(2, low, weight * (1 - share))
    return out.scatter_add_(2, (low + 1).clamp(max=length - 1), weight * share)


def plain_mean(x: Tensor, image: Tensor, rows: Tensor, columns: Tensor, by_position: bool) -> Tensor:
    """The definition of a weighted mean: (N, C, H, W), weights (R, P, H) and (R, Q, W) -> (R, C, P, Q)."""
    bins = (rows.shape[1], columns.shape[1])
    rule = "cpqhw,ph,qw->cpq" if by_position else "chw,ph,qw->cpq"
    maps = x.reshape(len(x), -1, *bins, *x.shape[2:]) if by_position else x
    pooled = [
        torch.einsum(rule, maps[number], row, column)
        for number, row, column in zip(image.tolist(), rows, columns, strict=True)
    ]
    return torch.stack(pooled) if pooled else x.new_zeros(0, maps.shape[1], *bins)


def _window_edges(start: Tensor, end: Tensor, bins: int, length: int) -> Tensor:
    """First pixel and end of every bin, int64 (R, bins, 2), within 0..length."""
    side = ((end - start).clamp(min=1) / bins)[:, None]
    number = torch.arange(bins, device=start.device, dtype=start.dtype)
    edges = torch.stack((torch.floor(number * side), torch.ceil((number + 1) * side)), dim=-1)
    return (edges + start[:, None, None]).clamp(0, length).long()


def _chunks(weights: Samples | Windows, count: int, x: Tensor) -> Any:
    """Slices of the regions, with the weights of their rows and columns as arrays."""
    for begin in range(0, count, CHUNK):
        part = slice(begin, min(begin + CHUNK, count))
        sides = (weights.weights(part, axis, x.shape[2 + axis]) for axis in (0, 1))
        rows, columns = (side.to(x.dtype).contiguous().numpy() for side in sides)
        yield part, rows, columns


def _is_last(x: Tensor) -> bool:
    """Whether channels lie beside each other in memory, and pixels do not."""
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


def _channels_last(x: Tensor, bins: tuple[int, int] = (1, 1), by_position: bool = False) -> Any:
    """An array (N, H, W, C), or (N, H, W, bins, C / bins); copied only if x lies otherwise in memory."""
    if by_position:
        grouped = x.detach().reshape(len(x), -1, bins[0] * bins[1], *x.shape[2:])
        return grouped.permute(0, 3, 4, 2, 1).contiguous().numpy()
    turned = x.detach().permute(0, 2, 3, 1)
    return (turned if turned.is_contiguous() else _empty(turned.shape, turned).copy_(turned)).numpy()


def _empty(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """A tensor of any content and the dtype of another one, in memory that may have been used before."""
    from striate.ops.kernels.buffers import empty

    return torch.from_numpy(empty(shape, like.detach().numpy().dtype))


def _as_regions(out: Tensor, bins: tuple[int, int], last: bool) -> Tensor:
    """(R, P * Q, C) or (R, C, P * Q) as (R, C, P, Q)."""
    if last:
        return out.reshape(len(out), *bins, out.shape[2]).permute(0, 3, 1, 2)
    return out.reshape(len(out), out.shape[1], *bins)


def _as_bins(g: Tensor, last: bool) -> Tensor:
    """(R, C, P, Q) as (R, P * Q, C) or (R, C, P * Q)."""
    return g.permute(0, 2, 3, 1).flatten(1, 2) if last else g.flatten(2)


def _like(spread: Tensor, last: bool) -> Tensor:
    """A gradient (N, H, W, C) as (N, C, H, W), in the memory format of what it belongs to."""
    turned = spread.permute(0, 3, 1, 2)
    return turned if last else turned.contiguous()
