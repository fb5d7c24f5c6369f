"""The best class of every pixel, in any layout of the scores."""

import pytest
import torch

from striate.tasks.segmentation.upscaled import best_of

PLAIN = torch.tensor([[[1.0, 0.0], [0.5, 2.0]], [[1.0, 3.0], [0.25, 2.0]], [[0.0, 3.0], [4.0, 1.0]]])
"""(3, 2, 2): of equal scores the first class is taken."""


@pytest.mark.parametrize("last", [False, True])
def test_the_first_of_the_best_classes_is_taken_whatever_lies_beside_what(last):
    scores = PLAIN.movedim(0, -1).contiguous().movedim(-1, 0) if last else PLAIN
    assert best_of(scores, 0).tolist() == [[0, 1], [2, 0]]
    batch = torch.stack([scores, scores.flip(0)])
    batch = batch.contiguous(memory_format=torch.channels_last) if last else batch
    assert best_of(batch, 1).tolist() == [[[0, 1], [2, 0]], [[1, 0], [0, 1]]]


@pytest.mark.parametrize("shape", [(21, 65, 130), (2, 19, 40, 33), (1, 3, 2000), (4, 1, 1)])
def test_it_is_what_torch_says(shape):
    scores = torch.randn(shape, generator=torch.Generator().manual_seed(0)).mul(3).round()
    dim = len(shape) - 3
    for given in (scores, scores.movedim(dim, -1).contiguous().movedim(-1, dim), scores[..., ::2]):
        assert torch.equal(best_of(given, dim), given.max(dim).indices)


def test_no_pixel_has_no_class():
    assert best_of(torch.empty(3, 0, 5), 0).shape == (0, 5)
