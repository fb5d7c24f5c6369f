"""Every picture with its truth, the answer and its loss; and what in the data is likely wrong.

model or folds, data --evaluate--> columns of all pictures --sorted by loss--> Mistakes
                                   Metric.suspects -----------------------^
                                   near-duplicates, outliers -------------'

Answers of folds are of networks that never saw the picture: a network that learned a wrong label repeats it.
"""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.arguments import checked_methods
from striate.compare.unusual_pictures import ONE_THING, near_duplicates, outliers
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.formatting import plural
from striate.records.affine import clipped_boxes, inverse, moved_boxes
from striate.tasks.evaluate import evaluate
from striate.tasks.metric import Metric, Primary
from striate.tasks.model import TaskModel
from striate.tasks.suspect import IDENTITY, Corners, Suspect

MANY = 0.5
"""Share of pictures under suspicion from which on the network is doubted, not the data."""

COLUMNS = ("picture", "split", "true", "predicted", "loss")


@dataclass(frozen=True)
class Part:
    """Pictures that one model answered.

    Args:
        model: on the CPU.
        pictures: of the data, with the classes of the model.
        splits: the split of each, by name.
    """

    model: TaskModel[Any]
    pictures: Dataset
    splits: Sequence[str]


@checked_methods
@dataclass(frozen=True)
class Mistakes:
    """What a model, or the models of folds, answered to pictures. Columns have a row for each picture.

    Args:
        parts: the pictures, as they were answered.
        place: int64 (N, 2), the part and the picture in it of each row.
        split: names, (N,).
        answers: what was answered, in words, (N,).
        losses: float64 (N,), NaN where nobody knows.
        values: float64 (N,), the primary number of each picture, NaN where it cannot be said.
        primary: what that number is.
        suspects: what in the data is likely wrong, the surest of each kind first; ``row`` is one of these
            rows, boxes are in the pixels of the file.
        task: of the model.
        root: the data.
        seen: pictures that the network which answered them had learned from.
        judged: whether labels of the task can be suspected at all.
    """

    parts: tuple[Part, ...] = field(repr=False)
    place: NDArray[np.int64] = field(repr=False)
    split: list[str] = field(repr=False)
    answers: list[str] = field(repr=False)
    losses: Tensor = field(repr=False)
    values: Tensor = field(repr=False)
    primary: Primary
    suspects: tuple[Suspect, ...] = field(repr=False)
    task: str
    root: str
    seen: int
    judged: bool = True

    def __len__(self) -> int:
        return len(self.place)

    def picture(self, row: int) -> tuple[Dataset, int]:
        """The data set that a row is of, and its place there."""
        part, index = self.place[row].tolist()
        return self.parts[part].pictures, index

    def name(self, row: int) -> str:
        """The path of the picture of a row."""
        pictures, index = self.picture(row)
        return pictures.name(index)

    def truth(self, row: int) -> str:
        """What the data say of the picture of a row, in words."""
        pictures, index = self.picture(row)
        return pictures.annotations.words(index)

    def words(self, suspect: Suspect) -> str:
        """What is likely wrong, what would be right, and the picture that it is like."""
        like = "" if suspect.like is None else f", as {self.name(suspect.like)}"
        return in_words(suspect) + like

    def order(self) -> list[int]:
        """All rows, the largest loss first; unknown losses last."""
        known = torch.where(self.losses.isnan(), -torch.inf, self.losses)
        return known.sort(descending=True, stable=True).indices.tolist()

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of the table: ``COLUMNS``, the primary number, ``suspected``; the largest loss first."""
        suspected = dict[int, list[str]]()
        for one in self.suspects:
            suspected.setdefault(one.row, []).append(self.words(one))
        for row in self.order():
            loss, value = float(self.losses[row]), float(self.values[row])
            yield (
                self.name(row),
                self.split[row],
                self.truth(row),
                self.answers[row],
                "" if math.isnan(loss) else f"{loss:.6g}",
                "" if math.isnan(value) else f"{value:.6g}",
                "; ".join(suspected.get(row, ())),
            )

    def to_csv(self) -> str:
        """A table for other programs."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*COLUMNS, self.primary.name, "suspected"])
        writer.writerows(self.rows())
        return text.getvalue()

    def headline(self) -> str:
        """How many pictures there are, and how much is likely wrong, in a sentence."""
        kinds = dict[str, int]()
        for one in self.suspects:
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
        listed = ", ".join(f"{kind} {count:,}" for kind, count in kinds.items())
        nothing = "nothing in the data looks wrong" if self.judged else "labels of this task are not judged"
        found = f"likely wrong in the data: {listed}" if listed else nothing
        many = len({one.row for one in self.suspects}) > MANY * len(self)
        doubt = "; on so many pictures it is more likely the network that is wrong" if many else ""
        return f"{plural(len(self), 'picture')}; {found}{doubt}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: the suspects, and the pictures with the largest losses."""
        named = [
            {"picture": self.name(one.row), "kind": one.kind, "score": one.score, "given": one.given}
            | {"suggested": one.suggested, "box": one.box, "given_box": one.given_box}
            | {"like": None if one.like is None else self.name(one.like)}
            for one in self.suspects
        ]
        return {
            "data": self.root,
            "count": len(self),
            "seen": self.seen,
            "task": self.task,
            "suspects": named,
        }


def in_words(suspect: Suspect) -> str:
    """What is likely wrong, and what would be right.

    >>> in_words(Suspect(0, "wrong label", 0.9, "cat", "dog"))
    'wrong label: dog for cat'
    >>> in_words(Suspect(0, "missing box", 0.9, "", "dog", (0, 0, 5, 5)))
    'missing box: dog at 0 0 5 5'
    """
    box = suspect.box or suspect.given_box
    at = f" at {' '.join(f'{side:.0f}' for side in box)}" if box else ""
    names = [name for name in dict.fromkeys((suspect.suggested, suspect.given)) if name]
    return f"{suspect.kind}: {' for '.join(names)}{at}"


def find_mistakes(parts: Sequence[Part], root: str, seen: int) -> Mistakes:
    """Answer all pictures, each part by its model.

    Args:
        parts: one or more, of one task.
        root: the data.
        seen: pictures that the network which answered them had learned from.

    Raises:
        SettingError: there are no pictures.
    """
    if not any(len(part.pictures) for part in parts):
        raise SettingError("there are no pictures to answer", "a split with pictures", "--split all")
    place, split, answers = [], list[str](), list[str]()
    losses, values, metrics = list[Tensor](), list[Tensor](), list[Metric]()
    for number, part in enumerate(parts):
        model = part.model
        loader = Loader(part.pictures, model.preprocess, model.evaluation_batch)
        found = evaluate(model, loader, with_loss=True)
        indices, count = found.indices.tolist(), len(found.indices)
        place.append(np.stack([np.full(count, number), found.indices.numpy()], axis=1))
        split += [part.splits[index] for index in indices]
        answers += found.metric.answers()
        unknown = torch.full((count,), math.nan, dtype=torch.float64)
        known, own = found.sample_losses, found.metrics.per_image
        losses.append(unknown if known is None else known.double())
        values.append(unknown if own is None else own.double())
        metrics.append(found.metric)
    places = np.concatenate(place)
    sizes = dict[int, tuple[int, int]]()
    likely = _suspects(metrics, [len(own) for own in place])
    suspects = [_placed(one, parts, places, sizes) for one in likely]
    suspects += _odd(parts, place, split)
    kinds = list(dict.fromkeys(one.kind for one in suspects))
    suspects.sort(key=lambda one: (kinds.index(one.kind), -one.score))
    return Mistakes(
        parts=tuple(parts),
        place=places,
        split=split,
        answers=answers,
        losses=torch.cat(losses),
        values=torch.cat(values),
        primary=parts[0].model.metric().primary,
        suspects=tuple(suspects),
        task=parts[0].model.task,
        root=root,
        seen=seen,
        judged=type(parts[0].model.metric()).suspects is not Metric.suspects,
    )


def _suspects(metrics: Sequence[Metric], counts: Sequence[int]) -> list[Suspect]:
    """What is likely wrong by all answers together; part by part where they cannot be measured together."""
    whole = metrics[0]
    if whole.pools:
        for other in metrics[1:]:
            whole.merge(other)
        return whole.suspects()
    starts = np.cumsum([0, *counts]).tolist()
    pairs = zip(starts[:-1], metrics, strict=True)
    return [replace(one, row=start + one.row) for start, metric in pairs for one in metric.suspects()]


def _odd(parts: Sequence[Part], place: Sequence[NDArray[np.int64]], split: Sequence[str]) -> list[Suspect]:
    """Near-duplicates among all pictures; outliers among those of each model where a picture is one."""
    rows = [(parts[number].pictures, index) for number, index in np.concatenate(place).tolist()]
    if parts[0].model.task not in ONE_THING:
        return near_duplicates(rows, split, [""] * len(rows))
    found = near_duplicates(rows, split, [pictures.annotations.words(index) for pictures, index in rows])
    starts = np.cumsum([0, *map(len, place)]).tolist()
    for start, part, own in zip(starts[:-1], parts, place, strict=True):
        far = outliers(part.model, part.pictures.subset(own[:, 1]))
        found += [replace(one, row=start + one.row) for one in far]
    return found


def _placed(
    suspect: Suspect, parts: Sequence[Part], places: NDArray[np.int64], sizes: dict[int, tuple[int, int]]
) -> Suspect:
    """The same with boxes in the pixels of the file, and names of identities; ``sizes`` are kept by row."""
    number, index = places[suspect.row].tolist()
    part = parts[number]
    if suspect.kind == IDENTITY:
        names = part.pictures.classes
        return replace(suspect, given=names[int(suspect.given)], suggested=names[int(suspect.suggested)])
    if suspect.box is None and suspect.given_box is None:
        return suspect
    if suspect.row not in sizes:
        height, width = part.pictures.image(index).shape[-2:]
        sizes[suspect.row] = height, width
    own = partial(_in_file, part.model.preprocess, sizes[suspect.row])
    return replace(suspect, box=own(suspect.box), given_box=own(suspect.given_box))


def _in_file(preprocess: Preprocess, size: tuple[int, int], box: Corners | None) -> Corners | None:
    """A box of the prepared image, in the pixels of a picture of (H, W)."""
    if box is None:
        return None
    back = inverse(preprocess.affine(size)).double()
    moved = clipped_boxes(moved_boxes(torch.tensor([box], dtype=torch.float64), back[None]), size)
    x1, y1, x2, y2 = moved[0].tolist()
    return x1, y1, x2, y2
