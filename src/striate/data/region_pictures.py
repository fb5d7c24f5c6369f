"""Regions with sentences as pictures of their own, for models that say something of a picture as a whole.

    a picture with three regions  -->  three pictures: what is inside each box, without a margin
    a sentence on a whole picture -->  that picture

Regions of one picture go to one split, since pictures are split before.
"""

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.crops import Crops
from striate.data.dataset import Dataset
from striate.formatting import plural


def as_region_pictures(
    data: Dataset, split: NDArray[np.int8], kinds: tuple[type[Annotations], ...]
) -> tuple[Dataset, NDArray[np.int8], tuple[str, ...]]:
    """The regions as pictures where a task wants those, or nobody names a task and all are whole pictures.

    Args:
        data: any; what has no regions with sentences stays as it is.
        split: int8 (N,), the split of each picture.
        kinds: of annotations that can be used; none for any.

    Returns:
        the data, the split of each of its pictures, and sentences for the user.
    """
    known = data.annotations
    if not isinstance(known, CaptionAnnotations):
        return data, split, ()
    whole = are_whole(known)
    if ImageCaptionAnnotations not in kinds and (kinds or not whole):
        return data, split, ()
    owners, captions = known.of_pictures(), ImageCaptionAnnotations(known.sentences)
    if whole:
        return Dataset(data.store, captions, data.places[owners]), split[owners], ()
    crops = Crops(data.store, data.places[owners], known.boxes, margin=0.0)
    count = plural(len(crops), "region")
    notes = (f"{count} of {plural(len(known), 'picture')}: each is a picture of its own, cut out",)
    return Dataset(crops, captions, np.arange(len(crops))), split[owners], notes


def are_whole(known: CaptionAnnotations) -> bool:
    """Whether all regions are whole pictures, one of each at most."""
    if "size" not in known.pictures or not len(known.boxes) or known.numbers.max() > 1:
        return False
    height, width = known.sizes().T
    ends = np.stack([np.zeros_like(width), np.zeros_like(width), width, height], 1)
    return bool((known.boxes == ends).all())
