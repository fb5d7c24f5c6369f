"""Several networks on the same data: the same split, budget, settings and seeds for each.

models --costs, each in its own process--> compare.json
       --seed 0: a, b, c; seed 1: a, b, c--> <network>-seed<number>/, a run each --> Comparison
one model and a sweep: its values stand in place of the networks, and no costs are measured

Whatever is done is kept: a second call goes on where the first one ended. A network that fails does not stop
the others.
"""

import math
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from typing import Any

from striate.compare.sweep import Sweep, folder_name
from striate.compare.table import Comparison, ComparisonRow, ordered
from striate.data.checks.statistics import Facts, facts
from striate.data.dataset import Splits
from striate.data.trained_data import unseen
from striate.errors import Interrupted, OutOfMemory, RunError, SettingError, StriateError
from striate.tasks.evaluate import Evaluation
from striate.tasks.metric import Primary
from striate.train.fabric.hardware import machine_of
from striate.train.profile.profile import Costs, measure, require_memory
from striate.train.run.defaults import decide
from striate.train.run.run import require_classes, train
from striate.train.run.run_folder import RunFolder, describe_splits, require_no_file
from striate.train.run.settings import FREE, Settings
from striate.train.session.events import Compared, Event, Failed, Finished, Measuring, Noted, Training
from striate.train.session.interrupt import StopRequest
from striate.train.session.oom_retry import train_fitting
from striate.zoo.networks import arguments_of, require_arguments

STATE, ANSWERS = "compare.json", "per_image.json"


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Args:
        models: different names; with a sweep one at most, and none leaves the network open.
        settings: of every training; ``seed`` is the first of the seeds, ``model`` is left open.
        seeds: trainings of each network.
        costs_only: train nothing.
        fit_batch: where a batch does not fit into memory, go on with one that does.
        sweep: a setting and the values to compare, in place of several networks.

    Raises:
        SettingError: a name is unknown or named twice, or there are no names or seeds.
    """

    models: tuple[str, ...]
    settings: Settings
    seeds: int = 1
    costs_only: bool = False
    fit_batch: bool = False
    sweep: Sweep | None = None

    def __post_init__(self) -> None:
        if self.sweep:
            self._require_one_model()
        elif not self.models:
            raise SettingError(
                "no networks were named", "two or more of `striate.models()`", "lenet5,resnet20"
            )
        for name in self.models:
            arguments_of(name)  # refuses a misspelt one
        for one in self.settings.arguments:
            able = [name for name in self.models if one in arguments_of(name)]
            for name in able or self.models:
                require_arguments(name, {one: self.settings.arguments[one]})
        twice = [name for name, times in Counter(self.models).items() if times > 1]
        if twice:
            raise SettingError(f"{twice[0]} is named twice", "different networks", "name each of them once")
        if self.seeds < 1:
            raise SettingError(f"seeds is {self.seeds}", "1 or more", "seeds 3")
        if self.settings.devices * self.settings.nodes > 1:
            raise SettingError("several devices are compared on", "one device", "leave devices and nodes out")

    def _require_one_model(self) -> None:
        if len(self.models) > 1 or self.costs_only:
            raise SettingError(
                "--sweep was given with --costs-only" if self.costs_only else "--sweep has several networks",
                "one network that is trained with each value",
                "--models lenet5 --sweep lr=0.01,0.1",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What is compared: the networks, or the values of the sweep."""
        return self.sweep.names() if self.sweep else self.models

    def given(self) -> dict[str, Any]:
        """The settings that decide what comes out; of a sweep its network and its setting, not the values."""
        values, swept = self.settings.to_dict(), self.sweep.setting if self.sweep else None
        kept = {name: values[name] for name in values if name not in FREE and name not in ("model", swept)}
        return {**kept, "model": next(iter(self.models), None), "sweep": swept} if swept else kept

    def of(self, name: str, seed: int) -> Settings:
        """The settings of one run, undecided; without arguments that only other networks have."""
        if self.sweep:
            value = {} if not name else {self.sweep.setting: self.sweep.value(name)}
            model = next(iter(self.models), None)
            return self.settings.model_copy(update={"model": model, "seed": seed, **value})
        model = name
        without = {argument for argument, lacking in self.lacking().items() if model in lacking}
        own: dict[str, Any] = {"stem": None} if "stem" in without else {}
        own["arguments"] = {
            name: value for name, value in self.settings.arguments.items() if name not in without
        }
        return self.settings.model_copy(update={"model": model, "seed": seed, **own})

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """{argument of networks that was asked for: the networks that have none}, if others have it."""
        asked = [*(["stem"] if self.settings.stem else []), *self.settings.arguments]
        found = {one: tuple(name for name in self.models if one not in arguments_of(name)) for one in asked}
        return {one: names for one, names in found.items() if 0 < len(names) < len(self.models)}

    def all_seeds(self) -> tuple[int, ...]:
        """As many as were asked for, counted up from the first."""
        return tuple(range(self.settings.seed, self.settings.seed + self.seeds))


class CompareState:
    """What is known so far, kept in ``compare.json``.

    Raises:
        RunError: the folder holds something else, or a comparison of other settings, or on other data.
    """

    def __init__(self, folder: Path, plan: Plan, splits: Splits) -> None:
        self.files, self.path = RunFolder(folder), folder / STATE
        about = {"settings": plan.given(), "fingerprint": describe_splits(splits)["fingerprint"]}
        machine = machine_of(plan.settings)
        if self.path.exists():
            self.values = read_state(folder)
            _require_same(folder, self.values, about)
        else:
            _require_empty(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self.values = {**about, "root": str(splits.root), "machine": machine, "costs": {}}
        if self.values["machine"] != machine:  # costs of another machine say nothing about this one
            self.values |= {"machine": machine, "costs": {}}
        self.save()

    def save(self) -> None:
        """Replace the file."""
        self.files.write_json(self.path, self.values)

    def costs(self, model: str) -> Costs | None:
        """What was measured of a network."""
        found = self.values["costs"].get(model)
        return Costs.from_dict(found) if found else None

    def keep_costs(self, model: str, costs: Costs) -> None:
        """Write them down."""
        self.values["costs"][model] = costs.to_dict()
        self.save()

    def run(self, model: str, seed: int) -> RunFolder:
        """The folder of one run."""
        return RunFolder(self.files.path / f"{folder_name(model)}-seed{seed}")


def compare(read: Callable[[int], Splits], plan: Plan, folder: str | Path) -> Generator[Event]:
    """Measure and train every network. Nothing happens before the first event is asked for.

    The last event is ``Compared``, also before ``Interrupted``, with what is known by then.

    Args:
        read: the splits of the data for a seed.
        plan: what is compared.
        folder: a new one, or that of a comparison that shall go on.

    Raises:
        RunError: the folder holds something else.
        DataError: there is nothing to learn from, or files cannot be read.
        Interrupted: a signal ended it; it can be gone on with.
    """
    for argument, lacking in plan.lacking().items():
        value = plan.settings.stem if argument == "stem" else plan.settings.arguments[argument]
        yield Noted(f"without {argument} {value}, as they have no such argument: {', '.join(lacking)}")
    splits = read(plan.settings.seed)
    require_classes(splits)
    state, found, failed = CompareState(Path(folder), plan, splits), facts(splits["train"]), dict[str, str]()
    try:
        with StopRequest(str(folder)) as stop:
            if not plan.sweep:
                yield from _measure(plan, state, found, failed, stop)
        for seed in () if plan.costs_only else plan.all_seeds():
            data = splits if seed == plan.settings.seed else read(seed)
            yield from _train(plan, state, data, seed, failed)
    except Interrupted as error:
        yield Compared(str(folder), comparison(plan, state, splits, failed))
        raise _interrupted(error, state.files.path) from None
    yield Compared(str(folder), comparison(plan, state, splits, failed))


def _measure(
    plan: Plan, state: CompareState, found: Facts, failed: dict[str, str], stop: StopRequest
) -> Generator[Event]:
    """The costs that are not known yet."""
    for number, model in enumerate(plan.models, 1):
        try:
            settings = decide(plan.of(model, plan.settings.seed), found)
            if state.costs(model) is None:
                yield Measuring(model, number, len(plan.models))
                state.keep_costs(model, measure(settings, found))
        except StriateError as error:
            if not stop.signal:  # Ctrl-C ends the process that measures, too
                failed[model] = because(error)
        if stop.signal:
            raise stop.interrupted(f"while the costs of {model} were measured")
        if model in failed:
            yield Failed(model, failed[model])


def _train(
    plan: Plan, state: CompareState, splits: Splits, seed: int, failed: dict[str, str]
) -> Generator[Event]:
    """One seed of every network that has not failed."""
    able = [model for model in plan.names if model not in failed]
    place, of = plan.all_seeds().index(seed) * len(able), plan.seeds * len(able)
    for number, model in enumerate(able, place + 1):
        files = state.run(model, seed)
        if files.metrics.exists() and (files.path / ANSWERS).exists():
            continue
        yield Training(model, seed, number, of)
        try:
            for event in _events(plan, state, splits, model, seed):
                yield event
                if isinstance(event, Finished):
                    files.write_json(files.path / ANSWERS, answers_of(event.run.evaluation))
        except Interrupted:
            raise
        except Exception as error:  # whatever it is, it must not lose the others
            failed[model] = because(error)
            yield Failed(model, failed[model])


def _events(plan: Plan, state: CompareState, splits: Splits, model: str, seed: int) -> Generator[Event]:
    """The events of one run, which goes on if it was begun."""
    files, settings = state.run(model, seed), plan.of(model, seed)
    if files.settings.exists():
        free = {name: getattr(settings, name) for name in FREE & settings.model_fields_set}
        yield from train(splits, Settings(**free), files.path, resume=True)
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
    rows = ordered([row_of(plan, state, name, failed.get(name, "")) for name in plan.names])
    split = unseen(splits)
    answers = {
        row.model: state.files.read_json(path)
        for row in rows
        if (path := state.run(row.model, plan.settings.seed).path / ANSWERS).exists()
    }
    return Comparison(
        folder=state.files.path,
        root=state.values["root"],
        rows=rows,
        split="" if plan.costs_only else split,
        seeds=() if plan.costs_only else plan.all_seeds(),
        settings=plan.given(),
        machine=state.values["machine"],
        answers={} if plan.costs_only else answers,
        sweep=plan.sweep.setting if plan.sweep else "",
    )


def answers_of(evaluation: Evaluation) -> dict[str, Any]:
    """What a model answered to each image, in words, and what the primary number is for each."""
    known = evaluation.metrics.per_image
    values = [] if known is None else [None if math.isnan(one) else one for one in known.tolist()]
    return {"answers": evaluation.metric.answers(), "per_image": values}


def row_of(plan: Plan, state: CompareState, model: str, failed: str) -> ComparisonRow:
    """One network, from what lies in the folder."""
    runs = [] if plan.costs_only else [state.run(model, seed) for seed in plan.all_seeds()]
    done = [files for files in runs if files.metrics.exists() and files.model.exists()]
    if not done:
        return ComparisonRow(model, state.costs(model), failed=failed)
    judged = [files.read_json(files.metrics) for files in done]
    metrics, settings = done[0].read_history(), done[0].read_json(done[0].settings)
    interval = judged[0]["metrics"].get("interval")
    return ComparisonRow(
        model=model,
        costs=state.costs(model),
        scores=tuple(one["primary"]["value"] for one in judged),
        count=judged[0]["metrics"]["count"],
        folders=tuple(str(files.path) for files in done),
        epochs=len(metrics),
        batch=settings["batch"],
        seconds=sum(row["seconds"] for row in metrics),
        failed=failed,
        primary=Primary(**judged[0]["primary"]).of(None),
        known=None if interval is None else (float(interval[0]), float(interval[1])),
    )


def default_folder(plan: Plan, splits: Splits) -> Path:
    """``runs/compare-<data>``: the newest of these settings, which goes on; else a new one, with a number."""
    root = splits.root.resolve()
    base, last = f"compare-{root.name if root.is_dir() else root.stem}", None
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


def read_state(folder: Path) -> dict[str, Any]:
    """What ``compare.json`` says.

    Raises:
        RunError: it is not there, or not what a comparison writes.
    """
    values: Any = RunFolder(folder).read_json(folder / STATE)
    kinds = {"settings": dict, "fingerprint": str, "root": str, "machine": dict, "costs": dict}
    known = values if isinstance(values, dict) else {}
    wrong = [name for name, kind in kinds.items() if not isinstance(known.get(name), kind)]
    if wrong:
        raise RunError(
            f"{folder / STATE} is not of a comparison: it lacks {', '.join(wrong)}",
            "the file that a comparison wrote",
            "another --out, or remove the file",
        )
    return known


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


def _require_empty(folder: Path) -> None:
    """The folder is new.

    Raises:
        RunError: it is a file, or something is in it.
    """
    require_no_file(folder)
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder} exists and holds no comparison", "a new folder", "another --out")


def _require_same(folder: Path, values: dict[str, Any], about: dict[str, Any]) -> None:
    """The comparison in the folder has the same settings and data.

    Raises:
        RunError: it has not.
    """
    before, now = values["settings"], about["settings"]
    differing = [name for name in now if before.get(name) != now[name]]
    if differing:
        changes = ", ".join(f"{name} was {before.get(name)!r} and is {now[name]!r}" for name in differing)
        raise RunError(
            f"{folder} holds a comparison of other settings: {changes}",
            "the same settings for every network",
            "the settings of before, or another --out",
        )
    if values["fingerprint"] != about["fingerprint"]:
        raise RunError(
            f"the data are not those that the comparison in {folder} was begun with",
            "the same pictures, labels and splits",
            "the data as they were, or another --out",
        )
