"""What a run remembers of itself, read from its folder: as strict as flags, for somebody may have edited it.

settings.json --> Settings, or an error of three lines

Processes are never started because a file says so: how many there shall be is said by the user, each time.
"""

from typing import Any

from striate.errors import RunError, SettingError
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings, is_recipe_file
from striate.zoo.old_names import current

LAUNCHING = {"devices": 1, "nodes": 1}
"""Settings that start processes, and what starts none."""

LAUNCHING_LOGGERS = ("wandb", "mlflow")
"""Loggers that may start processes, or use the network."""


def stored_settings(files: RunFolder) -> Settings:
    """The settings of a run.

    Raises:
        RunError: settings.json is not there, or has been edited to something that no flag could say.
    """
    values = current(files.read_json(files.settings))
    try:
        if is_recipe_file(values.get("augment")):  # a run keeps the text of a recipe, and reads no other file
            augment = str(values["augment"])
            raise SettingError(
                f"augment is {augment[:200]!r}", "parts of a recipe, in words", "mirror,crop=4"
            )
        return Settings(**values)
    except (SettingError, TypeError) as error:
        wrong = error.wrong if isinstance(error, SettingError) else str(error)
        expected = error.expected if isinstance(error, SettingError) else "the settings of a training"
        raise RunError(
            f"{files.settings}: {wrong}",
            expected,
            "put it back as it was, or start a new run in another folder",
        ) from error


def stored_data(files: RunFolder) -> tuple[str, str]:
    """Where the data of a run are, and their fingerprint.

    Raises:
        RunError: splits.json is not there, or does not say so.
    """
    values = files.read_json(files.splits)
    root, fingerprint = values.get("root"), values.get("fingerprint")
    if not isinstance(root, str) or not isinstance(fingerprint, str) or "\0" in root:
        raise RunError(
            f"{files.splits} does not say which data the run was trained on",
            "the file as the run wrote it",
            "put it back as it was, or start a new run in another folder",
        )
    return root, fingerprint


def require_said_again(user_settings: Settings, saved: Settings) -> None:
    """What starts processes is said by the user when a run goes on, and never taken from a file.

    Args:
        user_settings: what the user says now.
        saved: the settings of the run.

    Raises:
        SettingError: the run was started with several processes, and nothing was said about them now.
    """
    chosen = user_settings.model_fields_set
    required: dict[str, Any] = {
        name: getattr(saved, name)
        for name, alone in LAUNCHING.items()
        if name not in chosen and getattr(saved, name) != alone
    }
    if "loggers" not in chosen and set(saved.loggers) & set(LAUNCHING_LOGGERS):
        required["loggers"] = ",".join(saved.loggers)
    if required:
        flags = " ".join(f"--{name} {value}" for name, value in required.items())
        without = " ".join(f"--{name} 1" for name in required if name in LAUNCHING)
        raise SettingError(
            f"the run was started with {', '.join(f'{name} {value}' for name, value in required.items())}, "
            "which a run that goes on is not given by its file",
            "that it is said again, as it starts processes",
            flags + (f", or {without} to go on alone" if without else ""),
        )
