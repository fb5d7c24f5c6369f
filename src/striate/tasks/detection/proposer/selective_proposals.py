"""Selective search as a proposer: regions of many groupings of the picture, see ``ops.selective_search``."""

from dataclasses import asdict, dataclass
from typing import Any, final

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.ops.selective_search import MODES, SIDE, Mode, selective_search
from striate.records import Proposals
from striate.tasks.detection.proposer.proposer import Proposer

VERSION = 3
"""Of the boxes: one more whenever the search gives others, so that none of an older version are taken."""


@final
@dataclass(frozen=True)
class SelectiveProposals(Proposer):
    """Proposes the boxes of selective search.

    Args:
        mode: ``fast`` or ``quality``: 8 or 80 groupings.
        side: a picture with more pixels than a square of this side is looked at in small.
        seed: of the order.

    Raises:
        SettingError: there is no such mode, or ``side`` is below 1.
    """

    mode: Mode = "fast"
    side: int = SIDE
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.side < 1:
            raise SettingError(
                f"mode is {self.mode!r} and side {self.side}", "fast or quality; 1 or more", "fast"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments, and the version of the search."""
        return {"proposals": "selective", "version": VERSION, **asdict(self)}

    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """All boxes, at least the whole picture."""
        boxes = selective_search(image, self.mode, side=self.side, seed=self.seed)
        return Proposals(boxes, torch.arange(len(boxes), 0, -1) / len(boxes), source)
