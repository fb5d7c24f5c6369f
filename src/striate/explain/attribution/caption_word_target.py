"""A word of the caption of a whole picture as a target: its log-probability after the words before it.

    picture --network--> code --language model, "a large"--> log p(red) --slope--> pixels

The caption stays that of the picture itself, also for variants of it; see ``word_target`` for regions.
"""

from typing import Any

import torch
from torch import Tensor

from striate.data.captions.tokenizer import words_of
from striate.errors import SettingError
from striate.layers.detached_copy import detached_copy
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.captioning.language_targets import numbered


class CaptionWordTarget:
    """The log-probability of one word, for any variant of the picture.

    Args:
        captioner: that wrote the caption; it is not touched.
        words: of the caption.
        position: of the word among them.
    """

    def __init__(self, captioner: Captioner, words: list[str], position: int) -> None:
        self._captioner: Any = detached_copy(captioner)
        self.words, self.position = words, position

    def on(self, captioner: Any) -> "CaptionWordTarget":
        """The same word for another network, as one whose layers were shuffled."""
        return CaptionWordTarget(captioner, self.words, self.position)

    def __call__(self, raw: Any) -> Tensor:
        """Codes (N, D) -> (N,)."""
        language = self._captioner.language
        rows = numbered([self.words] * len(raw), language.vocabulary).to(raw.device)
        losses: Tensor = language.step_losses(raw.float(), rows)
        return -losses[:, 1 + self.position]

    def __str__(self) -> str:
        return f"{self.words[self.position]}: {' '.join(self.words)}"


def caption_word_target(captioner: Captioner, images: Tensor, target: str) -> CaptionWordTarget:
    """The first such word of the caption that is written about one picture.

    Args:
        captioner: that is explained.
        images: uint8 or float 0..1 (1, C, H, W), as the network sees the picture.
        target: a word.

    Raises:
        SettingError: there are several pictures, or the caption has no such word.
    """
    if len(images) != 1:
        raise SettingError(f"{len(images)} pictures are given", "one, whose caption is known", "one picture")
    with torch.inference_mode(False), torch.no_grad():
        raw = captioner(images.to(captioner.device))
        (found,) = captioner.decode(raw, torch.tensor([captioner.preprocess.size]))
    words, word = words_of(found.text), " ".join(words_of(target))
    if word in words:
        return CaptionWordTarget(captioner, words, words.index(word))
    raise SettingError(
        f"the caption of the picture has no word {target[:40]!r}",
        f"a word of: {' '.join(words)[:80] or 'no words, as nothing was written'}",
        "--target with one of them",
    )
