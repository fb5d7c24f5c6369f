"""Which folder below runs/ a run takes when the user named none.

digits, lenet5  -->  runs/digits-lenet5, or with --resume the newest run on these data
"""

import os
from itertools import count
from pathlib import Path

from striate.data.checks.statistics import facts
from striate.data.dataset import Splits
from striate.errors import RunError, SettingError
from striate.train.fabric.fabric import rank, restarted
from striate.train.run.defaults import decide
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings


def last_folder(data: str | Path | Splits | None, given: Settings) -> Path | None:
    """The newest run on these data, of the network that was asked for if one was; None if there is none."""
    if data is None:
        return None
    root = data.root if isinstance(data, Splits) else Path(data)
    found = [path.parent for path in Path("runs").glob("*/splits.json") if _is_of(path.parent, root, given)]
    return max(found, key=lambda folder: (folder / "splits.json").stat().st_mtime, default=None)


def _is_of(folder: Path, root: Path, given: Settings) -> bool:
    """Whether a run is on these data, and of the network that is asked for."""
    files = RunFolder(folder)
    try:
        where, model = files.read_json(files.splits)["root"], files.read_json(files.settings)["model"]
    except RunError:
        return False
    return Path(where).resolve() == root.resolve() and given.model in (None, model)


def own_folder(splits: Splits, given: Settings) -> Path:
    """``runs/<data>-<model>``, with a number if there is one.

    Processes after the first are started when that one has made the folder: theirs is the last one.
    """
    name = decide(given, facts(splits["train"])).model
    root = splits.root.resolve()
    base = f"{root.name if root.is_dir() else root.stem}-{name}"
    last = None
    for number in count(1):
        folder = Path("runs") / (base if number == 1 else f"{base}-{number}")
        if not folder.exists():
            return last or folder if rank() > 0 else folder
        last = folder
    raise AssertionError  # count never ends


def restarted_in(folder: Path | None) -> bool:
    """Whether torchrun started this process again.

    Raises:
        SettingError: torchrun started it, and its processes could not agree on a folder.
    """
    if folder is None and "TORCHELASTIC_RUN_ID" in os.environ:
        raise SettingError(
            "torchrun starts several processes, and no folder was named",
            "one run folder that all of them know",
            "--out runs/NAME",
        )
    return restarted()
