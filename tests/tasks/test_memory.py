"""A batch that does not fit is answered in parts."""

import pytest
import torch
from torch import Tensor

from striate.errors import SettingError
from striate.tasks.memory import in_parts


def room_for(count: int, error: type[Exception] = torch.OutOfMemoryError):
    """A network that doubles, on a machine with room for so many pictures."""

    def answer(images: Tensor) -> Tensor:
        if len(images) > count:
            raise error("can't allocate memory")
        return images.flatten(1) * 2

    return answer


IMAGES = torch.arange(7.0).view(7, 1, 1, 1)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError, MemoryError])
def test_halves_are_answered_in_their_order(error: type[Exception]) -> None:  # 7 -> 4 + 3 -> 2 + 2 + 2 + 1
    parts = list(in_parts(room_for(2, error), IMAGES))
    assert [len(part) for part in parts] == [2, 2, 2, 1]
    assert torch.cat(parts).flatten().tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_one_picture_that_does_not_fit_is_an_error_of_three_lines() -> None:
    with pytest.raises(SettingError, match="one picture of 1x1 does not fit into the memory of cpu"):
        list(in_parts(room_for(0), IMAGES))


def test_another_mistake_is_not_taken_for_a_lack_of_memory() -> None:
    def answer(images: Tensor) -> Tensor:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        list(in_parts(answer, IMAGES))
