"""Settings of single tasks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from striate.errors import SettingError
from striate.train.run.settings import Settings
from striate.train.run.task_settings import TASKS_OF, TaskSettings, require_own
from striate.zoo.build import TASKS

DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}


def test_every_setting_of_a_task_exists_and_so_does_the_task():
    assert set(TASKS_OF) <= set(Settings.model_fields)
    assert set(TaskSettings.model_fields) <= set(TASKS_OF)
    assert {task for tasks in TASKS_OF.values() for task in tasks} <= set(TASKS)


def test_the_help_names_every_task():
    assert set(TASKS) <= set(re.findall(r"\w+", str(Settings.model_fields["task"].description)))


def test_a_setting_of_another_task_is_refused_and_its_default_is_not():
    given = Settings(task="pose", box_weight=2, mixup=0)
    with pytest.raises(SettingError, match=r"box_weight is 2\.0, and the task is pose"):
        require_own(given.model_dump(), DEFAULTS, given.model_fields_set, "pose")
    given = Settings(task="pose", box_weight=5, normalize="box", mixup=0)
    require_own(given.model_dump(), DEFAULTS, given.model_fields_set, "pose")


def test_the_help_of_data_shows_the_settings_of_their_task(tmp_path: Path):
    (tmp_path / "points.csv").write_text("image,nose_x,nose_y\n0.png,1,2\n")
    command = [sys.executable, "-m", "striate", "train", str(tmp_path), "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "--normalize" in told
    assert "--box-weight" not in told


@pytest.mark.parametrize(("more", "shown"), [([], False), (["--task", "localize"], True)])
def test_the_help_shows_settings_of_a_task_where_it_is_named(more: list[str], shown: bool):
    command = [sys.executable, "-m", "striate", "train", "--help", *more]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ("--box-weight" in told) == shown
    assert "--normalize" not in told
