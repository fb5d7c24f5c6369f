import pytest
import torch
from torch import nn

from striate.backbones.convnext import ConvNeXtBlock, PixelNorm, growing
from striate.errors import SettingError
from striate.layers.drop_path import DropPath
from striate.zoo.networks import create


def meta(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        return create(name, **arguments).eval()


def test_a_pixel_is_normalized_over_its_channels():
    # (1, 3): mean 2, variance 1 -> (-1, 1); (10, 10): variance 0 -> (0, 0)
    x = torch.tensor([[[[1.0, 10.0]], [[3.0, 10.0]]]])
    expected = torch.tensor([[[[-1.0, 0.0]], [[1.0, 0.0]]]])
    assert torch.allclose(PixelNorm(2)(x), expected, atol=1e-5)


def test_a_block_has_the_parameters_worked_by_hand():
    # depthwise 49 C + C, norm 2 C, expand 4 C C + 4 C, reduce 4 C C + C, scale C: 8 C C + 58 C
    assert sum(p.numel() for p in ConvNeXtBlock(96, 0.0).parameters()) == 8 * 96 * 96 + 58 * 96


def test_the_linear_layers_are_1x1_convolutions():
    torch.manual_seed(0)
    block, x = ConvNeXtBlock(4, 0.0).double().eval(), torch.randn(2, 4, 9, 8, dtype=torch.float64)
    nn.init.ones_(block.scale)
    y = block.depthwise(x)
    mean, variance = y.mean(1, keepdim=True), y.var(1, keepdim=True, correction=0)
    y = (y - mean) / (variance + 1e-6).sqrt()
    y = nn.functional.gelu(nn.functional.conv2d(y, block.expand.weight[..., None, None], block.expand.bias))
    y = nn.functional.conv2d(y, block.reduce.weight[..., None, None], block.reduce.bias)
    assert torch.allclose(block(x), x + y)


def test_a_block_begins_as_nearly_nothing():
    torch.manual_seed(0)
    block, x = ConvNeXtBlock(8, 0.0), torch.rand(1, 8, 9, 9)
    assert torch.equal(block.scale, torch.full((8, 1, 1), 1e-6))
    assert torch.allclose(block(x), x, atol=1e-5)


# with C maps in the first stage, blocks B: stem 48 C + C + 2 C; between stages w and 2 w: 2 w + 8 w w + 2 w;
# head 2 * 8 C + 8,000 C + 1,000
@pytest.mark.parametrize(
    ("size", "width", "deep"), [("tiny", 96, 9), ("small", 96, 27), ("base", 128, 27), ("large", 192, 27)]
)
def test_the_sizes_have_the_parameters_of_their_blocks(size, width, deep):
    widths = [width, 2 * width, 4 * width, 8 * width]
    blocks = sum(n * (8 * w * w + 58 * w) for n, w in zip((3, 3, deep, 3), widths, strict=True))
    between = sum(8 * w * w + 4 * w for w in widths[:3])
    expected = 51 * width + blocks + between + 8_016 * width + 1_000
    assert sum(p.numel() for p in meta(f"convnext_{size}").parameters()) == expected


def test_the_maps_have_the_sizes_of_the_figure():
    maps = meta("convnext_tiny").features(torch.empty(1, 3, 224, 224, device="meta"))
    expected = {4: (96, 56, 56), 8: (192, 28, 28), 16: (384, 14, 14), 32: (768, 7, 7)}
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == expected


def test_the_small_stem_halves_nothing():
    network = meta("convnext_tiny", stem="small")
    assert network.input_size == (32, 32)
    assert network.strides == (1, 1, 2, 4, 8)
    assert network(torch.empty(1, 3, 8, 8, device="meta")).shape == (1, 1000)


def test_drop_paths_grow_from_the_first_block_to_the_last():
    drops = [part.probability for part in meta("convnext_small").modules() if isinstance(part, DropPath)]
    assert len(drops) == 36
    assert drops[0] == 0
    assert drops[-1] == 0.4
    assert drops[7] == pytest.approx(0.4 * 7 / 35)
    assert growing(0.3, 1) == [0.0]


def test_the_drop_path_can_be_chosen():
    network = meta("convnext_tiny", drop_path=0.0)
    assert not any(part.probability for part in network.modules() if isinstance(part, DropPath))


@pytest.mark.parametrize("arguments", [{"drop_path": 1.0}, {"drop_path": -0.1}, {"stem": "large"}])
def test_other_arguments_are_refused(arguments):
    with pytest.raises(SettingError, match=next(iter(arguments))):
        meta("convnext_tiny", **arguments)


def test_weights_begin_narrow_and_biases_at_zero():
    torch.manual_seed(0)
    block = create("convnext_tiny", classes=2).stages[3].block1
    assert block.expand.weight.std().item() == pytest.approx(0.02, rel=0.01)
    assert not block.expand.bias.any()
