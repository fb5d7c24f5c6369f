"""Outputs of any nesting become a flat list and come back the same."""

import pytest
import torch

from striate.tasks.raw_outputs import ONE_TENSOR, flat, nested

A, B, C = torch.zeros(2, 3), torch.ones(2), torch.full((2, 1, 4), 7.0)


@pytest.mark.parametrize("raw", [A, (A, B), [A, (B, C)], {"boxes": (A, B), "scores": C}, {"one": [A]}])
def test_the_structure_comes_back(raw: object) -> None:
    tensors, structure = flat(raw)
    assert all(isinstance(one, torch.Tensor) for one in tensors)
    again = nested(tensors, structure)
    assert type(again) is type(raw)
    assert repr(again) == repr(raw)


def test_a_single_tensor_is_itself() -> None:
    tensors, structure = flat(A)
    assert structure == ONE_TENSOR
    assert nested(tensors, structure) is A
