"""Network in Network: what slides over the image, and maps that are averaged to scores."""

import pytest
import torch
from torch import nn

from striate.backbones.nin import NinCifar, NinImageNet, mlp
from striate.errors import SettingError

# CIFAR, weights and biases of each layer:
#   mlp 1   25 * 3 * 192 + 192 = 14,592     192 * 160 + 160 = 30,880     160 * 96 + 96 = 15,456
#   mlp 2   25 * 96 * 192 + 192 = 460,992   192 * 192 + 192 = 37,056     37,056
#   mlp 3   9 * 192 * 192 + 192 = 331,968   37,056                       192 * 10 + 10 = 1,930
CIFAR = [14_592, 30_880, 15_456, 460_992, 37_056, 37_056, 331_968, 37_056, 1_930]
# ImageNet:
#   mlp 1   121 * 3 * 96 + 96 = 34,944          96 * 96 + 96 = 9,312          9,312
#   mlp 2   25 * 96 * 256 + 256 = 614,656       256 * 256 + 256 = 65,792      65,792
#   mlp 3   9 * 256 * 384 + 384 = 885,120       384 * 384 + 384 = 147,840     147,840
#   mlp 4   9 * 384 * 1024 + 1024 = 3,539,968   1024 * 1024 + 1024 = 1,049,600   1025 * 1000 = 1,025,000
IMAGENET = [
    *(34_944, 9_312, 9_312, 614_656, 65_792, 65_792),
    *(885_120, 147_840, 147_840, 3_539_968, 1_049_600, 1_025_000),
]


@pytest.mark.parametrize(("build", "layers"), [(NinCifar, CIFAR), (NinImageNet, IMAGENET)])
def test_every_layer_has_the_parameters_worked_by_hand(build, layers):
    with torch.device("meta"):
        network = build()
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
    assert [sum(values.numel() for values in part.parameters()) for part in convolutions] == layers


def test_the_sums_are_the_published_ones():
    assert (sum(CIFAR), sum(IMAGENET)) == (966_986, 7_595_176)


def test_the_maps_of_cifar_are_16_and_8_wide():
    with torch.device("meta"):
        maps = NinCifar().features(torch.empty(1, 3, 32, 32))
    shapes = {stride: tuple(x.shape[1:]) for stride, x in maps.items()}
    assert shapes == {1: (96, 32, 32), 2: (192, 16, 16), 4: (192, 8, 8)}


def test_the_maps_of_imagenet_have_the_four_strides():
    with torch.device("meta"):
        maps = NinImageNet().features(torch.empty(1, 3, 224, 224))
    shapes = {stride: tuple(x.shape[1:]) for stride, x in maps.items()}
    assert shapes == {4: (96, 54, 54), 8: (256, 26, 26), 16: (384, 12, 12), 32: (1024, 5, 5)}


@torch.no_grad()
def test_a_1x1_convolution_is_a_linear_layer_at_every_pixel():
    torch.manual_seed(0)
    layers = mlp(nn.Conv2d(3, 4, 1), 5)
    pixels = torch.rand(2, 3, 6, 7)
    (a, b) = ((conv.weight.flatten(1), conv.bias) for conv in (layers[0], layers[2]))
    vectors = pixels.permute(0, 2, 3, 1)
    expected = nn.functional.linear(nn.functional.linear(vectors, *a).relu(), *b).relu()
    assert torch.allclose(layers(pixels).permute(0, 2, 3, 1), expected, atol=1e-6)


@torch.no_grad()
def test_a_score_is_the_mean_of_its_map():
    network = NinCifar(classes=2).eval()
    network.head.output.weight.zero_()
    network.head.output.weight[0, 5] = 1.0  # the map of class 0 is map 5, that of class 1 is -3
    network.head.output.bias.copy_(torch.tensor([0.0, -3.0]))
    images = torch.rand(2, 3, 32, 32)
    map_5 = network.features(images)[4][:, 5]
    expected = torch.stack([map_5.mean(dim=(1, 2)), torch.full((2,), -3.0)], dim=1)
    assert torch.allclose(network(images), expected)
    assert torch.allclose(network.embed(images)[:, 5], expected[:, 0])


@pytest.mark.parametrize(("build", "side"), [(NinCifar, 8), (NinImageNet, 67)])
def test_every_class_map_gets_a_gradient_at_the_first_step(build, side):
    # with a ReLU over them, a map that begins negative, and that is half of the classes, would get none
    torch.manual_seed(0)
    network = build(classes=10)
    nn.functional.cross_entropy(network(torch.rand(4, 3, side, side)), torch.tensor([0, 1, 2, 3])).backward()
    assert (network.head.output.weight.grad.flatten(1).abs().amax(1) > 0).all()
    assert (network(torch.rand(4, 3, side, side)) < 0).any()


@torch.no_grad()
def test_scores_are_linear_in_the_description_of_a_picture():
    network = NinCifar(classes=3).eval()
    images, last = torch.rand(2, 3, 16, 16), network.head.output
    expected = nn.functional.linear(network.embed(images), last.weight.flatten(1), last.bias)
    assert torch.allclose(network(images), expected, atol=1e-5)


@torch.no_grad()
def test_the_head_learns_nothing_but_the_class_maps():
    assert [name for name, _ in NinCifar().head.named_parameters()] == ["output.weight", "output.bias"]


@pytest.mark.parametrize(("build", "numbers"), [(NinCifar, 192), (NinImageNet, 1024)])
def test_the_description_of_a_picture_is_the_mean_of_the_last_maps(build, numbers):
    with torch.device("meta"):
        network = build().eval()
        assert network.embed(torch.empty(2, 3, *network.input_size)).shape == (2, numbers)


def test_a_new_head_has_a_map_for_each_class_and_keeps_the_type():
    network = NinCifar().double()
    network.replace_head(4)
    assert network.head.output.weight.shape == (4, 192, 1, 1)
    assert network.eval()(torch.rand(2, 3, 8, 8, dtype=torch.float64)).shape == (2, 4)


def test_a_head_without_classes_is_refused():
    with pytest.raises(SettingError, match="classes is 0"):
        NinCifar().replace_head(0)


def test_weights_begin_with_the_variance_of_he():  # 2 / (25 * 96) = 0.000833
    torch.manual_seed(0)
    weight = NinCifar().stages[0].mlp[0].weight
    assert weight.var().item() == pytest.approx(2 / 2400, rel=0.01)


@pytest.mark.parametrize(("build", "least"), [(NinCifar, 4), (NinImageNet, 67)])
def test_one_pixel_less_than_the_least_side_leaves_nothing(build, least):
    # CIFAR rounds up: 4 -> 2 -> 1, 3 -> 1 -> none. ImageNet: 3 <- 7 <- 15 units, 11 + 14 * 4 pixels
    with torch.device("meta"):
        network = build().eval()
        assert network.stages(network.stem(torch.empty(1, 3, least, least))).shape[2:] == (1, 1)
        with pytest.raises(RuntimeError, match="too small"):
            network.stages(network.stem(torch.empty(1, 3, least - 1, least - 1)))
