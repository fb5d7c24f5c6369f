"""One flag for each training setting, made from the one list of settings.

    Settings.batch: int, 1.., "Images in a step."  -->  --batch INTEGER  Images in a step. [default: 64]

Values go to ``Settings`` as they were typed, which checks them all and explains in three lines what is wrong.
"""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from striate.train.run.settings import Settings

PANELS = {
    "Data": ("format", "size", "fit", "augment", "balance", "validation", "accept", "views", "workers"),
    "Reuse": ("weights", "finetune", "layer_decay", "unfreeze"),
    "Regularization": ("weight_decay", "label_smoothing", "mixup", "cutmix", "ema", "patience", "clip"),
    "Machine": ("precision", "accelerator", "devices", "nodes", "strategy", "checkpoint_every", "loggers"),
}
METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def takes_settings(verb: Callable[..., None]) -> Callable[..., None]:
    """Give the verb, which ends in ``**settings``, a flag for every field of ``Settings``.

    A verb that takes several ``models`` gets none for ``model``.
    """
    own = [one for one in signature(verb).parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    names = Settings.model_fields.keys() - ({"model"} if any(one.name == "models" for one in own) else set())
    flags = [flag(name, field) for name, field in Settings.model_fields.items() if name in names]
    verb.__signature__ = signature(verb).replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
    return verb


def flag(name: str, field: FieldInfo) -> Parameter:
    """The typer option of one field; unset is None, so that only what was typed is passed on."""
    kinds = alternatives(field.annotation)
    many = get_origin(kinds[0]) in (tuple, dict)
    option = typer.Option(
        None,
        "--" + name.replace("_", "-"),
        help=meaning(field),
        metavar=metavar(kinds),
        show_default=False,
        rich_help_panel=panel(name),
    )
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=option, annotation=list[str] | None if many else str | None
    )


def alternatives(annotation: Any) -> list[Any]:
    """The types of a union without None; [the type] if it is none."""
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else [annotation]
    return [member for member in members if member is not NoneType]


def metavar(kinds: list[Any]) -> str:
    """What to write in the help in place of the value.

    >>> metavar([int]), metavar([Literal["sgd", "adamw"]]), metavar([tuple[Literal["wandb", "mlflow"], ...]])
    ('INTEGER', 'sgd|adamw', 'wandb|mlflow')
    """
    if get_origin(kinds[0]) is dict:
        return "NAME=VALUE"
    words: list[str] = []
    for kind in kinds:
        kind = get_args(kind)[0] if get_origin(kind) in (tuple, Annotated) else kind
        words += map(str, get_args(kind)) if get_origin(kind) is Literal else [METAVARS.get(kind, "TEXT")]
    return "|".join(dict.fromkeys(words))


def meaning(field: FieldInfo) -> str:
    """The description and the default; None and what is empty are explained by the description.

    >>> meaning(Settings.model_fields["seed"]).endswith("(default 0)")
    True
    """
    default = "" if field.default in (None, (), {}) else f" (default {plain(field.default)})"
    return (field.description or "") + default


def plain(value: Any) -> str:
    """A number without needless zeros.

    >>> plain(0.0), plain("auto")
    ('0', 'auto')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


def panel(name: str) -> str:
    """The group of the help that a setting is listed in."""
    return next((title for title, names in PANELS.items() if name in names), "How it learns")


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were typed."""
    return {name: value for name, value in settings.items() if value is not None}
