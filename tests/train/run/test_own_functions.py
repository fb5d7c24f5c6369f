"""An augmentation, a loss and a metric of somebody's own in a training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import striate
from striate.errors import SettingError, TrainingError
from striate.train.run.run import Run
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.events import Started

RANDOM = np.random.default_rng(0)
LABELS = np.arange(48) % 2
IMAGES = (RANDOM.integers(0, 90, (48, 32, 32)) + 120 * LABELS[:, None, None]).astype(np.uint8)
DATA = {"train": (IMAGES[:36], LABELS[:36]), "val": (IMAGES[36:], LABELS[36:])}
QUICK: dict[str, Any] = {"model": "lenet5", "epochs": 1, "batch": 12, "accelerator": "cpu", "precision": "32"}


def flip(image: Tensor) -> Tensor:
    return image.flip(-1)


def doubled(raw: Tensor, targets: Tensor) -> Tensor:
    return 2 * F.cross_entropy(raw, targets, reduction="none")


def errors(raw: Tensor, targets: Tensor) -> float:
    return float((raw.argmax(1) != targets).sum())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Any]]:
    """A run with all three of them, and what was heard of it."""
    heard, out = list[Any](), tmp_path_factory.mktemp("functions") / "run"
    own: dict[str, Any] = {"augment": flip, "loss": doubled, "metric": (errors, "lower")}
    return striate.train(DATA, out=out, on_event=heard.append, **own, **QUICK), heard


def test_the_names_are_written_and_the_metric_is_the_one_that_counts(trained: Any) -> None:
    run, heard = trained
    stored = RunFolder(run.folder).read_json(run.folder / "settings.json")
    assert stored["own"] == {"augment": "flip", "loss": "doubled", "metric": "errors"}
    assert isinstance(heard[0], Started)
    assert (run.metrics.primary.name, run.metrics.primary.higher_is_better) == ("errors", False)
    assert run.metrics.values["accuracy"] == 1 - run.metrics.primary.value / 12
    assert "val_errors" in run.history[0]
    assert Run.open(run.folder).metrics == run.metrics
    assert (run.folder / "report.html").exists()


def test_the_loss_of_validation_is_that_of_ones_own(trained: Any) -> None:
    run, _ = trained
    usual = run.evaluation.metric.loss()
    assert run.history[0]["val_loss"] == pytest.approx(2 * usual, rel=1e-4)


def test_a_metric_is_given_to_evaluate_too(trained: Any) -> None:
    model = striate.load(trained[0].folder)
    assert striate.evaluate(model, DATA, "val").primary.name == "accuracy"
    assert striate.evaluate(model, DATA, "val", metric=(errors, "lower")).primary.name == "errors"
    with pytest.raises(SettingError, match="metric is 5"):
        striate.evaluate(model, DATA, metric=5)


def test_a_run_goes_on_with_the_same_functions_alone(trained: Any) -> None:
    run, _ = trained
    with pytest.raises(SettingError, match="began with augment flip, and goes on with none of your own"):
        striate.train(DATA, out=run.folder, resume=True)
    with pytest.raises(SettingError, match="began with loss doubled, and goes on with none"):
        striate.train(DATA, out=run.folder, resume=True, augment=flip, metric=(errors, "lower"))
    own: dict[str, Any] = {"augment": flip, "loss": doubled, "metric": (errors, "lower")}
    assert striate.train(DATA, out=run.folder, resume=True, **own).metrics == run.metrics


def test_a_loss_that_is_not_finite_is_named_with_its_step_and_pictures(tmp_path: Path) -> None:
    def bad(raw: Tensor, targets: Tensor) -> Tensor:
        each = F.cross_entropy(raw, targets, reduction="none")
        return torch.where(targets == 1, each / 0, each)

    with pytest.raises(TrainingError, match=r"the loss bad is inf at step 1 \(epoch 1\)") as raised:
        striate.train(DATA, out=tmp_path / "run", loss=bad, **QUICK)
    assert "largest losses of its batch: arrays[" in raised.value.wrong


def test_what_belongs_to_the_loss_of_the_task_is_refused_beside_ones_own() -> None:
    with pytest.raises(SettingError, match="balance is 'weights', and loss doubled is your own"):
        Settings(loss=doubled, balance="weights")
    assert Settings(loss=doubled).balance == "none"
    assert Settings(loss=doubled, balance="none").own == {"loss": "doubled"}


def test_what_fails_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="augment"):
        striate.train(DATA, out=tmp_path / "run", augment=lambda image: None, **QUICK)
    with pytest.raises(SettingError, match="loss is 'focal'"):
        striate.train(DATA, out=tmp_path / "run", loss="focal", **QUICK)
    assert not (tmp_path / "run").exists()
