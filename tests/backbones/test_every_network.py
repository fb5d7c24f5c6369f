"""The table test that every network joins with one line of counts.py."""

import gc
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from torch import nn
from torch.export import export

from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.layers.drop_path import DropPath
from striate.zoo.build import build
from striate.zoo.cost.summary import summary
from striate.zoo.networks import MODELS, arguments_of, create
from striate.zoo.save_load import load, save
from tests.backbones.counts import COUNTS, SMALL

NAMES = list(MODELS)


def one_a_family() -> Iterator[str]:
    """The first name of each builder: what takes long is tested for those."""
    seen = set()
    for name, builder in MODELS.items():
        family = builder.func if isinstance(builder, partial) else builder
        if family not in seen:
            seen.add(family)
            yield name


FAMILIES = list(one_a_family())
SMALL_STRIDES = {1: (16, 32, 32), 2: (32, 16, 16), 4: (64, 8, 8)}  # section 4.2: 32x32, 16x16, 8x8
FIGURE_2 = {2: (6, 14, 14), 4: (16, 5, 5)}
FIGURES = {"lenet": FIGURE_2, "resnet": SMALL_STRIDES, "plain": SMALL_STRIDES}
MAPS = {name: maps for name in SMALL for family, maps in FIGURES.items() if name.startswith(family)}


def channels_of(name: str) -> int:
    return 1 if name.startswith("lenet") else 3


def make(name: str, classes: int = 5) -> Backbone:
    return create(name, classes=classes, in_channels=channels_of(name))


def device_of(name: str) -> str:
    """One network of each family computes with numbers; the others differ in how often a block stands there,
    which shapes alone show."""
    return "cpu" if name in FAMILIES else "meta"


def images_for(network: Backbone, count: int, more: tuple[int, int] = (0, 0)) -> torch.Tensor:
    sides = (min(network.least_side + side, network.most_side or 10_000) for side in more)
    images = torch.rand(count, network.input_channels, *sides, generator=torch.Generator().manual_seed(0))
    return images.to(next(network.parameters()).device)


@pytest.fixture(scope="module", autouse=True)
def only_new_objects_are_collected() -> Iterator[None]:
    """Looking through all that was imported takes longer than most of these tests."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def free_memory() -> Iterator[None]:
    torch.manual_seed(0)
    yield
    gc.collect()


def test_the_table_is_complete():
    assert sorted(COUNTS) == sorted(MODELS)


@pytest.mark.parametrize("name", NAMES)
class TestEveryNetwork:
    def test_it_has_the_published_counts(self, name):
        with torch.device("meta"):
            network = make(name, classes=10 if name in SMALL else 1000)
        total = summary(network).total
        assert (total.parameters, total.multiplications) == COUNTS[name]

    def test_its_maps_have_the_strides_and_channels_that_it_says(self, name):
        with torch.device("meta"):
            network = make(name).eval()
            images = torch.empty(2, network.input_channels, *network.input_size)
            maps = network.features(images)
            assert network(images).shape == (2, 5)
            assert network.embed(images).ndim == 2
        assert {stride: x.shape[1] for stride, x in maps.items()} == network.channels
        assert list(maps) == sorted(maps)
        for stride, x in maps.items():  # unpadded convolutions lose some pixels at the border
            assert x.shape[-1] <= -(-network.input_size[1] // stride)
        if name in MAPS:
            assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == MAPS[name]

    @torch.no_grad()
    def test_the_least_side_odd_sizes_and_a_batch_of_one_work(self, name):
        with torch.device(device_of(name)):
            network = make(name).eval()
        for more in ((0, 0), (1, 14)):
            scores = network(images_for(network, 1, more))
            assert scores.shape == (1, 5)
            assert scores.is_meta or scores.isfinite().all()

    def test_every_parameter_gets_a_gradient(self, name):
        own = {"auxiliary": True} if "auxiliary" in arguments_of(name) else {}
        with torch.device(device_of(name)):
            network = create(name, classes=5, in_channels=channels_of(name), **own).train()
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0  # a dropped unit has none
            if isinstance(module, DropPath):
                module.probability = 0.0
        more = (16, 16) if network.least_side > 1 else (31, 31)
        losses = network.training_scores(images_for(network, 4, more))
        sum(weight * scores.logsumexp(1).sum() for weight, scores in losses.values()).backward()
        lacking = [n for n, p in network.named_parameters() if p.grad is None]
        assert lacking == []
        if device_of(name) == "cpu":
            assert [n for n, p in network.named_parameters() if not p.grad.any()] == []

    def test_a_new_head_gives_other_classes(self, name):
        with torch.device("meta"):
            network = make(name).eval()
            network.replace_head(7)
            assert network(torch.empty(1, network.input_channels, *network.input_size)).shape == (1, 7)

    def test_other_channels_are_taken_and_wrong_ones_refused(self, name):
        with torch.device("meta"):
            network = create(name, classes=2, in_channels=5).eval()
            assert network(torch.empty(1, 5, *network.input_size)).shape == (1, 2)
            with pytest.raises(Exception, match="5 channels"):
                network(torch.empty(1, 4, *network.input_size))
            with pytest.raises(Exception, match="sides of"):
                network(torch.empty(1, 5, network.least_side - 1, 40))


@pytest.mark.parametrize("name", FAMILIES)
class TestEveryFamily:
    @torch.no_grad()
    def test_a_sample_does_not_depend_on_its_neighbours(self, name):
        network = make(name).eval().double()
        images = images_for(network, 3, (8, 8)).double()
        assert torch.allclose(network(images)[1:2], network(images[1:2]))

    @torch.no_grad()
    def test_save_and_load_are_exact(self, name, tmp_path):
        channels = channels_of(name)
        with torch.device("meta"):
            side = min(make(name).input_size)
        model = build(
            name, ["a", "b"], Preprocess((side, side), channels, (0.4,) * channels, (0.3,) * channels)
        )
        save(model.eval(), tmp_path / "model.safetensors")
        again = load(tmp_path / "model.safetensors")
        images = torch.randint(0, 256, (1, channels, side, side), dtype=torch.uint8)
        assert torch.equal(again(images), model(images))

    @torch.no_grad()
    def test_the_exported_network_gives_the_same_scores(self, name):
        network = make(name).eval()
        images = images_for(network, 2)
        assert torch.equal(export(network, (images,)).module()(images), network(images))

    def test_bfloat16_and_channels_last_work(self, name):
        network = make(name).to(memory_format=torch.channels_last)
        images = images_for(network, 2, (16, 16)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            network(images).float().sum().backward()
        assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
