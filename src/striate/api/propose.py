"""Boxes that may hold an object: of pictures, or of a data set whose objects are known."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from striate.api.networks import Model, classifier_of
from striate.arguments import checked
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.class_mapping import part_of
from striate.data.dataset import Dataset
from striate.data.inputs import Input, one_or_many
from striate.data.picture_files import ending_of
from striate.data.read_dataset import read
from striate.data.readers import KINDS_OF
from striate.data.recognise import annotated_formats
from striate.errors import ImageError, SettingError
from striate.ops.selective_search import Mode
from striate.records import BoxTargets, Proposals
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.proposers import propose_each, proposer_of, require_mode

__all__ = ["propose"]

TOP = 2000
"""Boxes of a picture, as in R-CNN."""

LISTS = (".csv", ".tsv", ".json")
"""Endings of files that may be data with boxes."""


@checked
def propose(
    images: Input | Iterable[Input],
    proposals: str | Path = "selective",
    *,
    mode: Mode = "fast",
    top: int = TOP,
    model: Model | None = None,
    cache: bool = True,
) -> Proposals | list[Proposals]:
    """Boxes that may hold an object, whatever it is; the most promising first.

    Args:
        images: one picture or many, as ``TaskModel.predict`` takes them.
        proposals: ``selective``; ``quality``, which is ``selective`` with that mode; ``windows``, ``rpn``, or
            a .jsonl file as ``striate propose`` writes it.
        mode: of selective search: ``fast``, 8 groupings, or ``quality``, 80.
        top: boxes of a picture at most.
        model: with ``rpn``: a detector with two stages, its file or its run, whose first stage proposes.
        cache: whether boxes of selective search are kept in the user's cache folder, by what a picture shows.

    Returns:
        ``Proposals`` of one picture, or a list.

    Raises:
        SettingError: an argument is out of range.
        ImageError: a picture cannot be read.
        DataError: the file of proposals cannot be read.
    """
    proposer = proposer_for(proposals, mode, model, cache=cache)
    require_top(top)
    pictures, alone = one_or_many(images)
    found = []
    for one in propose_each(proposer, pictures):
        if isinstance(one, ImageError):
            raise one
        found.append(one.best(top))
    return found[0] if alone else found


def proposer_for(
    proposals: str | Path, mode: str, model: Model | None = None, *, cache: bool = True
) -> Proposer:
    """The proposer that is meant, also the first stage of a detector.

    Raises:
        SettingError: there is no such proposer or mode, or a model and ``rpn`` do not come together.
        DataError: the file of proposals cannot be read.
        ModelFileError: that of the model cannot.
    """
    if (str(proposals) == "rpn") != (model is not None):
        wrong = f"proposals is {str(proposals)!r} and {'a' if model is not None else 'no'} model is given"
        raise SettingError(wrong, "rpn with a model, any other without", "proposals rpn, model runs/NAME")
    if model is None:
        return proposer_of(proposals, mode, cache=cache)
    require_mode(mode, str(proposals))
    from striate.tasks.detection.proposer.network_proposals import NetworkProposals

    found = NetworkProposals(classifier_of(model), str(model) if isinstance(model, str | Path) else "")
    if not found.learned:
        raise SettingError(
            "the model looks at boxes that a search finds, and has no network that proposes",
            "a detector that was trained with rpn, such as faster_rcnn",
            "proposals selective, quality or windows, without a model",
        )
    return found


def require_top(top: int) -> None:
    """A number of boxes.

    Raises:
        SettingError: it is below 1.
    """
    if top < 1:
        raise SettingError(f"top is {top}", "1 or more", f"top={TOP}")


class BoxData(NamedTuple):
    """Pictures with the boxes of their objects, and what is to be said of them."""

    pictures: Dataset
    notes: tuple[str, ...]

    def paths(self) -> list[Path]:
        """The files of the pictures."""
        return [Path(self.pictures.name(index)) for index in range(len(self.pictures))]

    def targets(self) -> Iterator[BoxTargets]:
        """The objects of each picture."""
        for index in range(len(self.pictures)):
            targets = self.pictures.annotations.collate(torch.tensor([index]))
            assert isinstance(targets, BoxTargets)
            yield targets


def data_with_boxes(names: list[str], split: str = "all") -> BoxData | None:
    """The data set that one name stands for, if its objects have boxes; None for pictures.

    Bad boxes are left out.

    Raises:
        DataError: the boxes cannot be read.
        SettingError: there is no such split.
    """
    path = Path(names[0]) if len(names) == 1 else None
    if path is None or not (path.is_dir() or (path.is_file() and ending_of(path.name) in LISTS)):
        return None
    if not any(KINDS_OF[name] is BoxAnnotations for name in annotated_formats(path)):
        return None
    splits = read(path, kinds=(BoxAnnotations,), validation=0.0, on_bad_box="drop")
    return BoxData(part_of(splits, split), splits.notes)
