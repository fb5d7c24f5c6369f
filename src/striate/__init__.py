"""striate: everything that convolutional networks do with pictures.

Nothing heavy is imported until a name is used, so that ``import striate`` and ``striate --help`` are quick.

>>> import striate
>>> "lenet5" in striate.models()
True
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from striate import errors, ops
    from striate.api import (
        apply_style,
        benchmark_explanations,
        check,
        compare,
        create,
        embed,
        evaluate,
        explain,
        export,
        find_rate,
        invert,
        load,
        map,
        models,
        neighbours,
        predict,
        stylize,
        summary,
        texture,
        train,
        train_style,
        visualize,
    )
    from striate.errors import StriateError

__version__ = "0.1.0"

__all__ = [
    "StriateError",
    "__version__",
    "apply_style",
    "benchmark_explanations",
    "check",
    "compare",
    "create",
    "embed",
    "errors",
    "evaluate",
    "explain",
    "export",
    "find_rate",
    "invert",
    "load",
    "map",
    "models",
    "neighbours",
    "ops",
    "predict",
    "stylize",
    "summary",
    "texture",
    "train",
    "train_style",
    "visualize",
]

_ROOMS = {"errors", "ops"}


class _VerbsModule(ModuleType):
    """``striate.train`` is the verb, also after the room ``striate.train`` was imported.

    Python binds an imported room to its name here, over the verb; this leaves the verb where it is.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _ROOMS or name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    """Import what a public name stands for, the first time that it is used."""
    if name not in __all__:
        raise AttributeError(f"module 'striate' has no attribute {name!r}")
    if name in _ROOMS:
        return import_module(f"striate.{name}")
    globals()[name] = getattr(
        import_module("striate.errors" if name == "StriateError" else "striate.api"), name
    )
    return globals()[name]


def __dir__() -> list[str]:
    return __all__


sys.modules[__name__].__class__ = _VerbsModule
