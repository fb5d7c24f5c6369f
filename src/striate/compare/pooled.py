"""What the networks of all folds answered together: every picture by one that never saw it.

fold 1: model, its test pictures --evaluate--> Metric -.
fold 2: ...                                            +--merge--> metrics, answers in the order of the data
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.compare.grid import GridRow
from striate.compare.plan import Plan
from striate.compare.state import ANSWERS, CompareState
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset, Splits
from striate.tasks.evaluate import Evaluation, evaluate
from striate.tasks.metric import Metric, Metrics, PlainMetrics
from striate.train.run.own_parts import give
from striate.zoo.save_load import load

HELD_OUT = "held-out"
"""What pictures are called that were answered by a network which never saw them."""


@dataclass(frozen=True)
class Pooled:
    """What all folds of a row say together, in the order of the data.

    Args:
        metrics: of all pictures.
        pictures: all of them.
        folds: int64 (N,), the fold in which each was tested.
        answers: to each picture, in words.
        losses: (N,), of each picture.
        evaluation: with the metric of all folds, fold by fold; its ``indices`` are positions in ``pictures``.
            None where answers of several networks cannot be measured together.
    """

    metrics: Metrics
    pictures: Dataset
    folds: Tensor
    answers: list[str]
    losses: Tensor
    evaluation: Evaluation | None = None

    def to_dict(self) -> dict[str, list[Any]]:
        """By picture: the answer in words, what the primary number is, and the fold."""
        known = self.metrics.per_image
        values = [] if known is None else [None if math.isnan(one) else one for one in known.tolist()]
        return {"answers": self.answers, "per_image": values, "fold": self.folds.tolist()}


def pool(
    plan: Plan, state: CompareState, read: Callable[[int], Splits], rows: Sequence[GridRow]
) -> Pooled | None:
    """Write what is missing of the pooled answers of some rows; the last that was asked for, None for none.

    Raises:
        RunError: the folder cannot be written.
    """
    found = None
    for row in rows:
        files = state.pooled(row.name)
        done = files.metrics.exists() and (files.path / ANSWERS).exists()
        if done or not all(state.answered(row.name, fold) for fold in plan.repeats()):
            continue
        found = pooled(plan, state, read, row)
        files.path.mkdir(parents=True, exist_ok=True)
        files.write_json(files.path / ANSWERS, found.to_dict())
        judged = {"primary": asdict(found.metrics.primary), "metrics": found.metrics.to_dict()}
        files.write_json(files.metrics, {"split": HELD_OUT, **judged})
    return found


def pooled(plan: Plan, state: CompareState, read: Callable[[int], Splits], row: GridRow) -> Pooled:
    """The answers of all folds of a row, by their models.

    Args:
        plan: with folds.
        state: in which all of them are complete.
        read: the splits of the data for a fold.
        row: whose models answer.
    """
    found, tested = list[Evaluation](), list[Dataset]()
    for fold in plan.repeats():
        part, file = read(fold)["test"], state.run(row.name, fold).model
        model = load(file, plan.own.get(row.network or ""))
        give(model, plan.settings)
        loader = Loader(part, model.preprocess, model.evaluation_batch)
        found.append(evaluate(model, loader, with_loss=True))
        tested.append(part.subset(found[-1].indices.numpy()))
    everything = tested[0].joined(tested[1:])
    order = np.argsort(everything.places, kind="stable")
    folds = [torch.full((len(part),), fold) for fold, part in zip(plan.repeats(), tested, strict=True)]
    each = [one.metrics.per_image for one in found]
    answers = [answer for one in found for answer in one.metric.answers()]
    values = None if any(one is None for one in each) else torch.cat([one for one in each if one is not None])
    lost = torch.cat([_losses(one) for one in found])
    metrics, merged = together(found)
    in_order = torch.from_numpy(order)
    metrics = replace(metrics, per_image=None if values is None else values[in_order])  # type: ignore[type-var]
    rank = torch.empty_like(in_order)
    rank[in_order] = torch.arange(len(order))
    return Pooled(
        metrics,
        everything.subset(order),
        torch.cat(folds)[in_order],
        [answers[place] for place in order],
        lost[in_order],
        None if merged is None else Evaluation(merged, metrics, rank),
    )


def _losses(found: Evaluation) -> Tensor:
    """(N,), NaN where nobody knows."""
    losses = found.sample_losses
    return torch.full((len(found.indices),), math.nan) if losses is None else losses.double()


def together(found: Sequence[Evaluation]) -> tuple[Metrics, Metric | None]:
    """The metrics of all pictures, and what measured them.

    Where answers of several networks cannot be measured together, the means over folds by pictures, and None.
    """
    merged = found[0].metric
    if merged.pools:
        for one in found[1:]:
            merged.merge(one.metric)
        return merged.compute(), merged
    counts, values = [one.metrics.count for one in found], [one.metrics.values for one in found]
    means: dict[str, float | None] = {
        name: float(np.average([one[name] or 0.0 for one in values], weights=counts))
        for name in values[0]
        if all(one.get(name) is not None for one in values)
    }
    first = found[0].metrics
    value, known = (
        means.pop(first.primary.name, None),
        [one for one in values[0].items() if one[1] is not None],
    )
    named = [name for name, _ in known if name != first.primary.name]
    words = dict(zip(named, first.others_in_words(), strict=True))
    others = {words.get(name, name): mean for name, mean in means.items()}
    return PlainMetrics(first.primary.of(value), sum(counts), others), None
