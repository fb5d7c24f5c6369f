"""Adaptive instance normalization, in numbers; a network for any style, and its file."""

from pathlib import Path

import pytest
import torch

from striate.errors import ModelFileError, SettingError
from striate.style.networks.adain import (
    AdaINNet,
    Decoder,
    adain,
    adain_network,
    load_adain,
    moments,
    save_adain,
)
from striate.style.settings import NetworkSettings
from striate.zoo.model_file import write_file

SETTINGS = NetworkSettings(network="resnet20", weights="random", precision="float32")


def test_the_moments_of_a_style_are_given_to_a_content() -> None:
    content = torch.arange(12.0).view(1, 3, 2, 2)  # each channel: deviation sqrt(1.25)
    style = torch.tensor([[1, 3, 5, 7], [13, 15, 17, 19], [13, 15, 17, 19]]).view(1, 3, 2, 2).float()
    # twice the deviation: the order stays and the steps become 2, so each channel is the style's own
    assert torch.allclose(adain(content, style), style, atol=1e-4)


def test_sizes_may_differ_and_moments_are_met() -> None:
    found = adain(torch.rand(2, 4, 5, 6), torch.rand(2, 4, 9, 3) * 3 + 1)
    wanted = torch.rand(2, 4, 9, 3)
    mean, deviation = moments(adain(found, wanted))
    assert torch.allclose(mean, wanted.mean((2, 3), keepdim=True), atol=1e-5)
    assert torch.allclose(deviation, wanted.std((2, 3), keepdim=True, correction=0), atol=1e-3)


def test_a_channel_without_deviation_becomes_the_mean() -> None:
    found = adain(torch.full((1, 1, 2, 2), 5.0), torch.tensor([[[[1.0, 3.0]]]]))
    assert torch.equal(found, torch.full((1, 1, 2, 2), 2.0))


def test_the_decoder_doubles_as_often_as_the_encoder_halves() -> None:
    assert Decoder(16, 2)(torch.rand(1, 16, 5, 6)).shape == (1, 3, 20, 24)


def model() -> AdaINNet:
    torch.manual_seed(0)
    return adain_network(["stem", "stages.0", "stages.1"], SETTINGS).eval()


def test_any_size_comes_out_as_it_went_in() -> None:
    painted = model()(torch.rand(1, 3, 33, 22), torch.rand(1, 3, 16, 40))
    assert painted.shape == (1, 3, 33, 22)
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_strength_zero_does_not_see_the_style() -> None:
    network, content = model(), torch.rand(1, 3, 24, 24)
    first, second = (network(content, torch.rand(1, 3, 24, 24), 0.0) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, network(content, torch.rand(1, 3, 24, 24), 1.0))


def test_only_the_decoder_learns() -> None:
    network = model()
    network(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)).sum().backward()
    assert all(p.grad is None for p in network.encoder.parameters())
    assert all(p.grad is not None for p in network.decoder.parameters())


def test_the_file_gives_the_same_paintings(tmp_path: Path) -> None:
    network = model()
    content, style = torch.rand(1, 3, 24, 20), torch.rand(1, 3, 16, 16)
    path = save_adain(network, tmp_path / "any.safetensors", {})
    found = load_adain(path)
    assert found.settings.network == "resnet20"
    assert torch.allclose(
        found(content, style), network(content, style), atol=0.02
    )  # bf16 where it is quicker


def test_an_encoder_that_sees_otherwise_is_refused(tmp_path: Path) -> None:
    network, path = model(), tmp_path / "any.safetensors"
    network.settings = network.settings.model_copy(update={"seed": 5})  # as if random weights had changed
    save_adain(network, path, {})
    with pytest.raises(ModelFileError, match="learned with other weights than those of resnet20 here"):
        load_adain(path)


def test_a_foreign_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    write_file(path, model().decoder.state_dict(), {"network": "adain", "arguments": {"network": "resnet20"}})
    with pytest.raises(ModelFileError, match="no network for any style"):
        load_adain(path)
    write_file(
        path,
        model().decoder.state_dict(),
        {"network": "adain", "arguments": {"layer": "stem", "mark": [], "evil": 1}},
    )
    with pytest.raises(SettingError, match="there is no setting 'evil'"):
        load_adain(path)
