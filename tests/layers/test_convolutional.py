"""Fully connected layers as convolutions: one pass has the scores of all crops, where that can be."""

import pytest
import torch
from torch import nn

from striate.backbones.alexnet import AlexNet, AlexNet2012
from striate.backbones.lenet import lenet5, lenet5_1998
from striate.backbones.mobilenet_v3 import SMALL, MobileNetV3
from striate.backbones.nin import NinCifar
from striate.backbones.vgg import VGG
from striate.errors import SettingError, ShapeError
from striate.layers.convolutional import Convolutional, as_convolution, bin_shares


def overfeat():
    """The network of the figure: 14x14 pixels, four classes."""
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 5), nn.MaxPool2d(2), nn.Flatten()),
        *(
            nn.Linear(400, 400),
            nn.ReLU(),
            nn.Linear(400, 400),
            nn.ReLU(),
            nn.Linear(400, 4),
            nn.Softmax(dim=1),
        ),
    )


def crops_of(network, sliding, images):
    """(N, K, rows, columns): the network's scores of each window, cut out."""
    windows = sliding.windows(tuple(images.shape[2:])).long().tolist()
    with torch.no_grad():
        scores = [network(images[:, :, y1:y2, x1:x2]) for x1, y1, x2, y2 in windows]
    return torch.stack(scores, dim=2).view(len(images), -1, *sliding.grid(tuple(images.shape[2:])))


def drawn(network, seed=0):
    """Weights large enough for scores to differ, and norms that do something."""
    torch.manual_seed(seed)
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight)
            if part.bias is not None:
                nn.init.normal_(part.bias, std=0.1)
        elif isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(part.running_mean, std=0.1)
    return network.eval()


def without_padding(network):
    """The same network with layers that see nothing but their map."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            part.padding = (0, 0)
        elif isinstance(part, nn.MaxPool2d):
            part.ceil_mode = False
    return network


# side of the window and what comes out after: conv, pool, full, full, full
FIGURE = {14: [10, 5, 1, 1, 1], 16: [12, 6, 2, 2, 2], 28: [24, 12, 8, 8, 8]}


@pytest.mark.parametrize("side", FIGURE)
def test_maps_are_those_of_the_figure(side):
    x, sides = torch.zeros(1, 3, side, side), []
    for layer in Convolutional(overfeat(), (14, 14)).layers:
        x = layer(x)
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            sides.append(x.shape[-1])
    assert sides == FIGURE[side]
    assert tuple(x.shape[:2]) == (1, 4)


@pytest.mark.parametrize("size", [(14, 14), (16, 16), (28, 28), (17, 31)])
def test_windows_have_the_scores_of_crops(size):
    network = drawn(overfeat())
    sliding = Convolutional(network, (14, 14))
    images = torch.randn(2, 3, *size)
    assert sliding.stride == (2, 2)
    assert sliding.exact
    assert torch.allclose(sliding(images), crops_of(network, sliding, images), atol=1e-5)


@pytest.mark.parametrize("builder", [lenet5, lenet5_1998])
def test_lenet_slides(builder):
    network = drawn(builder(in_channels=3))
    sliding = Convolutional(network, (32, 32))
    images = torch.randn(1, 3, 47, 64)
    assert sliding.stride == (4, 4)
    assert sliding.exact
    assert torch.allclose(sliding(images), crops_of(network, sliding, images), atol=1e-5)


@pytest.mark.parametrize(
    ("network", "window", "stride"),
    [
        (lambda: AlexNet(classes=7), 199, 32),  # maps of 49, 24, 20, 9, 7, 5, 3, 1: their bins are copies
        (lambda: AlexNet2012(classes=7), 259, 32),  # maps of 3 in 6 bins
        (lambda: VGG(11, classes=7), 212, 32),
        (lambda: VGG(11, classes=7, batch_norm=True), 220, 32),
        (lambda: NinCifar(), 41, 4),
    ],
    ids=["alexnet", "alexnet_2012", "vgg11", "vgg11_bn", "nin_cifar"],
)
@torch.no_grad()
def test_networks_without_padding_are_equal_whatever_their_heads_pool(network, window, stride):
    network = drawn(without_padding(network()))
    sliding = Convolutional(network, (window, window))
    images = torch.randn(1, 3, window + stride, window)
    scores, crops = sliding(images), crops_of(network, sliding, images)
    assert sliding.stride == (stride, stride)
    assert sliding.exact
    assert tuple(scores.shape[2:]) == (2, 1)
    assert torch.allclose(scores, crops, atol=1e-5 * float(crops.abs().max().clamp(min=1)))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (lambda: AlexNet(classes=7), "stem.conv1, stages.0.conv2, stages.1.conv3 and 2 others pad"),
        (lambda: NinCifar(), "stem.0, stages.0.pool, stages.0.mlp.0 and 2 others pad"),
        (lambda: VGG(11, classes=7), "and 5 others pad"),
        (lambda: MobileNetV3(SMALL, classes=7), "pool globally, over more than a window"),
    ],
    ids=["alexnet", "nin_cifar", "vgg11", "mobilenet_v3_small"],
)
@torch.no_grad()
def test_a_network_that_looks_beyond_a_window_says_so_and_is_equal_for_one(network, reason):
    network = drawn(network())
    window = network.input_size
    sliding = Convolutional(network, window)
    assert not sliding.exact
    assert any(reason in note for note in sliding.notes)
    assert tuple(sliding.grid((window[0] + sliding.stride[0], window[1]))) == (2, 1)
    images = torch.randn(1, 3, *window)
    scores, whole = sliding(images)[:, :, 0, 0], network(images)
    assert torch.allclose(scores, whole, atol=1e-5 * float(whole.abs().max().clamp(min=1)))


def test_a_pooling_into_bins_becomes_part_of_the_weights():  # 2 units in 3 bins: 1, half of both, 1
    full = nn.Linear(3, 1, bias=False)
    full.weight.data = torch.tensor([[1.0, 10.0, 100.0]])
    layer = as_convolution(full, torch.Size((1, 1, 1, 2)), bin_shares((1, 2), (1, 3)))
    assert layer.weight.flatten().tolist() == [6.0, 105.0]


def test_norms_of_vectors_become_norms_of_maps():
    network = drawn(
        nn.Sequential(
            *(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 6), nn.BatchNorm1d(6), nn.LogSoftmax(dim=-1))
        )
    )
    sliding = Convolutional(network, (5, 5))
    images = torch.randn(1, 1, 7, 6)
    assert torch.allclose(sliding(images), crops_of(network, sliding, images), atol=1e-5)


def test_the_speed_up_counts_multiplications():
    crop = 10 * 10 * 3 * 16 * 25 + 400 * 400 + 400 * 400 + 400 * 4
    once = 12 * 12 * 3 * 16 * 25 + 4 * (400 * 400 + 400 * 400 + 400 * 4)
    assert Convolutional(overfeat(), (14, 14)).speed_up((16, 16)) == pytest.approx(4 * crop / once)


def test_a_picture_smaller_than_the_window_is_refused():
    with pytest.raises(ShapeError, match="13x20"):
        Convolutional(overfeat(), (14, 14))(torch.zeros(1, 3, 13, 20))


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(nn.Linear(4, 2)),
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.LayerNorm(72), nn.Linear(72, 2)),
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)),
        nn.Sequential(nn.Conv2d(1, 2, 3)),
    ],
    ids=["no convolution", "a norm over all units", "bins, then no weights", "maps"],
)
def test_a_network_that_cannot_slide_says_why(network):
    with pytest.raises(SettingError, match="cannot slide"):
        Convolutional(network, (8, 8))


def test_the_network_itself_stays_as_it_is():
    network = lenet5(in_channels=1).train()
    before = network.state_dict()
    Convolutional(network, (32, 32))
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
