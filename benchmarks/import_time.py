"""How long a user waits for the house to open.

Held equal: one machine, one interpreter, warm disk cache; the commands are taken in turns, each in a new
process; medians.

    python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

TURNS = 7
STRIATE = str(Path(sys.executable).with_name("striate"))


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    commands = {
        "import torch": (sys.executable, "-c", "import torch"),
        "import torch, striate": (sys.executable, "-c", "import torch, striate"),
        "import torch, striate, every verb": (
            sys.executable,
            "-c",
            "import torch, striate; [getattr(striate, name) for name in striate.__all__]",
        ),
        "striate --help": (STRIATE, "--help"),
    }
    for command in commands.values():
        seconds(*command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(TURNS):
        for name, command in commands.items():
            times[name].append(seconds(*command))
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, value in middle.items():
        print(f"{name:36} {value:6.2f} s")
    print(f"striate adds {middle['import torch, striate'] - middle['import torch']:.2f} s (asked: <= 1.0)")
    print(f"striate --help takes {middle['striate --help']:.2f} s (asked: <= 0.7)")


if __name__ == "__main__":
    main()
