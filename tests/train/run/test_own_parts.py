"""Networks, augmentations, losses and metrics of somebody's own in a training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import striate
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded, Event, Finished, Started


class Shades(torch.utils.data.Dataset[Any]):
    """Noise of 12 x 12 pixels, dark or light."""

    classes = ("dark", "light")

    def __init__(self, length: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.labels_of = np.arange(length) % 2
        self.pixels = random.integers(0, 90, (length, 3, 12, 12), dtype=np.uint8)
        self.pixels[self.labels_of == 1] += 120

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return torch.from_numpy(self.pixels[index]), int(self.labels_of[index])


class Net(nn.Module):
    """A convolution, a norm, a linear layer."""

    def __init__(self, classes: int = 2) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.last = nn.Linear(8, classes)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.last(self.norm(self.first(images)).relu().mean((2, 3)))
        return scores


QUICK: dict[str, Any] = {"epochs": 4, "accelerator": "cpu", "precision": "32", "batch": 8}
DATA = (Shades(32), Shades(12, 1))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[Event], nn.Module]:
    """A run of a network of ours on a data set of ours, what was heard of it, and the network."""
    torch.manual_seed(0)
    heard, network = list[Event](), Net()
    out = tmp_path_factory.mktemp("own") / "run"
    run = striate.train(DATA, model=network, builder="nets:Net", out=out, on_event=heard.append, **QUICK)
    return run, heard, network


def test_a_network_learns_from_a_data_set_and_the_callers_stays_as_it_was(trained: Any) -> None:
    run, heard, network = trained
    assert run.metrics.accuracy == 1.0
    assert [type(event) for event in heard if isinstance(event, EpochEnded)] == [EpochEnded] * 4
    assert isinstance(heard[-1], Finished)
    assert int(network.norm.num_batches_tracked) == 0
    assert (run.folder / "report.html").exists()


def test_files_and_events_hold_names(trained: Any) -> None:
    run, heard, _ = trained
    assert isinstance(heard[0], Started)
    assert heard[0].settings["own"] == {"model": "Net"}
    assert RunFolder(run.folder).read_json(run.folder / "settings.json")["model"] == "Net"
    assert run.settings.height_width == (12, 12)  # pictures of one size are seen as they are


def test_a_run_is_evaluated_on_other_objects(trained: Any) -> None:
    run, _, _ = trained
    assert striate.evaluate(run, Shades(10, 2)).count == 10
    assert "not trained on these data" in striate.evaluate(run, Shades(10, 2)).measured_on
    assert striate.evaluate(run, DATA).measured_on.startswith(
        "val, of the data that the model was trained on"
    )
    again = striate.load(run.folder, builder=Net)
    assert striate.evaluate(again, DataLoader(DATA[1], batch_size=5)).accuracy == run.metrics.accuracy


def test_what_was_learned_from_is_not_called_unseen(trained: Any) -> None:
    measured = striate.evaluate(trained[0], DATA[0])
    assert measured.measured_on == "all 32 pictures, which the network learned from"


def test_a_run_folder_is_opened_with_its_builder_only(trained: Any) -> None:
    with pytest.raises(ModelFileError, match="nets:Net"):
        striate.evaluate(trained[0].folder, DATA)


def test_other_verbs_take_the_model_and_the_data(trained: Any) -> None:
    run, _, _ = trained
    found = striate.mistakes(run, DATA)
    assert len(found) == 44
    assert found.name(0).startswith(("train[", "val["))
    assert striate.explain(run.model, DATA[1][0][0]).values.shape == (1, 3, 12, 12)


def test_a_module_is_exported_from_its_run_or_with_its_builder(trained: Any, tmp_path: Path) -> None:
    run, _, _ = trained
    with pytest.raises(ModelFileError, match="nets:Net"):
        striate.export(run.folder, "torch", tmp_path / "own.pt2")
    striate.export(run.folder, "torch", tmp_path / "own.pt2", builder=Net)
    assert striate.export(run, "openvino", tmp_path / "own.xml", check=[DATA[1][0][0]]).path.exists()


def test_a_second_training_is_bit_by_bit_the_first(trained: Any, tmp_path: Path) -> None:
    run, _, network = trained
    again = striate.train(DATA, model=network, out=tmp_path / "again", **QUICK)
    for one, other in zip(run.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_run_goes_on_with_the_same_network_and_data_alone(trained: Any, tmp_path: Path) -> None:
    run, _, network = trained
    with pytest.raises(
        SettingError, match="began with model Net, and goes on with none of your own"
    ) as raised:
        striate.train(DATA, out=run.folder, resume=True)
    assert raised.value.attempt == "train(..., model=Net, resume=True)"
    with pytest.raises(SettingError, match="a Python object, which no file holds"):
        striate.train(out=run.folder, resume=True, model=network)
    assert striate.train(DATA, model=network, out=run.folder, resume=True).metrics == run.metrics


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weights": "imagenet"}, "weights is 'imagenet', and model is a network of your own"),
        ({"finetune": "head"}, "finetune is 'head', and model is a network of your own"),
        ({"builder": "no reference"}, "builder is 'no reference'"),
        ({"builder": Net}, "builder is "),
        ({"preprocess": (8, 8)}, "preprocess is"),
    ],
)
def test_what_does_not_go_with_a_network_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Settings(model=Net(), **settings)


def test_what_needs_a_network_is_refused_without_one() -> None:
    with pytest.raises(SettingError, match="builder is given without a network"):
        Settings(model="lenet5", builder="nets:Net")
    with pytest.raises(SettingError, match="model is 5"):
        Settings(model=5)


def test_a_model_of_striate_is_no_network() -> None:
    made = striate.create("unet", classes=("a", "b"), width=0.25)
    with pytest.raises(SettingError, match="model is a Segmenter of striate") as raised:
        Settings(model=made)
    assert "MODEL.network" in raised.value.attempt


def test_an_interrupted_run_goes_on_bit_by_bit(trained: Any, tmp_path: Path) -> None:
    run, _, network = trained

    def stop(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise KeyError("stopped")

    own: dict[str, Any] = {"model": network, "builder": "nets:Net", "out": tmp_path / "run", **QUICK}
    with pytest.raises(KeyError, match="stopped"):
        striate.train(DATA, on_event=stop, checkpoint_every=0, **own)
    again = striate.train(DATA, resume=True, **own)
    for one, other in zip(run.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_network_of_other_classes_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="there are 2 classes"):
        striate.train(DATA, model=Net(7), out=tmp_path / "run", **QUICK)
    assert not (tmp_path / "run").exists()


def test_a_preprocessing_is_taken_as_it_is(tmp_path: Path) -> None:
    mine = Preprocess((16, 16), 3, (0.4, 0.4, 0.4), (0.2, 0.2, 0.2), "stretch")
    run = striate.train(DATA, model=Net(), preprocess=mine, out=tmp_path / "run", **{**QUICK, "epochs": 1})
    assert run.model.preprocess == mine


def test_a_network_that_scores_pixels_learns_masks(tmp_path: Path) -> None:
    pairs = [(picture, (picture[0] > 100).to(torch.uint8)) for picture, _ in DATA[0]]
    network = nn.Conv2d(3, 2, 3, padding=1)
    run = striate.train(pairs, model=network, out=tmp_path / "run", **{**QUICK, "epochs": 1})
    assert run.model.task == "segmentation"
    assert striate.evaluate(run, pairs).count == 4  # those that were held out


def test_a_network_of_ones_own_does_not_detect() -> None:
    boxes = {"boxes": torch.tensor([[1.0, 1.0, 6.0, 6.0]]), "labels": torch.tensor([1])}
    with pytest.raises(SettingError, match="model is a network of your own, and the task is detect"):
        striate.train([(picture, boxes) for picture, _ in DATA[0]], model=Net(), **QUICK)


def test_a_metric_is_not_called_like_the_loss() -> None:
    def loss(raw: Tensor, targets: Tensor) -> float:
        return 0.0

    with pytest.raises(SettingError, match="metric is called loss"):
        Settings(model="lenet5", metric=loss)
