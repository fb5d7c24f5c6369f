"""Which learning rate? Raise it a little at every step, watch the loss, and stop when it explodes.

    loss  ----.._
                 `.                 the rate goes up by the same factor at each step;
                   \\  <-- steepest  where the loss falls fastest it teaches most
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
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from striate.data.dataset import Splits
from striate.data.facts import facts
from striate.draw.figures import rate_curve
from striate.errors import TrainingError
from striate.train.choose import decide
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
"""Decay of the running mean of the loss."""

EXPLODED = 2.0
"""Times the lowest loss: the search ends above it."""


@dataclass(frozen=True)
class RateCurve:
    """The loss at every learning rate that was tried.

    Args:
        rates: rising.
        losses: the running mean at each of them.
        suggestion: the rate at which the loss falls fastest: a good highest one, ``lr``.
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
        TrainingError: the loss is no number from the start, or never falls.
    """
    require_classes(splits)
    chosen = decide(settings, facts(splits["train"])).model_copy(update={"devices": 1, "nodes": 1})
    require_machine(chosen)
    before, cuda = torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        with tempfile.TemporaryDirectory() as folder:
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
        losses.append(mean / (1 - SMOOTHING ** (step + 1)))
        if not math.isfinite(value) or losses[-1] > EXPLODED * min(losses):
            break
        work.engine.update(loss, rate)
    tried = [loss for loss in losses if math.isfinite(loss)]
    return RateCurve(tuple(rates[: len(tried)]), tuple(tried), steepest(rates, tried))


def steepest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The rate at which the loss falls fastest, by the logarithm of the rate, before its lowest point.

    Args:
        rates: rising by a constant factor.
        losses: at the first of them, finite.

    Raises:
        TrainingError: the loss never falls.

    >>> steepest([0.1, 1.0, 10.0, 100.0], [4.0, 3.5, 1.0, 9.0])
    10.0
    """
    falls = [before - after for before, after in pairwise(losses)]
    falls = falls[: losses.index(min(losses))] if losses else []
    if not falls or max(falls) <= 0:
        raise TrainingError(
            "the loss does not fall at any learning rate",
            "a loss that is a number, and falls somewhere",
            "`striate check`, to see what the pictures and labels are",
        )
    return rates[falls.index(max(falls)) + 1]
