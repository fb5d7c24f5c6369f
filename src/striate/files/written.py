"""What the program wrote itself, so that it is never read as data: the folders of runs, and drawn files.

runs/cats-resnet18/   a folder with settings.json and another file of a run
drawn/.striate        names of the files beside it that the program drew, one a line
"""

import os
from pathlib import Path

from striate.files.regular import open_regular

MARKER = ".striate"
"""The file that names what was drawn into its folder."""
HEADER = "# Files that striate drew here; they are not read as data."
RUN, OTHERS = "settings.json", ("splits.json", "log.jsonl", "metrics.csv", "model.safetensors")
MOST_BYTES = 2**26


def note_written(path: Path) -> None:
    """Remember in its folder that the program wrote a file there.

    Raises:
        OSError: the folder cannot be written.
    """
    marker = path.parent / MARKER
    if path.name in names_written(path.parent):
        return
    with open(marker, "a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f"{path.name}\n" if file.tell() else f"{HEADER}\n{path.name}\n")


def names_written(folder: Path) -> frozenset[str]:
    """The names of the files in a folder that the program wrote."""
    try:
        with open_regular(folder / MARKER) as file:
            lines = file.read(MOST_BYTES).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line for line in lines if not line.startswith("#"))


def is_run(folder: str | Path) -> bool:
    """Whether a folder is that of a run."""
    join = os.path.join
    return os.path.isfile(join(folder, RUN)) and any(os.path.isfile(join(folder, name)) for name in OTHERS)
