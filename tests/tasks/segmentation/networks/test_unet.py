"""U-Net on backbones: any size in, that size out."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.layers.upsampling import UPSAMPLINGS
from striate.tasks.segmentation.networks.unet import UNet
from striate.zoo.networks import create, models, network_named, segmenter_named

TINY = {"backbone": "resnet18", "width": 0.125, "channels": 4}


def tiny(**own):
    torch.manual_seed(0)
    return segmenter_named("unet", 5, **{**TINY, **own})


@pytest.mark.parametrize("size", [(64, 96), (50, 33), (1, 1), (1, 100), (97, 31)])
def test_scores_have_the_size_of_the_images(size):
    assert tiny().eval()(torch.randn(2, 3, *size)).shape == (2, 5, *size)


def test_a_size_that_does_not_divide_is_padded_with_zeros_and_cut_back():
    network = tiny().eval()
    images = torch.randn(1, 3, 40, 70)
    padded = torch.zeros(1, 3, 64, 96)
    padded[:, :, :40, :70] = images
    assert torch.equal(network(images), network(padded)[..., :40, :70])


@pytest.mark.parametrize("up", UPSAMPLINGS)
def test_every_weight_learns_whichever_way_up(up):
    network = tiny(up=up)
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert [name for name, one in network.named_parameters() if one.grad is None] == []


def test_no_such_way_up_and_no_channels_are_refused():
    with pytest.raises(SettingError, match="up"):
        tiny(up="max_unpool")
    with pytest.raises(SettingError, match="channels is 0"):
        tiny(channels=0)


def test_images_of_other_channels_are_refused():
    with pytest.raises(ShapeError, match="3 channels"):
        tiny()(torch.zeros(1, 1, 32, 32))


@pytest.mark.parametrize(
    "name",
    [
        *("lenet5", "alexnet", "vgg11", "nin_cifar", "darknet24_bn", "googlenet", "inception_v3", "xception"),
        *(
            "mobilenet_v2",
            "efficientnet_b0",
            "convnext_tiny",
            "se_resnet50",
            "resnet20",
            "inception_resnet_v2",
        ),
    ],
)
def test_any_backbone_gives_scores_of_every_pixel(name):
    with torch.device("meta"):
        network = UNet(create(name), classes=3, channels=4).eval()
    assert network.multiple == max(network.backbone.channels)
    assert network(torch.empty(1, 3, 100, 130, device="meta")).shape == (1, 3, 100, 130)


def test_a_bridge_stands_at_every_stride_that_the_backbone_has():
    with torch.device("meta"):
        blocks = UNet(create("resnet34"), classes=21).blocks
    assert list(blocks) == ["16", "8", "4", "2", "1"]
    inside = [block.conv1.conv.in_channels for block in blocks.values()]
    assert inside == [512 + 256, 256 + 128, 128 + 64, 64 + 64, 32]  # those of segmentation_models.pytorch
    assert [block.conv2.conv.out_channels for block in blocks.values()] == [256, 128, 64, 32, 16]


def test_names_of_segmentation_networks_are_a_table_of_their_own():
    assert {"unet", "unet_2015"} <= set(models("segmentation"))
    with pytest.raises(SettingError, match="unet is made for segmentation"):
        create("unet")
    with pytest.raises(SettingError, match="yolo is no segmentation network"):
        segmenter_named("yolo", 2)
    with pytest.raises(SettingError, match="there is no network 'unett'") as caught:
        network_named("unett")
    assert "unet" in caught.value.attempt
