"""The same picture met twice: in one split, in two splits, or under two labels."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from striate.data.checks.content_hash import identities, pixel_identities
from striate.data.checks.findings import Finding
from striate.data.dataset import Dataset, Splits

Position = tuple[str, int]  # the split, and the number of the picture in it


def file_doubles(splits: Splits) -> list[Finding]:
    """Equal files and equal arrays: one short read of each file, and of those that agree all bytes."""
    parts = list(splits.values())
    store = parts[0].store
    if any(part.store is not store for part in parts):  # splits that were put together by hand
        by_pixels = {name: pixel_identities(part.store, part.places) for name, part in splits.items()}
        return doubles(splits, by_pixels)
    numbers = identities(store, np.concatenate([part.places for part in parts]))  # over all splits together
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return doubles(splits, dict(zip(splits, np.split(numbers, ends), strict=True)))


def doubles(splits: Mapping[str, Dataset], identity: Mapping[str, NDArray[np.uint64]]) -> list[Finding]:
    """What ``identity`` says about the pictures of every split, uint64 (N,) each.

    Every later picture is compared with the first of its kind: ``contradiction`` (another label), ``leak``
    (another split), or else ``duplicate``.
    """
    names = list(splits)
    numbers = np.concatenate([identity[name] for name in names])
    starts = np.cumsum([0] + [len(splits[name]) for name in names])
    _, first, member, count = np.unique(numbers, return_index=True, return_inverse=True, return_counts=True)

    def position(index: int) -> Position:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        return names[part], int(index - starts[part])

    repeated = np.flatnonzero((count[member] > 1) & (first[member] != np.arange(len(numbers))))
    pairs = ((position(int(first[member[later]])), position(int(later))) for later in repeated)
    return [finding for before, after in pairs for finding in _compare(splits, before, after)]


def _compare(splits: Mapping[str, Dataset], before: Position, after: Position) -> list[Finding]:
    (old_split, old), (new_split, new) = before, after
    old_name, new_name = splits[old_split].name(old), splits[new_split].name(new)
    labels = [splits[part].annotations.words(number) for part, number in (before, after)]
    findings = []
    if labels[0] != labels[1]:
        findings.append(
            Finding("contradiction", new_name, f"is {labels[1]!r}, but the same as {old_name}, {labels[0]!r}")
        )
    if old_split != new_split:
        findings.append(Finding("leak", new_name, f"in {new_split} is the same as {old_name} in {old_split}"))
    return findings or [Finding("duplicate", new_name, f"is the same as {old_name}")]
