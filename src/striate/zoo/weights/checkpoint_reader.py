"""The tensors of a weights file by name, whoever wrote it: safetensors, or ``torch.save`` (.pth, .pt).

    {"state_dict": {"module.fc.weight": tensor, ...}, "epoch": 90}  -->  {"fc.weight": tensor, ...}

A pickle can run code when it is opened. Here it is opened by torch's reader for tensors, which knows no other
objects: what holds more is refused, and nothing of it is run.
"""

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from striate.errors import ModelFileError
from striate.zoo.model_file import PICKLES

WRAPPERS = ("state_dict", "model_state_dict", "model", "network")
"""Under which name training programs keep the tensors beside other things."""

PREFIXES = re.compile(r"^(module\.|_orig_mod\.)+")
"""What DistributedDataParallel and torch.compile put before every name."""

STRANGER = re.compile(r"GLOBAL (\S+)")

EXPECTED = "a .safetensors file, or a .pth file of tensors by name"


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file, on the CPU, without the wrappings of training programs.

    Raises:
        ModelFileError: the file is missing, damaged, or holds more than tensors; a tensor is not dense, or
            has numbers that are not finite.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            pickled = file.read(4).startswith(PICKLES)
        content = _unpickled(path) if pickled else safetensors.torch.load(path.read_bytes())
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be read: {error.strerror or error}", EXPECTED, "check the path"
        ) from error
    except SafetensorError as error:
        raise _damaged(path, error) from error
    tensors = {PREFIXES.sub("", name): tensor for name, tensor in _unwrapped(content).items()}
    if not tensors:
        raise ModelFileError(
            f"{path} holds no tensors by name", EXPECTED, "torch.save(network.state_dict(), path)"
        )
    _require_plain_numbers(path, tensors)
    return tensors


def _require_plain_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every tensor is dense, and every number in it is one, in float32 too."""
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise ModelFileError(
                f"{path} holds {name}, which is sparse, quantized or without numbers",
                "dense tensors of numbers",
                "save it with .to_dense() or .dequantize()",
            )
        if tensor.is_floating_point() and not tensor.float().isfinite().all():
            raise ModelFileError(
                f"{path} holds {name}, with values that are infinite or no number",
                "finite numbers",
                "weights from before the training went wrong",
            )


def _unpickled(path: Path) -> Any:
    """What torch's reader for tensors makes of a pickle."""
    try:
        with warnings.catch_warnings():  # of pickles in another version's style: they are read, or refused
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        stranger = STRANGER.search(str(error))
        what = f"{stranger[1]} for one" if stranger else "or is damaged"
        raise ModelFileError(
            f"{path} holds more than tensors, {what}: opening it could run a stranger's code",
            EXPECTED,
            "where you trust it, keep its state_dict() alone with torch.save, and load that file",
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _damaged(path, error) from error


def _unwrapped(content: Any) -> dict[str, Tensor]:
    """The innermost dictionary of tensors; empty if there is none."""
    if not isinstance(content, Mapping):
        return {}
    for name in WRAPPERS:
        if isinstance(content.get(name), Mapping):
            return _unwrapped(content[name])
    return {name: value for name, value in content.items() if isinstance(value, Tensor)}


def _damaged(path: Path, error: Exception) -> ModelFileError:
    """A file that ends early, or is something else."""
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return ModelFileError(
        f"{path} is damaged, or no file of tensors: {reason}", EXPECTED, "copy or download it again"
    )
