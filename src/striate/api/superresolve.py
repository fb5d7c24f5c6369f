"""Pictures with more pixels than they had."""

from collections.abc import Iterable
from typing import overload

from striate.api.evaluate import opened
from striate.api.networks import Model
from striate.arguments import checked
from striate.data.inputs import Input
from striate.errors import SettingError
from striate.records import SuperResolution
from striate.tasks.superresolution.super_resolver import SuperResolver
from striate.train.run.run import Run

__all__ = ["superresolve"]


@overload  # a str is a path, never a sequence of paths
def superresolve(  # type: ignore[overload-overlap]
    images: Input, model: Model | Run, by: int | None = None
) -> SuperResolution: ...
@overload
def superresolve(
    images: Iterable[Input], model: Model | Run, by: int | None = None
) -> list[SuperResolution]: ...
@checked
def superresolve(
    images: Input | Iterable[Input], model: Model | Run, by: int | None = None
) -> SuperResolution | list[SuperResolution]:
    """Enlarge one picture, or a list of them: pictures of any size, tile by tile.

    Args:
        images: as ``TaskModel.predict`` takes them.
        model: of a training for ``superresolution``: the model, its file, or the run or its folder.
        by: the factor that is wanted; None for that of the model.

    Returns:
        one record, or one per picture: ``.image`` uint8 (C, by H, by W), ``.to_pil()``.

    Raises:
        SettingError: the model is for another task, or enlarges by another factor.
        ModelFileError, ImageError, ShapeError: as ``load`` and ``TaskModel.predict``.
    """
    return resolver_of(model, by).predict(images)


def resolver_of(model: Model | Run, by: int | None = None) -> SuperResolver:
    """The model that enlarges.

    Raises:
        SettingError: it is for another task, or enlarges by another factor.
    """
    found = opened(model)
    if not isinstance(found, SuperResolver):
        raise SettingError(
            f"the model is for {found.task}",
            "a model for superresolution",
            "striate train PHOTOS --task superresolution --by 2",
        )
    if by not in (None, found.by):
        raise SettingError(
            f"by is {by}, and the model enlarges by {found.by}",
            f"by {found.by}, or a model that was trained for by {by}",
            "leave by out",
        )
    return found
