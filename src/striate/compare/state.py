"""What is known of a comparison so far, kept in ``compare.json`` and in the folders of its runs.

compare.json                        settings, data, machine, what networks cost
<training>-seed0/                   a run
<row>-seed0/                        of a row that shares the weights of a training: model, metrics, answers
<training>-fold1/ <row>-pooled/     with folds: the runs, and what all of them answered together
"""

from pathlib import Path
from typing import Any

from striate.compare.grid import GridRow
from striate.compare.plan import Plan
from striate.compare.sweep import folder_name
from striate.data.dataset import Splits
from striate.errors import RunError
from striate.train.fabric.hardware import machine_of
from striate.train.profile.profile import Costs
from striate.train.run.run_folder import RunFolder, describe_splits, require_no_file
from striate.train.run.settings import Settings

STATE, ANSWERS = "compare.json", "per_image.json"

TRAINED = "trained"
"""Key of what trained models cost, of which some cost as their weights and pictures make them."""


class CompareState:
    """What is known so far, kept in ``compare.json``.

    Raises:
        RunError: the folder holds something else, or a comparison of other settings, or on other data.
    """

    def __init__(self, folder: Path, plan: Plan, splits: Splits) -> None:
        self.files, self.path = RunFolder(folder), folder / STATE
        self.repeated = plan.repeated
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
            self.values |= {"machine": machine, "costs": {}, TRAINED: {}}
        self.save()

    def save(self) -> None:
        """Replace the file."""
        self.files.write_json(self.path, self.values)

    def costs(self, training: str) -> Costs | None:
        """What was measured of a network before it was trained."""
        found = self.values["costs"].get(training)
        return Costs.from_dict(found) if found else None

    def keep_costs(self, training: str, costs: Costs) -> None:
        """Write them down."""
        self.values["costs"][training] = costs.to_dict()
        self.save()

    def trained_costs(self, row: GridRow) -> Costs | None:
        """What was measured of the trained model of a row."""
        found = self.values.get(TRAINED, {}).get(row.name)
        return Costs.from_dict(found) if found else None

    def keep_trained_costs(self, row: GridRow, costs: Costs) -> None:
        """Write them down."""
        self.values.setdefault(TRAINED, {})[row.name] = costs.to_dict()
        self.save()

    def run(self, name: str, repeat: int) -> RunFolder:
        """The folder of one training, or of a row that shares one."""
        return RunFolder(self.files.path / f"{folder_name(name)}-{self.repeated}{repeat}")

    def pooled(self, name: str) -> RunFolder:
        """The folder of what all folds of a row say together."""
        return RunFolder(self.files.path / f"{folder_name(name)}-pooled")

    def answered(self, name: str, repeat: int) -> bool:
        """Whether its metrics and its answers are there."""
        files = self.run(name, repeat)
        return files.metrics.exists() and (files.path / ANSWERS).exists()


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
    now = about["settings"]
    usual = {name: field.default for name, field in Settings.model_fields.items() if name in now}
    before = {**usual, **values["settings"]}  # a setting that is newer than the folder had its default
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
