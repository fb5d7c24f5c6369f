"""Recognise from one example: a gallery of known identities, and whether two pictures show the same."""

from pathlib import Path
from typing import Any

from striate.arguments import checked
from striate.data.inputs import Input
from striate.gallery.gallery import Gallery, embedder_of, verified
from striate.records import Comparison
from striate.tasks.model import TaskModel

__all__ = ["Gallery", "verify"]


@checked
def verify(
    first: Input,
    second: Input,
    model: TaskModel[Any] | str | Path | None = None,
    *,
    gallery: Gallery | str | Path | None = None,
    threshold: float | None = None,
) -> Comparison:
    """Whether two pictures show the same.

    Args:
        first, second: pictures, as ``predict`` takes them.
        model: for verification: a model, a saved file or the folder of a run; not needed with a gallery.
        gallery: whose model and threshold are taken.
        threshold: the largest distance that is accepted; that of the gallery when left out.

    Returns:
        ``.same``, None where no threshold is known; ``.distance``, ``.threshold``, ``.far``.

    Raises:
        SettingError: neither a model nor a gallery is named, or the model does something else.
        DataError: the gallery cannot be read, or belongs to another model.
        ImageError: a picture cannot be read.
    """
    if gallery is not None:
        opened = gallery if isinstance(gallery, Gallery) else Gallery(gallery, model)
        far = opened.content.far if threshold is None else None
        limit = opened.threshold if threshold is None else threshold
        return verified(opened.model, first, second, limit, far)
    return verified(embedder_of(model), first, second, threshold)
