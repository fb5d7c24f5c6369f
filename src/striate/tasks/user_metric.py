"""A metric of somebody's own, a function of (raw, targets), in the place of a task's primary number.

    scores of whole pictures (N, K)    asked once for all pictures
    scores of every pixel, boxes ...   asked for each picture, and the mean taken: all would fill the memory

The task's own numbers stand beside it.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

import torch
from torch import Tensor

from striate.errors import SettingError, StriateError
from striate.files.regular import reason_of
from striate.records import Batch
from striate.tasks.metric import Metric, Metrics, PlainMetrics, Primary
from striate.tasks.raw_outputs import Raw, each, rows_of
from striate.tasks.suspect import Suspect

MOST = 4096
"""Numbers that the network gives for a picture, up to which those of all pictures are kept."""

Make = Callable[[Metric], Metric]
"""Puts a metric of somebody's own around that of a task."""


@final
class UserMetric(Metric):
    """The number that a function gives, and those of the task.

    Args:
        inner: of the task, which also tells answers, losses and suspects.
        function: of (raw, targets), a number.
        name: of the number.
        higher_is_better: whether a larger number is a better one.
    """

    def __init__(
        self, inner: Metric, function: Callable[[Any, Any], Any], name: str, *, higher_is_better: bool = True
    ) -> None:
        self.primary = Primary(name, higher_is_better=higher_is_better, share=False)  # type: ignore[misc]
        self.inner, self.function = inner, function
        self.pools = inner.pools  # type: ignore[misc]
        self._raw, self._targets = list[Tensor](), list[Tensor]()
        self._values = list[float]()

    def update(self, raw: Raw, batch: Batch) -> None:
        """Keep what the function needs, or ask it.

        Raises:
            SettingError: the function fails, or gives no number.
        """
        self.inner.update(raw, batch)
        known, rows = batch.targets.plain, rows_of(raw)
        if isinstance(raw, Tensor) and isinstance(known, Tensor) and raw.numel() <= MOST * rows:
            self._raw.append(raw)
            self._targets.append(known.cpu())
            return
        for number in range(rows):
            own = each(lambda part, number=number: part[number : number + 1], raw)  # type: ignore[misc]
            self._values.append(self._asked(own, batch.targets.row(number).plain))

    def merge(self, other: "UserMetric") -> None:
        """After the images of this one come those of the other."""
        self.inner.merge(other.inner)
        self._raw += other._raw
        self._targets += other._targets
        self._values += other._values

    def compute(self) -> PlainMetrics:
        """The number, its value for each image where it was asked for each, and the task's numbers.

        A number of the task that has the same name is called ``task_<name>``.

        Raises:
            SettingError: the function gives no finite number; of some images alone it may be NaN.
        """
        own = self.inner.compute()
        others = {self._other(name): value for name, value in own.values.items()}
        if not self._raw:
            values = torch.tensor(self._values)
            if len(values) and values.isnan().all():
                raise self._no_number(math.nan)
            return replace(PlainMetrics.of(self.primary, values), others=others)
        value = self._asked(torch.cat(self._raw), torch.cat(self._targets))
        if math.isnan(value):
            raise self._no_number(value)
        unknown = torch.full((own.count,), math.nan)
        return PlainMetrics(self.primary.of(value), own.count, others, None, unknown)

    def _other(self, name: str) -> str:
        """What a number of the task is called beside that of the function."""
        return f"task_{name}" if name == self.primary.name else name

    def _no_number(self, value: float) -> SettingError:
        """The error of a number that cannot be compared."""
        return SettingError(
            f"metric {self.primary.name} gives {value}",
            "a finite number, as it chooses the best epoch",
            "look for a division by zero; give the worst number where nothing can be said",
        )

    def _asked(self, raw: Any, targets: Any) -> float:
        """What the function says.

        Raises:
            SettingError: it fails, or gives no number.
        """
        name = self.primary.name
        try:
            value = float(self.function(raw, targets))
        except StriateError:
            raise
        except Exception as reason:  # of somebody's own code
            wrong = f"metric {name} failed: {type(reason).__name__}: {reason_of(reason)}"
            expected = "a function of (raw, targets) that gives one number"
            given = f"raw is {_shape(raw)}, targets are {_shape(targets)}"
            raise SettingError(wrong, expected, given) from reason
        if math.isinf(value):
            raise self._no_number(value)
        return value

    def loss(self) -> float | None:
        """That of the task."""
        return self.inner.loss()

    def losses(self) -> Tensor | None:
        """Those of the task."""
        return self.inner.losses()

    def suspects(self) -> list[Suspect]:
        """Those of the task."""
        return self.inner.suspects()

    def answers(self) -> list[str]:
        """Those of the task."""
        return self.inner.answers()


def _shape(value: Any) -> str:
    return f"{tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


def metrics_from(values: dict[str, Any], kind: type[Metrics], *, own: bool) -> Metrics:
    """Metrics from a file.

    Args:
        values: as ``Metrics.to_dict`` gave them.
        kind: of the task.
        own: whether a metric of somebody's own was measured.
    """
    return PlainMetrics.from_dict(values) if own else kind.from_dict(values)
