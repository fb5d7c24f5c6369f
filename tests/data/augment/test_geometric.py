"""Where pixels go: by hand on small pictures, and equal to torchvision's functions for the same numbers."""

import math

import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as V

from striate.data.augment.geometric import (
    KNOTS,
    Placement,
    Warp,
    linear_maps,
    moved,
    picked,
    pixels,
    warp_basis,
)

ROW = torch.tensor([[[[0, 1, 2, 3]]]], dtype=torch.uint8)
STILL = torch.tensor([[1.0, 1.0]])
NOWHERE = torch.zeros(1, 2)


def blob(height=33, width=41, x=3.0, y=-5.0):
    """A smooth spot at (x, y) from the middle, black at the borders."""
    right, down = torch.arange(width) - (width - 1) / 2, torch.arange(height) - (height - 1) / 2
    return torch.exp(-((right - x) ** 2 + (down[:, None] - y) ** 2) / 8)[None, None]


def bend(rotate=0.0, shear=0.0, scale=(1.0, 1.0), shift=(0.0, 0.0), knots=None):
    angles = (torch.tensor([math.radians(degrees)]) for degrees in (rotate, shear))
    return Warp(linear_maps(*angles, torch.tensor([scale])), torch.tensor([shift]), knots)


@pytest.mark.parametrize(
    ("mirror", "offset", "edge", "row"),
    [
        (1, 0, "reflect", [0, 1, 2, 3]),
        (-1, 0, "reflect", [3, 2, 1, 0]),
        (1, 1, "reflect", [1, 2, 3, 2]),  # beyond the border lies 2 again, not 3
        (1, -2, "reflect", [2, 1, 0, 1]),
        (1, 3, "reflect", [3, 2, 1, 0]),
        (1, 2, "black", [2, 3, 0, 0]),
        (1, -1, "black", [0, 0, 1, 2]),
        (-1, 1, "reflect", [2, 3, 2, 1]),  # cropped, then mirrored
        (-1, 1, "black", [0, 3, 2, 1]),
    ],
)
def test_crops_and_mirrors_by_hand(mirror, offset, edge, row):
    across = torch.tensor([[float(mirror), 1.0]]), torch.tensor([[float(offset), 0.0]])
    assert picked(ROW, *across, edge).tolist() == [[[row]]]
    down = torch.tensor([[1.0, float(mirror)]]), torch.tensor([[0.0, float(offset)]])
    assert picked(ROW.mT, *down, edge).mT.tolist() == [[[row]]]


def test_every_picture_has_its_own_place():
    images = torch.arange(24, dtype=torch.uint8).view(2, 3, 2, 2)
    flips = torch.tensor([[1.0, 1.0], [-1.0, 1.0]])
    result = picked(images, flips, torch.zeros(2, 2), "reflect")
    assert result.tolist() == [images[0].tolist(), images[1].flip(2).tolist()]


@pytest.mark.parametrize("edge", ["reflect", "black"])
@pytest.mark.parametrize("size", [(6, 6), (5, 8), (9, 4)])
def test_sampling_agrees_with_picking(edge, size):
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(50, 3, *size, generator=generator)
    flips = torch.randint(0, 2, (50, 2), generator=generator).float() * 2 - 1
    offset = torch.randint(-3, 4, (50, 2), generator=generator).float()
    nothing = Warp(torch.eye(2).expand(50, 2, 2), torch.zeros(50, 2))
    sampled = moved(images, Placement(flips, offset, nothing), edge)
    assert torch.allclose(sampled, picked(images, flips, offset, edge), atol=1e-5)


def test_positive_rotation_is_clockwise():
    image = torch.rand(1, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    turned = moved(image, Placement(STILL, NOWHERE, bend(rotate=90)), "reflect")
    assert torch.allclose(turned, image.rot90(-1, (2, 3)), atol=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_a_bend_is_torchvisions_affine(seed):
    draw = torch.rand(5, generator=torch.Generator().manual_seed(seed)).tolist()
    rotate, lean, scale = 60 * draw[0] - 30, 30 * draw[1] - 15, 0.8 + 0.4 * draw[2]
    shift = [6 * draw[3] - 3, 6 * draw[4] - 3]
    ours = moved(blob(), Placement(STILL, NOWHERE, bend(rotate, lean, (scale, scale), shift)), "black")
    theirs = V.affine(blob(), rotate, shift, scale, [lean, 0], InterpolationMode.BILINEAR)
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_width_and_height_have_their_own_factors():  # a spot at (4, -5) goes to (4 * 1.5, -5 * 2)
    wide = moved(blob(x=4), Placement(STILL, NOWHERE, bend(scale=(1.5, 2.0))), "black")
    brightest = int(wide.argmax())
    assert (brightest % 41 - 20, brightest // 41 - 16) == (6, -10)


def test_parts_follow_each_other_from_crop_to_shift():
    """Mirrored, cropped by whole pixels, turned and moved in one go, and one after the other."""
    flips, offset = torch.tensor([[-1.0, 1.0]]), torch.tensor([[2.0, -1.0]])
    turn = bend(20, 5, (1.1, 0.9), (1.5, 2.0))
    at_once = moved(blob(), Placement(flips, offset, turn), "black")
    first = picked(blob(), flips, offset, "black")
    assert torch.allclose(at_once, moved(first, Placement(STILL, NOWHERE, turn), "black"), atol=1e-5)


def test_a_warp_is_torchvisions_elastic():
    knots = torch.randn(1, 2, KNOTS**2, generator=torch.Generator().manual_seed(0))
    ours = moved(blob(), Placement(STILL, NOWHERE, bend(knots=knots)), "black")
    field = (knots @ warp_basis(33, 41)).view(1, 2, 33, 41).permute(0, 2, 3, 1)
    theirs = V.elastic(blob(), field * torch.tensor([2 / 41, 2 / 33]))
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_warp_happens_in_the_new_picture():
    """Twice as large and mirrored, a warp by w looks up -w / 2, as values on a slope of 1/40 tell."""
    knots = torch.randn(1, 2, KNOTS**2, generator=torch.Generator().manual_seed(0))
    slope = (torch.arange(41) / 40).expand(1, 1, 33, 41)
    flips, turn = torch.tensor([[-1.0, 1.0]]), bend(scale=(2.0, 2.0), knots=knots)
    middle = moved(slope, Placement(flips, NOWHERE, turn), "reflect")[0, 0, 16, 20]
    across = (knots @ warp_basis(33, 41)).view(2, 33, 41)[0, 16, 20]
    assert float(middle) == pytest.approx(0.5 - float(across) / 2 / 40, abs=1e-6)


def test_a_warp_moves_every_pixel_by_the_same_spread():
    assert torch.allclose(warp_basis(20, 28).square().sum(0), torch.ones(560), atol=1e-5)


def test_neighbours_are_warped_alike():
    basis = warp_basis(32, 32).view(KNOTS**2, 32, 32)
    likeness = (basis[:, :, 1:] * basis[:, :, :-1]).sum(0)  # the correlation of two neighbours
    assert likeness.min() > 0.95


def test_a_reflected_edge_has_no_black_corners():
    white = torch.full((1, 3, 20, 30), 255, dtype=torch.uint8)
    turned = moved(white, Placement(STILL, NOWHERE, bend(45, 10, (0.7, 0.7), (4.0, 4.0))), "reflect")
    assert torch.allclose(turned, torch.ones(1))
    black = moved(white, Placement(STILL, NOWHERE, bend(45)), "black")
    assert black[0, 0, 0, 0] == 0


def test_only_a_bend_makes_floats():
    assert moved(ROW, Placement(STILL, NOWHERE), "reflect").dtype == torch.uint8
    assert moved(ROW, Placement(STILL, NOWHERE, bend()), "reflect").flatten().tolist() == pytest.approx(
        [0, 1 / 255, 2 / 255, 3 / 255]
    )


@pytest.mark.parametrize(("length", "expected"), [(0.5, 10), (1, 1), (3, 3), (0, 0)])
def test_a_length_below_one_is_a_share_of_the_shorter_side(length, expected):
    assert pixels(length, 30, 20) == expected
