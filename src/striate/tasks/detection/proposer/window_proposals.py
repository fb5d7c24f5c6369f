"""Windows of several sizes and shapes, all over a picture: what detectors looked at before proposals.

    sides 1, 0.71, 0.5, ... of the picture's shorter side  x  shapes 1:2, 1:1, 2:1  x  every third of a side

No window is better than another: sizes and shapes take turns, each in a fixed random order, so that the first
windows are spread over the picture at every size.

Source: Viola, Jones 2001, section 3.1; Sermanet et al. 2014, section 4. https://arxiv.org/abs/1312.6229
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import torch
from torch import Tensor

from striate.data.array_images import from_tensor
from striate.errors import SettingError
from striate.records import Proposals
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.sliding_window import SCALE_STEP, window_boxes

LEAST_SIDE = 8
"""Pixels of a window's shorter side at least."""


@final
@dataclass(frozen=True)
class WindowProposals(Proposer):
    """Proposes windows.

    Args:
        smallest: shorter side of the smallest windows, as a share of the picture's shorter side, 0..1.
        ratios: width by height.
        step: pixels from one window to the next, as a share of its side, 0..1.
        seed: of the order.

    Raises:
        SettingError: a number is out of range.

    >>> found = WindowProposals(smallest=0.5, ratios=(1,)).propose(torch.zeros(3, 32, 32, dtype=torch.uint8))
    >>> len(found), found.boxes[0].tolist()
    (21, [0.0, 0.0, 32.0, 32.0])
    """

    smallest: float = 0.06
    ratios: tuple[float, ...] = (1.0, 0.5, 2.0)
    step: float = 1 / 3
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.01 <= self.smallest <= 1 or not 0.05 <= self.step <= 1:
            raise SettingError(
                f"smallest is {self.smallest} and step {self.step}", "0.01..1 and 0.05..1", "leave them out"
            )
        if not self.ratios or not all(0.05 <= ratio <= 20 for ratio in self.ratios):
            raise SettingError(f"ratios are {self.ratios}", "numbers, 0.05..20", "ratios=(1, 0.5, 2)")

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments."""
        return {"proposals": "windows", **asdict(self)}

    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """All windows, in turns."""
        size = from_tensor(image).shape[1], image.shape[2]
        generator = torch.Generator().manual_seed(self.seed)
        kinds = [window_boxes(size, window, self._stride(window)) for window in self._windows(size)]
        mixed = [boxes[torch.randperm(len(boxes), generator=generator)] for boxes in kinds]
        boxes = in_turns(mixed)
        scores = torch.arange(len(boxes), 0, -1) / max(len(boxes), 1)
        return Proposals(boxes, scores, source)

    def _windows(self, size: tuple[int, int]) -> list[tuple[int, int]]:
        """(height, width) of the kinds of windows that fit into a picture of (H, W) pixels."""
        shorter, kinds = min(size), []
        least = min(max(shorter * self.smallest, LEAST_SIDE), shorter)
        side = float(shorter)
        while side >= least:
            for ratio in self.ratios:
                tall = min(size[0], max(1, round(side / min(ratio, 1))))
                wide = min(size[1], max(1, round(side * max(ratio, 1))))
                kinds.append((tall, wide))
            side *= SCALE_STEP
        return list(dict.fromkeys([size, *kinds]))

    def _stride(self, window: tuple[int, int]) -> tuple[int, int]:
        return max(1, round(window[0] * self.step)), max(1, round(window[1] * self.step))


def in_turns(kinds: Sequence[Tensor]) -> Tensor:
    """(P, 4): the first of each kind, then the second of each, and so on.

    Args:
        kinds: at least one tensor (?, 4).

    >>> in_turns([torch.zeros(2, 4), torch.ones(1, 4)])[:, 0].tolist()
    [0.0, 1.0, 0.0]
    """
    turns = torch.cat([torch.arange(len(boxes)) for boxes in kinds])
    return torch.cat(list(kinds))[turns.argsort(stable=True)]
