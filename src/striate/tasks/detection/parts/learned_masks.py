"""What a region learns of the mask of its object: the mask cut at the region, and made as small as a crop.

mask in its window --the region, RoI align--> (S, S), 0..1: the share of each cell that the object covers
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import roi_align
from striate.records import BoxTargets
from striate.records.mask_crops import MaskCrops
from striate.tasks.detection.parts.region_sampling import Drawn


def learned_objects(targets: BoxTargets, drawn: Sequence[Drawn]) -> list[Tensor]:
    """int64 (positives,) for each image: the rows of ``targets`` that its regions learn.

    >>> boxes, two = torch.zeros(3, 4), torch.zeros(0, 4)
    >>> one = Drawn(torch.zeros(1).long(), 1, boxes[:1], torch.ones(1).long(), torch.tensor([0]))
    >>> crowd = torch.tensor([False, True, False])
    >>> targets = BoxTargets(boxes, torch.zeros(3).long(), torch.tensor([1, 2]), crowd)
    >>> [rows.tolist() for rows in learned_objects(targets, [one, one])]  # object 0 that is no crowd
    [[0], [2]]
    """
    numbers = torch.arange(len(targets.boxes), device=targets.boxes.device)
    ends = targets.counts.cumsum(0)[:-1].cpu()
    parts = zip(numbers.tensor_split(ends), targets.unclear.tensor_split(ends), strict=True)
    return [own[~unclear][one.objects] for (own, unclear), one in zip(parts, drawn, strict=True)]


def mask_targets(masks: MaskCrops, objects: Tensor, regions: Tensor, side: int) -> Tensor:
    """float32 (R, side, side): what each region learns of its object; zeros of an unknown mask.

    Args:
        masks: of all objects.
        objects: int64 (R,), rows of ``masks``.
        regions: (R, 4), two corners, pixels.
        side: S, cells along each side.
    """
    result = regions.new_zeros(len(regions), side, side, dtype=torch.float32)
    for number in sorted(set(objects.tolist())):
        own = (objects == number).nonzero().squeeze(1)
        x1, y1, x2, y2 = masks.windows[number].tolist()
        if x2 <= x1 or y2 <= y1:
            continue
        height, width = masks.size
        crop = F.pad(masks.crop(number).float(), (1, int(x2 < width), 1, int(y2 < height)))
        moved = regions[own].float() - regions.new_tensor([x1 - 1, y1 - 1] * 2).float()
        table = F.pad(moved, (1, 0))
        result[own] = roi_align(crop[None, None], table, side, 1.0, -1)[:, 0]
    return result
