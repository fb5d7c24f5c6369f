"""The caption branch of DenseCap: a code of the region, and a language model that reads it first.

    region of the maps (C, 7, 7) --fc6, fc7 of the box head--> code --language model--> a caption

    loss   caption   cross-entropy of every word and of END, divided by their number

Johnson, Karpathy, Fei-Fei 2016, sections 3.2 and 3.3. https://arxiv.org/abs/1511.07571
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import Tensor, nn

from striate.data.captions.tokenizer import words_of
from striate.errors import SettingError
from striate.records import BoxTargets, Captions
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.language_targets import numbered, texts
from striate.tasks.captioning.search import GREEDY, Search, phrase_log_probabilities, write
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.finish import Found
from striate.tasks.detection.parts.learned_masks import learned_objects
from striate.tasks.detection.parts.loss_sums import LossSums, of_images
from striate.tasks.detection.parts.region_pool import RegionPool
from striate.tasks.detection.parts.region_sampling import Drawn

SHOWN = 10
"""Words of a vocabulary that an error names."""

NAME = "captions"
"""Of the branch in a network, and of what it says in an answer."""


@final
class CaptionBranch(Branch):
    """Maps and regions -> ``codes`` (R, D).

    Args:
        pool: regions of maps -> (R, C, P, P).
        body: bins -> (R, D): the layers of the box head, which both learn.
        code: D.
        width: of the language model.
    """

    def __init__(self, pool: RegionPool, body: nn.Module, code: int, width: int) -> None:
        super().__init__()
        self.pool = pool
        self._shared = (body,)  # in a tuple: its weights belong to the head
        self.language = LanguageModel(code, width)
        self._search = GREEDY

    @contextmanager
    def writing(self, search: Search) -> Iterator[None]:
        """How captions are written meanwhile."""
        before, self._search = self._search, search
        try:
            yield
        finally:
            self._search = before

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
        captions = [_one_of(known[number]) for number in objects]
        words = numbered(captions, self.language.vocabulary).to(codes.device)
        said = torch.tensor([bool(one) for one in captions], device=codes.device)
        losses = self.language.step_losses(codes, words) * said[:, None] if len(codes) else codes.sum(1) * 0
        steps = ((words != 0).sum(1) + 1) * said
        counts = [len(own["codes"]) for own in raw]
        rows = zip(torch.split(losses, counts), torch.split(steps, counts), strict=True)
        return of_images(({"caption": one.sum()}, int(own.sum())) for one, own in rows)

    def fields(
        self, raw: dict[str, Tensor], found: Sequence[Found], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Any]]:
        """``captions``."""
        counts = [len(one.labels) for one in found]
        if self._search.phrase:
            parts = torch.split(self._phrased(raw["codes"]), counts)
            return [{NAME: Captions((self._search.phrase,) * len(one), one)} for one in parts]
        return [{NAME: one} for one in self.written(raw["codes"], counts, self._search)]

    def _phrased(self, codes: Tensor) -> Tensor:
        """float32 (R,): the log-probability of the phrase at each region.

        Raises:
            SettingError: no word of it is known.
        """
        words, known = words_of(self._search.phrase), self.language.vocabulary
        if not set(words) & set(known.words):
            shown = ", ".join(known.words[:SHOWN])
            raise SettingError(
                f"the model knows no word of the phrase {self._search.phrase[:60]!r}",
                f"words of its captions: {shown}{', ...' if len(known) > SHOWN else ''}",
                "another phrase",
            )
        return phrase_log_probabilities(self.language, codes.float(), words).cpu()

    def written(self, codes: Tensor, counts: Sequence[int], search: Search = GREEDY) -> list[Captions]:
        """The captions of the regions of each image.

        Args:
            codes: (R, D), those of the first image first.
            counts: regions of each image; they sum to R.
            search: how.
        """
        words, sums = write(self.language, codes.float(), search)
        parts = (torch.split(one.cpu(), list(counts)) for one in (words, sums))
        rows = zip(*parts, strict=True)
        return [Captions(tuple(texts(own, self.language.vocabulary)), one) for own, one in rows]


def _one_of(captions: list[str]) -> list[str]:
    """The words of one of the captions of a region, drawn by torch; none where nothing is said."""
    if len(captions) > 1:
        captions = [captions[int(torch.randint(len(captions), ()))]]
    return words_of(captions[0]) if captions else []
