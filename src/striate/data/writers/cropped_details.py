"""What else is known of an object, where its picture is cut: polygons, run lengths and key points.

    polygon   clipped at the four borders, one after the other (Sutherland, Hodgman 1974, "Reentrant polygon
              clipping"): a polygon that leaves and comes back stays one, along the border
    runs      cut, pixel by pixel
    points    moved; what lies outside is not labelled

Words are those of COCO.
"""

import json
from typing import Any

import numpy as np

from striate.data.checks.mask_findings import mask_problem
from striate.data.formats.voc_masks import run_lengths
from striate.data.writers.mask_pixels import pixels_of

Window = tuple[int, int, int, int]
Point = tuple[float, float]
CORNERS = 3
"""Points that a polygon has at least."""


def cropped_details(text: str, window: Window | None) -> str:
    """The details of an object in a part of its picture.

    Args:
        text: JSON, or empty.
        window: x1, y1, x2, y2 of the part; None for the whole picture.

    >>> cropped_details('{"keypoints": [5, 5, 2, 40, 5, 2], "num_keypoints": 2}', (4, 0, 24, 20))
    '{"keypoints":[1,5,2,0,0,0],"num_keypoints":1}'
    """
    if not text or window is None:
        return text
    values: dict[str, Any] = json.loads(text)
    values.pop("area", None)
    if values.get("segmentation"):
        values["segmentation"] = cropped_mask(values["segmentation"], window)
    if values.get("keypoints"):
        values["keypoints"] = points = moved_points(values["keypoints"], window)
        values["num_keypoints"] = sum(seen > 0 for seen in points[2::3])
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def cropped_mask(mask: Any, window: Window) -> Any:
    """Polygons or run lengths in a part of the picture; nothing of a mask that cannot be used."""
    if mask_problem(mask):
        return []
    if isinstance(mask, dict):
        left, top, right, bottom = window
        return run_lengths(pixels_of(mask, tuple(mask["size"]))[top:bottom, left:right])
    parts = (clipped_polygon(part, window) for part in mask)
    return [part for part in parts if part]


def clipped_polygon(part: list[float], window: Window) -> list[float]:
    """x, y, x, y, ... of what lies in a part of the picture, in its pixels; empty without an area.

    >>> clipped_polygon([0, 0, 10, 0, 10, 10, 0, 10], (5, 5, 20, 20))
    [0.0, 0.0, 5.0, 0.0, 5.0, 5.0, 0.0, 5.0]
    """
    left, top, right, bottom = window
    points: list[Point] = [(x - left, y - top) for x, y in zip(part[::2], part[1::2], strict=True)]
    for axis, limit, sign in ((0, 0, 1), (1, 0, 1), (0, right - left, -1), (1, bottom - top, -1)):
        points = _beyond(points, axis, limit, sign)
    x, y = (np.array([point[axis] for point in points]) for axis in (0, 1))
    twice = abs(float(np.sum(np.roll(x, 1) * y - x * np.roll(y, 1)))) if len(points) >= CORNERS else 0.0
    return [float(value) for point in points for value in point] if twice > 0 else []


def _beyond(points: list[Point], axis: int, limit: float, sign: int) -> list[Point]:
    """A polygon clipped at one border: what lies on the side of the sign stays."""
    result = list[Point]()
    for before, point in zip([points[-1], *points[:-1]] if points else [], points, strict=True):
        inside = sign * (point[axis] - limit) >= 0
        if inside != (sign * (before[axis] - limit) >= 0):
            share = (limit - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            result.append((limit, other) if axis == 0 else (other, limit))
        if inside:
            result.append(point)
    return result


def moved_points(points: list[float], window: Window) -> list[float]:
    """x, y, visibility of each key point in a part of the picture; zeros for one that is outside."""
    left, top, right, bottom = window
    result = list[float]()
    for x, y, seen in zip(points[::3], points[1::3], points[2::3], strict=True):
        there = seen > 0 and left <= x < right and top <= y < bottom
        result += [x - left, y - top, seen] if there else [0, 0, 0]
    return result
