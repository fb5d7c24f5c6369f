"""``striate predict --slide`` and ``--tile``: a classifier on windows, a detector on tiles."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

import striate
from striate.cli.main import run
from striate.cli.predict import tile_of
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.zoo.build import build
from striate.zoo.save_load import save


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A LeNet-5 that calls bright windows ``light``, and a dark picture with a bright square of 36 pixels."""
    folder = tmp_path_factory.mktemp("windows")
    torch.manual_seed(0)
    model = build("lenet5", ("light", "dark"), Preprocess((32, 32), 1, (0.5,), (0.5,)))
    with torch.no_grad():
        for name, values in model.network.named_parameters():
            values.fill_(0.0 if name.endswith("bias") else 1 / values[0].numel())
        model.network.head.output.weight[1] = 0
        model.network.head.output.weight[0] *= 10
        model.network.head.output.bias[1] = 5
    save(model, folder / "model.safetensors")
    image = Image.new("L", (96, 64))
    image.paste(255, (40, 16, 76, 52))
    image.save(folder / "square.png")
    return str(folder / "model.safetensors"), str(folder / "square.png")


def test_a_classifier_slides_over_pictures(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, picture = files
    flags = ["--slide", "4", "--scales", "1", "--background", "dark", "--score-threshold", "0.9"]
    flags += ["--iou-threshold", "0", "--json"]
    assert run(["predict", picture, "--model", model, *flags, "--save", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert "all windows of a scale in one pass" in err
    assert [one["class_name"] for one in found["objects"]] == ["light"]
    assert found["objects"][0]["box"] in (
        [40, 16, 72, 48],
        [44, 16, 76, 48],
        [40, 20, 72, 52],
        [44, 20, 76, 52],
    )
    assert (tmp_path / "square.png").exists()


def test_the_verb_in_python_says_the_same(files: tuple[str, str]) -> None:
    model, picture = files
    found = striate.predict(model, picture, slide=4, scales=[1.0], background="dark", top_k=1)
    assert found.class_names == ("light",)
    assert found.source == picture


@pytest.mark.parametrize(
    ("flags", "wrong"),
    [
        (["--slide", "4", "--tile", "auto"], "slide and tile are both given"),
        (["--tile", "auto"], "the model is for classification"),
        (["--tile", "small"], "tile is 'small'"),
        (["--score-threshold", "0.5"], "classifiers have no option 'score_threshold'"),
        (["--slide", "4", "--background", "sky"], "there is no class 'sky'"),
        (["--slide", "4", "--scales", "1;2"], "'1;2' is no list of numbers"),
    ],
)
def test_what_does_not_go_together_is_refused(
    files: tuple[str, str], flags: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model, picture = files
    assert run(["predict", picture, "--model", model, *flags]) == 2
    assert wrong in capsys.readouterr().err


def test_a_network_slides_by_the_size_it_was_made_for(files: tuple[str, str]) -> None:
    sliding = striate.convolutional(files[0])
    assert (sliding.window, sliding.stride, sliding.exact) == ((32, 32), (4, 4), True)
    assert tuple(sliding(torch.zeros(1, 1, 36, 32, dtype=torch.uint8)).shape) == (1, 2, 2, 1)
    assert striate.convolutional(striate.create("lenet5", in_channels=1)).window == (32, 32)
    other = build("lenet5", ("cat",), Preprocess((32, 32), 1, (0.5,), (0.5,)), task="localize")
    with pytest.raises(SettingError, match="the model is for localize"):
        striate.convolutional(other)
    with pytest.raises(SettingError, match="window"):
        striate.convolutional(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)))


@pytest.mark.parametrize("text", ["", "x", "0x", "1x2x3", "-3", "auto "])
def test_tiles_have_a_side_or_two(text: str) -> None:
    with pytest.raises(SettingError, match="tile is"):
        tile_of(text)
