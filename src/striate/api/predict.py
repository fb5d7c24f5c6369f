"""Answers about pictures."""

from collections.abc import Sequence
from typing import overload

from striate.api.networks import Model, classifier_of
from striate.arguments import checked
from striate.data.inputs import Input
from striate.records import Classification

__all__ = ["predict"]


@overload
def predict(model: Model, images: Input) -> Classification: ...  # type: ignore[overload-overlap]
@overload
def predict(model: Model, images: Sequence[Input]) -> list[Classification]: ...
@checked
def predict(model: Model, images: Input | Sequence[Input]) -> Classification | list[Classification]:
    """Classify one picture, or a list of them: ``load(model).predict(images)``."""
    return classifier_of(model).predict(images)
