"""The saved-model file: tensors, and what they mean as JSON, in one safetensors file.

    8 bytes        header, JSON                                                      tensors
    [ length ] [ {"__metadata__": {"striate": "{...}"}, "conv1.weight": {...}, ...} ] [ .............. ]

Layout: https://github.com/huggingface/safetensors#format. The text under
"striate" is JSON with a format number. Reading runs no code.
Files are written beside their place, brought to the disk and renamed, so a crash leaves the old file.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from striate.errors import ModelFileError
from striate.files.atomic import beside

FORMAT = 1
KEY = "striate"
LENGTH_BYTES = 8
MOST_HEADER_BYTES = 100_000_000  # the limit of the safetensors library
SHOWN = 5
"""How many wrong tensors an error names."""

PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""First bytes of what ``torch.save`` and ``pickle.dump`` write."""

EXPECTED = "a .safetensors file that striate wrote"
AGAIN = "copy or download the file again, or save the model again"


def write_file(path: str | Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write tensors and header as one file, all or nothing.

    Args:
        path: where the file shall be; an old one is replaced.
        tensors: by name, on any device.
        header: plain values that JSON knows; the format number is added.

    Raises:
        ModelFileError: the file cannot be written there.
    """
    text = json.dumps({"format": FORMAT, **header}, allow_nan=False)
    dense = torch.contiguous_format
    content = safetensors.torch.save(
        {name: tensor.detach().cpu().clone(memory_format=dense) for name, tensor in tensors.items()},
        metadata={KEY: text},
    )
    path = Path(path)
    try:
        with beside(path) as place:
            place.write_bytes(content)
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be written: {error.strerror or error}",
            "a folder with room that you may write to",
            "another path",
        ) from error


def read_header(path: str | Path, attempt: str = "") -> dict[str, Any]:
    """What a saved model says of itself, without its tensors.

    Args:
        path: of the file.
        attempt: what to try with a file of somebody else's, if it is not to save it here.

    Returns:
        format, network, arguments, classes, preprocess, scores, settings, versions, licence.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or of another format number.
    """
    path = Path(path)
    metadata = _raw_header(path, attempt).get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        raise ModelFileError(
            f"{path} holds tensors, but does not say of which network",
            EXPECTED,
            attempt
            or "create the network yourself, load the tensors with safetensors, and save it with striate",
        )
    header = _json(metadata[KEY], path)
    if header.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} has the format number {header.get('format')!r}",
            f"{FORMAT}, the one that this version reads",
            "the version of striate that wrote it: " + str(header.get("versions", "unknown")),
        )
    return header


def load_tensors(network: nn.Module, path: str | Path) -> None:
    """Put the tensors of a file in the place of those of a network, all or none, with their dtypes.

    Args:
        network: on any device, the meta device too.
        path: a file whose header was read.

    Raises:
        ModelFileError: the file is truncated; a tensor is missing, unknown or of another shape.
    """
    path = Path(path)
    try:
        stored = safetensors.torch.load(path.read_bytes())
    except SafetensorError as error:
        raise ModelFileError(f"{path} is damaged or truncated: {error}", EXPECTED, AGAIN) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    wrong = list(differences(network.state_dict(), stored))
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ModelFileError(
            f"{path} does not fit its network: {'; '.join(wrong[:SHOWN])}{more}",
            f"the {len(network.state_dict())} tensors of {type(network).__name__}",
            "the same network and number of classes as when it was saved",
        )
    network.load_state_dict(stored, assign=True)


def differences(wanted: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> list[str]:
    """One phrase for every tensor that is not as it should be."""
    missing = [f"{name} is missing" for name in wanted if name not in stored]
    surplus = [f"{name} is not known" for name in stored if name not in wanted]
    shapes = [
        f"{name} is {_shape(stored[name])} instead of {_shape(tensor)}"
        for name, tensor in wanted.items()
        if name in stored and stored[name].shape != tensor.shape
    ]
    kinds = [
        f"{name} is {stored[name].dtype} instead of {tensor.dtype}"
        for name, tensor in wanted.items()
        if name in stored and stored[name].is_floating_point() != tensor.is_floating_point()
    ]
    return missing + surplus + shapes + kinds


def _shape(tensor: Tensor) -> str:
    """A shape as people write it."""
    return "x".join(str(side) for side in tensor.shape) or "one number"


def _raw_header(path: Path, attempt: str) -> dict[str, Any]:
    """The JSON at the front of the file."""
    try:
        with open(path, "rb") as file:
            start = file.read(LENGTH_BYTES)
            _refuse_pickle(start, path, attempt)
            length, left = int.from_bytes(start, "little"), path.stat().st_size - LENGTH_BYTES
            if len(start) < LENGTH_BYTES or length > left or length > MOST_HEADER_BYTES:
                raise ModelFileError(
                    f"{path} is truncated or no saved model: {length:,} bytes of header in {max(left, 0):,}",
                    EXPECTED,
                    AGAIN,
                )
            return _json(file.read(length), path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _refuse_pickle(start: bytes, path: Path, attempt: str) -> None:
    """Say what a checkpoint of ``torch.save`` is, and why it stays closed."""
    if start.startswith(PICKLES):
        raise ModelFileError(
            f"{path} is a pickle or a zip file (.pt, .pth, .pkl): opening it could run a stranger's code",
            EXPECTED,
            attempt
            or "where you trust it, read it with torch.load(path, weights_only=True), and save its network",
        )


def _json(text: str | bytes, path: Path) -> dict[str, Any]:
    """A JSON object."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} has a header that is no JSON: {error}", EXPECTED, AGAIN) from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{path} has a header that is no JSON object", EXPECTED, AGAIN)
    return values


def _unreadable(path: Path, error: OSError) -> ModelFileError:
    """A missing file, a directory, a file that others own."""
    return ModelFileError(f"{path} cannot be read: {error.strerror or error}", EXPECTED, "check the path")
