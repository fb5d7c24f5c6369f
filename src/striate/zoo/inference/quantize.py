"""int8: weights and activations in eight bits, with scales that are measured on the user's own pictures.

    x  ~  scale * round(x / scale),   -128 <= round(x / scale) <= 127

    pictures to calibrate --> ranges of layers --> int8 graph --> metric on pictures not seen --> accepted?

Jacob et al. 2018, https://arxiv.org/abs/1712.05877. The ranges, and the correction of biases that rounding
shifts, are nncf's. What it costs is measured before the graph is handed out, with what chance does to so few
pictures: one wrong answer of 33 is three points, and may be no loss at all.
"""

import importlib
import importlib.util
import io
import logging
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from striate.data.batches.cache import prepared
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.formatting import plural
from striate.ops.intervals import Interval, PairedDifference, paired_difference
from striate.tasks.metric import Primary
from striate.tasks.model import TaskModel
from striate.zoo.inference.openvino_engine import STRUCTURE, Engine, compiled, converted, stay_silent
from striate.zoo.inference.signal_stack import signal_stack_kept

CALIBRATION = 300
"""Pictures from which ranges are measured: nncf's own default; more change little."""


@dataclass(frozen=True)
class Measured:
    """The primary number of some pictures.

    Args:
        primary: with its value.
        per_image: (N,), what it is for each picture; NaN where nothing can be said.
    """

    primary: Primary
    per_image: Tensor


Measure = Callable[[Engine], Measured]
"""The primary number of the answers that an engine gives to pictures that it was not calibrated on."""


@dataclass(frozen=True)
class Quantized:
    """An int8 graph that was accepted, and what it costs.

    Args:
        graph: OpenVINO's.
        exact: the primary number of the model.
        int8: that of the int8 graph on the same pictures.
        most_loss: points that it may cost; per cent of a number that is no share.
    """

    graph: Any
    exact: Measured
    int8: Measured
    most_loss: float = 1.0

    @property
    def count(self) -> int:
        """Pictures on which both were measured."""
        return len(self.exact.per_image)

    @property
    def difference(self) -> PairedDifference:
        """How much better the model is than int8: as a share, or as a share of a number that is none."""
        primary = self.exact.primary
        unit = 1.0 if primary.share else abs(primary.value or 0.0) or 1.0
        sign = 1.0 if primary.higher_is_better else -1.0
        return paired_difference(self.int8.per_image * (sign / unit), self.exact.per_image * (sign / unit))

    @property
    def loss(self) -> float:
        """What int8 costs, as a share; below zero if it gained some."""
        return self.difference.mean

    @property
    def interval(self) -> Interval | None:
        """(low, high) of the loss, 95 %; None for a single picture."""
        return self.difference.interval

    @property
    def too_much(self) -> bool:
        """Whether it costs more than it may, and chance does not explain that it costs something."""
        found = self.difference
        return 100 * found.mean > self.most_loss and found.told_apart

    @property
    def unit(self) -> str:
        """What the loss is told in."""
        return "points" if self.exact.primary.share else "per cent"

    def __str__(self) -> str:
        ends = self.interval
        between = "" if ends is None else f" ({100 * ends[0]:.2f} to {100 * ends[1]:.2f})"
        return (
            f"int8 costs {100 * self.loss:.2f} {self.unit}{between} of {self.exact.primary.name}: "
            f"{self.int8.primary.text()} instead of {self.exact.primary.text()} "
            f"on {plural(self.count, 'picture')} that it was not calibrated on"
        ) + self._unsure()

    def _unsure(self) -> str:
        """What so few pictures cannot show."""
        if self.too_much or (self.interval is not None and 100 * self.interval[1] <= self.most_loss):
            return ""
        unit = self.unit.removesuffix("s") if self.most_loss == 1 else self.unit
        return f"; so few pictures cannot show whether it costs more than {self.most_loss:g} {unit}"


def quantize(
    model: TaskModel[Any], learned: Dataset, unseen: Dataset, measure: Measure, most_loss: float = 1.0
) -> Quantized:
    """An int8 graph of a model that does not cost more of its metric than is allowed.

    Args:
        model: stays as it is.
        learned: pictures to calibrate on; 300 of them are taken, evenly.
        unseen: other pictures; what ``measure`` measures.
        measure: the model's metric for the answers of an engine, on ``unseen``.
        most_loss: points of the metric that it may cost, 0..100.

    Raises:
        SettingError: it costs more, or nncf is not installed, or ``most_loss`` is no such number.
        DataError: there are no pictures.
    """
    _require(learned, unseen, most_loss)
    graph = converted(model)
    small = eight_bits(graph, sample(learned, model.preprocess))
    exact, int8 = measure(compiled(graph, "exact")), measure(compiled(small, "int8"))
    found = Quantized(small, exact, int8, most_loss)
    if found.too_much:
        raise SettingError(
            str(found),
            f"at most {most_loss:g} {found.unit}",
            f"bf16, or --most-loss {100 * found.loss + 0.01:.2f} if that is good enough",
        )
    return found


def eight_bits(graph: Any, pictures: Tensor) -> Any:
    """The graph in int8, calibrated on uint8 pictures (N, C, H, W)."""
    stay_silent()
    with redirect_stdout(io.StringIO()), signal_stack_kept():  # its bars and remarks; its own plugins
        nncf = _nncf()
        nncf.set_log_level(logging.ERROR)
        items = nncf.Dataset([picture[None].numpy() for picture in pictures])
        small = nncf.quantize(graph, items, subset_size=len(pictures))
    small.set_rt_info(graph.get_rt_info(STRUCTURE).value, STRUCTURE)
    return small


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
