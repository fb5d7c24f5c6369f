"""A network that has learned one style: its table, its sizes, its file."""

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch.nn import functional as F

from striate.errors import ModelFileError
from striate.style.networks.transform_net import TransformNet, load_transform_net, save_transform_net
from striate.zoo.model_file import write_file


def test_it_has_the_parameters_of_the_papers_table() -> None:
    # convolutions with biases: 9*9*3*32, 9*32*64, 9*64*128, ten of 9*128*128, 9*128*64, 9*64*32, 9*9*32*3;
    # an instance norm has two numbers for each of 32 + 64 + 128 + 10 * 128 + 64 + 32 channels
    weights = 81 * 96 + 9 * 2048 + 9 * 8192 + 10 * 9 * 16384 + 9 * 8192 + 9 * 2048 + 81 * 96
    biases = 32 + 64 + 128 + 1280 + 64 + 32 + 3
    norms = 2 * (32 + 64 + 128 + 1280 + 64 + 32)
    assert sum(p.numel() for p in TransformNet().parameters()) == weights + biases + norms == 1_679_235


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 30), (33, 42)])
def test_any_size_comes_out_as_it_went_in(height: int, width: int) -> None:
    painted = TransformNet(4, 1).eval()(torch.rand(2, 3, height, width))
    assert painted.shape == (2, 3, height, width)
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_a_plain_picture_gets_no_checkerboard() -> None:
    torch.manual_seed(0)
    enlarge = TransformNet(8, 2).leave
    with torch.no_grad():  # the norms are left out: they would divide rounding by nothing
        first = enlarge[1][0](enlarge[0](torch.full((1, 32, 16, 16), 0.3))).relu()
        found = enlarge[4][0](enlarge[3](first))
    spread = found.std((2, 3)) / found.abs().mean()
    assert spread.max() < 1e-5  # strided deconvolutions with random weights: about 1


def test_every_weight_gets_a_gradient() -> None:
    network = TransformNet(4, 1)
    F.mse_loss(network(torch.rand(1, 3, 20, 20)), torch.rand(1, 3, 20, 20)).backward()
    assert all(p.grad is not None for p in network.parameters())


def test_the_file_gives_the_same_paintings(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, pixels = TransformNet(4, 1).eval(), torch.rand(1, 3, 20, 24)
    path = save_transform_net(network, tmp_path / "style.safetensors", {"style": "stripes.png"})
    assert torch.equal(load_transform_net(path)(pixels), network(pixels))


@pytest.mark.parametrize(
    "header",
    [
        {"network": "resnet20", "arguments": {"width": 4, "blocks": 1}},
        {"network": "fast_style", "arguments": {"width": "4", "blocks": 1}},
        {"network": "fast_style", "arguments": {"width": 10**9, "blocks": 1}},
        {"network": "fast_style", "arguments": None},
        {"network": "fast_style"},
    ],
)
def test_a_foreign_header_is_refused(tmp_path: Path, header: dict[str, object]) -> None:
    path = tmp_path / "foreign.safetensors"
    write_file(path, TransformNet(4, 1).state_dict(), header)
    with pytest.raises(ModelFileError, match="is no fast style"):
        load_transform_net(path)


def test_a_file_without_some_tensors_or_cut_is_refused(tmp_path: Path) -> None:
    header = {"network": "fast_style", "arguments": {"width": 4, "blocks": 1}}
    tensors = dict(TransformNet(4, 1).state_dict())
    tensors.popitem()
    write_file(tmp_path / "less.safetensors", tensors, header)
    with pytest.raises(ModelFileError, match="is missing"):
        load_transform_net(tmp_path / "less.safetensors")
    whole = save_transform_net(TransformNet(4, 1), tmp_path / "whole.safetensors", {})
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-10])
    with pytest.raises(ModelFileError):
        load_transform_net(tmp_path / "cut.safetensors")
    with pytest.raises(ModelFileError):
        load_transform_net(tmp_path / "missing.safetensors")
    torch.save(tensors, tmp_path / "pickle.safetensors")
    with pytest.raises(ModelFileError, match="could run a stranger's code"):
        load_transform_net(tmp_path / "pickle.safetensors")
    safetensors.torch.save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelFileError, match="does not say of which network"):
        load_transform_net(tmp_path / "other.safetensors")
