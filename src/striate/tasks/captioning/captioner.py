"""Captions alone: a sentence on a picture, or on what is inside a box of it, which is a picture of its own.

    images --> backbone --> code --> language model --> ImageCaption

The parts are those of dense captions: ``LanguageModel``, its search, its vocabulary.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.captions.vocabulary import Vocabulary
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError
from striate.records import Batch, CaptionTargets, ImageCaption
from striate.tasks.captioning.caption_losses import AUGMENT, OwnedCaptions, owned_captions
from striate.tasks.captioning.caption_metric import CaptionMetric
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.networks.caption_network import CaptionNetwork, caption_network
from striate.tasks.captioning.other_words import taken_over
from striate.tasks.captioning.writing import search_of, vocabulary_note, vocabulary_to_learn, written
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw

WIDTH = 256
"""Of the language model, when nobody says; 512 in the paper of DenseCap."""

BEAM = 5
"""Unfinished captions of a picture, when nobody says: the likeliest words one by one are no likely sentence.
``benchmarks/captions_alone.py`` measures both."""


@final
class Captioner(TaskModel[ImageCaption]):
    """A network that writes a sentence on a picture.

    Args:
        network: a backbone, or a ``CaptionNetwork``.
        classes: one name; there is nothing to choose from.
        preprocess: what the network expects of a picture.
        vocabulary: the words that it writes, as ``Vocabulary.to_dict`` gives them; None where nobody has
            named any.
        language: width of the language model.

    Raises:
        SettingError: the network is no backbone.
        ModelFileError: the vocabulary is not the one that the weights were learned with, or is none.
    """

    task: ClassVar[str] = "caption"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (ImageCaptionAnnotations,)
    network_calls: ClassVar[tuple[str, ...]] = ("caption_losses",)
    usual_settings: ClassVar[Mapping[str, Any]] = {
        "optimizer": "adamw",
        "lr": 1e-3,
        "schedule": "cosine",
        "augment": AUGMENT,
    }
    most_batch: ClassVar[int] = 32
    time_varies: ClassVar[bool] = True

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        vocabulary: Mapping[str, Any] | None = None,
        language: int = WIDTH,
    ) -> None:
        options = {"vocabulary": vocabulary, "language": language}
        super().__init__(caption_network(network, language), classes, preprocess, **options)
        if vocabulary is not None:
            self.language.use(Vocabulary.from_dict(vocabulary))
        self.guess_loss = math.log(len(self.language.vocabulary) + 2)

    @property
    def captioning(self) -> CaptionNetwork:
        """The network."""
        assert isinstance(self.network, CaptionNetwork)
        return self.network

    @property
    def language(self) -> LanguageModel:
        """What writes the captions."""
        return self.captioning.language

    @property
    def output_names(self) -> tuple[str, ...]:
        """``0``, ``1``, ..., the numbers of a code."""
        return tuple(map(str, range(self.language.encode.in_features)))

    # ---- what it learns from

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The vocabulary of the captions to learn from.

        Raises:
            DataError: no word stands often enough.
        """
        assert isinstance(annotations, ImageCaptionAnnotations)
        return vocabulary_to_learn(annotations.captions(), settings)

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """The vocabulary is told."""
        self.notes = (vocabulary_note(self.language),)

    def taken_over(
        self, tensors: Mapping[str, Tensor], options: Mapping[str, Any]
    ) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """With the words of this model, and the weights of those that both know.

        Raises:
            ModelFileError: the vocabulary of the saved model was edited.
        """
        return taken_over(self.network, tensors, options)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """``caption``: the cross-entropy of every word and of END, divided by their number."""
        captions = self._learned(batch)
        losses = self.captioning.caption_losses(self.normalized(batch.images), *captions)
        return {"caption": losses.sum() / captions.steps.sum().clamp(min=1)}

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): that of each image, divided by its own number."""
        captions = self._learned(batch)
        return _of_images(
            self.captioning.caption_losses(self.normalized(batch.images), *captions), captions, batch
        )

    def _learned(self, batch: Batch) -> OwnedCaptions:
        """The captions of a batch."""
        assert isinstance(batch.targets, CaptionTargets)
        return owned_captions(batch.targets.captions, self.language.vocabulary, self.device)

    @torch.no_grad()
    def _loss_of(self, raw: Raw, batch: Batch) -> Tensor:
        """(N,): the loss of each image by its code; captions that are drawn are the same every time."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            captions = self._learned(batch)
        losses = self.captioning.losses_of(self._codes(raw), *captions)
        return _of_images(losses, captions, batch)

    def example_targets(self, count: int) -> CaptionTargets:
        """Captions as long as they can be."""
        return CaptionTargets.of([["a " * self.language.vocabulary.longest]] * count)

    def metric(self) -> CaptionMetric:
        """CIDEr-D, and what goes with it, of captions by a beam."""
        search = search_of({}, BEAM)
        return CaptionMetric(
            lambda raw: written(self.language, self._codes(raw), search).texts, self._loss_of
        )

    # ---- what it answers

    def _codes(self, raw: Raw) -> Tensor:
        assert isinstance(raw, Tensor)
        return raw.to(self.device).float()

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[ImageCaption]:
        """Codes (N, D) -> a record for each.

        Args:
            raw: of ``forward``.
            sizes: not looked at.
            options: ``beam``, 5 when left out, ``temperature``, ``seed``, ``phrase``, of ``Search``.

        Raises:
            SettingError: there is no such option, or it is out of range; no word of the phrase is known.
            ModelFileError: the codes are NaN.
        """
        search, codes = search_of(options, BEAM), self._codes(raw)
        if not codes.isfinite().all():
            raise ModelFileError(
                "the codes of the pictures became NaN or infinite",
                "weights with which the network computes numbers",
                "a model from before its training went wrong; for one of half precision, model.float()",
            )
        found = written(self.language, codes, search)
        rows = zip(found.texts, found.log_probabilities.tolist(), strict=True)
        return [ImageCaption(text, likely) for text, likely in rows]


def _of_images(losses: Tensor, captions: OwnedCaptions, batch: Batch) -> Tensor:
    """(N,): the mean over the words of each image, of losses (S,) of captions."""
    steps = captions.sums(captions.steps, len(batch.images))
    return captions.sums(losses, len(batch.images)) / steps.clamp(min=1)
