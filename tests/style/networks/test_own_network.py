"""Without published weights the newest run paints, by the recipe of the documentation."""

import os
from pathlib import Path

import pytest

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError
from striate.style.networks import own_network
from striate.style.networks.feature_layers import FeatureLayers
from striate.style.networks.own_network import choose_network, newest_run
from striate.style.painting.stylize import stylize
from striate.style.settings import NetworkSettings, Settings, TrainStyleSettings
from striate.zoo.build import build
from striate.zoo.save_load import save

RECIPE = "stem=2,stages.0.0,stages.0.1,stages.0,stages.1"  # of docs/make_style_pictures.py


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an older and a newer run, and no way to VGG-19."""
    monkeypatch.chdir(tmp_path)
    true = own_network.feature_network

    def offline(settings: NetworkSettings) -> FeatureLayers:
        if settings.network == "vgg19":
            raise ModelFileError("vgg19 cannot be fetched", "a connection", "put the file there")
        return true(settings)

    monkeypatch.setattr(own_network, "feature_network", offline)
    for number, name in enumerate(("older", "newer")):
        file = tmp_path / "runs" / name / "model.safetensors"
        file.parent.mkdir(parents=True)
        save(build("resnet20", ["a", "b"], Preprocess((32, 32))), file)
        os.utime(file, (1000 + number, 1000 + number))
    return tmp_path / "runs"


def test_the_newest_run_is_taken_with_the_recipe_of_the_documentation(runs: Path) -> None:
    settings, found = choose_network(Settings())
    assert settings.network == "runs/newer/model.safetensors"
    assert (settings.scales, settings.steps, settings.style_weight, settings.variation_weight) == (
        3,
        60,
        100,
        0.5,
    )
    assert (settings.style_layers, settings.content_layers) == (RECIPE, "stages.1")
    assert found.notes[0] == "network: runs/newer/model.safetensors, trained on 2 classes at 32 x 32 pixels"
    assert "VGG-19" in found.notes[1]


def test_what_the_user_sets_stays(runs: Path) -> None:
    settings, _ = choose_network(Settings(steps=5, style_layers="stem", network=runs / "older"))
    assert (settings.steps, settings.scales, settings.style_layers) == (5, 3, "stem")
    trained, _ = choose_network(TrainStyleSettings(steps=7))
    assert (trained.steps, trained.style_weight, trained.variation_weight) == (7, 30, 0.5)


def test_one_command_paints_without_published_weights(runs: Path, picture: Path, style: Path) -> None:
    painting = stylize(picture, style, size=32, steps=1, scales=1)
    assert painting.settings["network"] == "runs/newer/model.safetensors"
    assert painting.image.shape[0] == 3


def test_without_weights_and_without_a_run_both_ways_are_named(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs)
    assert newest_run() is None
    with pytest.raises(ModelFileError, match="vgg19 cannot be fetched") as refused:
        choose_network(Settings())
    assert refused.value.attempt == (
        "put the file there; or first train a network of your own, which is taken: striate train DATA"
    )
