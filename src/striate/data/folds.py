"""Folds of a data set: every picture is held out once, and pictures that belong together never straddle.

    pictures, classes, seed --fold_of--> 0 1 2 3 4 0 1 ...     fold 2/5: those with 1 are tested, not learned

Groups of several pictures (equal pictures, one person, one patient) are dealt first, the largest first, each
to the fold that has the least of its class; single pictures then fill every class up evenly.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.checks.content_hash import identities
from striate.data.dataset import Dataset, Splits
from striate.data.fold import Fold
from striate.data.split import held_out, shuffled, united
from striate.errors import SettingError
from striate.formatting import plural

MOST_NAMED = 3
"""Rare classes that are named."""


def require_folds(
    identity: NDArray[np.uint64], labels: NDArray[np.int64], folds: int, classes: Sequence[str] = ()
) -> None:
    """There are enough pictures for so many folds.

    Args:
        identity: uint64 (N,), equal for pictures that stay together.
        labels: int64 (N,), class numbers.
        folds: how many.
        classes: names of the classes, of which every one must be learned and tested; empty where it need not.

    Raises:
        SettingError: there are fewer different pictures, or groups of them, than folds; or a class has one.
    """
    different = len(np.unique(identity))
    if different < folds:
        raise SettingError(
            f"{folds} folds, and {different:,} different pictures, or groups of them",
            "no more folds than pictures, or groups of pictures, that differ",
            f"{different} folds" if different > 1 else "more pictures, or another group",
        )
    pairs = np.unique(np.stack([labels.astype(np.uint64), identity]), axis=1)[0] if len(classes) else []
    for number, count in zip(*np.unique(pairs, return_counts=True), strict=True):
        if count < 2:
            raise SettingError(
                f"class {classes[int(number)]!r} has one picture or group, which is either learned or tested",
                "two or more of every class, that differ",
                "more pictures of it, or leave the class out",
            )


def fold_of(
    identity: NDArray[np.uint64], labels: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """The fold of every picture, 0..folds-1.

    Args:
        identity: uint64 (N,), equal for pictures that stay together.
        labels: int64 (N,), class numbers; every class is spread evenly, as far as groups allow.
        folds: K.
        seed: another seed is another division.

    Returns:
        int64 (N,).

    >>> found = fold_of(np.arange(6, dtype=np.uint64), np.array([0, 0, 0, 1, 1, 1]), 3, seed=0)
    >>> sorted(found[:3].tolist()), sorted(found[3:].tolist())
    ([0, 1, 2], [0, 1, 2])
    """
    groups, member, sizes = np.unique(identity, return_inverse=True, return_counts=True)
    rank = shuffled(groups, f"folds {seed}")
    classes = int(labels.max(initial=0)) + 1
    dealt = np.zeros((classes, folds), dtype=np.int64)
    chosen = np.full(len(groups), -1, dtype=np.int64)
    several = np.flatnonzero(sizes > 1)
    held = {int(group): np.zeros(classes, dtype=np.int64) for group in several}
    for index in np.flatnonzero(sizes[member] > 1):
        held[int(member[index])][labels[index]] += 1
    for group in several[np.lexsort((rank[several], -sizes[several]))]:
        own = held[int(group)]
        load = (dealt * (own > 0)[:, None]).sum(0)
        fold = int(np.lexsort((dealt.sum(0), load))[0])
        chosen[group] = fold
        dealt[:, fold] += own
    _deal_single(chosen, rank, labels, member, sizes, dealt)
    return np.asarray(chosen[member])


def is_tested(
    fold: Fold, annotations: Annotations, shown: NDArray[np.uint64], seed: int
) -> NDArray[np.bool_]:
    """bool (N,): which pictures a fold tests; all others are learned from.

    Args:
        fold: one of several.
        annotations: of N pictures.
        shown: uint64 (N,), equal for pictures that stay together.
        seed: of the division.

    Raises:
        SettingError: there are too few pictures for so many folds.
    """
    strata = annotations.strata()
    require_folds(shown, strata, fold.of, annotations.classes if annotations.each_stratum else ())
    return np.asarray(fold_of(shown, strata, fold.of, seed) == fold.number - 1)


def fold_notes(fold: Fold, tested: NDArray[np.bool_], seed: int, annotations: Annotations) -> tuple[str, ...]:
    """What the user is told of a fold: its size, and classes that some folds cannot test."""
    told = f"fold {fold}: {int(tested.sum()):,} of {len(tested):,} pictures are tested (seed {seed})"
    if not annotations.each_stratum:
        return (told,)
    counts = np.bincount(annotations.strata(), minlength=len(annotations.classes)).tolist()
    rare = [
        f"class {name!r} has {plural(count, 'picture')}, fewer than {fold.of} folds: some test none"
        for name, count in zip(annotations.classes, counts, strict=False)
        if 0 < count < fold.of
    ]
    more = (f"{plural(len(rare) - MOST_NAMED, 'other class')} likewise",) if len(rare) > MOST_NAMED else ()
    return (told, *rare[:MOST_NAMED], *more)


def refolded(splits: Splits, fold: Fold, seed: int, validation: float) -> Splits:
    """Splits divided anew: the pictures of one fold are ``test``, and ``val`` is a share of the others.

    Args:
        splits: whose pictures are put together.
        fold: which part is tested.
        seed: of the division.
        validation: share of the others, 0 <= validation < 1.

    Raises:
        SettingError: there are too few pictures for so many folds.
    """
    whole = in_order(splits)
    shown, known = identities(whole.store, whole.places), whole.annotations
    if (people := known.identities()) is not None:
        shown = united(shown, people.astype(np.uint64))
    tested = is_tested(fold, known, shown, seed)
    rest = np.flatnonzero(~tested)
    held = held_out(shown[rest], known.strata()[rest], validation, seed, every_class=known.each_stratum)
    parts = {"train": rest[~held], "val": rest[held], "test": np.flatnonzero(tested)}
    named = {name: whole.subset(rows) for name, rows in parts.items() if len(rows)}
    return replace(splits, parts=named, notes=(*splits.notes, *fold_notes(fold, tested, seed, known)))


def in_order(splits: Splits) -> Dataset:
    """All pictures of the data, in their order.

    Raises:
        SettingError: the parts do not come of one data set.
    """
    first, *others = splits.values()
    if any(one.store is not first.store for one in others):
        wrong = "the splits are of several data sets, which cannot be divided into folds"
        raise SettingError(wrong, "parts of one data set", "name its folder or file in place of the splits")
    whole = first.joined(others)
    return whole.subset(np.argsort(whole.places, kind="stable"))


def _deal_single(
    chosen: NDArray[np.int64],
    rank: NDArray[np.uint64],
    labels: NDArray[np.int64],
    member: NDArray[np.int64],
    sizes: NDArray[np.int64],
    dealt: NDArray[np.int64],
) -> None:
    """Set the folds of pictures that belong to no other, class by class."""
    label = np.zeros(len(sizes), dtype=np.int64)
    label[member] = labels
    single = np.flatnonzero(sizes == 1)
    order = single[np.lexsort((rank[single], label[single]))]
    ends = np.searchsorted(label[order], np.arange(len(dealt)), side="right")
    total, start = dealt.sum(0), 0
    for number, end in enumerate(ends.tolist()):
        quota = _filled(dealt[number], total, end - start)
        chosen[order[start:end]] = np.repeat(np.arange(len(quota)), quota)
        total, start = total + quota, end


def _filled(level: NDArray[np.int64], total: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """How many of ``count`` each fold gets, so that its level is as even as can be.

    Where one more or less must be, the folds with the fewest pictures in all get it.

    >>> _filled(np.array([3, 0, 0]), np.array([3, 0, 1]), 4).tolist()
    [0, 2, 2]
    """
    low, high = int(level.min()), int(level.min()) + count + 1
    while high - low > 1:  # the highest level to which all can be filled
        middle = (low + high) // 2
        low, high = (middle, high) if np.maximum(middle - level, 0).sum() <= count else (low, middle)
    quota = np.maximum(low - level, 0)
    left, able = count - int(quota.sum()), np.flatnonzero(level + quota == low)
    quota[able[np.argsort((total + quota)[able], kind="stable")[:left]]] += 1
    return quota
