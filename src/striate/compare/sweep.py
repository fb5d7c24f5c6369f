"""One setting with several values, everything else the same: which value is best?

lr=0.01,0.1  --Sweep.read-->  Sweep("lr", (0.01, 0.1))  --a training for each-->  ranked by the task's metric
"""

import re
from dataclasses import dataclass, field
from typing import Any

from striate.errors import SettingError
from striate.train.run.settings import FREE, Settings

EXAMPLE = "--sweep lr=0.01,0.1"
OTHERWISE = {
    "model": "name the networks with --models",
    "seed": "--seeds 3 trains with three seeds",
    "validation": "give it once: all are measured on the same pictures",
    "test": "give it once: all are measured on the same pictures",
    "format": "give it once: all are measured on the same pictures",
}


@dataclass(frozen=True)
class Sweep:
    """A setting, or an argument of networks, and its values.

    Args:
        setting: any setting that changes what is computed; or an argument.
        values: two or more different ones, as the setting takes them.
        of_network: whether it is an argument of networks, as ``backbone``; those that lack it go without.

    Raises:
        SettingError: there is no such setting, it takes no such value, or the values are not several.
    """

    setting: str
    values: tuple[Any, ...]
    of_network: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        if not self.of_network and (self.setting in OTHERWISE or self.setting in FREE):
            other = OTHERWISE.get(self.setting, "it does not change what is computed: give it once")
            raise SettingError(f"--sweep of {self.setting}", "a setting that changes what is learned", other)
        read = self.values if self.of_network else tuple(map(self._read, self.values))
        if len(read) < 2 or any(one in read[:place] for place, one in enumerate(read)):
            raise SettingError(
                f"--sweep of {self.setting} has the values {', '.join(map(str, self.values))}",
                "two or more different ones",
                EXAMPLE,
            )
        object.__setattr__(self, "values", read)

    def _read(self, value: Any) -> Any:
        """A value as the setting takes it."""
        return getattr(Settings(**{self.setting: value}), self.setting)

    @classmethod
    def read(cls, text: str) -> "Sweep":
        """``name=value,value``; values that hold commas are divided by semicolons.

        >>> Sweep.read("lr=0.01,0.1")
        Sweep(setting='lr', values=(0.01, 0.1))
        >>> Sweep.read("augment=none;mirror,crop=4").values
        ('none', 'mirror,crop=4')
        """
        setting, equals, values = text.partition("=")
        if not equals:
            raise SettingError(f"--sweep is {text!r}", "a setting, =, and its values", EXAMPLE)
        parts = values.split(";" if ";" in values else ",")
        return cls(setting.strip().replace("-", "_"), tuple(part.strip() for part in parts if part.strip()))

    def names(self) -> tuple[str, ...]:
        """What the trainings are called: ``lr=0.01``, ``lr=0.1``."""
        return tuple(f"{self.setting}={shown(value)}" for value in self.values)

    def value(self, name: str) -> Any:
        """The value that belongs to a name."""
        return self.values[self.names().index(name)]


def folder_name(name: str) -> str:
    """A name without the characters that folders cannot have everywhere.

    >>> folder_name("lr=0.01"), folder_name("augment=mirror,crop=4")
    ('lr=0.01', 'augment=mirror_crop=4')
    """
    return re.sub(r"[^\w.=+-]", "_", name)


def shown(value: Any) -> str:
    """A value as it is written.

    >>> shown(0.01), shown(100)
    ('0.01', '100')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)
