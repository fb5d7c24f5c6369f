"""One file that holds all that a run needs to go on: written beside, brought to the disk, renamed.

{tensors, plain values} --> .last.<random>.pt --> last.pt      a crash leaves the old file or the new one
"""

from pathlib import Path
from typing import Any

import torch

from striate.errors import RunError
from striate.files.atomic import beside

FORMAT = 1


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values; an old file is replaced, or kept if that fails.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        with beside(path) as place, open(place, "xb") as file:
            torch.save({"format": FORMAT, **state}, file)
    except (OSError, RuntimeError) as reason:  # torch turns a full disk into a RuntimeError
        if ended := _ending(reason):
            raise ended from None
        raise RunError(
            f"{path} cannot be written: {reason}",
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
        RunError: the file is damaged or of another format number.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as reason:  # a damaged file makes the reader stumble in many ways
        raise RunError(
            f"{path} cannot be read: {(str(reason) or 'it ends too early').splitlines()[0]}",
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
