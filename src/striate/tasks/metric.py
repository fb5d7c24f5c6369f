"""How good a model is, whatever its task: one primary number, what it is for each image, and how sure it is.

    raw, batch --update--> Metric --merge (of other processes)--> Metric --compute--> Metrics

``Primary`` says which number chooses the best epoch, ranks networks and bounds what int8 may cost. Who uses
it knows nothing of the task.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self, final

from torch import Tensor

from striate.formatting import UNKNOWN, percent, percent_range, plural, words_of
from striate.ops.intervals import Interval, bootstrap
from striate.records import Batch
from striate.tasks.raw_outputs import Raw
from striate.tasks.suspect import Suspect


@final
@dataclass(frozen=True)
class Primary:
    """The number that a task is judged by.

    Args:
        name: as in ``accuracy``; the column of metrics.csv is ``val_<name>``.
        value: None where nothing was measured.
        higher_is_better: whether a larger number is a better one.
        share: whether it is a share 0..1, written in per cent.

    >>> Primary("accuracy", 0.975).text(), Primary("error", 0.02345, share=False).text()
    ('97.50 %', '0.02345')
    """

    name: str
    value: float | None = None
    higher_is_better: bool = True
    share: bool = True

    def of(self, value: float | None) -> "Primary":
        """The same number with another value."""
        return replace(self, value=value)

    def rank(self) -> float:
        """The larger the better; minus infinity where nothing was measured."""
        if self.value is None:
            return float("-inf")
        return self.value if self.higher_is_better else -self.value

    def text(self) -> str:
        """The value for people."""
        if self.value is None:
            return UNKNOWN
        return percent(self.value, 2) if self.share else f"{self.value:.4g}"

    def range_text(self, interval: Interval | None) -> str:
        """An interval of such numbers for people; "" for None."""
        if interval is None:
            return ""
        return percent_range(interval) if self.share else f"{interval[0]:.4g} to {interval[1]:.4g}"


class Metrics(ABC):
    """What was measured on N images: a frozen dataclass, one for each task that has more to say than
    ``PlainMetrics``.

    Attributes:
        count: N, images.
        per_image: (N,), what the primary number is for each image, NaN where it cannot be said; None once
            read from a file.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
    """

    count: int
    measured_on: str
    per_image: Tensor | None

    @property
    @abstractmethod
    def primary(self) -> Primary:
        """The number that the task is judged by."""

    @property
    @abstractmethod
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first."""

    @property
    @abstractmethod
    def interval(self) -> Interval | None:
        """(low, high), between which the primary number lies with 95 %; None where nobody can say."""

    def others_in_words(self) -> dict[str, str]:
        """All numbers that are known but the primary one, for people: name -> number with its unit."""
        others = {name: value for name, value in self.values.items() if name != self.primary.name}
        return {words_of(name): f"{one:.4g}" for name, one in others.items() if one is not None}

    @abstractmethod
    def headline(self, pictures: str) -> str:
        """The primary number in a sentence, with its interval.

        Args:
            pictures: how many there were and which, as in ``33 val pictures``.
        """

    @abstractmethod
    def summary(self) -> dict[str, Any]:
        """A few plain values: what an event says."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; of the images only their number, and nothing quadratic in classes."""
        values = asdict(self)  # type: ignore[call-overload]
        del values["per_image"]
        return dict(values)

    def __str__(self) -> str:
        return self.headline(plural(self.count, "picture"))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_dict``, but for ``per_image``; ``between`` is the field of the interval."""
        between = values["between"]
        return cls(**{**values, "between": None if between is None else (between[0], between[1])})


@final
@dataclass(frozen=True)
class PlainMetrics(Metrics):
    """Numbers by name: all that most tasks need.

    Args:
        number: the primary one.
        count: N, images.
        others: further numbers by name.
        between: the interval of the primary number.
        per_image: (N,).
        measured_on: what the images are to the model, a sentence.

    >>> import torch
    >>> error = Primary("error", higher_is_better=False, share=False)
    >>> found = PlainMetrics.of(error, torch.tensor([1.0, 3.0]))
    >>> found.headline("2 val pictures")
    'error 2 on 2 val pictures (95 % interval 1 to 3)'
    """

    number: Primary
    count: int
    others: dict[str, float | None] = field(default_factory=dict)
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @classmethod
    def of(cls, primary: Primary, per_image: Tensor, **others: float | None) -> "PlainMetrics":
        """The mean over images, with the bootstrap's interval; NaN: nothing can be said of an image."""
        known = per_image[~per_image.isnan()].double()
        value = known.mean().item() if len(known) else None
        return cls(primary.of(value), len(per_image), others, bootstrap(per_image), per_image)

    @property
    def primary(self) -> Primary:
        """The number that the task is judged by."""
        return self.number

    @property
    def interval(self) -> Interval | None:
        """(low, high) of the primary number, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first."""
        return {self.primary.name: self.primary.value, **self.others}

    def headline(self, pictures: str) -> str:
        """``error 0.0225 on 33 val pictures (95 % interval 0.02 to 0.025)``."""
        known = self.primary.range_text(self.interval)
        sure = f" (95 % interval {known})" if known else ""
        return f"{words_of(self.primary.name)} {self.primary.text()} on {pictures}{sure}"

    def summary(self) -> dict[str, Any]:
        """Everything but the images."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        known = None if self.interval is None else list(self.interval)
        return {
            "primary": asdict(self.primary),
            "count": self.count,
            "others": self.others,
            "interval": known,
            "measured_on": self.measured_on,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PlainMetrics":
        """The inverse of ``to_dict``, but for ``per_image``."""
        known = values["interval"]
        interval = None if known is None else (float(known[0]), float(known[1]))
        return cls(Primary(**values["primary"]), values["count"], values["others"], interval)


class Metric(ABC):
    """Measures a model, a batch at a time; its memory is a few numbers for each image.

    Attributes:
        primary: what the task is judged by, without a value.
        kind: of the metrics that ``compute`` gives.
        pools: whether answers of several networks, each to pictures of its own, can be measured together.
    """

    primary: ClassVar[Primary]
    kind: ClassVar[type[Metrics]] = PlainMetrics
    pools: ClassVar[bool] = True

    @abstractmethod
    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in what the model gave for a batch.

        Args:
            raw: of ``forward``, float32 on the CPU.
            batch: with the targets, and the sizes that ``decode`` wants.
        """

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Take in what another process measured on other images, after those of this one."""

    @abstractmethod
    def compute(self) -> Metrics:
        """What was measured; also on no images."""

    def loss(self) -> float | None:
        """The mean loss of an image, the same sum as in training; None where ``raw`` alone does not tell.

        Training then asks the model, see ``evaluate``. What is known must not depend on what was measured.
        Losses that are no number are left out of the mean.
        """
        losses = self.losses()
        if losses is None:
            return None
        known = losses[losses.isfinite()].double()
        if not len(known):
            return None if len(losses) else 0.0
        return known.mean().item()

    def losses(self) -> Tensor | None:
        """(N,), the loss of each image, NaN where it is no number; None where ``raw`` alone does not tell."""
        return None

    def suspects(self) -> list[Suspect]:
        """What in the data is likely wrong by these answers, the surest first; nothing where nobody can say.

        Boxes are those of the prepared images. Answers should be of networks that never saw the pictures.
        """
        return []

    @abstractmethod
    def answers(self) -> list[str]:
        """What the model answered to each image, in a word or two."""
