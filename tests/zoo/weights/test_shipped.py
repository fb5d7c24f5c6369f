"""The weights that come with striate: the file that was measured, small, loaded without a connection."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.errors import ModelFileError
from striate.zoo.model_file import read_header
from striate.zoo.weights.load_weights import read_weights
from striate.zoo.weights.pretrained import painter
from striate.zoo.weights.shipped import FILE, NETWORK, PAINTER, PAINTER_FILE, SHA256, SHIPPED

ROOT = Path(__file__).resolve().parents[3]
ARGUMENTS = {"width": 0.35}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, random = tmp_path_factory.mktemp("shipped"), np.random.default_rng(0)
    for name in ("light", "dark"):
        (folder / name).mkdir()
        for number in range(4):
            pixels = random.integers(0, 120, (40, 40, 3)) + (100 if name == "light" else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize("file", SHA256, ids=lambda file: file.name)
def test_each_is_the_file_that_was_measured(file: Path) -> None:
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHA256[file]


def test_together_they_have_at_most_three_megabytes_and_are_part_of_the_package() -> None:
    assert sum(file.stat().st_size for file in SHA256) <= 3_000_000
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    packed = {path for pattern in listed["striate"] for path in (ROOT / "src" / "striate").glob(pattern)}
    assert set(SHA256) <= packed


@pytest.mark.parametrize(("file", "network"), [(FILE, NETWORK), (PAINTER_FILE, PAINTER)])
def test_the_files_say_what_they_are_and_whose(file: Path, network: str) -> None:
    header = read_header(file)
    assert (header["network"], header["licence"]) == (network, "Apache-2.0")
    own = {"stem": "paper", **ARGUMENTS} if file == FILE else {}
    assert header["arguments"] == {"in_channels": 3, **own}


def test_the_painter_keeps_the_side_of_the_picture_and_sees_no_things() -> None:
    network, expects = painter()
    maps = network.features(torch.rand(1, 3, 32, 32))
    assert {stride: tuple(one.shape[1:]) for stride, one in maps.items()} == {
        1: (16, 32, 32),
        2: (32, 16, 16),
    }
    assert len(expects.mean) == 3


def test_a_network_begins_with_them() -> None:
    network = striate.create(NETWORK, classes=7, weights=SHIPPED, **ARGUMENTS)
    stored = read_weights(NETWORK, SHIPPED).tensors
    first = network.state_dict()["stem.conv.weight"]
    assert first.dtype == torch.float32
    assert torch.equal(first, stored["stem.conv.weight"].float())
    assert "the last layer is new" in " ".join(network.notes)


def test_another_width_is_told_the_right_one() -> None:
    with pytest.raises(ModelFileError, match="is of resnet18, and does not fit this one") as refused:
        striate.create(NETWORK, weights=SHIPPED)
    assert refused.value.attempt == "the arguments that the file was made with: width=0.35, stem='paper'"


def test_a_training_begins_with_them(pictures: Path, tmp_path: Path) -> None:
    run = striate.train(pictures, weights=SHIPPED, out=tmp_path / "run", epochs=1, validation=0)
    assert run.model.name == NETWORK
    assert run.model.arguments["width"] == ARGUMENTS["width"]
    assert list(run.model.preprocess.mean) == read_header(FILE)["preprocess"]["mean"]


def test_a_detector_stands_on_their_backbone() -> None:
    detector = striate.create("yolo", classes=["cell"], weights=SHIPPED, backbone=NETWORK, **ARGUMENTS)
    stored = read_weights(NETWORK, SHIPPED).tensors["stem.conv.weight"].float()
    assert torch.equal(detector.backbone.stem.conv.weight, stored)


def test_a_word_that_is_nearly_theirs_names_it() -> None:
    with pytest.raises(ModelFileError) as refused:
        striate.create(NETWORK, weights="striat")
    assert refused.value.attempt == "weights striate, or check the path"
