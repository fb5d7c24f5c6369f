"""What is wrong with the mask of an object: polygons of two points or outside, run lengths of another size.

    polygons   [[x, y, x, y, ...], ...]      three points or more each
    runs       {"size": [height, width], "counts": [0, 12, ...]}     pixels, off and on in turns, by columns
    packed     {"size": [height, width], "counts": "PY..."}           the same, six bits a letter

Source: the mask API of https://github.com/cocodataset/cocoapi.
"""

from typing import Any

from striate.records.run_lengths import unpacked

LEAST = 6
"""Numbers of a polygon: three points."""


def mask_problem(mask: Any, picture: tuple[int, int] | None = None) -> str:
    """Why a mask in COCO's words cannot be used; empty if nothing is wrong, or there is none.

    Args:
        mask: polygons or run lengths.
        picture: height and width of its picture, if they are known.

    >>> mask_problem([[0, 0, 4, 4]])
    'a polygon of 2 points'
    >>> mask_problem({"size": [2, 2], "counts": [1, 2]})
    'run lengths of 3 pixels, the size is 2 x 2'
    >>> mask_problem([[9, 0, 12, 0, 12, 4]], (8, 8))
    'polygons outside of the picture, 8 x 8'
    """
    try:
        if isinstance(mask, list):
            found = next((problem for part in mask if (problem := _polygon_problem(part))), "")
            return found or _outside_problem(mask, picture)
        return _runs_problem(mask, picture) if isinstance(mask, dict) else ""
    except (TypeError, ValueError, KeyError, IndexError):
        return "neither polygons nor run lengths"


def _polygon_problem(part: list[float]) -> str:
    if not isinstance(part, list):
        return "a polygon is not a list of numbers"
    if len(part) % 2:
        return f"a polygon of {len(part)} numbers: one has no partner"
    return f"a polygon of {len(part) // 2} points" if len(part) < LEAST else ""


def _outside_problem(mask: list[list[float]], picture: tuple[int, int] | None) -> str:
    """Whether no part of the polygons can lie in the picture."""
    if picture is None or not mask:
        return ""
    for axis, side in ((0, picture[1]), (1, picture[0])):
        values = [value for part in mask for value in part[axis::2]]
        if max(values) <= 0 or min(values) >= side:
            return f"polygons outside of the picture, {picture[0]} x {picture[1]}"
    return ""


def _runs_problem(mask: dict[str, Any], picture: tuple[int, int] | None) -> str:
    height, width = mask["size"]
    counts = mask["counts"]
    runs = unpacked(counts) if isinstance(counts, str) else counts
    if min(runs, default=0) < 0:
        return "run lengths below 0"
    if sum(runs) != height * width:
        return f"run lengths of {sum(runs)} pixels, the size is {height} x {width}"
    if picture and (height, width) != picture:
        return f"run lengths of {height} x {width}, the picture is {picture[0]} x {picture[1]}"
    return ""


def has_mask(details: dict[str, Any]) -> bool:
    """Whether a mask is among what is known of a box."""
    return bool(details.get("segmentation"))


def mask_area(mask: Any) -> float:
    """The area of a mask in pixels; 0 without one, or for one that cannot be used.

    >>> mask_area([[0, 0, 4, 0, 4, 2]]), mask_area({"size": [2, 2], "counts": [1, 3]})
    (4.0, 3.0)
    """
    if not mask or mask_problem(mask):
        return 0.0
    if isinstance(mask, dict):
        counts = mask["counts"]
        return float(sum((unpacked(counts) if isinstance(counts, str) else counts)[1::2]))
    return sum(map(_polygon_area, mask))


def _polygon_area(part: list[float]) -> float:
    """By Gauss's formula."""
    x, y = part[::2], part[1::2]
    return abs(sum(x[at - 1] * y[at] - x[at] * y[at - 1] for at in range(len(x)))) / 2
