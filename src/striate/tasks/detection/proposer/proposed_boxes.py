"""The proposals of a data set's pictures, found when a batch first asks for them.

They are those of the picture as the network sees it, in pixels of the file, so that every augmentation takes
them along as it takes boxes; a prediction finds the same ones. Those of a file are in its pixels anyway.

What was found stays in memory up to a bound; beyond it the proposer is asked again, which keeps its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.image_store import Store
from striate.data.preprocess import Preprocess
from striate.records import BoxTargets, Proposals
from striate.records.affine import inverse
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.proposers import propose_each

MOST_NUMBERS = 2**27
"""Of all boxes that stay in memory: half a gigabyte."""


class Found(dict[int, Tensor]):
    """Boxes by place in the store, as many as fit."""

    numbers = 0

    def keep(self, place: int, boxes: Tensor) -> None:
        """Hold the boxes of a picture, if there is room."""
        if self.numbers + boxes.numel() <= MOST_NUMBERS:
            self[place] = boxes
            self.numbers += boxes.numel()


@final
@dataclass(frozen=True)
class ProposedBoxes:
    """Proposals of pictures, by number; ``BoxAnnotations`` carries them.

    Args:
        store: where the pictures are.
        places: int64 (N,), which pictures of the store these are.
        proposer: finds boxes.
        preprocess: how the network sees a picture; None for the picture as its file has it.
        most: boxes of a picture at most, the best first; None for all.
        found: what is in memory, by place in the store; shared by all subsets.
    """

    store: Store
    places: NDArray[np.int64]
    proposer: Proposer
    preprocess: Preprocess | None
    most: int | None
    found: Found = field(default_factory=Found, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the proposer."""
        return self.proposer.notes

    def limited(self, most: int) -> "ProposedBoxes":
        """The best of each picture."""
        return replace(self, most=most, found=Found())

    def subset(self, indices: NDArray[np.int64]) -> "ProposedBoxes":
        """Those of some pictures."""
        return replace(self, places=self.places[indices])

    def joined(self, others: Sequence["ProposedBoxes"]) -> "ProposedBoxes":
        """Those of several parts of one store."""
        return replace(self, places=np.concatenate([one.places for one in (self, *others)]))

    def collate(self, indices: Tensor) -> BoxTargets:
        """The proposals of some pictures, one table."""
        places = self.places[indices.numpy()].tolist()
        known = self._known(list(dict.fromkeys(places)))
        return one_table([known[place] for place in places])

    def _known(self, places: list[int]) -> dict[int, Tensor]:
        missing = [place for place in places if place not in self.found]
        new = dict(zip(missing, self._propose(missing), strict=True))
        for place, boxes in new.items():
            self.found.keep(place, boxes)
        return {place: new[place] if place in new else self.found[place] for place in places}

    def _propose(self, places: list[int]) -> list[Tensor]:
        """(P, 4) of each picture, pixels of the file."""
        if self.preprocess is None:
            return [self._as_it_is(place) for place in places]
        sizes, images = list[tuple[int, int]](), list[Tensor]()
        for place in places:
            picture = self.store.read(place)
            sizes.append((picture.shape[-2], picture.shape[-1]))
            images.append(self.preprocess(picture))
        proposed = [one for one in propose_each(self.proposer, images) if isinstance(one, Proposals)]
        return [
            self._best(one).moved(inverse(self.preprocess.affine(size)), size).boxes
            for one, size in zip(proposed, sizes, strict=True)
        ]

    def _as_it_is(self, place: int) -> Tensor:
        """(P, 4) of a picture by its path, pixels of the file."""
        found = self.proposer.propose(self.store.read(place), self.store.name(place))
        return self._best(found).boxes

    def _best(self, found: Proposals) -> Proposals:
        return found if self.most is None else found.best(self.most)


def one_table(boxes: Sequence[Tensor]) -> BoxTargets:
    """Boxes (P, 4) of each image, all of class 0.

    >>> one_table([torch.zeros(2, 4), torch.zeros(0, 4)]).counts.tolist()
    [2, 0]
    """
    counts = torch.tensor([len(one) for one in boxes], dtype=torch.int64)
    labels = torch.zeros(int(counts.sum()), dtype=torch.int64)
    return BoxTargets(torch.cat([torch.zeros(0, 4), *boxes]), labels, counts)
