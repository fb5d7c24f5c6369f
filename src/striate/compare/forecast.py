"""How long a comparison will take, said before anything is trained.

seconds of a step, of an answer, of a search (measured)  x  steps, pictures, rows  -->  "about 2 h 10 min"
"""

from dataclasses import dataclass

from striate.compare.grid import GridRow
from striate.compare.plan import Plan
from striate.compare.state import CompareState
from striate.data.checks.statistics import Facts
from striate.data.dataset import Splits
from striate.data.trained_data import unseen
from striate.errors import StriateError
from striate.formatting import plural, time_left
from striate.layers.image_network import PROPOSALS
from striate.train.profile.profile import Costs
from striate.train.run.defaults import decide
from striate.train.run.settings import Settings
from striate.zoo.build import model_of


@dataclass(frozen=True)
class Counted:
    """Pictures of the data, by what is done with them."""

    learned: int
    validated: int
    judged: int

    @classmethod
    def of(cls, splits: Splits) -> "Counted":
        """Of some data; pictures that choose the epoch and are judged by, too, are counted twice."""
        return cls(len(splits["train"]), len(splits.parts.get("val", ())), len(splits[unseen(splits)]))


def forecast(plan: Plan, state: CompareState, splits: Splits, found: Facts) -> str:
    """A sentence on the time to come; "" where nothing is left to do, or nothing is known."""
    pictures, seconds, trainings, rows, timed = Counted.of(splits), 0.0, 0, 0, 0
    stages, searched, unknown = dict[str, None](), dict[str, float](), 0
    for name in plan.names:
        costs, left = (
            state.costs(name),
            [s for s in plan.repeats() if not state.run(name, s).metrics.exists()],
        )
        unanswered = _rows_to_answer(plan, state, name)
        untimed = rows_to_time(plan, state, found, name)
        trainings, rows, timed = trainings + len(left), rows + unanswered, timed + untimed
        if costs is None or not costs.steps or not costs.answers:
            unknown += bool(left)
            continue
        try:
            settings = decide(plan.of(name, plan.first), found)
        except StriateError:  # its row will say why
            continue
        seconds += len(left) * seconds_of_training(costs, settings, pictures)
        seconds += unanswered * pictures.judged * seconds_of_answer(costs) + untimed * costs.took
        if left:
            stages |= dict.fromkeys(costs.stages)
            if costs.carried:
                search = seconds_of_search(costs) * (pictures.learned + pictures.validated + pictures.judged)
                searched[settings.size or ""] = max(searched.get(settings.size or "", 0.0), search)
    what = [plural(trainings, "training")] if trainings else []
    what += [f"{plural(rows, 'evaluation')} with other numbers of proposals"] if rows else []
    what = what or ([plural(timed, "measurement")] if timed else [])
    if not what:
        return ""
    return _sentence(plan, seconds + sum(searched.values()), what, list(stages), unknown)


def _rows_to_answer(plan: Plan, state: CompareState, name: str) -> int:
    """Answers of other numbers than that of the training, all seeds together."""
    rows = [row for row in plan.rows_of(name) if row.changed and not _as_learned(plan, row)]
    return sum(not state.answered(row.name, seed) for row in rows for seed in plan.repeats())


def rows_to_time(plan: Plan, state: CompareState, found: Facts, name: str) -> int:
    """Rows whose trained model is still to be measured."""
    if not model_of(plan.settings.task or found.task).time_varies:
        return 0
    return sum(state.trained_costs(row) is None for row in plan.rows_of(name))


def _as_learned(plan: Plan, row: GridRow) -> bool:
    return plan.grid.learned(row) == dict(row.values)


def seconds_of_training(costs: Costs, settings: Settings, pictures: Counted) -> float:
    """All epochs with their validation, and the answers in the end; not more than the budget."""
    batch, epochs = settings.batch or 1, settings.epochs or 1
    steps = -(-pictures.learned // batch)
    epoch = steps * costs.step_seconds(batch) + pictures.validated * seconds_of_answer(costs)
    learning = epochs * epoch
    if settings.budget_seconds is not None:
        learning = min(learning, settings.budget_seconds)
    return learning + pictures.judged * seconds_of_answer(costs)


def seconds_of_answer(costs: Costs) -> float:
    """One picture of many; a search that was done before is not done again."""
    return max(0.0, costs.answers[-1].seconds - (seconds_of_search(costs) if costs.carried else 0.0))


def seconds_of_search(costs: Costs) -> float:
    """For the proposals of one picture."""
    return dict(costs.parts).get(PROPOSALS, 0.0)


def _sentence(plan: Plan, seconds: float, what: list[str], stages: list[str], unknown: int) -> str:
    """What is said."""
    left_out = [f"the stages after the descent ({', '.join(stages)})"] if stages else []
    left_out += [f"{plural(unknown, 'network')} of unknown cost"] if unknown else []
    most = "at most " if plan.settings.budget else ""
    without = f", not counting {' and '.join(left_out)}" if left_out else ""
    return f"{most}about {time_left(seconds)} to come: {' and '.join(what)}{without}"
