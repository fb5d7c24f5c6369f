"""Without VGG-19's weights the network that comes with striate paints, by the recipe of the documentation."""

from pathlib import Path

import pytest

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError
from striate.style.networks.own_network import choose_network
from striate.style.networks.train_style import train_style
from striate.style.painting.stylize import stylize
from striate.style.settings import Settings, TrainStyleSettings
from striate.zoo.build import build
from striate.zoo.save_load import save
from striate.zoo.weights.download import VARIABLE
from striate.zoo.weights.published_weights import published

LAYERS = "stem=2,stages.0.0,stages.0.1,stages.0,stages.1"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of published weights, and no way to fetch any."""
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, str(folder.parent))
    return folder


def test_the_network_that_comes_along_is_taken_with_the_recipe() -> None:
    settings, found = choose_network(Settings())
    assert (settings.network, settings.weights) == ("resnet20", "striate")
    assert (settings.scales, settings.steps, settings.style_weight, settings.variation_weight) == (
        3,
        60,
        100,
        0.5,
    )
    assert (settings.style_layers, settings.content_layers) == (LAYERS, "stages.1")
    assert "come with striate" in found.notes[0]
    assert "vgg19" in found.notes[1]


def test_what_the_user_sets_stays(tmp_path: Path) -> None:
    save(build("resnet20", ["a", "b"], Preprocess((32, 32))), tmp_path / "own.safetensors")
    settings, found = choose_network(
        Settings(steps=5, style_layers="stem", network=tmp_path / "own.safetensors")
    )
    assert (settings.steps, settings.scales, settings.style_layers) == (5, 3, "stem")
    assert found.notes[0].endswith("trained on 2 classes at 32 x 32 pixels")
    trained, _ = choose_network(TrainStyleSettings(steps=7))
    assert (trained.steps, trained.style_weight, trained.variation_weight) == (7, 30, 0.5)


def test_weights_that_were_fetched_come_first(cache: Path) -> None:
    (cache / published("vgg19").file).write_bytes(b"")
    with pytest.raises(
        ModelFileError, match="is not the published file"
    ):  # so it was this file that was read
        choose_network(Settings())
    settings, _ = choose_network(Settings(weights="striate"))
    assert settings.network == "resnet20"


def test_another_network_does_not_fit_the_weights_that_come_along() -> None:
    with pytest.raises(ModelFileError, match="is of resnet18, not of vgg19"):
        choose_network(Settings(network="vgg19", weights="striate"))


def test_one_command_paints_without_published_weights(picture: Path, style: Path) -> None:
    painting = stylize(picture, style, size=32, steps=1, scales=1)
    assert (painting.settings["network"], painting.settings["weights"]) == ("resnet20", "striate")
    assert painting.image.shape[0] == 3


def test_a_file_for_any_style_finds_the_network_that_comes_along_again(
    picture: Path, style: Path, tmp_path: Path
) -> None:
    from striate.style.networks.adain import load_adain

    out = tmp_path / "any.safetensors"
    train_style(style, picture, any_style=True, out=out, steps=1, batch=1, size=32)
    assert load_adain(out).settings.weights == "striate"
