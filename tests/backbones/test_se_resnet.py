import pytest
import torch
from torch import nn

from striate.backbones.se_resnet import squeeze
from striate.layers.squeeze_excite import SqueezeExcite
from striate.zoo.cost.summary import summary
from striate.zoo.networks import create


def meta(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        return create(name, **arguments).eval()


# a block of c channels that squeezes to s has 2 c s weights and c + s biases, and multiplies 2 c s times:
#   64 -> 8: 1,096   128 -> 8: 2,184   256 -> 16: 8,464   512 -> 32: 33,312
#   1024 -> 64: 132,160   2048 -> 128: 526,464
@pytest.mark.parametrize(
    ("layers", "parameters", "multiplications"),
    [
        (18, 2 * (1_096 + 2_184 + 8_464 + 33_312), 2 * (1_024 + 2_048 + 8_192 + 32_768)),
        (34, 3 * 1_096 + 4 * 2_184 + 6 * 8_464 + 3 * 33_312, 3_072 + 8_192 + 49_152 + 98_304),
        (50, 3 * 8_464 + 4 * 33_312 + 6 * 132_160 + 3 * 526_464, 2_514_944),
        (101, 3 * 8_464 + 4 * 33_312 + 23 * 132_160 + 3 * 526_464, 2_514_944 + 17 * 131_072),
        (152, 3 * 8_464 + 8 * 33_312 + 36 * 132_160 + 3 * 526_464, 2_514_944 + 30 * 131_072 + 4 * 32_768),
    ],
)
def test_it_costs_what_resnet_costs_and_the_squeezing(layers, parameters, multiplications):
    with_it, without = (summary(meta(f"{kind}{layers}")).total for kind in ("se_resnet", "resnet"))
    assert with_it.parameters - without.parameters == parameters
    assert with_it.multiplications - without.multiplications == multiplications


@pytest.mark.parametrize(
    ("channels", "squeezed"), [(64, 8), (128, 8), (256, 16), (512, 32), (1024, 64), (2048, 128)]
)
def test_a_sixteenth_of_the_channels_is_left_but_at_least_eight(channels, squeezed):
    assert squeeze(channels).reduce.out_channels == squeezed


@pytest.mark.parametrize(("layers", "blocks"), [(18, 8), (34, 16), (50, 16)])
def test_every_block_has_one(layers, blocks):
    layer_count = sum(isinstance(part, SqueezeExcite) for part in meta(f"se_resnet{layers}").modules())
    assert layer_count == blocks


def test_the_gates_of_a_network_stay_between_zero_and_one():
    torch.manual_seed(0)
    network, gates = create("se_resnet18", classes=2, stem="small").eval(), []
    for part in network.modules():
        if isinstance(part, SqueezeExcite):
            part.gate.register_forward_hook(lambda module, inputs, output: gates.append(output))
    network(torch.rand(2, 3, 32, 32))
    assert len(gates) == 8
    assert all(gate.min() > 0 and gate.max() < 1 for gate in gates)


def test_gates_of_one_give_the_resnet():
    torch.manual_seed(0)
    network, twin = create("se_resnet18", classes=2).eval(), create("resnet18", classes=2).eval()
    twin.load_state_dict({k: v for k, v in network.state_dict().items() if "squeeze" not in k})
    for part in network.modules():
        if isinstance(part, SqueezeExcite):
            nn.init.constant_(part.expand.bias, 1e4)
    images = torch.rand(1, 3, 32, 32)
    assert torch.equal(network(images), twin(images))


def test_striding_in_the_1x1_costs_as_the_networks_of_the_paper():  # those of 2017, as others count them
    assert summary(meta("se_resnet50", stride_in="1x1")).total.multiplications == 3_860_488_192


def test_the_small_stem_halves_nothing():
    assert meta("se_resnet50", stem="small").strides == (1, 1, 2, 4, 8)
