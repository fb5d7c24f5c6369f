"""Several networks with several values of several choices: which trainings there are, and which rows.

    --models faster_rcnn,yolo --backbone resnet18,vgg16 --proposals 100,300

    trainings    faster_rcnn backbone=resnet18                     yolo backbone=resnet18       ... vgg16
    rows         faster_rcnn backbone=resnet18 proposals=100       yolo backbone=resnet18
                 faster_rcnn backbone=resnet18 proposals=300

What a network lacks is no choice for it. What may be another number once it is trained, the number of
proposals (``ImageNetwork.changeable``), is no reason to train again: it learns with the largest number, and
every number is a row of the same weights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import torch

from striate.compare.sweep import Sweep, shown
from striate.errors import SettingError, StriateError
from striate.zoo.networks import arguments_of, network_named, require_arguments


@dataclass(frozen=True)
class GridRow:
    """A row of the table.

    Args:
        name: different from that of every other row.
        network: its name; None where the data decide.
        training: the name of the training whose weights it has.
        values: what was chosen for it, by name.
        changed: of these what is said to the trained network.
    """

    name: str
    network: str | None
    training: str
    values: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """(name, value) of what was chosen, as text."""
        return tuple((name, shown(value)) for name, value in self.values.items())


@dataclass(frozen=True)
class Grid:
    """Every network with every combination of the values that it can have.

    Args:
        models: names of networks.
        choices: names different from each other; none for a row and a training of each network.
        own: names of networks that are none of ours, and have no arguments.

    Raises:
        SettingError: no network has such an argument, or none can be built with a value.
    """

    models: tuple[str, ...]
    choices: tuple[Sweep, ...] = ()
    own: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for choice in self.choices:
            able = [model for model in self.models if self._has(model, choice)]
            if not able:
                names = ", ".join(self.models)
                raise SettingError(
                    f"{choice.setting} is given, and none has such an argument: {names}",
                    f"a network with {choice.setting}, such as a detector; `striate summary` lists them",
                    f"leave {choice.setting} out",
                )
            if choice.of_network:
                for model, value in product(able, choice.values):
                    require_arguments(model, {choice.setting: value})

    def _has(self, model: str, choice: Sweep) -> bool:
        """Whether a network can be asked for other values of it; any can for a setting."""
        return not choice.of_network or (model not in self.own and choice.setting in arguments_of(model))

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """{choice: the networks that have none}, where there are such."""
        found = {
            choice.setting: tuple(model for model in self.models if not self._has(model, choice))
            for choice in self.choices
        }
        return {name: models for name, models in found.items() if models}

    def rows(self) -> tuple[GridRow, ...]:
        """All of them, those of a network together."""
        return tuple(row for model in self.models for row in self._rows_of(model))

    def _rows_of(self, model: str) -> Iterator[GridRow]:
        choices = [choice for choice in self.choices if self._has(model, choice)]
        later = changeable(model, choices)
        for values in product(*(choice.values for choice in choices)):
            own = {choice.setting: value for choice, value in zip(choices, values, strict=True)}
            learned = {name: value for name, value in own.items() if name not in later}
            changed = {name: value for name, value in own.items() if name in later}
            yield GridRow(named(model, own), model, named(model, learned), own, changed)

    def learned(self, row: GridRow) -> dict[str, Any]:
        """{choice: value} of the training of a row: of what is changed later the largest number."""
        most = {one.setting: max(one.values) for one in self.choices if one.setting in row.changed}
        return {**row.values, **most}

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Which of the values are arguments of networks."""
        known = {choice.setting for choice in self.choices if choice.of_network}
        return {name: value for name, value in values.items() if name in known}

    def require_networks(self, common: Mapping[str, Any]) -> None:
        """Every value serves a network.

        Args:
            common: further arguments, by name, for the networks that have them.

        Raises:
            SettingError: with a value no network can be built that has it.
        """
        rows = {row.training: row for row in self.rows()}.values() if self.choices else ()
        errors = [(row, self._error_of(row, common)) for row in rows]
        for choice in (one for one in self.choices if one.of_network):
            for value in choice.values:
                own = [error for row, error in errors if self.learned(row).get(choice.setting) == value]
                if own and all(own):
                    raise own[0] or AssertionError
        # a network that cannot be built with a value that serves another one fails in its row

    def _error_of(self, row: GridRow, common: Mapping[str, Any]) -> StriateError | None:
        """Why the network of a row cannot be built; None where it can."""
        model = row.network or ""
        if model in self.own:
            return None
        own = {name: value for name, value in common.items() if name in arguments_of(model)}
        try:
            with torch.device("meta"):
                network_named(model, 2, 3, **{**own, **self.arguments(self.learned(row))})
        except StriateError as error:
            return error
        return None


def named(model: str, values: Mapping[str, Any]) -> str:
    """What a row or a training is called.

    >>> named("yolo", {"backbone": "resnet18", "size": "320"}), named("yolo", {})
    ('yolo backbone=resnet18 size=320', 'yolo')
    """
    return " ".join([model, *(f"{name}={shown(value)}" for name, value in values.items())])


def changeable(model: str, choices: Sequence[Sweep]) -> tuple[str, ...]:
    """Which of the choices a trained network may be told anew."""
    if not any(choice.of_network for choice in choices):
        return ()
    with torch.device("meta"):
        known = network_named(model, 2, 3).changeable
    return tuple(choice.setting for choice in choices if choice.of_network and choice.setting in known)
