"""Which learning rate? Raise it a little at every step, watch the loss, and stop when it explodes.

    loss  ----.._
                 `.                 the rate goes up by the same factor at each step;
                   \\  <-- half way  where the loss is half way down, it falls fast and is far from its end
                    `.__.
                         \\____/|    too high: the weights are thrown about

Smith 2017, section 3.3. https://arxiv.org/abs/1506.01186
Nothing is left behind: the network is built for it and forgotten, no folder is made, and torch's random
numbers go on as if nothing had been.
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from striate.data.dataset import Splits
from striate.data.facts import facts
from striate.draw.figures import rate_curve
from striate.errors import TrainingError
from striate.train.choose import decide
from striate.train.costs import memory_explained
from striate.train.engine import require_machine
from striate.train.folder import RunFolder
from striate.train.run import require_classes, set_up
from striate.train.settings import Settings
from striate.train.stop import Stop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST, STEPS = 1e-5, 100
HIGHEST = {"sgd": 10.0, "adamw": 1.0}
SMOOTHING = 0.9
"""Decay of the running mean that says when to stop."""

EXPLODED = 2.0
"""Times the loss at the start, or that of guessing if it is larger: the search ends above it."""

START, WINDOW = 0.15, 0.2
"""Shares of the steps: those at the start that are compared with, and those that a mean is taken of."""

CLEARLY = 4.0
"""Standard errors by which the lowest loss must lie below that at the start."""


@dataclass(frozen=True)
class RateCurve:
    """The loss at every learning rate that was tried.

    Args:
        rates: rising.
        losses: at each of them, the mean over a window of steps around it.
        suggestion: the rate at which the loss is half way down: a good highest one, ``lr``.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float

    def picture(self) -> "Figure":
        """The curve, drawn."""
        return rate_curve(self.rates, self.losses, self.suggestion)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"suggestion": self.suggestion, "rates": list(self.rates), "losses": list(self.losses)}


def find_rate(splits: Splits, settings: Settings) -> RateCurve:
    """The loss by learning rate, for a network that is trained with these settings from its beginning.

    Args:
        splits: ``train`` is all that is looked at.
        settings: what is left open is decided from the data; ``lr``, its schedule and several devices are
            not used.

    Raises:
        SettingError: the settings do not go together, or with the machine.
        DataError: there is nothing to learn from.
        TrainingError: the loss is no number from the start, or never falls clearly.
    """
    require_classes(splits)
    found = facts(splits["train"])
    chosen = decide(settings, found).model_copy(update={"devices": 1, "nodes": 1})
    require_machine(chosen)
    explained = memory_explained(chosen, len(splits.classes), found.channels)
    before, cuda = torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        with tempfile.TemporaryDirectory() as folder, explained:
            return _search(splits, chosen, Path(folder))
    finally:
        torch.set_rng_state(before)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


def _search(splits: Splits, settings: Settings, folder: Path) -> RateCurve:
    """Train while the rate rises."""
    alone = replace(splits, parts={"train": splits["train"]})
    work = set_up(alone, settings, RunFolder(folder), Stop(""))
    work.engine.begin_epoch(0)
    top = HIGHEST[settings.optimizer]
    rates = [LOWEST * (top / LOWEST) ** (step / (STEPS - 1)) for step in range(STEPS)]
    batches = (batch for epoch in count() for batch in work.train.batches(epoch))
    mean, losses = 0.0, list[float]()
    for step, rate in enumerate(rates):
        loss = work.engine.loss(work.prepare(next(batches), step))
        value = loss.item()
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        losses.append(value)
        start = fmean(losses[: round(START * STEPS)])
        most = EXPLODED * max(start, math.log(len(splits.classes)))
        if not math.isfinite(value) or mean > most:
            break
        work.engine.update(loss, rate)
    tried = [min(loss, most) for loss in losses if math.isfinite(loss)]
    return RateCurve(tuple(rates[: len(tried)]), tuple(smoothed(tried)), halfway(rates, tried))


def halfway(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The rate at which the loss is half way from its start down to its lowest point.

    There it falls about fastest. The steepest single step would be chance, as every batch is another one.

    Args:
        rates: rising by a constant factor.
        losses: of one batch each, at the first of the rates, finite.

    Raises:
        TrainingError: the loss never falls clearly below what it was at the start.

    >>> halfway(range(20), [9] * 8 + [8, 6, 3, 1, 0] + [0] * 7)
    10
    """
    first, means = max(round(START * len(losses)), 1), smoothed(losses)
    lowest = min(range(len(means)), key=means.__getitem__, default=0)
    start = fmean(losses[:first]) if losses else 0.0
    error = _noise(losses[: lowest + 1]) * math.sqrt(1 / first + 1 / (2 * _side(len(losses)) + 1))
    if lowest < first or start - means[lowest] <= CLEARLY * error:
        raise TrainingError(
            "the loss does not fall clearly at any learning rate",
            "a loss that is a number, and falls below what it was at the start",
            "a larger batch, or `striate check`, to see what the pictures and labels are",
        )
    above = sum(mean > (start + means[lowest]) / 2 for mean in means[:lowest])
    return rates[above]


def smoothed(losses: Sequence[float]) -> list[float]:
    """The mean over the window around each of them.

    >>> smoothed([0.0, 3.0, 6.0, 0.0])
    [1.5, 3.0, 3.0, 3.0]
    """
    side = _side(len(losses))
    return [fmean(losses[max(step - side, 0) : step + side + 1]) for step in range(len(losses))]


def _side(count: int) -> int:
    """Steps on either side of the middle of a window."""
    return max(round(WINDOW * count / 2), 1)


def _noise(losses: Sequence[float]) -> float:
    """The standard deviation of one loss: a - 2b + c of three neighbours has sqrt(6) times that."""
    bends = [a - 2 * b + c for a, b, c in zip(losses, losses[1:], losses[2:], strict=False)]
    return math.sqrt(fmean(bend**2 for bend in bends) / 6) if bends else 0.0
