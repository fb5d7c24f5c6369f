"""How far a training is, in plain numbers; with the tensors it makes a checkpoint."""

import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from striate.errors import RunError
from striate.tasks.metric import Primary


@dataclass
class Progress:
    """Where a training stands.

    Args:
        epoch: epochs that are complete.
        place: steps done in the running epoch.
        step: steps done in all.
        loss_sum: of the running epoch's steps.
        stale: complete epochs since the best one.
        best: the best epoch's row, or None.
        rows: one for each complete epoch, as in metrics.csv.
    """

    epoch: int = 0
    place: int = 0
    step: int = 0
    loss_sum: float = 0.0
    stale: int = 0
    best: dict[str, Any] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Take in the row of an epoch whose "best" says whether it is the best so far."""
        self.rows.append(row)
        self.best, self.stale = (row, 0) if row["best"] else (self.best, self.stale + 1)
        self.epoch, self.place, self.loss_sum = self.epoch + 1, 0, 0.0

    def improved(self, val_loss: float | None, score: Primary) -> bool:
        """Whether an epoch is the best: a better score, then a lower loss; the earlier one of equals.

        Without a validation split the last epoch is the best.
        """
        if self.best is None or score.value is None:
            return True
        value, loss = self.best.get(f"val_{score.name}"), self.best["val_loss"]
        before = score.of(value).rank(), -math.inf if loss is None else -loss
        return (score.rank(), -math.inf if val_loss is None else -val_loss) > before


def progress_of(values: Any, path: Path, epochs: int, steps: int, *, cut: bool = False) -> Progress:
    """The inverse of ``Progress.to_dict``, for values that somebody may have edited.

    Args:
        values: of a checkpoint.
        path: of the checkpoint, for the error.
        epochs: of the training, at most.
        steps: in an epoch.
        cut: whether the last epoch may have been shorter, as its time was used.

    Raises:
        RunError: they are not of this training.
    """
    known = values if isinstance(values, dict) else {}
    if set(known) == {one.name for one in fields(Progress)} and _is_possible(known, epochs, steps, cut=cut):
        return Progress(**known)
    raise RunError(
        f"{path} does not say how far the training was",
        "the checkpoint that this run wrote",
        "start the run again with --force",
    )


def _is_possible(values: dict[str, Any], epochs: int, steps: int, *, cut: bool) -> bool:
    """Whether a training of so many epochs and steps can be there."""
    counts = [values[name] for name in ("epoch", "place", "step", "stale")]
    if not all(type(one) is int and one >= 0 for one in counts):
        return False
    epoch, place, step, stale = counts
    whole = epoch * steps + place
    inside = (
        epoch <= epochs and place <= steps and stale <= epoch and (step == whole or (cut and step < whole))
    )
    rows, best, loss_sum = values["rows"], values["best"], values["loss_sum"]
    listed = isinstance(rows, list) and len(rows) == epoch and all(map(_is_row, rows))
    chosen = best is None or (_is_row(best) and best in rows)
    return inside and listed and chosen and isinstance(loss_sum, float) and math.isfinite(loss_sum)


def _is_row(row: Any) -> bool:
    """Whether it may be a line of metrics.csv."""
    plain = isinstance(row, dict) and all(
        isinstance(name, str) and isinstance(value, int | float | None) for name, value in row.items()
    )
    return plain and {"epoch", "val_loss", "best"} <= set(row)
