"""The regions of a collection that a phrase fits best: by its log-probability at each region.

    "a red circle", pictures --every region: log p(phrase | region)--> the best k of all pictures

Johnson, Karpathy, Fei-Fei 2016, section 4.3. https://arxiv.org/abs/1511.07571
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from itertools import chain
from pathlib import Path
from typing import Any

from striate.data.captions.tokenizer import words_of
from striate.errors import SettingError
from striate.records import Detections, ImageCaption
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.captioning.dense_captioner import DenseCaptioner
from striate.tasks.model import TaskModel

AT_ONCE = 256
"""Pictures that are answered before the next ones are read."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PhraseRegion:
    """A region, or a whole picture, that a phrase was looked for in.

    Args:
        source: the picture.
        box: x1, y1, x2, y2, pixels of the picture; None for all of it.
        log_probability: of the phrase, natural logarithm.
        score: how sure it is that there is something to say of the region, 0..1; 1 of a whole picture.
    """

    source: str
    box: tuple[float, float, float, float] | None
    log_probability: float
    score: float = 1.0

    def in_words(self) -> str:
        """Picture, corners and log-probability."""
        corners = "" if self.box is None else ",".join(f"{side:.0f}" for side in self.box) + "  "
        return f"{self.source}  {corners}log p {self.log_probability:.2f}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "box": None if self.box is None else list(self.box)}


def search_phrase(
    phrase: str,
    pictures: Sequence[str | Path],
    model: TaskModel[Any],
    *,
    k: int = 5,
    progress: Progress | None = None,
) -> list[PhraseRegion]:
    """The k regions, or pictures, with the highest log-probability of a phrase.

    Args:
        phrase: one word or more, of which the model knows one at least.
        pictures: files.
        model: of captions: of regions, or of whole pictures.
        k: 1 or more.
        progress: called with (pictures done, pictures in all).

    Raises:
        SettingError: the model writes no captions, knows no word of the phrase, or k is below 1.
        ImageError: a picture cannot be read.
    """
    if not isinstance(model, DenseCaptioner | Captioner):
        raise SettingError(
            f"a phrase is looked for, and the model is for {model.task}",
            f"a model for {DenseCaptioner.task} or {Captioner.task}",
            "--model RUN of a training on captions",
        )
    if not words_of(phrase):
        raise SettingError(
            f"the phrase is {phrase[:60]!r}, which has no word", "one word or more", "'a red circle'"
        )
    if k < 1:
        raise SettingError(f"k is {k}", "1 or more", "leave k out")
    regions = chain.from_iterable(_regions(phrase, pictures, model, progress))
    return nlargest(k, regions, key=lambda one: one.log_probability)


def unknown_words(phrase: str, model: TaskModel[Any]) -> list[str]:
    """The words of a phrase that a model does not know; they count as rare ones."""
    assert isinstance(model, DenseCaptioner | Captioner)
    language = model.branch.language if isinstance(model, DenseCaptioner) else model.language
    known = set(language.vocabulary.words)
    return [word for word in words_of(phrase) if word not in known]


def _regions(
    phrase: str, pictures: Sequence[str | Path], model: TaskModel[Any], progress: Progress | None
) -> Iterator[list[PhraseRegion]]:
    """The regions of each picture."""
    for first in range(0, len(pictures), AT_ONCE):
        for record in model.predict(list(pictures[first : first + AT_ONCE]), phrase=phrase):
            yield list(_of(record))
        if progress is not None:
            progress(min(first + AT_ONCE, len(pictures)), len(pictures))


def _of(record: Detections | ImageCaption) -> Iterator[PhraseRegion]:
    """The regions of one picture, or the picture."""
    if isinstance(record, ImageCaption):
        yield PhraseRegion(record.source, None, record.log_probability)
        return
    assert record.captions is not None
    rows = zip(
        record.boxes.tolist(), record.captions.log_probabilities.tolist(), record.scores.tolist(), strict=True
    )
    for (x1, y1, x2, y2), likely, score in rows:
        yield PhraseRegion(record.source, (x1, y1, x2, y2), likely, score)
