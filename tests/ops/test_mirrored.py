import pytest
import torch
import torch.nn.functional as F

from striate.ops.mirrored import mirrored


@pytest.mark.parametrize("margins", [(0, 0, 0, 0), (1, 2, 3, 0), (4, 4, 2, 2)])
def test_it_is_torchs_reflection_where_torch_has_one(margins):
    images = torch.randn(2, 3, 4, 5)
    assert torch.equal(mirrored(images, margins), F.pad(images, margins, mode="reflect"))


def test_one_pixel_is_repeated():
    assert mirrored(torch.tensor([[7]]), (2, 1, 0, 1)).tolist() == [[7, 7, 7, 7], [7, 7, 7, 7]]


def test_a_margin_may_be_wider_than_the_image():  # 1 2 1 2 1 2 1
    assert mirrored(torch.tensor([[1, 2]]), (2, 3, 0, 0)).tolist() == [[1, 2, 1, 2, 1, 2, 1]]
