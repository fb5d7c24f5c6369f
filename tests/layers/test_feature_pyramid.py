"""The feature pyramid against torchvision's, with its weights."""

import torch
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from striate.layers.feature_pyramid import FeaturePyramid


def test_maps_are_torchvisions_also_where_sides_are_odd():
    torch.manual_seed(0)
    theirs = FeaturePyramidNetwork([4, 8, 16], 6, extra_blocks=LastLevelMaxPool())
    ours = FeaturePyramid((4, 8, 16), 6, coarser=True)
    names = zip(ours.state_dict(), theirs.state_dict(), strict=True)
    ours.load_state_dict({mine: theirs.state_dict()[other] for mine, other in names})
    maps = [torch.randn(2, 4, 13, 18), torch.randn(2, 8, 7, 9), torch.randn(2, 16, 4, 5)]
    wanted = theirs({str(number): one for number, one in enumerate(maps)})
    for one, other in zip(ours(maps), wanted.values(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_one_map_stays_one_map():
    assert [one.shape for one in FeaturePyramid((4,), 6, normed=True)([torch.randn(2, 4, 3, 3)])] == [
        (2, 6, 3, 3)
    ]
