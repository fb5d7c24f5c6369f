"""The tensors of a weights file by name, whoever wrote it: safetensors, or ``torch.save`` (.pth, .pt).

    {"state_dict": {"module.fc.weight": tensor, ...}, "epoch": 90}  -->  {"fc.weight": tensor, ...}

A file may hold several sets of weights, as those of a running average: a note says which one was taken.

A pickle can run code when it is opened. Here it is opened by torch's reader for tensors, which knows no other
objects: what holds more is refused, and nothing of it is run.
"""

import json
import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from striate.errors import ModelFileError
from striate.files.regular import open_regular, reason_of
from striate.zoo.model_file import FORMAT, KEY, LENGTH_BYTES, PICKLES, require_numbers

WRAPPERS = ("state_dict", "model_state_dict", "model", "network")
"""Under which name training programs keep the tensors beside other things."""

PREFIXES = re.compile(r"^(module\.|_orig_mod\.)+")
"""What DistributedDataParallel and torch.compile put before every name."""

STRANGER = re.compile(r"GLOBAL (\S+)")

EXPECTED = "a .safetensors file, or a .pth file of tensors by name"


@dataclass(frozen=True)
class Checkpoint:
    """What a weights file holds, read once from one open file.

    Args:
        path: of the file.
        tensors: by name, on the CPU, without the wrappings of training programs.
        header: what striate wrote about them; empty for a file of somebody else.
        notes: which of several sets of weights these are, and how to take another; sentences for the user.
    """

    path: Path
    tensors: dict[str, Tensor]
    header: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_checkpoint(path: str | Path, part: str | None = None) -> Checkpoint:
    """The tensors of a file, and what it says of itself.

    Args:
        path: of the file.
        part: the name of one of several sets of weights in it; None for the usual one.

    Raises:
        ModelFileError: the file is missing, damaged, or holds more than tensors; there is no such part; a
            tensor is not dense, or has numbers that are not finite.
    """
    path = Path(path)
    try:
        with open_regular(path) as file:
            pickled = file.read(4).startswith(PICKLES)
            file.seek(0)
            content, header = (_unpickled(file, path), {}) if pickled else _safe_tensors(file.read())
    except (OSError, ValueError) as error:
        raise ModelFileError(
            f"{path} cannot be read: {reason_of(error)}", EXPECTED, "check the path"
        ) from error
    except SafetensorError as error:
        raise _damaged(path, error) from error
    found, notes = _chosen(path, content, part)
    tensors = {PREFIXES.sub("", name): tensor for name, tensor in found.items()}
    if not tensors:
        raise ModelFileError(
            f"{path} holds no tensors by name", EXPECTED, "torch.save(network.state_dict(), path)"
        )
    _require_dense(path, tensors)
    require_numbers(path, tensors)
    return Checkpoint(path, tensors, header, notes)


def _safe_tensors(content: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a safetensors file, and what striate wrote into its header."""
    tensors = safetensors.torch.load(content)  # looks at the header before it is read here
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    metadata = json.loads(content[LENGTH_BYTES : LENGTH_BYTES + length]).get("__metadata__") or {}
    try:
        header = json.loads(metadata.get(KEY, "{}"))
    except (ValueError, RecursionError):
        header = {}
    return tensors, header if isinstance(header, dict) and header.get("format") == FORMAT else {}


def _chosen(path: Path, content: Any, part: str | None) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """One set of weights of those in a file, and a sentence about the others."""
    sets = dict(_sets(content))
    if part is not None:
        if part not in sets:
            known = ", ".join(name for name in sets if name) or "no sets of weights by name"
            raise ModelFileError(f"{path} has no part {part!r}", known[:200], f"{path}#NAME")
        return sets[part], ()
    taken = next(iter(sets), "")
    names = _bare(sets.get(taken, {}))
    others = [name for name in sets if name != taken and len(names & _bare(sets[name])) >= len(names) / 2]
    if not others:
        return sets.get(taken, {}), ()
    listed = " and ".join(others[:3])
    other = f"--weights {path}#{others[0]} takes the other"
    return sets[taken], (f"{path.name} has {taken} and {listed}: {taken} was taken; {other}",)


def _sets(content: Any, name: str = "") -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every dictionary of tensors in a checkpoint under its own name, the usual one first."""
    if not isinstance(content, Mapping):
        return
    tensors = {
        key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)
    }
    inner = sorted((key for key in content if isinstance(key, str)), key=lambda key: _order(key))
    deeper = [one for key in inner for one in _sets(content[key], key)]
    if not any(key in WRAPPERS and isinstance(content[key], Mapping) for key in inner) and tensors:
        yield name, tensors
    yield from deeper


def _order(key: str) -> int:
    """The usual names come first, then the others as they stand."""
    return WRAPPERS.index(key) if key in WRAPPERS else len(WRAPPERS)


def _bare(tensors: Mapping[str, Tensor]) -> set[str]:
    return {PREFIXES.sub("", name) for name in tensors}


def _require_dense(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every tensor is dense."""
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise ModelFileError(
                f"{path} holds {name}, which is sparse, quantized or without numbers",
                "dense tensors of numbers",
                "save it with .to_dense() or .dequantize()",
            )


def _unpickled(file: BinaryIO, path: Path) -> Any:
    """What torch's reader for tensors makes of a pickle."""
    try:
        with warnings.catch_warnings():  # of pickles in another version's style: they are read, or refused
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        stranger = STRANGER.search(str(error))
        what = f"{stranger[1]} for one" if stranger else "or is damaged"
        raise ModelFileError(
            f"{path} holds more than tensors, {what}: opening it could run a stranger's code",
            EXPECTED,
            "where you trust it, keep its state_dict() alone with torch.save, and load that file",
        ) from error
    except Exception as error:  # a damaged file makes the reader stumble in many ways
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ModelFileError:
    """A file that ends early, or is something else."""
    return ModelFileError(
        f"{path} is damaged, or no file of tensors: {reason_of(error)}", EXPECTED, "copy or download it again"
    )
