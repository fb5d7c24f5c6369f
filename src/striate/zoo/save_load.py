"""A model to a file and back: task, network, classes and preprocessing.

TaskModel --save--> model.safetensors --load--> TaskModel, equal bit by bit, on the CPU
"""

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from striate.data.preprocess import DECODING_RULE, Preprocess
from striate.data.trained_data import TrainedOn
from striate.errors import ModelFileError, SettingError
from striate.files.regular import reason_of
from striate.tasks.model import TaskModel
from striate.zoo.build import build
from striate.zoo.model_file import OpenModel, open_model, read_header, short, write_file
from striate.zoo.user_network import REFERENCE, own_model
from striate.zoo.user_network import built as network_built

__all__ = ["load", "preprocess_of", "read_header", "save"]

LEARN_ON = (
    "striate train DATA --model NAME --weights FILE, which says what network it is and learns its classes; "
    "in Python striate.create(NAME, weights=FILE)"
)
"""What to do with weights of somebody else's, which name neither a network nor classes."""

EXPORTS = (".onnx", ".xml", ".bin", ".pt2")
"""Endings of what ``striate export`` writes."""


def save(
    model: TaskModel[Any],
    path: str | Path,
    *,
    scores: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    licence: str | None = None,
) -> None:
    """Write a model that ``build`` made, or ``load`` read, as one file.

    Args:
        model: its tensors are stored as they are, whatever their dtype or device.
        path: where the file shall be; an old one is replaced when the new one is complete.
        scores: what was measured, plain values.
        settings: how it was trained, plain values.
        licence: of the weights, an SPDX name for example.

    Raises:
        ModelFileError: the network has no name, or the file cannot be written there.
        SettingError: scores or settings are not plain values.
    """
    if model.name is None:
        raise ModelFileError(
            f"the network of this classifier, {type(model.network).__name__}, is not known by a name",
            "a classifier made by striate.zoo.build or read by striate.load",
            "safetensors.torch.save_model(model, path) keeps the tensors; your code then builds the network",
        )
    own = {"own": {"builder": model.builder}} if model.own else {}
    header = {
        **own,
        "task": model.task,
        "options": model.options,
        "network": model.name,
        "arguments": model.arguments,
        "classes": list(model.classes),
        "preprocess": asdict(model.preprocess),
        "decoding": DECODING_RULE,
        "scores": scores,
        "settings": settings,
        "data": None if model.trained_on is None else model.trained_on.to_dict(),
        "versions": versions(),
        "licence": licence,
    }
    try:
        write_file(path, model.network.state_dict(), header)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"scores or settings cannot be stored: {error}",
            "text, finite numbers, true or false, lists and dictionaries",
            "convert tensors and arrays with .tolist()",
        ) from error


def load(path: str | Path, builder: Any = None) -> TaskModel[Any]:
    """Read a model, ready to predict. No code of the file is run, and nothing that it names is imported.

    Args:
        path: of the file.
        builder: a function without arguments that gives the network, where that is none of ours.

    Raises:
        ModelFileError: the file is missing, truncated, foreign, of another format number, or names a network,
            classes or tensors that do not fit each other; or a builder is missing, or was given for a network
            of ours.
    """
    _refuse_export(Path(path))
    with open_model(path, LEARN_ON) as file:
        if "own" in file.header:
            return _own(file, builder)
        if builder is not None:
            wrong = f"{file.path} holds {short(file.header.get('network'))}, a network of striate"
            raise ModelFileError(wrong, "no builder for it", "leave builder out")
        built = _built(file)
        file.load_into(built.network)
    model = type(built)(built.network, built.classes, built.preprocess, **built.options)
    model.name, model.arguments, model.trained_on = built.name, built.arguments, built.trained_on
    return model.eval()


def _own(file: OpenModel, builder: Any) -> TaskModel[Any]:
    """A model whose network somebody's function builds.

    Raises:
        ModelFileError: there is no builder, or the file does not fit what it builds.
    """
    header = file.header
    named = header["own"].get("builder") if isinstance(header["own"], dict) else None
    named = named if isinstance(named, str) and REFERENCE.fullmatch(named) else None
    network = network_built(builder, file.path, named)
    try:
        options = {"task": header["task"], "options": header["options"], "builder": named}
        model = own_model(network, header["classes"], preprocess_of(header), **options)
        known = header.get("data")
        model.trained_on = None if known is None else TrainedOn.from_dict(known)
    except Exception as error:  # somebody else may have written it
        wrong = f"{file.path} has a header that describes no model: {reason_of(error)}"
        raise ModelFileError(wrong, "as striate wrote it", "save the model again") from error
    file.load_into(model.network)
    return model.eval()


def _built(file: OpenModel) -> TaskModel[Any]:
    """What a header speaks of, on the meta device: shapes only, so that a strange header costs no memory."""
    header = file.header
    try:
        with torch.device("meta"):
            own = {key: value for key, value in header["arguments"].items() if key != "in_channels"}
            of_task: dict[str, Any] = {name: header[name] for name in ("task", "options")}
            built = build(header["network"], header["classes"], preprocess_of(header), **of_task, **own)
        _require_arguments(built.arguments, header["arguments"])
        known = header.get("data")
        built.trained_on = None if known is None else TrainedOn.from_dict(known)
    except Exception as error:  # somebody else may have written it: building stumbles in many ways
        wrong = f"no {error}" if isinstance(error, KeyError) else reason_of(error)
        raise ModelFileError(
            f"{file.path} has a header that names no network of ours: {wrong}",
            "a network, its classes and its preprocessing",
            "the version of striate that wrote it: " + short(header.get("versions", "unknown")),
        ) from error
    return built


def _refuse_export(path: Path) -> None:
    """Say of a file for other programs what it is, and what was meant."""
    if path.suffix in EXPORTS:
        raise ModelFileError(
            f"{path} is an export, which other programs read",
            "the model that it was made of: the folder of a run, or its model.safetensors",
            "the folder of the run; openvino.Core, onnxruntime or torch.export.load read the export",
        )


def _require_arguments(built: dict[str, Any], named: Any) -> None:
    """The network must be built as the file says."""
    if named != built:
        raise SettingError(f"the arguments are {named}", f"{built}", "save the model again")


def versions() -> dict[str, str]:
    """Of what the file was written with."""
    return {"striate": version("striate"), "torch": torch.__version__, "python": platform.python_version()}


def preprocess_of(header: Mapping[str, Any]) -> Preprocess:
    """The preprocessing that a header of ``read_header`` speaks of, as it was before it became JSON."""
    values = dict(header["preprocess"])
    for field, kind in (("size", int), ("mean", float), ("std", float)):
        values[field] = tuple(kind(number) for number in values[field])
    height, width = values["size"]
    return Preprocess(**(values | {"size": (height, width)}))
