"""What a comparison trains and shows: the networks, their choices, and the settings of every training.

models, choices, settings --Plan--> trainings (each with every seed) and rows (each of one training)
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from torch import nn

from striate.compare.choices import PROPOSER
from striate.compare.grid import Grid, GridRow
from striate.compare.sweep import Sweep, shown
from striate.data.fold import MOST
from striate.errors import SettingError
from striate.layers.image_network import LISTED
from striate.train.run.settings import FREE, Settings
from striate.zoo.networks import arguments_of, require_arguments


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Args:
        models: different names; with a sweep one at most, and none leaves the network open.
        settings: of every training; ``seed`` is the first of the seeds, ``model`` is left open.
        seeds: trainings of each network.
        folds: in place of seeds, so many parts of the pictures, each of which is tested once; 0 for none.
        costs_only: train nothing.
        fit_batch: where a batch does not fit into memory, go on with one that does.
        sweep: a setting and the values to compare, in place of several networks.
        choices: what every network has several values of, if it has it.
        own: modules of somebody's own, by those names that stand for them.

    Raises:
        SettingError: a name is unknown or named twice, there are no names or seeds, or no network has what
            was chosen.
    """

    models: tuple[str, ...]
    settings: Settings
    seeds: int = 1
    costs_only: bool = False
    fit_batch: bool = False
    sweep: Sweep | None = None
    choices: tuple[Sweep, ...] = ()
    folds: int = 0
    own: Mapping[str, nn.Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sweep:
            self._require_one_model()
        elif not self.models:
            raise SettingError("no networks were named", f"two or more: {LISTED}", "lenet5,resnet20")
        for name in self.models:
            self._arguments_of(name)  # refuses a misspelt one
        for one in self.settings.arguments:
            able = [name for name in self.models if one in self._arguments_of(name)]
            for name in able or self.models:
                require_arguments(name, {one: self.settings.arguments[one]})
        twice = [name for name, times in Counter(self.models).items() if times > 1]
        if twice:
            raise SettingError(f"{twice[0]} is named twice", "different networks", "name each of them once")
        if self.seeds < 1:
            raise SettingError(f"seeds is {self.seeds}", "1 or more", "seeds 3")
        self._require_folds()
        if self.settings.devices * self.settings.nodes > 1:
            raise SettingError("several devices are compared on", "one device", "leave devices and nodes out")
        self.grid.require_networks(self.settings.arguments)

    def _require_one_model(self) -> None:
        if len(self.models) > 1 or self.costs_only:
            raise SettingError(
                "--sweep was given with --costs-only" if self.costs_only else "--sweep has several networks",
                "one network that is trained with each value",
                "--models lenet5 --sweep lr=0.01,0.1",
            )
        if self.choices:
            named = self.choices[0].setting
            raise SettingError(
                f"--sweep was given with several values of {named}", "one of them", f"one value of {named}"
            )

    def _require_folds(self) -> None:
        if not self.folds:
            return
        if not 2 <= self.folds <= MOST:
            raise SettingError(f"folds is {self.folds}", f"2 to {MOST}", "folds 5")
        others = {
            "seeds": self.seeds > 1,
            "costs_only": self.costs_only,
            "fold": self.settings.fold is not None,
            "test": self.settings.test > 0,
        }
        for name in (name for name, given in others.items() if given):
            wrong = f"folds is {self.folds}, and {name} is given"
            raise SettingError(wrong, "folds alone: they say what is tested", f"leave {name} out")

    @cached_property
    def grid(self) -> Grid:
        """The networks and their choices."""
        return Grid(self.models, self.choices, frozenset(self.own))

    @cached_property
    def rows(self) -> tuple[GridRow, ...]:
        """What is compared: networks with their choices, or the values of the sweep."""
        if self.sweep:
            network = next(iter(self.models), None)
            return tuple(GridRow(name, network, name) for name in self.sweep.names())
        return self.grid.rows()

    @property
    def names(self) -> tuple[str, ...]:
        """The trainings."""
        return tuple(dict.fromkeys(row.training for row in self.rows))

    def rows_of(self, training: str) -> tuple[GridRow, ...]:
        """The rows that share a training."""
        return tuple(row for row in self.rows if row.training == training)

    def given(self) -> dict[str, Any]:
        """The settings that decide what comes out; of what has several values the name, not the values."""
        values, swept = self.settings.to_dict(), self.sweep.setting if self.sweep else None
        several = [choice.setting for choice in self.choices]
        without = {*FREE, "model", swept, *several}
        kept = {name: value for name, value in values.items() if name not in without}
        kept |= {"folds": self.folds} if self.folds else {}
        if swept:
            return {**kept, "model": next(iter(self.models), None), "sweep": swept}
        return {**kept, "choices": several} if several else kept

    def of(self, name: str, repeat: int) -> Settings:
        """The settings of one training, undecided; without arguments that only other networks have."""
        its = {"fold": f"{repeat}/{self.folds}"} if self.folds else {"seed": repeat}
        if self.sweep:
            value = {} if not name else {self.sweep.setting: self.sweep.value(name)}
            model = next(iter(self.models), None)
            return self._with_network(self.settings.model_copy(update={"model": model, **its, **value}))
        if not name:
            return self.settings.model_copy(update={"model": None, **its})
        row = self.rows_of(name)[0]
        without = {argument for argument, lacking in self.lacking().items() if row.network in lacking}
        own: dict[str, Any] = {"stem": None} if "stem" in without else {}
        own |= {"proposals": None} if PROPOSER in without else {}
        values = self.grid.learned(row)
        arguments = self.grid.arguments(values)
        own |= {name: value for name, value in values.items() if name not in arguments}
        kept = {name: value for name, value in self.settings.arguments.items() if name not in without}
        own["arguments"] = {**kept, **arguments}
        return self._with_network(self.settings.model_copy(update={"model": row.network, **its, **own}))

    def _with_network(self, settings: Settings) -> Settings:
        """The settings with the module that their name stands for, where it is none of ours."""
        name = settings.model or ""
        return settings.with_network(name, self.own[name]) if name in self.own else settings

    def _arguments_of(self, name: str) -> dict[str, Any]:
        """The arguments of a network of ours; another has none."""
        return {} if name in self.own else arguments_of(name)

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """{argument of networks that was asked for: the networks that have none}, if others have it."""
        asked = [*(["stem"] if self.settings.stem else []), *self.settings.arguments]
        asked += [PROPOSER] if self.settings.proposals else []
        having = {name: self._arguments_of(name) for name in self.models}
        found = {one: tuple(name for name in self.models if one not in having[name]) for one in asked}
        known = {one: names for one, names in found.items() if 0 < len(names) < len(self.models)}
        return known if self.sweep else {**known, **self.grid.lacking()}

    def notes(self) -> tuple[str, ...]:
        """Which networks go without something, in sentences."""
        common = self.settings
        values = {"stem": common.stem, PROPOSER: common.proposals, **common.arguments}
        values |= {choice.setting: ", ".join(map(shown, choice.values)) for choice in self.choices}
        return tuple(
            f"without {one} {values[one]}, as they have no such argument: {', '.join(names)}"
            for one, names in self.lacking().items()
        )

    @property
    def repeated(self) -> str:
        """What differs between the trainings of a network: ``seed`` or ``fold``."""
        return "fold" if self.folds else "seed"

    @property
    def first(self) -> int:
        """The seed or the fold of the first training."""
        return 1 if self.folds else self.settings.seed

    def repeats(self) -> tuple[int, ...]:
        """The seeds, counted up from the first; or the folds 1..K."""
        return tuple(range(self.first, self.first + (self.folds or self.seeds)))

    @property
    def alone(self) -> bool:
        """Whether there is nothing to compare: folds of one network, whose costs nobody asked for."""
        return bool(self.folds) and len(self.names) == 1
