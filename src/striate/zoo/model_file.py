"""The saved-model file: tensors, and what they mean as JSON, in one safetensors file.

    8 bytes        header, JSON                                                      tensors
    [ length ] [ {"__metadata__": {"striate": "{...}"}, "conv1.weight": {...}, ...} ] [ .............. ]

Layout: https://github.com/huggingface/safetensors#format. The text under
"striate" is JSON with a format number. Reading runs no code.
Files are written under a temporary name, brought to the disk and renamed, so a crash leaves the old file.
A file is opened once: header and tensors are those of one file, also where it is replaced meanwhile.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from striate.errors import ModelFileError
from striate.files.atomic import beside
from striate.files.regular import MOST_WORDS, open_regular, reason_of
from striate.zoo.old_names import current_header

FORMAT, OLD = 2, 1
"""The format that is written, and the other one that is read."""
KEY = "striate"
LENGTH_BYTES = 8
MOST_HEADER_BYTES = 100_000_000  # the limit of the safetensors library
SHOWN = 5
"""How many wrong tensors an error names."""

PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""First bytes of what ``torch.save`` and ``pickle.dump`` write."""

BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "F16": 2, "BF16": 2, "I32": 4, "F32": 4, "I64": 8, "F64": 8}
"""Of a number of each kind that our networks may have, by the names of the format."""

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
        with beside(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be written: {reason_of(error)}",
            "a folder with room that you may write to",
            "another path",
        ) from error


class OpenModel:
    """A saved model whose file is open: what its header says, and its tensors when they are asked for.

    Attributes:
        path: of the file.
        header: format, network, arguments, classes, preprocess, scores, settings, versions, licence.
    """

    def __init__(self, path: Path, file: BinaryIO, attempt: str) -> None:
        self.path, self._file = path, file
        self._before = _state(file)
        self._start = _start(file, path, attempt)
        self._raw = _json(self._start[LENGTH_BYTES:], path)
        self.header = _own_header(self._raw, path, attempt)

    def load_into(self, network: nn.Module) -> None:
        """Put the tensors in the place of those of a network, all or none, with their dtypes.

        Args:
            network: on any device, the meta device too.

        Raises:
            ModelFileError: the file is truncated; a tensor is missing, unknown, of another shape, or has
                numbers with which every answer would be NaN.
        """
        self._require_size()
        try:
            stored = safetensors.torch.load(self._start + self._file.read())
        except SafetensorError as error:
            raise ModelFileError(
                f"{self.path} is damaged or truncated: {reason_of(error)}", EXPECTED, AGAIN
            ) from error
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if _state(self._file) != self._before:
            wrong = f"{self.path} was changed while it was read"
            raise ModelFileError(wrong, "a file that nobody writes to", "again")
        self._require_fitting(network, stored)
        require_numbers(self.path, stored)
        network.load_state_dict(stored, assign=True)

    def _require_fitting(self, network: nn.Module, stored: Mapping[str, Tensor]) -> None:
        wrong = differences(network.state_dict(), stored)
        if wrong:
            more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            raise ModelFileError(
                f"{self.path} does not fit its network: {'; '.join(wrong[:SHOWN])}{more}",
                f"the {len(network.state_dict())} tensors of {type(network).__name__}",
                "the same network and number of classes as when it was saved",
            )

    def _require_size(self) -> None:
        """The file has as many bytes as its header says: nothing is read of one that claims to be larger."""
        wanted = sum(_bytes_of(one) for name, one in self._raw.items() if name != "__metadata__")
        size = self._before[0] - len(self._start)
        if wanted != size:
            raise ModelFileError(
                f"{self.path} is damaged or truncated: {size:,} bytes of tensors instead of {wanted:,}",
                EXPECTED,
                AGAIN,
            )


@contextmanager
def open_model(path: str | Path, attempt: str = "") -> Iterator[OpenModel]:
    """A saved model, opened once, with its header read.

    Args:
        path: of the file.
        attempt: what to try with a file of somebody else's, if it is not to save it here.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or of another format number.
    """
    path = Path(path)
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    with file:
        yield OpenModel(path, file, attempt)


def read_header(path: str | Path, attempt: str = "") -> dict[str, Any]:
    """What a saved model says of itself, without its tensors; arguments and errors as ``open_model``."""
    with open_model(path, attempt) as file:
        return file.header


def require_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every number is finite, and no variance is negative: a network would only answer NaN.

    Raises:
        ModelFileError: one is not.
    """
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            continue
        if not tensor.isfinite().all():
            wrong = f"holds {name}, with values that are infinite or no number"
        elif name.endswith("running_var") and bool((tensor < 0).any()):
            wrong = f"holds {name}, a variance that is negative"
        else:
            continue
        attempt = "weights from before the training went wrong"
        raise ModelFileError(f"{path} {wrong}", "finite numbers", attempt)


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


def _bytes_of(entry: Any) -> int:
    """The bytes of a tensor by what a header says of it; 0 where it says nothing that can be."""
    kind, shape = (entry.get("dtype"), entry.get("shape")) if isinstance(entry, dict) else (None, None)
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        return 0
    return BYTES.get(kind, 0) * math.prod(shape) if isinstance(kind, str) else 0


def _state(file: BinaryIO) -> tuple[int, int]:
    """Size and time of change of an open file."""
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns


def _start(file: BinaryIO, path: Path, attempt: str) -> bytes:
    """The length of the header and the header, as they are in the file."""
    try:
        start = file.read(LENGTH_BYTES)
        _refuse_pickle(start, path, attempt)
        length, left = int.from_bytes(start, "little"), _state(file)[0] - LENGTH_BYTES
        if len(start) < LENGTH_BYTES or length > left or length > MOST_HEADER_BYTES:
            raise ModelFileError(
                f"{path} is truncated or no saved model: {length:,} bytes of header in {max(left, 0):,}",
                EXPECTED,
                AGAIN,
            )
        return start + file.read(length)
    except OSError as error:
        raise _unreadable(path, error) from error


def _own_header(raw: Mapping[str, Any], path: Path, attempt: str) -> dict[str, Any]:
    """What striate wrote into the header."""
    metadata = raw.get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        raise ModelFileError(
            f"{path} holds tensors, but does not say of which network",
            EXPECTED,
            attempt
            or "create the network yourself, load the tensors with safetensors, and save it with striate",
        )
    header = _json(metadata[KEY], path)
    if header.get("format") == OLD:
        return current_header(header)
    if header.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} has the format number {short(header.get('format'))}",
            f"{OLD} or {FORMAT}, which this version reads",
            "the version of striate that wrote it: " + short(header.get("versions", "unknown")),
        )
    return header


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
        raise ModelFileError(
            f"{path} has a header that is no JSON: {reason_of(error)}", EXPECTED, AGAIN
        ) from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{path} has a header that is no JSON object", EXPECTED, AGAIN)
    return values


def short(value: Any) -> str:
    """A value of a file in a message, not longer than 200 characters."""
    text = repr(value)
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 3] + "..."


def _unreadable(path: Path, error: Exception) -> ModelFileError:
    """A missing file, a folder, a pipe, a file that others own."""
    return ModelFileError(f"{path} cannot be read: {reason_of(error)}", EXPECTED, "check the path")
