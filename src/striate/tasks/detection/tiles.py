"""Tiles: a picture larger than the network sees is answered in parts, and the parts become one answer.

    +-------+ . . . . .
    |   A  [|object]  .      Tiles overlap: an object that tile A cuts is whole in tile B if it is no larger
    |     . |     B   .      than the overlap. The view of the whole picture, made small, finds larger ones.
    +-------+ . . . . .

What becomes one answer, class by class:

1. A box is dropped where another view has the object whole: that box, cut at the border of this box's tile,
   is this box (IoU 0.5 or more).
2. Boxes that are cut everywhere are joined where their parts in the overlap of their tiles are the same (IoU
   0.5 or more): the new box is the one around both, with the better score; so are their masks. Joints and
   captions are those of the better score.
3. One NMS over all that is left.

Source: Akyon, Altinuc, Temizel 2022 (slicing aided inference), https://arxiv.org/abs/2202.06934, which has
tiles, the view of the whole and the NMS; not the first two rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from striate.data.inputs import Input, image_of, name_of, one_or_many
from striate.errors import SettingError, ShapeError
from striate.ops.boxes import paired_iou
from striate.ops.nms import batched_nms
from striate.ops.tile_grid import OVERLAP, tile_boxes
from striate.records import Detections
from striate.records.affine import areas, clipped_boxes
from striate.tasks.detection.tile_shapes import joined_shapes
from striate.tasks.model import TaskModel
from striate.tasks.tile_size import Tile, tile_size

SAME = 0.5
"""IoU from which on two parts of boxes are parts of one object."""

TOUCHING = 0.02
"""Share of a tile's side: a box that comes so near to a border ends there; networks miss it by pixels."""

AT_ONCE = 1_000_000
"""Pairs of boxes that are compared together."""


def predict_tiled(
    model: TaskModel[Any],
    images: Input | Iterable[Input],
    tile: Tile = "auto",
    *,
    overlap: float = OVERLAP,
    iou_threshold: float = 0.5,
    top_k: int = 300,
    **options: Any,
) -> Detections | list[Detections]:
    """The objects of one picture, or of many, as the model sees them in tiles.

    Args:
        model: that gives ``Detections``.
        images: as ``TaskModel.predict`` takes them.
        tile: (H, W) of the tiles in pixels of the pictures, or one side of squares. ``auto`` takes tiles in
            which things are as large for the network as they were in training. A picture that is no larger
            than a tile is answered at once; with ``auto`` it may be larger by the overlap.
        overlap: share of a tile that its neighbour shows too, 0..0.9.
        iou_threshold: of the NMS, in tiles and across them.
        top_k: objects of a picture at most.
        options: others of ``model.predict``, such as ``score_threshold``.

    Raises:
        SettingError: the model finds no objects, or tile or overlap mean nothing.
        ImageError, ShapeError: as ``TaskModel.predict``.
    """
    require_detector(model)
    side = tile_size(model, tile, overlap)
    room = 1 + overlap if tile == "auto" else 1.0
    pictures, alone = one_or_many(images)
    options = {**options, "iou_threshold": iou_threshold, "top_k": top_k}
    found = [_in_tiles(model, one, side, overlap, room, options) for one in pictures]
    return found[0] if alone else found


def _in_tiles(
    model: TaskModel[Any],
    given: Input,
    side: tuple[int, int],
    overlap: float,
    room: float,
    options: dict[str, Any],
) -> Detections:
    image = image_of(given)
    size = (image.shape[1], image.shape[2])
    whole: Detections = model.predict(image, **options)
    if all(have <= room * most for have, most in zip(size, side, strict=True)):
        return replace(whole, source=name_of(given))
    tiles = tile_boxes(size, side, overlap)
    parts = (image[:, y1:y2, x1:x2] for x1, y1, x2, y2 in tiles.tolist())
    found = model.predict(parts, **options)
    large = (whole.boxes[:, 2:] - whole.boxes[:, :2]).amax(1) > overlap * min(side)
    joined = join_tiles(
        found, tiles, size, whole.where(large), iou_threshold=options["iou_threshold"], top_k=options["top_k"]
    )
    return replace(joined, source=name_of(given))


def require_detector(model: TaskModel[Any]) -> None:
    """The model answers with ``Detections``, as its ``decode`` says.

    Raises:
        SettingError: it does not.
    """
    if signature(type(model).decode).return_annotation != list[Detections]:
        wrong = f"the model is for {model.task}"
        raise SettingError(wrong, "a detector, whose answers are boxes", "leave tile out")


def join_tiles(
    found: Sequence[Detections],
    tiles: Tensor,
    size: tuple[int, int],
    whole: Detections | None = None,
    *,
    iou_threshold: float = 0.5,
    top_k: int = 300,
) -> Detections:
    """One answer from those of tiles.

    Args:
        found: of each tile, in its own pixels.
        tiles: int64 (T, 4), x1, y1, x2, y2 of the tiles in the picture.
        size: (H, W) of the picture.
        whole: of the picture as one view, in its pixels.
        iou_threshold: of the NMS.
        top_k: objects at most.

    Returns:
        the objects in the pixels of the picture, the best score first.

    Raises:
        ShapeError: there is no answer, or not one for each tile.
    """
    if not found or len(found) != len(tiles):
        raise ShapeError(f"{len(found)} answers for {len(tiles)} tiles", "one for each", "those of all tiles")
    views, places = list(found), [*tiles]
    if whole is not None:
        views.append(whole)
        places.append(torch.tensor([0, 0, size[1], size[0]]))
    pairs = list(zip(views, places, strict=True))
    boxes = torch.cat([one.boxes + place[[0, 1, 0, 1]] for one, place in pairs]).float()
    scores, labels = (torch.cat([getattr(one, name) for one in views]) for name in ("scores", "labels"))
    frame = torch.cat([place.expand(len(one), 4) for one, place in pairs]).to(boxes)
    cut = is_cut(boxes, frame, size)
    kept = (~seen_whole(boxes, labels, frame, cut)).nonzero()[:, 0]
    boxes, own, labels, frame, cut = (column[kept] for column in (boxes, scores, labels, frame, cut))
    boxes, own, group = united(boxes, own, labels, frame, cut)
    first = torch.tensor(sorted(set(group.tolist())), dtype=torch.int64)
    best = first[batched_nms(clipped_boxes(boxes, size)[first], own[first], labels[first], iou_threshold)]
    best = best[:top_k]
    members = [kept[group == one] for one in best.tolist()]
    members = [rows[scores[rows].argsort(descending=True, stable=True)] for rows in members]
    more = joined_shapes(views, torch.stack(places)[:, :2], [rows.tolist() for rows in members], size)
    boxes = clipped_boxes(boxes, size)[best]
    return Detections(boxes, own[best], labels[best], found[0].classes, **more)


def is_cut(boxes: Tensor, frames: Tensor, size: tuple[int, int]) -> Tensor:
    """bool (M,): which boxes end at a border of their tile that is none of the picture.

    >>> frame = torch.tensor([[0.0, 0, 100, 100]])
    >>> is_cut(torch.tensor([[60.0, 0, 99, 40]]), frame, (100, 160)).tolist()
    [True]
    """
    height, width = size
    inner = frames != frames.new_tensor([0, 0, width, height])
    near = TOUCHING * (frames[:, 2:] - frames[:, :2]).repeat(1, 2)
    return (((boxes - frames).abs() <= near) & inner).any(1)


def seen_whole(boxes: Tensor, labels: Tensor, frames: Tensor, cut: Tensor) -> Tensor:
    """bool (M,): which boxes show a part of an object that another view shows whole.

    Args:
        boxes: (M, 4), pixels of the picture.
        labels: (M,).
        frames: (M, 4), the tile of each box.
        cut: (M,), see ``is_cut``.
    """
    others = (~cut).nonzero()[:, 0]
    parts = list[Tensor]()
    for chunk in torch.split(torch.arange(len(boxes)), max(1, AT_ONCE // max(len(others), 1))):
        own, frame = boxes[chunk, None], frames[chunk, None]
        inside = intersection(boxes[others][None], frame)
        same = paired_iou(own, inside) >= SAME
        reaches = (inside != boxes[others]).any(2)  # the tile of this box cuts it
        larger = areas(boxes)[others] >= areas(boxes)[chunk, None]
        parts.append((same & reaches & larger & (labels[chunk, None] == labels[others])).any(1))
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.bool)


def united(
    boxes: Tensor, scores: Tensor, labels: Tensor, frames: Tensor, cut: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes and scores after cut boxes of one object were joined, and the row that stands for each.

    Arguments as of ``seen_whole``; rows that do not stand for themselves are parts of others.
    """
    boxes, scores = boxes.clone(), scores.clone()
    group = torch.arange(len(boxes))
    rows = cut.nonzero()[:, 0].tolist()
    for number, i in enumerate(rows):
        later = torch.tensor(rows[number + 1 :], dtype=torch.int64)
        later = later[labels[later] == labels[i]]
        both = intersection(frames[i][None], frames[later])
        parts = intersection(boxes[i][None], both), intersection(boxes[later], both)
        apart = (frames[later] != frames[i]).any(1)
        for j in later[(paired_iou(*parts) >= SAME) & apart].tolist():
            group[group == group[j]] = group[i].clone()
    for first in sorted(set(group.tolist())):
        members = (group == first).nonzero()[:, 0]
        if len(members) > 1:
            boxes[first] = torch.cat([boxes[members, :2].amin(0), boxes[members, 2:].amax(0)])
            scores[first] = scores[members].amax()
    return boxes, scores, group


def intersection(first: Tensor, second: Tensor) -> Tensor:
    """(..., 4): what boxes have in common; without an area where that is nothing."""
    start = torch.maximum(first[..., :2], second[..., :2])
    end = torch.minimum(first[..., 2:], second[..., 2:])
    return torch.cat([start, torch.maximum(start, end)], dim=-1)
