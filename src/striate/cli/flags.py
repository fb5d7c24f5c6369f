"""The flags: those that verbs share, and one for each setting, made from the one list of settings.

    Settings.batch: int, 1.., "Images in a step."  -->  --batch INTEGER  Images in a step. [default: 64]

Values go to the settings as they were typed, which check them all and explain in three lines what is wrong.
"""

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import typer

from striate.errors import StriateError
from striate.formatting import flag_name
from striate.train.run.task_settings import TASKS_OF

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

MODEL = "A .safetensors file, the folder of a run, or a name with published weights, as resnet50"

Data = Annotated[str, typer.Argument(metavar="DATA", help='A folder, .csv, .npz or idx files; or "digits".')]
Model = Annotated[str, typer.Argument(metavar="MODEL", help=MODEL + ".")]
ModelFlag = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="A .safetensors file, or the folder of a run.")
]
GalleryFile = Annotated[str, typer.Argument(metavar="GALLERY", help="A .safetensors file; made if need be.")]
GalleryModel = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="For verification; by default that of the gallery."),
]
Images = Annotated[
    list[str], typer.Argument(metavar="IMAGES...", help="Files, folders or patterns like 'a/*.jpg'.")
]
Proposals = Annotated[
    str | None,
    typer.Option(
        "--proposals",
        metavar="selective|quality|windows|FILE",
        help="Boxes that a detector with two stages looks at, not those of its own.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The layout (folder, csv, voc, ...), if looking is not enough."),
]
Json = Annotated[bool, typer.Option("--json", metavar=" ", help="Print JSON, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar=" ", help="Show no progress.")]
FitBatch = Annotated[
    bool,
    typer.Option(
        "--fit-batch", metavar=" ", help="If a batch is too large for memory, go on with one that fits."
    ),
]
Split = Annotated[str, typer.Option(metavar="train|val|test|all", help="Part of the data.")]
Layer = Annotated[
    str | None, typer.Option(metavar="NAME", help="Another layer than the last; pixels for none.")
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")]
Painted = Annotated[str, typer.Option(metavar="FILE", help="Where to paint.")]
Preview = Annotated[
    str | None, typer.Option(metavar="FILE", help="A picture of how far it is, every ten steps.")
]

Panels = Mapping[str, tuple[str, ...]]
METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}

OF_TASKS = "Of single tasks"
"""Settings that are shown where ``--task``, or data whose help is asked for, name a task that has them."""

TRAINING: Panels = {
    OF_TASKS: (
        *("head", "distance", "box_weight", "overlap_weight", "on_bad_box", "normalize", "joints"),
        *("pixel_loss", "classes", "proposals"),
        *("embedding_loss", "mining", "margin", "dimensions", "per_identity", "identity_run", "by"),
        *("least_count", "longest_caption"),
    ),
    "Data": (
        "format",
        "size",
        "resize_mode",
        "augment",
        "balance",
        "validation",
        "test",
        "group",
        "fold",
        "subset",
        "accept",
        "tta",
        "workers",
    ),
    "Reuse": ("weights", "finetune", "layer_decay", "unfreeze"),
    "Regularization": ("weight_decay", "label_smoothing", "mixup", "cutmix", "ema", "patience", "clip"),
    "Machine": (
        *("precision", "accelerator", "devices", "nodes", "strategy", "share_cores"),
        *("checkpoint_every", "loggers"),
    ),
}
PAINTING: Panels = {
    "Network": ("network", "weights", "precision", "device", "seed"),
    "What counts": (
        *("content_layers", "style_layers", "content_weight", "style_weight"),
        *("variation_weight", "form", "variation"),
    ),
}


def takes_settings(
    kind: "type[BaseModel]", panels: Panels, other: str, *left_out: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb, which ends in ``**settings``, a flag for every field of ``kind`` but those left out.

    Args:
        kind: the settings.
        panels: names of settings by the group of the help in which they stand.
        other: the group of all others.
        left_out: names of settings that the verb does not take.
    """

    def extended(verb: Callable[..., None]) -> Callable[..., None]:
        named = [one for one in signature(verb).parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        flags = [
            flag(name, field, panel_of(name, panels, other))
            for name, field in kind.model_fields.items()
            if name not in left_out
        ]
        verb.__signature__ = signature(verb).replace(parameters=[*named, *flags])  # type: ignore[attr-defined]
        return verb

    return extended


def panel_of(name: str, panels: Panels, other: str) -> str:
    """The group of the help in which a setting stands."""
    return next((title for title, names in panels.items() if name in names), other)


def flag(name: str, field: "FieldInfo", panel: str) -> Parameter:
    """The typer option of one field; unset is None, so that only what was typed is passed on."""
    kinds = alternatives(field.annotation)
    many = get_origin(kinds[0]) in (tuple, dict)
    option = typer.Option(
        None,
        flag_name(name),
        help=meaning(field),
        metavar=metavar(kinds),
        show_default=False,
        rich_help_panel=panel,
        hidden=panel == OF_TASKS and not _named(name),
    )
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=option, annotation=list[str] | None if many else str | None
    )


def _named(name: str) -> bool:
    """Whether the command line names a task that has a setting, or data for one."""
    words = " ".join(sys.argv[1:])
    if "--task" in words:
        return any(f"--task {task}" in words or f"--task={task}" in words for task in TASKS_OF[name])
    return _task_of_data() in TASKS_OF[name]


@lru_cache
def _task_of_data() -> str | None:
    """What the data teach of which help is asked; None where no help is asked, or nobody can tell."""
    verb, *words = sys.argv[1:] or [""]
    if verb not in ("train", "compare") or not {"-h", "--help"} & set(words):
        return None
    try:
        path = next(Path(word) for word in words if not word.startswith("-") and Path(word).exists())
        from striate.data.readers import KINDS_OF  # late: a help may not wait for torch
        from striate.data.recognise import recognise

        return KINDS_OF[recognise(path)].task
    except (StopIteration, StriateError, OSError, KeyError):
        return None


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


def meaning(field: "FieldInfo") -> str:
    """The description and the default; None and what is empty are explained by the description.

    >>> from striate.train.run.settings import Settings
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


def typed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were typed."""
    return {name: value for name, value in settings.items() if value is not None}
