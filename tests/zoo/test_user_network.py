"""A network of somebody's own: what it must give, how it is saved, and that a file never imports it."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import striate
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError, ShapeError
from striate.zoo.model_file import read_header
from striate.zoo.save_load import save
from striate.zoo.user_network import channels_of, name_of_own, own_model, require_scores


class Net(nn.Module):
    """The means of three channels -> two scores."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.last(images.mean((2, 3)))
        return scores


class Pair(Net):
    def forward(self, images: Tensor) -> Any:
        return super().forward(images), images


class Named(Net):
    def forward(self, images: Tensor) -> Any:
        return {"logits": super().forward(images)}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved network of this module; the file names a builder in a module that must not be imported."""
    options: dict[str, Any] = {"task": "classification", "options": {}, "builder": "not_to_import:build"}
    model = own_model(Net(), ("cat", "dog"), Preprocess((8, 8)), **options)
    save(model, tmp_path / "own.safetensors")
    return tmp_path / "own.safetensors"


@pytest.mark.usefixtures("monkeypatch")
def test_a_file_imports_nothing_and_names_what_builds_its_network(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "not_to_import.py").write_text("raise SystemExit('it was imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    for path in (saved, str(saved)):
        with pytest.raises(ModelFileError) as raised:
            striate.load(path)
        assert "not_to_import:build" in raised.value.wrong
        assert "builder=build" in raised.value.attempt
    assert "not_to_import" not in sys.modules
    assert not {name for name in set(sys.modules) - before if "import" in name}


def test_a_file_and_its_builder_give_the_model_again(saved: Path) -> None:
    model = striate.load(saved, builder=Net)
    assert (model.classes, model.builder, model.own) == (("cat", "dog"), "not_to_import:build", True)
    stored = striate.load(saved, builder=Net)
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(model(images), stored(images))
    save(model, saved)
    assert read_header(saved)["own"] == {"builder": "not_to_import:build"}


def test_a_file_without_a_builder_says_that_one_is_needed(tmp_path: Path) -> None:
    model = own_model(Net(), ("cat", "dog"), Preprocess((8, 8)), task="classification", options={})
    save(model, tmp_path / "own.safetensors")
    with pytest.raises(ModelFileError, match=r"none of striate's\n") as raised:
        striate.load(tmp_path / "own.safetensors")
    assert "builder=function" in raised.value.attempt


def test_a_builder_of_another_network_is_refused(saved: Path) -> None:
    with pytest.raises(ModelFileError, match="does not fit its network"):
        striate.load(saved, builder=lambda: nn.Linear(3, 3))
    with pytest.raises(ModelFileError, match="gives int"):
        striate.load(saved, builder=lambda: 5)  # type: ignore[arg-type, return-value]
    with pytest.raises(ModelFileError, match="failed: ZeroDivisionError"):
        striate.load(saved, builder=lambda: 1 / 0)  # type: ignore[arg-type, return-value]


def test_a_builder_for_a_network_of_ours_is_refused(tmp_path: Path) -> None:
    from striate.zoo.build import build

    save(build("lenet5", ("a", "b"), Preprocess((32, 32), 1, (0.5,), (0.5,))), tmp_path / "ours.safetensors")
    with pytest.raises(ModelFileError, match="a network of striate"):
        striate.load(tmp_path / "ours.safetensors", builder=Net)


def test_an_edited_name_of_a_builder_is_not_repeated(saved: Path) -> None:
    from striate.zoo.model_file import write_file

    header = {**read_header(saved), "own": {"builder": "os; import sys"}}
    write_file(saved, Net().state_dict(), {name: one for name, one in header.items() if name != "format"})
    with pytest.raises(ModelFileError) as raised:
        striate.load(saved)
    assert "import sys" not in str(raised.value)


def test_the_network_of_the_caller_stays_as_it_is() -> None:
    mine = Net()
    model = own_model(mine, ("cat", "dog"), Preprocess((8, 8)), task="classification", options={})
    assert model.network is not mine
    assert torch.equal(model.network.last.weight, mine.last.weight)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Pair(), "the network gives a tuple of 2"),
        (Named(), "the network gives a dictionary with the keys 'logits'"),
    ],
)
def test_a_network_of_several_outputs_is_refused(network: nn.Module, words: str) -> None:
    with pytest.raises(SettingError, match=words) as raised:
        require_scores(network, "classification", 2, 3, (8, 8))
    assert "returns the scores" in raised.value.attempt


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(ShapeError, match="gives 2x2 for 2 pictures, and there are 5 classes") as raised:
        require_scores(Net(), "classification", 5, 3, (8, 8))
    assert raised.value.attempt == "a last layer of 5 scores"


def test_maps_are_no_scores_of_pictures_and_the_other_way_round() -> None:
    with pytest.raises(ShapeError, match="scores without a softmax"):
        require_scores(nn.Conv2d(3, 2, 1), "classification", 2, 3, (8, 8))
    require_scores(nn.Conv2d(3, 2, 1), "segmentation", 2, 3, (8, 8))
    with pytest.raises(ShapeError, match="gives 2x2x4x4"):
        require_scores(nn.Conv2d(3, 2, 2, stride=2), "segmentation", 2, 3, (8, 8))


def test_pictures_that_the_network_cannot_take_are_named_with_its_own_words() -> None:
    with pytest.raises(ShapeError, match="cannot take pictures 2x1x8x8: RuntimeError") as raised:
        require_scores(nn.Sequential(nn.Conv2d(3, 2, 1)), "classification", 2, 1, (8, 8))
    assert "size=" in raised.value.attempt


def test_trying_a_network_changes_neither_its_mode_nor_its_statistics() -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    require_scores(network, "classification", 2, 3, (8, 8))
    assert network.training
    assert int(network[1].num_batches_tracked) == 0


def test_the_name_of_a_class_is_none_of_ours_and_channels_are_those_of_the_first_convolution() -> None:
    assert name_of_own(type("unet", (nn.Module,), {})()) == "unet_own"
    assert channels_of(nn.Conv2d(1, 4, 3)) == 1
    assert channels_of(nn.Conv2d(12, 4, 3)) is None


def test_a_network_that_cannot_learn_is_refused() -> None:
    for frozen in (Net().requires_grad_(False), nn.Flatten()):
        with pytest.raises(SettingError, match="no weight that requires a gradient"):
            require_scores(frozen, "classification", 2, 3, (8, 8))

    class Detached(Net):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images).detach()

    with pytest.raises(SettingError, match="scores of the network have no gradient"):
        require_scores(Detached(), "classification", 2, 3, (8, 8))
    partly = Net()
    partly.last.bias.requires_grad_(False)
    require_scores(partly, "classification", 2, 3, (8, 8))


def test_a_network_of_four_channels_is_told_that_pictures_have_three_or_one() -> None:
    with pytest.raises(ShapeError, match="with C 3") as raised:
        require_scores(nn.Sequential(nn.Conv2d(4, 2, 1)), "classification", 2, 3, (8, 8))
    assert raised.value.attempt == "a first layer of 3 or 1 channels in the place of 4"
