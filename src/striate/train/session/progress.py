"""How far a training is, in plain numbers; with the tensors it makes a checkpoint."""

from dataclasses import asdict, dataclass, field
from typing import Any


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

    def update(self, values: dict[str, Any]) -> None:
        """The inverse of ``to_dict``."""
        for name, value in values.items():
            setattr(self, name, value)

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Take in the row of an epoch whose "best" says whether it is the best so far."""
        self.rows.append(row)
        self.best, self.stale = (row, 0) if row["best"] else (self.best, self.stale + 1)
        self.epoch, self.place, self.loss_sum = self.epoch + 1, 0, 0.0

    def improved(self, val_loss: float | None, val_accuracy: float | None) -> bool:
        """Whether an epoch is the best: higher accuracy, then lower loss; the earlier one of equals.

        Without a validation split the last epoch is the best.
        """
        if self.best is None or val_loss is None or val_accuracy is None:
            return True
        before: tuple[float, float] = (self.best["val_accuracy"], -self.best["val_loss"])
        return (val_accuracy, -val_loss) > before
