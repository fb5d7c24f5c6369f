"""The caption branch of DenseCap: a code of the region, and a language model that reads it first.

    region of the maps (C, 7, 7) --fc6, fc7 of the box head--> code --language model--> a caption

    loss   caption   cross-entropy of every word and of END, divided by their number

Johnson, Karpathy, Fei-Fei 2016, sections 3.2 and 3.3. https://arxiv.org/abs/1511.07571
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, final

import torch
from torch import Tensor, nn

from striate.records import BoxTargets
from striate.tasks.captioning.caption_graphs import graphs
from striate.tasks.captioning.caption_losses import drawn_captions
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.search import GREEDY, Search
from striate.tasks.captioning.writing import split_captions, written
from striate.tasks.detection.parts.branch import Branch, Graph
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.learned_masks import learned_objects
from striate.tasks.detection.parts.loss_sums import LossSums, of_images
from striate.tasks.detection.parts.region_pool import RegionPool
from striate.tasks.detection.parts.region_sampling import Drawn

NAME = "captions"
"""Of the branch in a network, and of what it says in an answer."""


_SEARCH = ContextVar("search", default=GREEDY)


@contextmanager
def writing(search: Search) -> Iterator[None]:
    """How branches write captions meanwhile, in this thread: others may ask the same network otherwise."""
    before = _SEARCH.set(search)
    try:
        yield
    finally:
        _SEARCH.reset(before)


@final
class CaptionBranch(Branch):
    """Maps and regions -> ``codes`` (R, D).

    Args:
        pool: regions of maps -> (R, C, P, P).
        body: bins -> (R, D): the layers of the box head, which both learn.
        code: D.
        width: of the language model.
        weight: of the loss, times that of the paper; 0 for a detector that shall learn its boxes first.
    """

    def __init__(self, pool: RegionPool, body: nn.Module, code: int, width: int, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight
        self.pool = pool
        self._shared = (body,)  # in a tuple: its weights belong to the head
        self.language = LanguageModel(code, width)

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> dict[str, Tensor]:
        """Maps and regions -> codes."""
        return {"codes": self._shared[0](self.pool(maps, regions))}

    def loss_sums(
        self,
        raw: Sequence[dict[str, Tensor]],
        regions: Sequence[Tensor],
        drawn: Sequence[Drawn],
        targets: BoxTargets,
    ) -> LossSums:
        """``caption``, divided by the number of words and ENDs that are learned.

        Of a region with several captions one is drawn.
        """
        codes = torch.cat([own["codes"] for own in raw]).float()
        objects = torch.cat(learned_objects(targets, drawn)).tolist()
        known = [[]] * len(targets.boxes) if targets.captions is None else targets.captions.captions
        captions = drawn_captions([known[one] for one in objects], self.language.vocabulary, codes.device)
        losses = codes.sum(1) * self.language.encode.bias.sum() * 0  # a gradient where the rest is frozen
        if len(codes):
            losses = self.language.step_losses(codes, captions.words) * captions.said[:, None]
        counts = [len(own["codes"]) for own in raw]
        rows = zip(torch.split(losses, counts), torch.split(captions.steps, counts), strict=True)
        return of_images(({"caption": one.sum()}, int(own.sum())) for one, own in rows)

    def fields(
        self, raw: dict[str, Tensor], found: Sequence[Found], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Any]]:
        """``captions``."""
        captions = written(self.language, raw["codes"], _SEARCH.get())
        return [{NAME: one} for one in split_captions(captions, [len(one.labels) for one in found])]

    def graphs(self, name: str, bins: Tensor) -> list[Graph]:
        """Codes, what is remembered of them, and a word more."""
        return graphs(name, self._shared[0], self.language, bins)
