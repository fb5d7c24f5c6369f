"""Memory: how much is free, how much was used at most, and which batch fits when a larger one does not.

training --refused--> a small network process is measured --> "a batch of 40 would fit" --fit_batch--> again
"""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch

from striate.errors import OutOfMemory

MARGIN = 0.9
"""Share of the free memory that may be planned with."""

LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Where Linux says what a container may use and uses, in its two versions."""


class Peak:
    """The most memory that was used since ``reset``, without what was in use when this was made."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.reset()
        self._baseline = 0 if device.type == "cuda" else _resident("VmRSS")

    def reset(self) -> None:
        """Begin anew."""
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
            return
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak of the resident set

    def bytes(self) -> int:
        """Bytes."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device)
        return max(0, _resident("VmHWM") - self._baseline)


def _resident(name: str) -> int:
    """Bytes of the resident set: now (VmRSS) or at its peak (VmHWM)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:  # not Linux: the peak since the process began, in bytes on macOS
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a device; None where nobody says.

    Of a container it is what it may use and does not.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    found = []
    with suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")))
    for most, used in LIMITS:
        with suppress(OSError, ValueError):  # "max": no limit
            found.append(int(Path(most).read_text()) - int(Path(used).read_text()))
    return max(0, min(found)) if found else None


def out_of_memory(
    model: str, batch: int, device: torch.device, fitting: Callable[[float], int]
) -> OutOfMemory:
    """The error that says which batch would fit.

    Args:
        model: name of the network.
        batch: that does not fit.
        device: whose memory it is.
        fitting: the largest batch for so many bytes, as ``Costs.fitting_batch``.
    """
    free = free_memory(device)
    fits = (
        min(fitting(MARGIN * (free or 0)), batch // 2) or batch // 2
    )  # it did not fit, whatever was estimated
    room = "the free memory" if free is None else f"{free / 2**30:.1f} GiB that are free"
    error = OutOfMemory(
        f"training {model} with a batch of {batch} does not fit into the memory of {device.type}",
        f"a batch of {fits} or less, by what small batches take, for {room}" if fits else f"more than {room}",
        f"batch {fits}, or --fit-batch to go on with it (in Python: fit_batch=True)"
        if fits
        else "a smaller network",
    )
    error.batch = fits
    return error
