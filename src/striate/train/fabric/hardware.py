"""The machine in words, the device of it that is used, and how many processes it can run."""

import os
import platform
from pathlib import Path

import torch

from striate.errors import SettingError
from striate.train.run.settings import Settings


def device_of(accelerator: str) -> torch.device:
    """The device that training with such a setting uses."""
    if accelerator in ("auto", "cuda") and torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if accelerator == "mps" else "cpu")


def machine_of(settings: Settings) -> dict[str, str]:
    """What costs are measured on, in words."""
    device = device_of(settings.accelerator)
    name = torch.cuda.get_device_name() if device.type == "cuda" else processor()
    return {
        "device": f"{name}, {torch.get_num_threads()} threads" if device.type == "cpu" else name,
        "arithmetic": "32 bits, PyTorch, channels last",
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def core_count() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require_processes(settings: Settings) -> None:
    """The machine has a core for every process on a CPU, and for every worker.

    Raises:
        SettingError: it has fewer, and they would only wait for each other.
    """
    cores, on_cpu = core_count(), device_of(settings.accelerator).type == "cpu"
    wanted = {"devices": settings.devices if on_cpu else 1, "workers": settings.workers or 0}
    for name, processes in wanted.items():
        if processes > cores:
            raise SettingError(
                f"{name} is {processes}, and this machine has {cores} processor cores for them",
                f"at most {cores}",
                f"{name} {cores}, or leave {name} out",
            )
