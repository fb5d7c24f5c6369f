"""A training that must end in time: while it runs, its last step is moved to where the time will end.

    rate  /`.                the schedule that was planned for 100 steps ...
         /   `.
        /      `. .          ... is walked through faster from step 40 on, as only 70 fit: it ends as planned
        0  40  70  100

Where the schedule stands is a pure function of the step and of three numbers, which are kept in the
checkpoint: a run that goes on walks the same way. Without a budget a step stands at itself.
"""

import math
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from striate.errors import RunError

WINDOW = 5.0
"""Seconds of the last steps by which the next ones are judged."""

LEAST = 3
"""Steps that are timed before anything is decided."""

CHANGE = 0.05
"""Share of the steps to come by which their number must differ before the end is moved."""

SLOWER = 0.75
"""Share of the planned steps: if fewer fit, the machine is slower than was foreseen, and that is said."""

LAST = 2
"""Evaluations at the end that time is kept for: of the last epoch, and of the best model."""

REPORT, MOST_REPORT = 0.5, 0.15
"""Time that is kept for the report: a share of what passed before the first step, which shows how busy the
machine is, and the largest share of the budget."""


@dataclass
class Decided:
    """Where a training with a budget ends.

    Args:
        begin: the step from which on this holds.
        position: where the schedule stands at that step, 0..planned-1.
        end: steps of the training.
        used: seconds that it has taken so far.
    """

    begin: int
    position: float
    end: int
    used: float = 0.0


class Pace:
    """Decides how many steps fit, and where the schedule stands at each.

    Args:
        planned: steps for which the schedule was made.
        epoch: steps in an epoch.
        seconds: that the training may take.
        now: the time at which it began, of a clock that never goes back.
    """

    def __init__(self, planned: int, epoch: int, seconds: float, now: float) -> None:
        self.planned, self.epoch, self.seconds = planned, epoch, seconds
        self.decided = Decided(0, 0.0, planned)
        self.evaluation = 0.0
        self._began, self._before, self._told = now, 0.0, False
        self._report: float | None = None
        self._times: deque[tuple[float, int]] = deque()

    @property
    def end(self) -> int:
        """Steps of the training, as far as is known by now."""
        return self.decided.end

    def position(self, step: int) -> float:
        """Where the schedule stands at a step, 0..planned-1; at the last step at its end.

        >>> pace = Pace(planned=100, epoch=10, seconds=60.0, now=0.0)
        >>> pace.decided = Decided(begin=40, position=40.0, end=70)
        >>> [pace.position(step) for step in (40, 69)]
        [40.0, 99.0]
        """
        decided, last = self.decided, self.planned - 1
        if decided.begin == 0 and decided.end == self.planned:
            return step
        steps = decided.end - 1 - decided.begin
        if steps <= 0:
            return float(last)
        return decided.position + (last - decided.position) * min(1.0, (step - decided.begin) / steps)

    def used(self, now: float) -> float:
        """Seconds that the training has taken, with those before it was interrupted."""
        return self._before + now - self._began

    def evaluated(self, seconds: float, now: float) -> None:
        """An epoch was evaluated in so many seconds: steps are timed anew from here."""
        self.evaluation = seconds
        self._times.clear()

    def adapt(self, step: int, now: float) -> str | None:
        """Move the end if the time asks for it; after each step.

        Returns:
            a sentence for the user, once, where the machine is slower than was foreseen.
        """
        self._times.append((now, step))
        while now - self._times[0][0] > WINDOW and len(self._times) > LEAST + 1:
            self._times.popleft()
        if self._report is None:
            self._report = min(MOST_REPORT * self.seconds, REPORT * (now - self._began))
        left = self.seconds - self.used(now) - LAST * self.evaluation - self._report
        if left <= 0:
            self._move(step, step)
        elif step - self._times[0][1] >= LEAST:
            began, first = self._times[0]
            each = (now - began) / (step - first) + self.evaluation / self.epoch
            fits = min(self.planned, step + math.floor(left / max(each, 1e-9)))
            if abs(fits - self.end) > max(1.0, CHANGE * (self.end - step)):
                self._move(step, fits)
        return self._slower()

    def _move(self, step: int, end: int) -> None:
        if end != self.end:
            self.decided = Decided(step, float(self.position(step)), max(end, step))

    def _slower(self) -> str | None:
        if self._told or self.end >= SLOWER * self.planned:
            return None
        self._told = True
        return (
            f"the machine is slower than was foreseen: about {self.end / self.epoch:.1f} epochs fit into the "
            f"budget instead of {self.planned / self.epoch:.0f}; the schedule ends in time"
        )

    # ---- kept in the checkpoint

    def to_dict(self, now: float) -> dict[str, Any]:
        """Plain values."""
        self.decided.used = self.used(now)
        return asdict(self.decided)

    def load(self, values: Any, path: Path, now: float) -> None:
        """The inverse of ``to_dict``, for values that somebody may have edited.

        Raises:
            RunError: they are not of this training.
        """
        kinds = {"begin": int, "position": float, "end": int, "used": float}
        known = values if isinstance(values, dict) and set(values) == set(kinds) else {}
        if not known or not all(type(known[name]) is kind for name, kind in kinds.items()):
            raise _unknown(path)
        found = Decided(**known)
        inside = 0 <= found.begin <= found.end <= self.planned and 0 <= found.position <= self.planned
        if not inside or not 0 <= found.used < math.inf:
            raise _unknown(path)
        self.decided, self._before, self._began = found, found.used, now


def _unknown(path: Path) -> RunError:
    return RunError(
        f"{path} does not say when the training shall end",
        "the checkpoint that this run wrote",
        "start the run again with --force",
    )
