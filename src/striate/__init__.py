"""striate: everything that convolutional networks do with pictures.

api/        the verbs                                  cli/        the command line
report/     the pages of a run                         compare/    several networks on one data set
train/      make a network better                      explain/    look inside one
style/      paint with one                             gallery/    known people, found by one example
zoo/        networks by name, weights, saved models
tasks/      networks that answer a question            backbones/  networks, one paper a file
data/       pictures and labels, read and augmented    draw/       pictures of answers
layers/     parts that networks share                  ops/        functions on tensors
files/      files written whole or not at all          records/    images, labels, answers
errors      what can go wrong                         formatting  numbers for people
arguments   arguments of verbs, checked                waiting    how threads wait for each other
interrupt_handler    Ctrl-C ends a loop after its step     postprocess    the end of a detector in numpy
lazy_table           a table that imports what is used
exchange/            answers in the words of other libraries

Nothing heavy is imported until a name is used, so that ``import striate`` and ``striate --help`` are quick.

>>> import striate
>>> "lenet5" in striate.models()
True
"""

import gc
import sys
from importlib import import_module
from types import ModuleType

from striate.waiting import wait_quietly

TYPE_CHECKING = False  # typing itself would take longer than all else here
if TYPE_CHECKING:
    from typing import Any

    from striate import errors, exchange, ops, postprocess
    from striate.api.check import check
    from striate.api.compare import compare
    from striate.api.convert import convert
    from striate.api.cross_validate import cross_validate, learning_curve
    from striate.api.embeddings import embed, embedding_map, neighbours, search
    from striate.api.evaluate import evaluate
    from striate.api.explain import benchmark_explanations, explain, invert, visualize
    from striate.api.export import export
    from striate.api.galleries import Gallery, verify
    from striate.api.mistakes import correct, mistakes
    from striate.api.networks import create, load, models, summary
    from striate.api.predict import convolutional, predict
    from striate.api.propose import propose
    from striate.api.style import apply_style, stylize, texture, train_style
    from striate.api.superresolve import superresolve
    from striate.api.train import find_rate, train
    from striate.errors import StriateError

__version__ = "0.2.0"

__all__ = [
    "Gallery",
    "StriateError",
    "__version__",
    "apply_style",
    "benchmark_explanations",
    "check",
    "compare",
    "convert",
    "convolutional",
    "correct",
    "create",
    "cross_validate",
    "embed",
    "embedding_map",
    "errors",
    "evaluate",
    "exchange",
    "explain",
    "export",
    "find_rate",
    "invert",
    "learning_curve",
    "load",
    "mistakes",
    "models",
    "neighbours",
    "ops",
    "postprocess",
    "predict",
    "propose",
    "search",
    "stylize",
    "summary",
    "superresolve",
    "texture",
    "train",
    "train_style",
    "verify",
    "visualize",
]

_ROOMS = {"errors", "exchange", "ops", "postprocess"}

_FILES = {
    "StriateError": "errors",
    "check": "api.check",
    "compare": "api.compare",
    "convert": "api.convert",
    **dict.fromkeys(("cross_validate", "learning_curve"), "api.cross_validate"),
    **dict.fromkeys(("embed", "embedding_map", "neighbours", "search"), "api.embeddings"),
    "evaluate": "api.evaluate",
    **dict.fromkeys(("benchmark_explanations", "explain", "invert", "visualize"), "api.explain"),
    "export": "api.export",
    **dict.fromkeys(("correct", "mistakes"), "api.mistakes"),
    **dict.fromkeys(("create", "load", "models", "summary"), "api.networks"),
    **dict.fromkeys(("convolutional", "predict"), "api.predict"),
    **dict.fromkeys(("Gallery", "verify"), "api.galleries"),
    "propose": "api.propose",
    **dict.fromkeys(("apply_style", "stylize", "texture", "train_style"), "api.style"),
    "superresolve": "api.superresolve",
    **dict.fromkeys(("find_rate", "train"), "api.train"),
}


class _VerbsModule(ModuleType):
    """``striate.train`` is the verb, also after the room ``striate.train`` was imported.

    Python binds an imported room to its name here, over the verb; this leaves the verb where it is.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _ROOMS or name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


def __getattr__(name: str) -> "Any":
    """Import what a public name stands for, the first time that it is used."""
    if name in _ROOMS:
        return _imported(f"striate.{name}")
    if name not in _FILES:
        raise AttributeError(f"module 'striate' has no attribute {name!r}")
    globals()[name] = getattr(_imported(f"striate.{_FILES[name]}"), name)
    return globals()[name]


def _imported(name: str) -> ModuleType:
    """A module; meanwhile nobody looks for garbage: there is none, and it takes a seventh of the time."""
    looking = gc.isenabled()
    gc.disable()
    try:
        return import_module(name)
    finally:
        if looking:
            gc.enable()


def __dir__() -> list[str]:
    return __all__


wait_quietly()
sys.modules[__name__].__class__ = _VerbsModule
