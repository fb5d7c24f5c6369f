"""A network with its classes and its preprocessing answers for pictures."""

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.tasks.classifier import Classifier

# Dark left half, bright right half: a network that scores (left, right) says 0 and 1 of it.
HALVES = torch.zeros(1, 1, 2, 4, dtype=torch.uint8)
HALVES[..., 2:] = 255


class Sides(nn.Module):
    """Scores: the mean of the left half and the mean of the right half."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=3)], dim=1)


def classifier(views: str) -> Classifier:
    return Classifier(Sides(), ("left", "right"), Preprocess((2, 4), 1, (0.0,), (1.0,), views=views))


def test_a_plain_answer_is_what_the_network_says() -> None:
    assert classifier("plain").answer(HALVES).tolist() == [[0.0, 1.0]]


def test_mirrored_views_answer_with_the_mean_of_both_sides() -> None:  # (0, 1) and (1, 0)
    model = classifier("mirrored")
    assert model.answer(HALVES).tolist() == [[0.5, 0.5]]
    assert model.predict(HALVES[0]).scores.tolist() == [0.5, 0.5]
    assert model(HALVES).tolist() == [[0.0, 1.0]]  # the network itself, as it is exported


def test_views_that_do_not_exist_are_refused() -> None:
    with pytest.raises(SettingError, match="views is 'both'"):
        classifier("both")
