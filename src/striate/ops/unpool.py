"""Un-pooling: maps become larger again, without anything to learn.

Nearest and bed of nails: Dumoulin, Visin 2016 and the field's lore; max-unpooling: Zeiler, Fergus 2013,
section 2.1, https://arxiv.org/abs/1311.2901; Noh, Hong, Han 2015, figure 3, https://arxiv.org/abs/1505.04366.

    nearest                     bed of nails                max-unpooling: each number returns to the place
    1 2      1 1 2 2            1 2      1 0 2 0            where the largest was found when it was pooled
    3 4  ->  1 1 2 2            3 4  ->  0 0 0 0
             3 3 4 4                     3 0 4 0            1 2      0 0 2 0
             3 3 4 4                     0 0 0 0            3 4  ->  0 1 0 0
                                                                     0 0 0 0
                                                                     3 0 0 4
"""

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import per_axis


def nearest_unpool(x: Tensor, factor: int = 2) -> Tensor:
    """Repeat each number in a square: (N, C, H, W) -> (N, C, H * factor, W * factor).

    Raises:
        ShapeError: ``x`` has not four axes.
        SettingError: the factor is smaller than 1.

    >>> nearest_unpool(torch.tensor([[[[1, 2]]]])).tolist()
    [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
    """
    _check(x, factor)
    return x.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)


def bed_of_nails(x: Tensor, factor: int = 2) -> Tensor:
    """Put each number at the top left of a square of zeros: (N, C, H, W) -> (N, C, H * factor, W * factor).

    Raises:
        ShapeError: ``x`` has not four axes.
        SettingError: the factor is smaller than 1.

    >>> bed_of_nails(torch.tensor([[[[1, 2]]]])).tolist()
    [[[[1, 0, 2, 0], [0, 0, 0, 0]]]]
    """
    _check(x, factor)
    images, channels, height, width = x.shape
    board = x.new_zeros(images, channels, height * factor, width * factor)
    board[:, :, ::factor, ::factor] = x
    return board


def max_unpool(x: Tensor, places: Tensor, output_size: int | tuple[int, int]) -> Tensor:
    """Return each number to its remembered place and leave zeros everywhere else.

    Args:
        x: (N, C, H', W'), as large as what ``max_pool_with_places`` gave.
        places: int64 of the same shape, row * W + column for each number, as ``max_pool_with_places`` gives.
        output_size: (H, W) of the map that was pooled, or one number for a square. It cannot be worked out
            backwards: pooling 2x2 makes 2x2 out of 4x4 and out of 5x5.

    Returns:
        (N, C, H, W). Where overlapping windows remember one place, the larger of their numbers stands.

    Raises:
        ShapeError: ``x`` and ``places`` differ in shape, or a place is outside of the map.
        SettingError: the size is no pair of numbers of at least 1.

    >>> max_unpool(torch.tensor([[[[7.0, 8.0]]]]), torch.tensor([[[[4, 2]]]]), output_size=(2, 3)).tolist()
    [[[[0.0, 0.0, 8.0], [0.0, 7.0, 0.0]]]]
    """
    _check(x, 1)
    height, width = per_axis("output_size", output_size, 2)
    _check_places(x, places, height, width)
    board = x.new_zeros(*x.shape[:2], height * width)
    board = board.scatter_reduce(2, places.flatten(2), x.flatten(2), "amax", include_self=False)
    return board.reshape(*x.shape[:2], height, width)


def _check(x: Tensor, factor: int) -> None:
    """Refuse what is no stack of maps, and a factor that would not enlarge."""
    if x.dim() != 4:
        raise ShapeError(f"x is {tuple(x.shape)}", "(N, C, H, W)", "x[None] for one image")
    if factor < 1:
        raise SettingError(f"factor is {factor}", "1 or more", "factor=2")


def _check_places(x: Tensor, places: Tensor, height: int, width: int) -> None:
    """Refuse places that do not belong to ``x`` or to the map."""
    if places.shape != x.shape or places.dtype != torch.int64:
        raise ShapeError(
            f"places are {tuple(places.shape)} of {places.dtype} for x {tuple(x.shape)}",
            "one int64 place for each number",
            "values, places = max_pool_with_places(...)",
        )
    if places.is_meta or torch.compiler.is_compiling() or not places.numel():
        return  # there are no numbers to look at
    first, last = int(places.min()), int(places.max())
    if first < 0 or last >= height * width:
        raise ShapeError(
            f"the places run from {first} to {last}",
            f"0..{height * width - 1} for a map of {height}x{width}",
            "as output_size the size of the map that was pooled",
        )
