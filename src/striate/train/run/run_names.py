"""Which folder below runs/ a run takes when the user named none.

digits, lenet5  -->  runs/digits-lenet5, -2, -3, ... or with --resume the newest run on these data
"""

import os
from pathlib import Path
from typing import Any

from striate.data.checks.statistics import facts
from striate.data.dataset import Splits
from striate.errors import RunError, SettingError
from striate.train.fabric.fabric import restarted
from striate.train.run.defaults import decide
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.run.stored import stored_data


def last_folder(data: Any, user_settings: Settings) -> Path | None:
    """The newest run on these data, of the network that was asked for if one was; None if there is none."""
    if data is None:
        return None
    root = data.root if isinstance(data, Splits) else Path(getattr(data, "name", data))
    folders = (path.parent for path in Path("runs").glob("*/splits.json"))
    found = [folder for folder in folders if _is_of(folder, root, user_settings)]
    return max(found, key=lambda folder: (folder / "splits.json").stat().st_mtime, default=None)


def _is_of(folder: Path, root: Path, user_settings: Settings) -> bool:
    """Whether a run is on these data, and of the network that is asked for."""
    files = RunFolder(folder)
    try:
        trained_on, _ = stored_data(files)
        model = files.read_json(files.settings).get("model")
        return Path(trained_on).resolve() == root.resolve() and user_settings.model in (None, model)
    except (RunError, OSError):
        return False


def own_folder(splits: Splits, user_settings: Settings) -> RunFolder:
    """``runs/<data>-<model>``, with a number if that is taken by the time the run makes its folder."""
    name = decide(user_settings, facts(splits["train"])).model
    root = splits.root.resolve()
    return RunFolder(Path("runs") / f"{root.name if root.is_dir() else root.stem}-{name}", numbered=True)


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
