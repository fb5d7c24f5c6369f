"""int8: weights and activations in eight bits, with scales that are measured on the user's own pictures.

    x  ~  scale * round(x / scale),   -128 <= round(x / scale) <= 127

    pictures to calibrate --> ranges of layers --> int8 graph --> accuracy on pictures not seen --> accepted?

Jacob et al. 2018, https://arxiv.org/abs/1712.05877. The ranges, and the correction of biases that rounding
shifts, are nncf's. What it costs in accuracy is measured before the graph is handed out.
"""

import importlib
import importlib.util
import io
import logging
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from striate.data.augment.mixup_cutmix import labels_of
from striate.data.batches.cache import prepared
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.inference.openvino_engine import compiled, converted, stay_silent

CALIBRATION = 300
"""Pictures from which ranges are measured: nncf's own default; more change little."""

BATCH = 8


@dataclass(frozen=True)
class Quantized:
    """An int8 graph that was accepted, and what it costs.

    Args:
        graph: OpenVINO's.
        exact: accuracy of the model, 0..1.
        accuracy: accuracy of the int8 graph on the same pictures.
        count: how many they were.
        most_loss: points that it was allowed to cost.
    """

    graph: Any
    exact: float
    accuracy: float
    count: int
    most_loss: float = 1.0

    @property
    def loss(self) -> float:
        """Points of accuracy, hundredths, that int8 costs; below zero if it gained some."""
        return 100 * (self.exact - self.accuracy)

    def __str__(self) -> str:
        return (
            f"int8 costs {self.loss:.2f} points of accuracy: {self.accuracy:.2%} instead of {self.exact:.2%} "
            f"on {self.count:,} pictures that it was not calibrated on"
        ) + self._coarse()

    def _coarse(self) -> str:
        """What so few pictures cannot show."""
        one = 100 / self.count
        return (
            f"; {self.count:,} pictures cannot show less than {one:.1f} points"
            if one > self.most_loss
            else ""
        )


def quantize(model: Classifier, learned: Dataset, unseen: Dataset, most_loss: float = 1.0) -> Quantized:
    """An int8 graph of a model that costs no more accuracy than is allowed.

    Args:
        model: stays as it is.
        learned: pictures to calibrate on; 300 of them are taken, evenly.
        unseen: other pictures, with the model's class numbers, on which both are measured.
        most_loss: points of accuracy that it may cost, 0..100.

    Raises:
        SettingError: it costs more, or nncf is not installed, or ``most_loss`` is no such number.
        DataError: there are no pictures.
    """
    _require(learned, unseen, most_loss)
    graph = converted(model)
    small = eight_bits(graph, sample(learned, model.preprocess))
    exact = accuracy(compiled(graph, "exact"), model, unseen)
    found = Quantized(small, exact, accuracy(compiled(small, "int8"), model, unseen), len(unseen), most_loss)
    if found.loss > most_loss:
        raise SettingError(
            str(found),
            f"at most {most_loss:g} points",
            f"bf16, or --most-loss {found.loss + 0.01:.2f} if that is good enough",
        )
    return found


def eight_bits(graph: Any, pictures: Tensor) -> Any:
    """The graph in int8, calibrated on uint8 pictures (N, C, H, W)."""
    stay_silent()
    with redirect_stdout(io.StringIO()):  # its bars and remarks
        nncf = _nncf()
        nncf.set_log_level(logging.ERROR)
        items = nncf.Dataset([picture[None].numpy() for picture in pictures])
        return nncf.quantize(graph, items, subset_size=len(pictures))


def _nncf() -> Any:
    """The module. It sets its own class of loggers for the process, and has torch look for a compiler."""
    before, compilers = logging.getLoggerClass(), logging.getLogger("torch.utils.cpp_extension")
    level = compilers.level
    compilers.setLevel(logging.ERROR)  # it warns of a missing GPU, of which nothing is wanted here
    try:
        return importlib.import_module("nncf")
    finally:
        logging.setLoggerClass(before)
        compilers.setLevel(level)


def sample(dataset: Dataset, preprocess: Preprocess) -> Tensor:
    """uint8 (N, C, H, W): at most 300 pictures, evenly from first to last, so that no class is left out."""
    chosen = np.linspace(0, len(dataset) - 1, min(CALIBRATION, len(dataset))).round().astype(np.int64)
    return prepared(dataset.subset(chosen), preprocess)


def accuracy(scores: Scores, model: Classifier, dataset: Dataset) -> float:
    """The share of pictures whose class gets the highest score, 0..1."""
    hits = sum(
        int((model.viewed(scores, batch.images).argmax(1) == labels_of(batch)).sum())
        for batch in Loader(dataset, model.preprocess, BATCH).batches()
    )
    return hits / len(dataset)


def _require(learned: Dataset, unseen: Dataset, most_loss: float) -> None:
    if importlib.util.find_spec("nncf") is None:
        raise SettingError("nncf is not installed", "nncf, for int8", "pip install 'striate[export]'")
    if not 0 <= most_loss <= 100:
        raise SettingError(f"most_loss is {most_loss!r}", "points of accuracy, 0..100", "leave it out for 1")
    for dataset, purpose in ((learned, "calibrate on"), (unseen, "measure on")):
        if not len(dataset):
            raise DataError(
                f"there are no pictures to {purpose}",
                "labelled pictures of the model's classes",
                "other data",
            )
