"""Which learning rate? Take the same few steps with one rate after the other, and stop when the loss rises.

    loss  --.__                    the same network, batches and chance for every rate, so that
               `--._               two losses differ by their rates alone
                    `.       /
                      `.    /      too low: little is learned in so few steps
                        `__/       too high: the weights are thrown about
                         ^
                     suggested     as high as learning stays better for it

The question is that of Smith 2017, section 3.3. https://arxiv.org/abs/1506.01186 There the rate rises within
one training, which asks each rate about another batch and other weights: with few pictures that is chance.
Nothing is left behind: the network is built for it and forgotten, no folder is made, and torch's random
numbers go on as if nothing had been.
"""

import math
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from striate.data.checks.statistics import facts
from striate.data.dataset import Splits
from striate.draw.charts import rate_curve
from striate.errors import TrainingError
from striate.train.fabric.fabric import require_machine
from striate.train.profile.profile import memory_explained
from striate.train.profile.small_batch import require_batch
from striate.train.run.defaults import decide
from striate.train.run.run import require_classes, set_up
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.interrupt import StopRequest
from striate.train.session.session import TrainingSession

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST, HIGHEST = {"sgd": 1e-4, "adamw": 1e-5}, {"sgd": 10.0, "adamw": 1.0}
FACTOR = 2.0
"""From each rate to the next."""

STEPS, JUDGED = 24, 8
"""Of the steps with one rate the last ones are judged: momentum needs some ten to have its full weight."""

EXPLODED = 2.0
"""Times the loss at the first step, or that of guessing if it is larger: such steps end at once."""

RISEN, CLEARLY = 0.1, 0.01
"""A loss has risen when it lies above the lowest one by the first share of the fall before, and at least by
the second share of the loss at the lowest rate; by the latter it must have fallen, too."""

LEVEL = 0.02
"""Share of the fall by which losses may differ and count as equally low: then the lower rate is taken."""


@dataclass(frozen=True)
class RateCurve:
    """The loss at every learning rate that was tried.

    Args:
        rates: rising.
        losses: with each of them, the mean of the last of the steps.
        suggestion: the one with the lowest loss before it rises: a good highest one, ``lr``.
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
    require_batch(chosen, found)
    explained = memory_explained(chosen, found)
    before, cuda = torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        with tempfile.TemporaryDirectory() as folder, explained:
            return _search(splits, chosen, Path(folder))
    finally:
        torch.set_rng_state(before)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


def _search(splits: Splits, settings: Settings, folder: Path) -> RateCurve:
    """One rate after the other, each from the same beginning."""
    alone = replace(splits, parts={"train": splits["train"]})
    work = set_up(alone, settings, RunFolder(folder), StopRequest(""))
    work.engine.begin_epoch(0)
    beginning, guessing = deepcopy(work.engine.state()), work.engine.task.guess_loss
    rates, losses = list[float](), list[float]()
    rate = LOWEST[settings.optimizer]
    while rate <= HIGHEST[settings.optimizer] and not risen(losses):
        work.engine.load(deepcopy(beginning))
        torch.manual_seed(settings.seed)  # dropout falls as it did with the other rates
        rates.append(rate)
        losses.append(_walk(work, rate, guessing))
        rate *= FACTOR
    return RateCurve(tuple(rates), tuple(losses), suggested(rates, losses))


def _walk(work: TrainingSession, rate: float, guessing: float) -> float:
    """The loss after some steps with one rate; if it explodes, twice the first one or that of guessing."""
    batches = (batch for epoch in count() for batch in work.train.batches(epoch))
    losses, most = list[float](), EXPLODED * guessing
    for step, batch in enumerate(islice(batches, STEPS)):
        loss = work.engine.loss(work.prepare(batch, step))
        losses.append(loss.item())
        if step == 0 and math.isfinite(losses[0]):
            most = EXPLODED * max(losses[0], guessing)
        if not losses[-1] <= most:
            return most
        work.engine.update(loss, rate)
    return fmean(losses[-JUDGED:])


def risen(losses: Sequence[float]) -> bool:
    """Whether the last loss lies clearly above the lowest one.

    >>> risen([2.3, 1.3, 1.35]), risen([2.3, 1.3, 1.45])
    (False, True)
    """
    if not losses:
        return False
    start, lowest = losses[0], min(losses)
    return losses[-1] - lowest > max(RISEN * (start - lowest), CLEARLY * start)


def suggested(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The rate with the lowest loss; of several that are as low the first.

    Args:
        rates: rising.
        losses: with each of them, up to the first that has risen.

    Raises:
        TrainingError: no loss lies clearly below that of the lowest rate.

    >>> suggested([0.1, 0.2, 0.4, 0.8], [2.3, 1.9, 1.3, 2.0])
    0.4
    """
    fall = losses[0] - min(losses)
    if fall <= CLEARLY * losses[0]:
        raise TrainingError(
            "the loss does not fall clearly at any learning rate",
            "a loss that is a number, and falls below what it was at the start",
            "a larger batch, or `striate check`, to see what the pictures and labels are",
        )
    low = min(losses) + LEVEL * fall
    return next(rate for rate, loss in zip(rates, losses, strict=True) if loss <= low)
