"""One file that holds all that a run needs to go on: written beside, brought to the disk, renamed.

{tensors, plain values} --> .last.<random>.pt --> last.pt      a crash leaves the old file or the new one

What is read may have been edited, or belong to another run: it fits the network, the optimizer and the
settings of the run, or it is an error. Reading runs no code, and takes no more memory than the file.
"""

import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import torch
from torch import Tensor

from striate.errors import RunError
from striate.files.atomic import beside
from striate.files.regular import open_regular, reason_of

FORMAT = 2

MEMORY = {"sgd": {"momentum_buffer"}, "adamw": {"step", "exp_avg", "exp_avg_sq"}}
"""What each optimizer remembers of a parameter."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values; an old file is replaced, or kept if that fails.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        with beside(path) as temporary, open(temporary, "xb") as file:
            torch.save({"format": FORMAT, **state}, file)
    except (OSError, RuntimeError) as reason:  # torch turns a full disk into a RuntimeError
        if ended := _ending(reason):
            raise ended from None
        raise RunError(
            f"{path} cannot be written: {reason_of(reason)}",
            "a folder with room that you may write to",
            "make room and resume the run: the last checkpoint is kept",
        ) from reason


def _ending(reason: BaseException | None) -> BaseException | None:
    """What ended the writing from outside, as a signal does; torch's writer then complains of itself."""
    while reason is not None and isinstance(reason, Exception):
        reason = reason.__context__
    return reason


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; no code of the file is run.

    Raises:
        RunError: the file is damaged, claims to be larger than it is, or is of another format number.
    """
    try:
        with open_regular(path) as file:
            _require_honest(file)
            state: Any = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as reason:  # a damaged file makes the reader stumble in many ways
        words = str(reason).strip().splitlines() or ["it ends too early"]
        raise RunError(
            f"{path} cannot be read: {words[0][:200]}",
            "a checkpoint that striate wrote",
            "start the run again with --force",
        ) from reason
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise RunError(
            f"{path} is no checkpoint of format number {FORMAT}",
            "a checkpoint that this version of striate wrote",
            "resume with the version that wrote it, or start again with --force",
        )
    return state


def _require_honest(file: BinaryIO) -> None:
    """The parts of the file do not unpack to more than it has bytes.

    Raises:
        ValueError: they do.
    """
    with zipfile.ZipFile(file) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    if unpacked > file.seek(0, 2):
        raise ValueError(f"its parts unpack to {unpacked:,} bytes, more than it has")
    file.seek(0)


def require_settings(
    path: Path,
    state: Mapping[str, Any],
    settings: Mapping[str, Any],
    free: Collection[str],
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """The checkpoint was made with the settings of the run, up to those that may change.

    Args:
        path: of the checkpoint, for the error.
        state: of ``load_checkpoint``.
        settings: of the run, plain values.
        free: names of those that may change.
        defaults: of settings, which those that are newer than the checkpoint had.

    Raises:
        RunError: it was not: somebody edited settings.json, or the file is of another run.
    """
    stored = state.get("settings")
    stored = {**defaults, **(stored if isinstance(stored, dict) else {})}
    other = [name for name in settings if name not in free and settings[name] != stored.get(name)]
    if other:
        raise RunError(
            f"{path} was made with another {', '.join(other[:3])} than settings.json says",
            "the settings.json that this run wrote",
            "put it back as it was, or start a new run with --force",
        )


def require_tensors(path: Path, part: str, stored: Any, wanted: Mapping[str, Tensor]) -> None:
    """A part of a checkpoint has these tensors, and no others, in these shapes.

    Raises:
        RunError: it has not.
    """
    if not isinstance(stored, dict):
        raise _misfit(path, f"{part} part")
    for name in [*wanted, *(name for name in stored if name not in wanted)]:
        tensor = stored.get(name)
        if name not in wanted or not isinstance(tensor, Tensor) or tensor.shape != wanted[name].shape:
            raise _misfit(path, f"{part} {name}")


def require_memory_of(
    path: Path, stored: Any, parameters: Sequence[Tensor], optimizer: str
) -> dict[int, dict[str, Any]]:
    """What an optimizer remembered, if it fits: all or nothing of every parameter, in its shape.

    Args:
        path: of the checkpoint, for the error.
        stored: {"state": {number of a parameter: {name: tensor}}}.
        parameters: in the order of their numbers.
        optimizer: its name among the settings.

    Raises:
        RunError: it does not fit.
    """
    memory = stored.get("state") if isinstance(stored, dict) else None
    if not isinstance(memory, dict):
        raise _misfit(path, "the optimizer")
    for number, values in memory.items():
        inside = isinstance(number, int) and 0 <= number < len(parameters)
        if not inside or not isinstance(values, dict) or set(values) != MEMORY[optimizer]:
            raise _misfit(path, f"the optimizer's parameter {number}")
        for name, value in values.items():
            if not isinstance(value, Tensor) or value.shape not in (parameters[number].shape, torch.Size()):
                raise _misfit(path, f"the optimizer's {name} of parameter {number}")
    return memory


def _misfit(path: Path, part: str) -> RunError:
    return RunError(
        f"{path} does not fit the run: {part[:200]} is missing, unknown or of another shape",
        "the checkpoint that this run wrote",
        "start the run again with --force",
    )
