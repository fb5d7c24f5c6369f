"""Several networks on the same data: the same split, budget, settings and seeds for each.

models --costs, each in its own process--> compare.json
       --seed 0: a, b, c; seed 1: a, b, c--> <network>-seed<number>/, a run each --> rows --> Comparison
with folds: fold 1: a, b, c; fold 2: a, b, c; what all folds answered is measured together
one model and a sweep: its values stand in place of the networks, and no costs are measured

Whatever is done is kept: a second call goes on where the first one ended. A network that fails does not stop
the others.
"""

from collections.abc import Callable, Generator, Iterator
from itertools import count as numbers
from pathlib import Path

from striate.compare.forecast import forecast
from striate.compare.grid import GridRow
from striate.compare.plan import Plan
from striate.compare.pooled import HELD_OUT, Pooled, pool
from striate.compare.state import ANSWERS, STATE, CompareState, read_state
from striate.compare.table import Comparison, ComparisonRow, ordered
from striate.compare.trained_rows import answers_of, finish_rows, missing_rows, shown_for
from striate.data.checks.statistics import Facts, facts
from striate.data.dataset import Splits
from striate.data.trained_data import unseen
from striate.errors import Interrupted, OutOfMemory, RunError, StriateError
from striate.tasks.metric import Primary
from striate.train.profile.profile import measure, require_memory
from striate.train.run.defaults import decide
from striate.train.run.run import require_classes, train
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import FREE, Settings
from striate.train.session.events import Compared, Event, Failed, Finished, Measuring, Noted, Training
from striate.train.session.interrupt import StopRequest
from striate.train.session.oom_retry import train_fitting

__all__ = ["STATE", "Plan", "compare", "default_folder"]


def compare(read: Callable[[int], Splits], plan: Plan, folder: str | Path) -> Generator[Event]:
    """Measure and train every network. Nothing happens before the first event is asked for.

    The last event is ``Compared``, also before ``Interrupted``, with what is known by then.

    Args:
        read: the splits of the data for a seed, or for a fold.
        plan: what is compared.
        folder: a new one, or that of a comparison that shall go on.

    Raises:
        RunError: the folder holds something else.
        DataError: there is nothing to learn from, or files cannot be read.
        Interrupted: a signal ended it; it can be gone on with.
    """
    yield from map(Noted, plan.notes())
    splits = read(plan.first)
    require_classes(splits)
    state, found, failed = CompareState(Path(folder), plan, splits), facts(splits["train"]), dict[str, str]()
    pooled: Pooled | None = None
    try:
        with StopRequest(str(folder)) as stop:
            if not (plan.sweep or plan.alone):
                yield from _measure(plan, state, splits, found, failed, stop)
        foreseen = "" if plan.costs_only or plan.sweep or plan.alone else forecast(plan, state, splits, found)
        yield from map(Noted, filter(None, [foreseen]))
        for repeat in () if plan.costs_only else plan.repeats():
            data = splits if repeat == plan.first else read(repeat)
            yield from _train(plan, state, data, repeat, failed)
        if plan.folds:
            pooled = pool(plan, state, read, [row for row in plan.rows if row.training not in failed])
    except Interrupted as error:
        yield Compared(str(folder), comparison(plan, state, splits, failed))
        raise _interrupted(error, state.files.path) from None
    yield Compared(str(folder), comparison(plan, state, splits, failed), pooled if plan.alone else None)


def _measure(
    plan: Plan,
    state: CompareState,
    splits: Splits,
    found: Facts,
    failed: dict[str, str],
    stop: StopRequest,
) -> Generator[Event]:
    """The costs that are not known yet."""
    for number, model in enumerate(plan.names, 1):
        try:
            settings = decide(plan.of(model, plan.first), found)
            if state.costs(model) is None and not plan.own:  # a process of its own builds networks by name
                yield Measuring(model, number, len(plan.names))
                state.keep_costs(model, measure(settings, found, **shown_for(splits, settings, found)))
        except StriateError as error:
            if not stop.signal:  # Ctrl-C ends the process that measures, too
                failed[model] = because(error)
        if stop.signal:
            raise stop.interrupted(f"while the costs of {model} were measured")
        if model in failed:
            yield Failed(model, failed[model])


def _train(
    plan: Plan, state: CompareState, splits: Splits, repeat: int, failed: dict[str, str]
) -> Generator[Event]:
    """One seed, or fold, of every training that has not failed, and its rows."""
    found = facts(splits["train"])
    able = [model for model in plan.names if model not in failed]
    place, of = plan.repeats().index(repeat) * len(able), len(plan.repeats()) * len(able)
    for number, model in enumerate(able, place + 1):
        files = state.run(model, repeat)
        try:
            if not state.answered(model, repeat):
                fold = repeat if plan.folds else 0
                yield Training(model, plan.settings.seed if fold else repeat, number, of, fold)
                for event in _events(plan, state, splits, model, repeat):
                    yield event
                    if isinstance(event, Finished):
                        files.write_json(files.path / ANSWERS, answers_of(event.run.evaluation))
            yield from _rows(plan, state, splits, found, model, repeat)
        except Interrupted:
            raise
        except Exception as error:  # whatever it is, it must not lose the others
            failed[model] = because(error)
            yield Failed(model, failed[model])


def _rows(
    plan: Plan, state: CompareState, splits: Splits, found: Facts, training: str, repeat: int
) -> Iterator[Event]:
    """What is missing of the rows of a complete training; a signal ends it after the row in work.

    Raises:
        Interrupted: a signal ended it.
    """
    if plan.sweep or not missing_rows(plan, state, found, training, repeat):
        return
    with StopRequest(str(state.files.path)) as stop:
        for event in finish_rows(plan, state, splits, found, training, repeat):
            if stop.signal:
                break
            yield event
        if stop.signal:
            raise stop.interrupted(f"while the rows of {training} were measured")


def _events(plan: Plan, state: CompareState, splits: Splits, model: str, repeat: int) -> Generator[Event]:
    """The events of one run, which goes on if it was begun."""
    files, settings = state.run(model, repeat), plan.of(model, repeat)
    if files.settings.exists():
        free = {name: getattr(settings, name) for name in FREE & settings.model_fields_set}
        yield from train(splits, Settings(**free).with_parts(settings.parts), files.path, resume=True)
        return
    try:
        require_memory(decide(settings, facts(splits["train"])), state.costs(model))
    except OutOfMemory as error:
        if not (plan.fit_batch and error.batch):
            raise
        settings = settings.model_copy(update={"batch": error.batch})
    begin = train_fitting if plan.fit_batch else train
    yield from begin(splits, settings, files.path, force=files.path.exists())


def comparison(plan: Plan, state: CompareState, splits: Splits, failed: dict[str, str]) -> Comparison:
    """What is known by now."""
    rows = ordered([row_of(plan, state, row, failed.get(row.training, "")) for row in plan.rows])
    split = unseen(splits)
    answers = {
        row.model: state.files.read_json(path)
        for row in rows
        if (path := _answered_in(plan, state, row.model).path / ANSWERS).exists()
    }
    return Comparison(
        folder=state.files.path,
        root=state.values["root"],
        rows=rows,
        split="" if plan.costs_only else HELD_OUT if plan.folds else split,
        seeds=() if plan.costs_only else (plan.settings.seed,) if plan.folds else plan.repeats(),
        settings=plan.given(),
        machine=state.values["machine"],
        answers={} if plan.costs_only else answers,
        sweep=plan.sweep.setting if plan.sweep else "",
        folds=plan.folds,
    )


def _answered_in(plan: Plan, state: CompareState, name: str) -> RunFolder:
    """The folder of the answers that rows are compared by: of the first seed, or of all folds."""
    return state.pooled(name) if plan.folds else state.run(name, plan.first)


def row_of(plan: Plan, state: CompareState, row: GridRow, failed: str) -> ComparisonRow:
    """One row, from what lies in the folder."""
    runs = [] if plan.costs_only else [state.run(row.name, repeat) for repeat in plan.repeats()]
    done = [files for files in runs if files.metrics.exists() and files.model.exists()]
    trained_costs = None if plan.costs_only else state.trained_costs(row)
    costs = trained_costs or state.costs(row.training)
    network = row.network or ""
    if not done:
        return ComparisonRow(row.name, costs, failed=failed, network=network, choices=row.choices)
    judged = [files.read_json(files.metrics) for files in done]
    trained = state.run(row.training, plan.repeats()[runs.index(done[0])])
    metrics, settings = trained.read_history(), trained.read_json(trained.settings)
    stages = trained.read_json(trained.metrics).get("stage_seconds", {})
    whole = _answered_in(plan, state, row.name).metrics
    known = state.files.read_json(whole) if plan.folds and whole.exists() else judged[0]
    interval = known["metrics"].get("interval")
    return ComparisonRow(
        model=row.name,
        costs=costs,
        scores=tuple(one["primary"]["value"] for one in judged),
        count=known["metrics"]["count"],
        folders=tuple(str(files.path) for files in done),
        epochs=len(metrics),
        batch=settings["batch"],
        seconds=sum(one["seconds"] for one in metrics) + sum(stages.values()),
        failed=failed,
        primary=Primary(**judged[0]["primary"]).of(None),
        known=None if interval is None else (float(interval[0]), float(interval[1])),
        network=network,
        choices=row.choices,
        timed_trained=trained_costs is not None,
        pooled=known["primary"]["value"] if plan.folds and known is not judged[0] else None,
    )


def default_folder(plan: Plan, splits: Splits) -> Path:
    """``runs/compare-<data>``: the newest of these settings, which goes on; else a new one, with a number.

    Folds of one network are in ``runs/folds-<data>-<network>``.
    """
    root = splits.root.resolve()
    name, last = root.name if root.is_dir() else root.stem, None
    base = f"folds-{name}-{plan.names[0]}" if plan.alone else f"compare-{name}"
    for number in numbers(1):
        folder = Path("runs") / (base if number == 1 else f"{base}-{number}")
        if not folder.exists():
            return last or folder
        about = {"settings": plan.given(), "root": str(splits.root)}
        try:
            last = folder if about.items() <= read_state(folder).items() else last
        except RunError:  # it is no comparison, or broken: another number is taken
            continue
    raise AssertionError  # numbers never end


def because(error: Exception) -> str:
    """Why something failed, in a line."""
    if isinstance(error, StriateError):
        return f"{error.wrong}; try: {error.attempt}"
    return (
        f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason'}"
    )


def _interrupted(error: Interrupted, folder: Path) -> Interrupted:
    """The same, with the way to go on with a comparison."""
    interrupted = Interrupted(
        error.wrong, error.expected, f"the same command goes on from there; what is done is in {folder}"
    )
    interrupted.signal = error.signal
    return interrupted
