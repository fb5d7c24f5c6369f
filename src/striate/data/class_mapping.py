"""Data and a model that shall go together: some of the pictures, with the class numbers of the model."""

from striate.data.dataset import Dataset, Splits

ALL = "all"
"""Instead of the name of a split: every image of every split."""


def part_of(splits: Splits, split: str) -> Dataset:
    """One split, or every image of every split."""
    if split != ALL:
        return splits[split]
    first, *others = splits.values()
    return first.joined(others)
