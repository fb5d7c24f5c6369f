import pytest
import torch
from torch import nn

from striate.backbones.googlenet import INPUTS, TABLE, googlenet, googlenet_2014, inception, se_googlenet
from striate.errors import ShapeError
from striate.layers.conv_norm import conv_norm
from striate.layers.response_norm import ResponseNorm
from striate.layers.squeeze_excite import SqueezeExcite
from striate.ops.multiplications import conv_multiplications
from striate.zoo.cost.summary import summary

BUILDERS = [googlenet, googlenet_2014, se_googlenet]


def on_meta(build, **arguments):
    with torch.device("meta"):
        return build(**arguments).eval()


def size(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_modules_give_the_channels_of_table_1():
    assert {name: widths.channels for name, widths in TABLE.items()} == {
        **{"3a": 256, "3b": 480},
        **{"4a": 512, "4b": 512, "4c": 512, "4d": 528, "4e": 832},
        **{"5a": 832, "5b": 1024},
    }
    assert INPUTS["3a"] == 192
    assert INPUTS["4e"] == 528


@pytest.mark.parametrize("build", BUILDERS)
def test_the_maps_have_the_sizes_of_table_1(build):
    network = on_meta(build)
    maps = network.features(torch.empty(1, 3, 224, 224, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        2: (64, 112, 112),
        4: (192, 56, 56),
        8: (480, 28, 28),
        16: (832, 14, 14),
        32: (1024, 7, 7),
    }


@pytest.mark.parametrize(("build", "least"), [(googlenet, 15), (googlenet_2014, 31)])
def test_the_least_side_leaves_one_pixel(
    build, least
):  # 15 -> 8 -> 4 -> 2 -> 1 -> 1, 31 -> 16 -> 8 -> 4 -> 2 -> 1
    network = on_meta(build)
    assert network.features(torch.empty(1, 3, least, least, device="meta"))[32].shape == (1, 1024, 1, 1)
    with pytest.raises(ShapeError, match=f"{least} pixels or more"):
        network(torch.empty(1, 3, least, least - 1, device="meta"))


def test_a_bottleneck_saves_nine_tenths_of_the_5x5_branch():
    # 28 * 28 * 32 results of 5 * 5 * 192 products: 120,422,400. Through 16 channels
    # 28 * 28 * 16 * 192 = 2,408,448 and 28 * 28 * 32 * 5 * 5 * 16 = 10,035,200, in all 12,443,648.
    assert conv_multiplications(5, 192, 32, 28) == 120_422_400
    rows = summary(on_meta(googlenet_2014)).rows
    branch = [row.multiplications for row in rows if "inception3a.branches.five" in row.path]
    assert [count for count in branch if count] == [2_408_448, 10_035_200]
    assert sum(branch) == 12_443_648


def test_the_module_has_the_parameters_of_its_figure():
    # 3a of table 1, 159K weights: 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32 = 163,328,
    # and as many biases as channels: 64 + 96 + 128 + 16 + 32 + 32 = 368
    assert size(inception(192, TABLE["3a"])) == 163_328 + 368


def test_the_branches_are_laid_in_the_order_of_the_figure():
    module = inception(8, TABLE["3a"]).eval()
    x = torch.rand(1, 8, 6, 6)
    y = module(x)
    assert torch.equal(y[:, :64], module.one(x))
    assert torch.equal(y[:, 64:192], module.three(x))
    assert torch.equal(y[:, 192:224], module.five(x))
    assert torch.equal(y[:, 224:], module.pool(x))


@pytest.mark.parametrize(
    ("build", "alone", "assisted"),
    [
        (googlenet, 6_624_904, 13_004_888),
        # 512 * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 = 3,188,840 for 4a, 16 * 128 more for 4d
        (googlenet_2014, 6_998_552, 6_998_552 + 2 * 3_188_840 + 16 * 128),
    ],
)
def test_auxiliary_heads_are_nearly_half_of_the_parameters(build, alone, assisted):
    assert size(on_meta(build)) == alone
    assert size(on_meta(build, auxiliary=True)) == assisted


@pytest.mark.parametrize("build", BUILDERS)
def test_auxiliary_heads_matter_in_training_scores_only(build):
    torch.manual_seed(0)
    network = build(classes=5, auxiliary=True).eval()
    alone = build(classes=5).eval()
    alone.load_state_dict(
        {key: value for key, value in network.state_dict().items() if "auxiliaries" not in key}
    )
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(images), alone(images))
        losses = network.training_scores(images)
        assert torch.equal(losses["cross_entropy"][1], alone(images))
    weights = {name: weight for name, (weight, _) in losses.items()}
    assert weights == {"cross_entropy": 1.0, "auxiliary_4a": 0.3, "auxiliary_4d": 0.3}  # section 5
    assert list(alone.training_scores(images)) == ["cross_entropy"]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_new_head_replaces_those_of_the_auxiliaries(build):
    network = on_meta(build, auxiliary=True)
    network.replace_head(7)
    losses = network.training_scores(torch.empty(2, 3, 224, 224, device="meta"))
    assert [tuple(scores.shape) for _, scores in losses.values()] == [(2, 7)] * 3


def test_the_auxiliary_heads_compute_what_those_of_torchvision_compute():
    from torchvision.models.googlenet import InceptionAux

    torch.manual_seed(0)
    ours = googlenet(classes=5, auxiliary=True).auxiliaries["4d"].eval()
    theirs = InceptionAux(528, 5).eval()
    pairs = zip(theirs.state_dict().values(), ours.state_dict().values(), strict=True)
    for tensor, value in pairs:
        tensor.copy_(value)
    images = torch.rand(2, 528, 14, 14)
    assert torch.allclose(ours(images), theirs(images), rtol=1e-5, atol=1e-7)


def test_the_published_network_has_filters_of_five_biases_and_response_norms():
    network = on_meta(googlenet_2014)
    assert sum(isinstance(module, ResponseNorm) for module in network.modules()) == 2
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert sum(module.kernel_size == (5, 5) for module in convolutions) == 9
    assert all(module.bias is not None for module in convolutions)
    assert len(convolutions) == 3 + 9 * 6  # 22 layers deep: 3 + 9 * 2 + 1
    assert network.head.drop.p == 0.4  # section 5
    assert network.stages[3].pool4.kernel_size == 3


def test_the_network_of_the_public_weights_has_batch_norms_and_no_filter_of_five():
    network = on_meta(googlenet)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == len(convolutions) == 57
    assert {module.eps for module in norms} == {1e-3}
    assert {module.kernel_size[0] for module in convolutions} == {1, 3, 7}


def test_squeeze_and_excitation_adds_two_small_layers_behind_every_module():
    # 2 c (c // 16) weights, c + c // 16 biases for 256, 480, 512 three times, 528, 832 twice, 1024 channels:
    # 8,192 + 28,800 + 3 * 32,768 + 34,848 + 2 * 86,528 + 131,072 = 474,272; 5,488 + 343 biases
    network = on_meta(se_googlenet)
    blocks = [module for module in network.modules() if isinstance(module, SqueezeExcite)]
    assert sum(map(size, blocks)) == 474_272 + 5_488 + 343 == 7_478_655 - 6_998_552
    assert [name for name, _ in network.stages[1].inception3a.named_children()] == ["branches", "squeeze"]


def test_the_first_weights_keep_the_size_of_what_goes_through():  # variance 2 / (9 * 96) of 110,592 samples
    torch.manual_seed(0)
    weight = googlenet_2014(classes=2).stages[1].inception3a.branches.three.conv.conv.weight
    assert weight.var().item() == pytest.approx(2 / (9 * 96), rel=0.03)


def test_any_brick_can_build_the_module():
    module = inception(4, TABLE["3a"], conv_norm, large=3).eval()
    assert module(torch.rand(1, 4, 5, 5)).shape == (1, 256, 5, 5)
    assert isinstance(module.five.conv.norm, nn.BatchNorm2d)
