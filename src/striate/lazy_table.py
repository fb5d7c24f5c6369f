"""A hand-written table whose values are imported when they are used: a name leads to ``"module:attribute"``.

READERS["voc"] --import striate.data.formats.voc--> read_voc

Of many formats, tasks and detectors a program uses one or two: the modules of the others need not be read.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TypeVar

V = TypeVar("V")


class LazyTable(MutableMapping[str, V]):
    """Names and what they stand for, in the order of the table; a name alone imports nothing.

    Args:
        paths: for each name the module and the attribute in it, as ``"striate.ops.nms:nms"``.

    >>> table = LazyTable({"comb": "math:comb"})
    >>> list(table), table["comb"](4, 2)
    (['comb'], 6)
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = dict(paths)
        self._values: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        if name not in self._values:
            module, attribute = self._paths[name].split(":")
            self._values[name] = getattr(import_module(module), attribute)
        return self._values[name]

    def __setitem__(self, name: str, value: V) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        known = [part for part in (self._paths, self._values) if name in part]
        if not known:
            raise KeyError(name)
        for part in known:
            del part[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._paths, **self._values})

    def __len__(self) -> int:
        return len({**self._paths, **self._values})

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._paths
