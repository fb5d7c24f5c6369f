"""How near predicted points are to the true ones: landmarks of a face, joints of a body.

    point error       distance of every point by a length that the caller names        (N, L)
    pck               which points lie within a share of that length                    (N, L)
    pcp               which limbs have both ends within half of the limb's own length   (N, limbs)

         true  x-------------x  true             a limb of 10 pixels is right while each of its
               o                 o  predicted    ends is at most 5 pixels away

Points are (x, y) in pixels or in any other unit that all arguments share. A point that is not visible is
counted nowhere: its error is NaN, and it is neither right nor wrong.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError


def point_error(points: Tensor, truth: Tensor, visible: Tensor, length: Tensor) -> Tensor:
    """Distance of every point from its true position, by a length of its image.

    Args:
        points: float (N, L, 2), predicted.
        truth: float (N, L, 2).
        visible: bool (N, L), the points whose true position is known.
        length: float (N,), above 0: the distance between the eyes, the side of the box, ...

    Returns:
        float (N, L); NaN where a point is not visible, or the length is not above 0.

    Raises:
        ShapeError: the shapes do not fit.

    Source: Cristinacce, Cootes 2006, section 5 (the distance between the eyes as length).

    >>> truth = torch.tensor([[[0.0, 0.0], [10.0, 0.0]]])
    >>> guess = torch.tensor([[[3.0, 4.0], [10.0, 0.0]]])
    >>> point_error(guess, truth, torch.tensor([[True, True]]), torch.tensor([10.0])).tolist()
    [[0.5, 0.0]]
    """
    _require(points, truth, visible)
    if length.shape != truth.shape[:1]:
        raise ShapeError(
            f"the lengths have the shape {tuple(length.shape)}", f"({len(truth)},), one an image", "check N"
        )
    counted = visible & (length > 0)[:, None]
    error = torch.linalg.vector_norm(points - truth, dim=-1) / length[:, None]
    return torch.where(counted, error, torch.nan)


def pck(error: Tensor, share: float) -> Tensor:
    """Which points lie within ``share`` of the length: the percentage of correct keypoints is their mean.

    Args:
        error: float (N, L), as ``point_error`` gives it.
        share: of the length, above 0; 0.1 and 0.05 are usual.

    Returns:
        float (N, L): 1 right, 0 wrong, NaN not counted.

    Raises:
        SettingError: the share is not above 0.

    Source: Yang, Ramanan 2013, section 6.

    >>> pck(torch.tensor([[0.05, 0.2, torch.nan]]), 0.1).nanmean().item()
    0.5
    """
    if not share > 0:
        raise SettingError(f"share is {share!r}", "above 0", "0.1")
    right = (error <= share).to(error.dtype)
    return torch.where(error.isnan(), error, right)


def pcp(
    points: Tensor, truth: Tensor, visible: Tensor, limbs: Sequence[tuple[int, int]], share: float = 0.5
) -> Tensor:
    """Which limbs are found: both ends within ``share`` of the limb's true length (the strict rule).

    Args:
        points: float (N, L, 2), predicted.
        truth: float (N, L, 2).
        visible: bool (N, L); a limb counts where both ends are visible and apart.
        limbs: pairs of point numbers.
        share: of the limb's length, above 0.

    Returns:
        float (N, limbs): 1 right, 0 wrong, NaN not counted.

    Raises:
        ShapeError: the shapes do not fit.
        SettingError: a limb names a point that does not exist, or the share is not above 0.

    Source: Ferrari, Marin-Jimenez, Zisserman 2008, section 5; the strict rule of Pishchulin et al. 2012.

    >>> truth = torch.tensor([[[0.0, 0.0], [10.0, 0.0], [10.0, 8.0]]])
    >>> guess = torch.tensor([[[4.0, 0.0], [10.0, 0.0], [10.0, 2.0]]])
    >>> pcp(guess, truth, torch.ones(1, 3, dtype=torch.bool), [(0, 1), (1, 2)]).tolist()
    [[1.0, 0.0]]
    """
    _require(points, truth, visible)
    count = truth.shape[1]
    if wrong := [limb for limb in limbs if not all(0 <= end < count for end in limb)]:
        raise SettingError(
            f"the limb {wrong[0]} names no point", f"two of 0..{count - 1}", "check the skeleton"
        )
    if not share > 0:
        raise SettingError(f"share is {share!r}", "above 0", "0.5")
    first, second = torch.tensor(limbs, dtype=torch.int64).reshape(-1, 2).to(truth.device).unbind(1)
    length = torch.linalg.vector_norm(truth[:, first] - truth[:, second], dim=-1)
    away = torch.linalg.vector_norm(points - truth, dim=-1)
    right = (away[:, first] <= share * length) & (away[:, second] <= share * length)
    counted = visible[:, first] & visible[:, second] & (length > 0)
    return torch.where(counted, right.to(truth.dtype), torch.nan)


def expected_points(maps: Tensor) -> Tensor:
    """The mean position of every map's mass after a softmax over its pixels.

    Args:
        maps: float (N, L, H, W), scores of every position.

    Returns:
        float (N, L, 2), (x, y) as shares of the width and height: the middle of the first pixel is 0.5 / W.

    Source: Sun, Xiao, Wei, Liang, Wei 2018, equation 2; Nibali, He, Morgan, Prendergast 2018, section 3.

    >>> maps = torch.zeros(1, 1, 2, 4)
    >>> expected_points(maps).tolist()
    [[[0.5, 0.5]]]
    """
    height, width = maps.shape[-2:]
    mass = maps.flatten(-2).softmax(-1).view(maps.shape)
    x = (torch.arange(width, device=maps.device, dtype=maps.dtype) + 0.5) / width
    y = (torch.arange(height, device=maps.device, dtype=maps.dtype) + 0.5) / height
    return torch.stack([(mass.sum(-2) * x).sum(-1), (mass.sum(-1) * y).sum(-1)], dim=-1)


def _require(points: Tensor, truth: Tensor, visible: Tensor) -> None:
    if truth.ndim != 3 or truth.shape[-1] != 2 or points.shape != truth.shape:
        raise ShapeError(
            f"the points have the shapes {tuple(points.shape)} and {tuple(truth.shape)}",
            "(N, L, 2) twice",
            "pass predicted and true points of the same images",
        )
    if visible.shape != truth.shape[:2] or visible.dtype != torch.bool:
        raise ShapeError(
            f"visible is {visible.dtype} {tuple(visible.shape)}", f"bool {tuple(truth.shape[:2])}", "v > 0"
        )
