"""How large the objects of a data set are, in the pixels that a network sees."""

import torch
from torch import Tensor

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.image_stats import glance
from striate.data.checks.statistics import sample
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import ImageError

LOOKED_AT = 1_000
"""Pictures whose objects are measured, evenly spread over the data."""


def sizes_of_objects(data: Dataset, preprocess: Preprocess) -> Tensor:
    """Widths and heights of the objects of up to 1,000 pictures; unreadable ones are passed over.

    Args:
        data: with ``BoxAnnotations``.
        preprocess: what is done to the pictures.

    Returns:
        float32 (M, 2), pixels of the prepared pictures.
    """
    found = [torch.zeros(0, 4)]
    annotations = data.annotations
    assert isinstance(annotations, BoxAnnotations)
    with_objects = annotations.numbers.nonzero()[0]
    for index in with_objects[sample(len(with_objects), LOOKED_AT)].tolist():
        try:
            size, _ = glance(data, index)
        except ImageError:
            continue
        targets = annotations.collate(torch.tensor([index]))
        moved = targets.moved(preprocess.affine(size)[None], preprocess.size)
        found.append(moved.boxes[~moved.unclear])
    boxes = torch.cat(found)
    return boxes[:, 2:] - boxes[:, :2]
