"""Regions of maps, each pooled to the same number of bins.

    RoI pool   rounds a region and its bins to whole pixels and keeps the largest (Girshick 2015, section 2.1)
    RoI align  rounds nothing and averages bilinear samples (He et al. 2017, section 3)
    position-sensitive: bin (i, j) looks at channels of its own, c * bins + i * k + j (Dai et al. 2016)

    +-----------------+
    |   +--+--+--+    |     a region in pixels of the image, times spatial_scale, lies on the map;
    |   |..|..|  |    |     its bins are H' x W', whatever its size
    |   +--+--+--+    |
    |   |  |  |  |    |
    +---+--+--+--+----+

Names and arguments are torchvision's. Maps in channels-last stay in channels-last.
https://arxiv.org/abs/1504.08083, https://arxiv.org/abs/1703.06870, https://arxiv.org/abs/1605.06409
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.boxes import bare, box_area, check_boxes
from striate.ops.kernels import backend_of
from striate.ops.region_pooling import LargestOfRegions, MeanOfRegions, Samples, Windows

Size = int | tuple[int, int]
Boxes = Tensor | Sequence[Tensor]


def roi_align(
    input: Tensor,
    boxes: Boxes,
    output_size: Size,
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> Tensor:
    """Average bilinear samples in each bin of each region.

    Args:
        input: float (N, C, H, W).
        boxes: (R, 5) with the number of the map first, or for each map (its regions, 4); corners in pixels.
        output_size: bins (H', W'), or one number for both.
        spatial_scale: pixels of the map in a pixel of the boxes, 1 / 16 for stride 16.
        sampling_ratio: samples along each side of a bin; 0 or less: one for each pixel of it, rounded up.
        aligned: True shifts by half a pixel, so that a box means its own pixels; False is the older form, in
            which a region is at least one pixel wide.

    Returns:
        (R, C, H', W') of the dtype of ``input``; its gradient flows to ``input`` alone.

    Raises:
        ShapeError: a shape does not fit, or a region names a map that is not there.
        SettingError: a box is NaN or infinite, or the sizes are not at least 1.

    >>> maps, boxes = torch.arange(25.0).reshape(1, 1, 5, 5), [torch.tensor([[1.0, 1, 3, 3]])]
    >>> roi_align(maps, boxes, 2, aligned=True).tolist()
    [[[[6.0, 7.0], [11.0, 12.0]]]]
    """
    regions, bins = _checked(input, boxes, output_size, spatial_scale)
    if backend_of(input, regions) == "torchvision":
        return _torchvision("roi_align", input, regions, bins, spatial_scale, sampling_ratio, aligned)
    frame = regions[:, 1:] * spatial_scale - (0.5 if aligned else 0)
    return _mean(input, regions, Samples(frame, bins, sampling_ratio, 0.0 if aligned else 1.0))


def roi_pool(input: Tensor, boxes: Boxes, output_size: Size, spatial_scale: float = 1.0) -> Tensor:
    """Keep the largest number in each bin of each region; 0 in a bin outside the map.

    Arguments, result and errors are those of ``roi_align``. The gradient goes to the first of equal numbers.

    >>> roi_pool(torch.arange(25.0).reshape(1, 1, 5, 5), [torch.tensor([[1.0, 1, 3, 3]])], 1).tolist()
    [[[[18.0]]]]
    """
    regions, bins = _checked(input, boxes, output_size, spatial_scale)
    backend = backend_of(input, regions)
    if backend == "torchvision":
        return _torchvision("roi_pool", input, regions, bins, spatial_scale)
    corners = _round(regions[:, 1:] * spatial_scale)
    windows = Windows(corners, bins, tuple(input.shape[2:]), inclusive=True)
    x, image = _wide(input), regions[:, 0].long()
    if backend == "plain":
        return windows.plain_largest(x, image).to(input.dtype)
    pooled: Tensor = LargestOfRegions.apply(x, image, windows)
    return pooled.to(input.dtype)


def ps_roi_align(
    input: Tensor, boxes: Boxes, output_size: Size, spatial_scale: float = 1.0, sampling_ratio: int = -1
) -> Tensor:
    """Average bilinear samples, every bin in channels of its own.

    Arguments and errors are those of ``roi_align`` with ``aligned=True``; C must be a multiple of H' W'.

    Returns:
        (R, C / (H' W'), H', W').

    >>> maps = torch.arange(4.0).reshape(1, 4, 1, 1).expand(1, 4, 3, 3)
    >>> ps_roi_align(maps, torch.tensor([[0.0, 0, 0, 3, 3]]), 2).tolist()
    [[[[0.0, 1.0], [2.0, 3.0]]]]
    """
    regions, bins = _checked(input, boxes, output_size, spatial_scale, by_position=True)
    if backend_of(input, regions) == "torchvision":
        return _torchvision("ps_roi_align", input, regions, bins, spatial_scale, sampling_ratio)
    frame = regions[:, 1:] * spatial_scale - 0.5
    return _mean(input, regions, Samples(frame, bins, sampling_ratio, 0.0), by_position=True)


def ps_roi_pool(input: Tensor, boxes: Boxes, output_size: Size, spatial_scale: float = 1.0) -> Tensor:
    """Average the pixels of each bin, every bin in channels of its own (R-FCN, equation 1).

    Arguments, result and errors are those of ``ps_roi_align``; regions and bins are rounded to whole pixels.
    As in torchvision, bins end before the last row and column of the map, which R-FCN's own code counts too.

    >>> maps = torch.arange(4.0).reshape(1, 4, 1, 1).expand(1, 4, 3, 3)
    >>> ps_roi_pool(maps, torch.tensor([[0.0, 0, 0, 2, 2]]), 2).tolist()
    [[[[0.0, 1.0], [2.0, 3.0]]]]
    """
    regions, bins = _checked(input, boxes, output_size, spatial_scale, by_position=True)
    if backend_of(input, regions) == "torchvision":
        return _torchvision("ps_roi_pool", input, regions, bins, spatial_scale)
    corners, ends = _round(regions[:, 1:] * spatial_scale), (input.shape[2] - 1, input.shape[3] - 1)
    windows = Windows(corners, bins, ends, inclusive=False)
    return _mean(input, regions, windows, by_position=True)


def pyramid_level(
    boxes: Tensor, lowest: int = 2, highest: int = 5, canonical_size: float = 224, canonical_level: int = 4
) -> Tensor:
    """The level of a feature pyramid on which each box is pooled: large boxes high up, on coarse maps.

    level = floor(canonical_level + log2(sqrt(area) / canonical_size)), kept within lowest..highest.

    Args:
        boxes: (M, 4), two corners in pixels of the image.
        lowest, highest: levels that there are; level l has stride 2 ** l.
        canonical_size: side of the box that belongs to ``canonical_level``, in pixels.
        canonical_level: 4 in the paper.

    Returns:
        int64 (M,).

    Source: Lin et al. 2017, equation 1, https://arxiv.org/abs/1612.03144.

    >>> pyramid_level(torch.tensor([[0.0, 0, 112, 112], [0, 0, 224, 224]])).tolist()
    [3, 4]
    """
    check_boxes(boxes)
    side = box_area(boxes).clamp(min=0).sqrt()
    level = torch.floor(canonical_level + torch.log2(side / canonical_size) + 1e-6)  # torchvision's slack
    return level.clamp(lowest, highest).long()


def context_windows(boxes: Tensor, crop: int = 227, padding: int = 16) -> Tensor:
    """Each box with what surrounds it: the window that is warped to a square crop.

    A crop shows ``padding`` pixels of surroundings on every side of the box. Windows have whole pixels, and
    may go beyond the picture, where a crop is empty.

    Args:
        boxes: (R, 4), two corners, pixels.
        crop: side of the crop, pixels.
        padding: of the crop, on each side.

    Returns:
        (R, 4), two corners, whole numbers.

    Raises:
        ShapeError: boxes are no table of four columns.
        SettingError: nothing is left between the paddings.

    Source: Girshick, Donahue, Darrell, Malik 2014, appendix A; the rounding of the authors' code.
    https://arxiv.org/abs/1311.2524

    >>> context_windows(torch.tensor([[99.0, 99, 199, 179]])).tolist()  # 100 x 80, by 227 / 195
    [[91.0, 92.0, 208.0, 187.0]]
    """
    check_boxes(boxes)
    if padding < 0 or crop - 2 * padding < 1:
        raise SettingError(f"crop is {crop} and padding {padding}", "crop > 2 padding", "padding=0")
    scale = crop / (crop - 2 * padding)
    half = (boxes[:, 2:] - boxes[:, :2]).double() / 2
    middle = boxes[:, :2].double() + 1 + half  # pixels are numbered from 1, and the last one is inside
    first, last = _round(middle - half * scale), _round(middle + half * scale)
    return torch.cat([first - 1, last], dim=1).to(boxes.dtype)


def box_affine(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """The map that lays a grid over each box, for bilinear sampling whose gradient reaches the boxes.

    ``torch.nn.functional.affine_grid(box_affine(boxes, size), shape, align_corners=True)`` are the places
    that ``grid_sample`` reads with ``align_corners=True``: -1 and 1 are the first and the last pixel.

    Args:
        boxes: float (R, 4), two corners, pixels.
        size: (H, W) of the map, each above 1.

    Returns:
        (R, 2, 3), x first.

    Raises:
        ShapeError: boxes are no table of four columns.
        SettingError: a side of the map has one pixel.

    Source: Johnson, Karpathy, Fei-Fei 2016, section 3.2.2. https://arxiv.org/abs/1511.07571

    >>> box_affine(torch.tensor([[0.0, 0, 30, 20]]), (20, 30)).tolist()  # the whole map
    [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    check_boxes(boxes)
    if min(size) < 2:
        raise SettingError(f"the map has {size[0]} x {size[1]} pixels", "2 x 2 or more", "a larger map")
    sides = boxes.new_tensor([size[1], size[0]])
    scale = (boxes[:, 2:] - boxes[:, :2]) / sides
    middle = (boxes[:, 2:] + boxes[:, :2] - 1) / (sides - 1) - 1  # a pixel lies half a pixel behind its edge
    zero = torch.zeros_like(scale[:, 0])
    x, y = (scale[:, 0], zero, middle[:, 0]), (zero, scale[:, 1], middle[:, 1])
    return torch.stack([torch.stack(x, dim=1), torch.stack(y, dim=1)], dim=1)


def _mean(input: Tensor, regions: Tensor, weights: Samples | Windows, by_position: bool = False) -> Tensor:
    """Weighted means of regions, by the kernel or by its twin."""
    x, image = _wide(input), regions[:, 0].long()
    if backend_of(input, regions) == "plain":
        return weights.plain_mean(x, image, by_position).to(input.dtype)
    pooled: Tensor = MeanOfRegions.apply(x, image, weights, by_position)
    return pooled.to(input.dtype)


def _torchvision(name: str, input: Tensor, regions: Tensor, bins: tuple[int, int], *more: Any) -> Tensor:
    """The same by torchvision's kernel."""
    from torchvision import ops

    pooled: Tensor = getattr(ops, name)(input, regions.to(input.dtype), bins, *more)
    return pooled


def _checked(
    input: Tensor, boxes: Boxes, output_size: Size, spatial_scale: float, by_position: bool = False
) -> tuple[Tensor, tuple[int, int]]:
    """Check the arguments, and give the regions as (R, 5) in a wide enough float type, and the bins."""
    if input.dim() != 4 or not input.is_floating_point() or 0 in input.shape[1:]:
        raise ShapeError(
            f"input is {tuple(input.shape)} of {input.dtype}", "float (N, C, H, W)", "input[None] for one map"
        )
    bins = (output_size, output_size) if isinstance(output_size, int) else (output_size[0], output_size[1])
    if min(bins) < 1 or not spatial_scale > 0:
        raise SettingError(
            f"output_size is {output_size} and spatial_scale {spatial_scale}",
            "at least one bin, and a scale above 0",
            "output_size=7, spatial_scale=1 / 16",
        )
    if by_position and input.shape[1] % (bins[0] * bins[1]):
        raise ShapeError(
            f"input has {input.shape[1]} channels for {bins[0]} x {bins[1]} bins",
            "as many for every bin",
            f"{bins[0] * bins[1]} channels for each class",
        )
    regions = _regions(boxes, input)
    check_boxes(regions, "boxes", 5)
    image = regions[:, 0]
    if (
        len(regions)
        and not torch.compiler.is_compiling()
        and not 0 <= image.min() <= image.max() < len(input)
    ):
        raise ShapeError(
            f"boxes name the maps {int(image.min())}..{int(image.max())}",
            f"0..{len(input) - 1}",
            "the first column is the number of the map in input",
        )
    return regions, bins


def _regions(boxes: Boxes, input: Tensor) -> Tensor:
    """(R, 5) with the number of the map first; float64 for maps in float64, else float32."""
    kind = torch.float64 if input.dtype == torch.float64 else torch.float32
    if isinstance(boxes, Tensor):
        return bare(boxes.detach()).to(kind)
    parts = []
    for number, part in enumerate(boxes):
        if part.dim() != 2 or part.shape[1] != 4:
            raise ShapeError(
                f"boxes[{number}] are {tuple(part.shape)}", "(regions, 4)", "one tensor for each map"
            )
        corners = bare(part.detach()).to(kind)
        parts.append(torch.cat([corners.new_full((len(part), 1), number), corners], dim=1))
    return torch.cat(parts) if parts else input.new_zeros(0, 5, dtype=kind)


def _round(x: Tensor) -> Tensor:
    """To whole numbers, halves away from zero as in C."""
    size = x.abs()
    down = size.floor()
    return torch.copysign(down + (size - down >= 0.5), x)


def _wide(input: Tensor) -> Tensor:
    """float32 and float64 as they are, half and bf16 as float32: they are averaged with its precision."""
    return input if input.dtype in (torch.float32, torch.float64) else input.float()
