"""The table test that every backbone joins with one line."""

import pytest
import torch
from torch.export import export

from striate.data.preprocess import Preprocess
from striate.zoo.build import build
from striate.zoo.saved import load, save
from striate.zoo.table import MODELS, create

# Parameters, worked by hand for ten classes.
# LeNet-5: 26 * 6 + (25 * 6 + 1) * 16 + 401 * 120 + 121 * 84 + 85 * 10 = 156 + 2,416 + 48,120 + 10,164 + 850
LENET = 61_706
# ResNet, n blocks a stage. Convolutions of c channels have 9 c c weights, norms 2 c:
#   stem        9 * 3 * 16 + 32                                                     =     464
#   stage 1     2n * (9 * 16 * 16 + 32)                                             = 2n *  2,336
#   stage 2     9 * 16 * 32 + 64 + (2n - 1) * (9 * 32 * 32 + 64)                    = 2n *  9,280 -  4,608
#   stage 3     9 * 32 * 64 + 128 + (2n - 1) * (9 * 64 * 64 + 128)                  = 2n * 36,992 - 18,432
#   output      65 * 10                                                             =     650
# sum: 2n * 48,608 - 21,926. The paper's table 6 says 0.27, 0.46, 0.66, 0.85 and 1.7 million.
RESNET = {layers: (layers - 2) // 3 * 48_608 - 21_926 for layers in (20, 32, 44, 56, 110)}

SMALL_STRIDES = {1: (16, 32, 32), 2: (32, 16, 16), 4: (64, 8, 8)}  # section 4.2: 32x32, 16x16, 8x8
FIGURE_2 = {2: (6, 14, 14), 4: (16, 5, 5)}

COLUMNS = ("name", "channels", "parameters", "maps", "odd")
BACKBONES = [
    ("lenet5", 1, LENET, FIGURE_2, (35, 32)),
    ("lenet5_1998", 1, LENET, FIGURE_2, (33, 34)),
    *((f"resnet{layers}", 3, RESNET[layers], SMALL_STRIDES, (29, 43)) for layers in RESNET),
    *((f"plain_{layers}", 3, RESNET[layers], SMALL_STRIDES, (29, 43)) for layers in RESNET),
]
NAMES = [name for name, *_ in BACKBONES]
FAST = [row for row in BACKBONES if row[0] in ("lenet5", "lenet5_1998", "resnet20", "plain_20")]


def test_the_table_is_complete():
    assert sorted(NAMES) == sorted(MODELS)


def test_the_published_counts_are_the_known_ones():
    assert RESNET == {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962}


@pytest.mark.parametrize(COLUMNS, BACKBONES, ids=NAMES)
class TestEveryBackbone:
    def test_it_has_the_published_parameters(self, name, channels, parameters, maps, odd):
        network = create(name, classes=10, in_channels=channels)
        assert sum(parameter.numel() for parameter in network.parameters()) == parameters

    def test_its_maps_are_those_of_the_figure(self, name, channels, parameters, maps, odd):
        with torch.device("meta"):
            network = create(name, classes=10, in_channels=channels).eval()
            images = torch.empty(2, channels, *network.input_size)
            assert {k: tuple(x.shape[1:]) for k, x in network.features(images).items()} == maps
            assert network(images).shape == (2, 10)
        assert network.channels == {stride: shape[0] for stride, shape in maps.items()}


@pytest.mark.parametrize(COLUMNS, FAST, ids=[row[0] for row in FAST])
class TestEveryFamily:
    def test_odd_sizes_and_a_batch_of_one(self, name, channels, parameters, maps, odd):
        scores = create(name, classes=7, in_channels=channels).eval()(torch.rand(1, channels, *odd))
        assert scores.shape == (1, 7)
        assert scores.isfinite().all()

    def test_every_parameter_gets_a_gradient(self, name, channels, parameters, maps, odd):
        torch.manual_seed(0)
        network = create(name, classes=10, in_channels=channels).train()
        network(torch.rand(4, channels, 32, 32)).logsumexp(1).sum().backward()
        assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []

    def test_a_sample_does_not_depend_on_its_neighbours(self, name, channels, parameters, maps, odd):
        network = create(name, classes=10, in_channels=channels).eval().double()
        images = torch.rand(3, channels, 32, 32, dtype=torch.float64)
        assert torch.allclose(network(images)[1:2], network(images[1:2]))

    def test_save_and_load_are_exact(self, name, channels, parameters, maps, odd, tmp_path):
        preprocess = Preprocess((32, 32), channels, (0.4,) * channels, (0.3,) * channels)
        model = build(name, ["a", "b", "c"], preprocess).eval()
        save(model, tmp_path / "model.safetensors")
        again = load(tmp_path / "model.safetensors")
        images = torch.randint(0, 256, (2, channels, 32, 32), dtype=torch.uint8)
        assert torch.equal(again(images), model(images))

    def test_the_exported_network_gives_the_same_scores(self, name, channels, parameters, maps, odd):
        network = create(name, classes=10, in_channels=channels).eval()
        images = torch.rand(2, channels, 32, 32)
        assert torch.equal(export(network, (images,)).module()(images), network(images))

    def test_bfloat16_and_channels_last_work(self, name, channels, parameters, maps, odd):
        network = create(name, classes=10, in_channels=channels).to(memory_format=torch.channels_last)
        images = torch.rand(2, channels, 32, 32).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            network(images).float().sum().backward()
        assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
