"""A comparison in a few sentences: what is best, what cannot be told apart from it, and what is faster.

No sentence says more than the pictures do: networks whose difference may be chance are named together.
"""

from typing import TYPE_CHECKING

from striate.formatting import fraction, milliseconds, plural
from striate.train.profile.profile import BATCHES
from striate.train.run.headline import role

if TYPE_CHECKING:
    from striate.compare.table import Comparison, ComparisonRow

SUBSET = "subset"
"""The setting whose sweep is a learning curve."""

SAME_TIME = 0.95
"""A share of another time from which on both count as the same: single runs differ by as much."""

NEARLY = 0.95
"""A share of the best score from which on a faster network is named for it."""

MOST = 100_000
"""Pictures beyond which nobody is told to look for more."""

NAMED = 3
"""Networks that are named in a row; of more only the number is said."""


def conclusion(comparison: "Comparison") -> str:
    """All of it."""
    best = comparison.best()
    if best is None:
        failed = "No training was finished. " if comparison.failed and comparison.seeds else ""
        return failed + fastest(comparison)
    if comparison.sweep == SUBSET:
        return learning_curve(comparison)
    sentences = [f"{best.model}{_is_best(comparison, best)}.", _equals(comparison, best)]
    if not comparison.sweep:
        sentences.append(_faster(comparison, best))
    return " ".join(sentence for sentence in sentences if sentence)


def _is_best(comparison: "Comparison", best: "ComparisonRow") -> str:
    pictures = plural(best.count, f"{comparison.split} picture")
    spread = best.spread()
    sure = f" ({'' if len(best.scores) > 1 else '95 % interval '}{spread})" if spread else ""
    alone = sum(row.score is not None for row in comparison.rows) == 1
    rank = ":" if alone else " is the best:"
    return f"{rank} {comparison.metric} {best.text()} on {pictures}{sure}{role(comparison.split)}"


def _equals(comparison: "Comparison", best: "ComparisonRow") -> str:
    """Which others cannot be told apart from the best."""
    names = [row.model for row in comparison.as_good_as(best)]
    if not names:
        return ""
    if len(names) == len([row for row in comparison.rows if row.score is not None]) - 1 > 1:
        return "On so few pictures none can be told apart from it."
    shown = _listed(names) if len(names) <= NAMED else f"{len(names)} others"
    return f"{shown} cannot be told apart from it{_needed(comparison, best, names)}."


def _needed(comparison: "Comparison", best: "ComparisonRow", names: list[str]) -> str:
    """How many pictures would tell one network apart from the best, if the difference is what it seems."""
    difference = comparison.difference(best.model, names[0]) if len(names) == 1 else None
    if difference is None or difference.told_apart or difference.needed is None:
        return ""
    if difference.needed > MOST:
        return f" with {plural(difference.count, 'picture')}, nor with {MOST:,}"
    apart = comparison.primary.of(abs(difference.mean)).text()
    more = f"about {difference.needed:,} would be needed if they differ by {apart}"
    return f" with {plural(difference.count, 'picture')}: {more}"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _faster(comparison: "Comparison", best: "ComparisonRow") -> str:
    """The network to take where time counts, for each number of pictures at a time that was measured."""
    sentences: dict[str, list[int]] = {}
    for batch in BATCHES:
        sentences.setdefault(_faster_at(comparison, best, batch), []).append(batch)
    return " ".join(f"{sentence} ({_at(batches)})." for sentence, batches in sentences.items() if sentence)


def _faster_at(comparison: "Comparison", best: "ComparisonRow", batch: int) -> str:
    rows = [row for row in comparison.frontier(batch) if row.at(batch)]
    cost = best.at(batch)
    if cost is None or len(rows) < 1 or sum(row.at(batch) is not None for row in comparison.rows) < 2:
        return ""
    quicker = [row for row in rows if row.model != best.model]
    if not quicker:
        return f"{best.model} is the fastest, too"
    other = next((row for row in quicker if _nearly(row, best)), quicker[-1])
    other_cost = other.at(batch)
    part = (other_cost.seconds if other_cost else cost.seconds) / cost.seconds
    time = f"{fraction(part)} the time" if part < SAME_TIME else "about the same time"
    return f"{other.model} reaches {other.text()} in {time}"


def learning_curve(comparison: "Comparison") -> str:
    """Whether more pictures would help: the score with all training pictures against that with a part."""
    rows = sorted((row for row in comparison.rows if row.scores), key=lambda row: _share(row.model))
    last = rows[-1]
    reached = f"{comparison.metric} {last.text()} with {_part(last)} of the training pictures"
    if len(rows) < 2:
        return f"{reached}."
    before = rows[-2]
    said = f"{before.text()} with {_part(before)}, {reached}"
    apart, ahead = comparison.told_apart(before, last), last.rank() > before.rank()
    if apart and ahead:
        return f"{said}: it still rises, so more pictures of this kind should help."
    if apart:
        return f"{said}: it falls with more pictures. Their labels are worth a look: striate check."
    needed = _needed(comparison, before, [last.model])
    return f"{said}: the two cannot be told apart{needed}. More pictures of this kind may help little."


def _share(name: str) -> float:
    return float(name.partition("=")[2])


def _part(row: "ComparisonRow") -> str:
    share = _share(row.model)
    return "all" if share == 1 else f"{share:.3g}"


def fastest(comparison: "Comparison") -> str:
    """What is said when nothing was trained: the fastest network for each number of pictures at a time."""
    sentences = []
    for batch in BATCHES:
        timed = sorted((cost.seconds, row.model) for row in comparison.rows if (cost := row.at(batch)))
        if timed:
            (least, first), (most, last) = timed[0], timed[-1]
            times = f"; {last} takes {most / least:.3g} times as long" if len(timed) > 1 else ""
            sentences.append(
                f"{first} is the fastest ({_at([batch])}): {milliseconds(least)} ms a picture{times}."
            )
    return " ".join(sentences) or "Nothing could be measured."


def _at(batches: list[int]) -> str:
    words = ["one picture at a time" if batch == 1 else f"{batch} at a time" for batch in batches]
    return " and ".join(words)


def _nearly(row: "ComparisonRow", best: "ComparisonRow") -> bool:
    """Whether the worse of the two scores is at most a twentieth from the better one."""
    small, large = sorted(abs(one.score or 0.0) for one in (row, best))
    return small >= NEARLY * large
