import torch
from torch import nn

from striate.backbones.inception_v2 import INPUTS, TABLE, InceptionV2


def on_meta():
    with torch.device("meta"):
        return InceptionV2().eval()


def test_the_maps_have_the_sizes_of_figure_5():
    maps = on_meta().features(torch.empty(1, 3, 224, 224, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        2: (64, 112, 112),
        4: (192, 56, 56),
        8: (320, 28, 28),
        16: (576, 14, 14),
        32: (1024, 7, 7),
    }


def test_every_module_gives_the_channels_of_figure_5():
    network, outputs = on_meta(), {}
    x = torch.empty(1, 192, 28, 28, device="meta")
    for stage in network.stages[1:]:
        for name, module in stage.named_children():
            if name.startswith("inception"):
                x = module(x)
                outputs[name.removeprefix("inception")] = x.shape[1]
    assert outputs == {
        **{"3a": 256, "3b": 320, "3c": 576},
        **{"4a": 576, "4b": 576, "4c": 576, "4d": 576, "4e": 1024},
        **{"5a": 1024, "5b": 1024},
    }


def test_the_parameters_are_those_of_the_rows_of_figure_5():
    # A convolution of f x f filters has f f in out weights, its norm 2 out numbers.
    def brick(f, channels_in, channels):
        return f * f * channels_in * channels + 2 * channels

    count = 7 * 7 * 24 + brick(1, 24, 64) + brick(1, 64, 64) + brick(3, 64, 192)
    for name, (one, reduce3, three, reduce_double, double, _, project) in TABLE.items():
        c = INPUTS[name]
        count += brick(1, c, reduce3) + brick(3, reduce3, three)
        count += brick(1, c, reduce_double) + brick(3, reduce_double, double) + brick(3, double, double)
        count += brick(1, c, one) + brick(1, c, project)  # 0 for 3c and 4e
    assert count + 1025 * 1000 == 11_188_288
    assert sum(parameter.numel() for parameter in on_meta().parameters()) == 11_188_288


def test_the_first_convolution_looks_at_every_channel_of_the_image_by_itself():
    depthwise = InceptionV2(classes=2, in_channels=4).stem.depthwise
    assert (depthwise.groups, depthwise.out_channels, depthwise.kernel_size) == (4, 32, (7, 7))


def test_the_batch_takes_the_place_of_dropout_and_biases():
    modules = list(on_meta().modules())
    assert not any(isinstance(module, nn.Dropout) for module in modules)
    assert all(module.bias is None for module in modules if isinstance(module, nn.Conv2d))


def test_the_last_module_pools_by_maximum_and_the_others_by_means():
    network = on_meta()
    assert isinstance(network.stages[3].inception5b.pool[0], nn.MaxPool2d)
    assert isinstance(network.stages[3].inception5a.pool[0], nn.AvgPool2d)
    assert isinstance(network.stages[3].inception4e.pool, nn.MaxPool2d)
