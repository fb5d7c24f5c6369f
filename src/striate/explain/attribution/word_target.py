"""A word of a region's caption as a target: its log-probability after the words before it.

    red@2    the word red in the caption of region 2
    red      in that of the surest region whose caption has it

    picture --network--> maps --region 2--> code --language model, "a large"--> log p(red) --slope--> pixels

The region and the caption stay those of the picture itself, also for variants of it. Simonyan, Vedaldi,
Zisserman 2014, https://arxiv.org/abs/1312.6034, with the log-probability in the place of the class score.
"""

import re
from typing import Any, TypeGuard

import torch
from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.errors import SettingError
from striate.explain.attribution.detection_target import number_of
from striate.layers.detached_copy import detached_copy
from striate.records import Detections
from striate.tasks.captioning.caption_branch import NAME
from striate.tasks.captioning.dense_captioner import DenseCaptioner
from striate.tasks.captioning.language_targets import numbered

PLACE = re.compile(r"(.*)@(\d+)", re.DOTALL)


class WordTarget:
    """The log-probability of one word, for any variant of the picture.

    Args:
        captioner: that wrote the caption; it is not touched.
        box: (4,), the region in pixels of the image that the network sees.
        words: of the caption.
        position: of the word among them.
        number: of the region.
    """

    def __init__(
        self, captioner: DenseCaptioner, box: Tensor, words: list[str], position: int, number: int
    ) -> None:
        self._captioner: Any = detached_copy(captioner)
        self.box, self.words, self.position, self.number = box, words, position, number

    @property
    def word(self) -> str:
        """The word."""
        return self.words[self.position]

    def on(self, captioner: Any) -> "WordTarget":
        """The same word of the same region for another network, as one whose layers were shuffled."""
        return WordTarget(captioner, self.box, self.words, self.position, self.number)

    def log_probabilities(self, raw: Any) -> Tensor:
        """Raw numbers of N images -> (N, T), of each word of the caption after those before it."""
        count, branch = len(raw["counts"]), self._captioner.branch
        boxes = [self.box.to(raw["counts"].device)] * count
        codes = self._captioner.detection.branch_raw(raw, [one[None] for one in boxes])[NAME]["codes"]
        rows = numbered([self.words] * count, branch.language.vocabulary).to(codes.device)
        losses: Tensor = branch.language.step_losses(codes.float(), rows)
        return -losses[:, 1 : 1 + len(self.words)]

    def __call__(self, raw: Any) -> Tensor:
        """Raw numbers of N images -> (N,)."""
        return self.log_probabilities(raw)[:, self.position]

    def __str__(self) -> str:
        return f"{self.word} of {self.number}: {' '.join(self.words)}"


def names_a_word(target: Any, captioner: DenseCaptioner) -> TypeGuard[str]:
    """Whether a target is a word, and no number or class of a region.

    >>> PLACE.fullmatch("red@2").groups()
    ('red', '2')
    """
    return isinstance(target, str) and not target.isdecimal() and target not in captioner.classes


def word_target(
    captioner: DenseCaptioner, images: Tensor, target: str, score_threshold: float | None = None
) -> WordTarget:
    """One word of a caption that is written about one picture.

    Args:
        captioner: that is explained.
        images: uint8 or float 0..1 (1, C, H, W), as the network sees the picture.
        target: ``red@2`` or ``red``.
        score_threshold: 0..1, the least score of a region; None for the captioner's own.

    Raises:
        SettingError: there are several pictures, there is no such region, or no caption has the word.
    """
    found, least = _answered(captioner, images, score_threshold)
    assert found.captions is not None
    said = [words_of(text) for text in found.captions.texts]
    place = PLACE.fullmatch(target)
    word = " ".join(words_of(place[1] if place else target))
    rows = [number_of(found, place[2], least)] if place else range(len(said))
    for row in rows:
        if word in said[row]:
            return WordTarget(captioner, found.boxes[row], said[row], said[row].index(word), row)
    shown = "; ".join(f"{row}: {' '.join(said[row])}"[:80] for row in list(rows)[:5])
    raise SettingError(
        f"no caption of the picture has the word {target[:40]!r}",
        f"a word of a caption: {shown or 'none was written'}",
        "--target WORD@NUMBER, as `striate predict` lists the regions",
    )


def least_sure_word(
    captioner: DenseCaptioner, images: Tensor, number: int
) -> tuple[WordTarget, float] | None:
    """The word of a region's caption that was the least likely, and its probability; None without words.

    Args:
        captioner: that is explained.
        images: uint8 (1, C, H, W), as the network sees the picture.
        number: of the region.

    Raises:
        SettingError: there are several pictures, or there is no such region.
    """
    found, least = _answered(captioner, images, None)
    assert found.captions is not None
    row = number_of(found, number, least)
    words = words_of(found.captions.texts[row])
    if not words:
        return None
    target = WordTarget(captioner, found.boxes[row], words, 0, row)
    with torch.inference_mode(False), torch.no_grad():
        sure = target.log_probabilities(captioner(images.to(captioner.device)))[0]
    target.position = int(sure.argmin())
    return target, float(sure.min().exp())


def _answered(
    captioner: DenseCaptioner, images: Tensor, score_threshold: float | None
) -> tuple[Detections, float]:
    """The regions of one picture with their captions, and the score threshold.

    Raises:
        SettingError: there are several pictures.
    """
    if len(images) != 1:
        raise SettingError(
            f"{len(images)} pictures are given", "one, whose regions have numbers", "one picture"
        )
    limit = {} if score_threshold is None else {"score_threshold": score_threshold}
    with torch.inference_mode(False), torch.no_grad():
        raw = captioner(images.to(captioner.device))
        (found,) = captioner.decode(raw, torch.tensor([captioner.preprocess.size]), **limit)
    return found, captioner.detection.finish.with_options(limit).score_threshold
