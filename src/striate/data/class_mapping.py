"""Data and a model that shall go together: some of the pictures, with the class numbers of the model."""

from dataclasses import replace

import numpy as np

from striate.data.dataset import Dataset, Splits
from striate.errors import LabelError


def part_of(splits: Splits, split: str) -> Dataset:
    """One split, or every image of every split."""
    if split != "all":
        return splits[split]
    parts = list(splits.values())
    labels, places = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("labels", "places")
    )
    return replace(parts[0], labels=labels, places=places)


def translated(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    """The same images with the class numbers of a model, by name.

    Raises:
        LabelError: the model does not know a class.
    """
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        known = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
        raise LabelError(
            f"the model does not know the classes {shown}",
            f"classes among: {known}",
            "rename them, or train on these data",
        )
    numbers = np.array([classes.index(name) for name in dataset.classes], dtype=np.int64)
    return replace(dataset, labels=numbers[dataset.labels], classes=classes)
