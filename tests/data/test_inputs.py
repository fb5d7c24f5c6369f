"""What predict takes, and how files are read ahead of the network."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.inputs import image_of, input_batches, name_of
from striate.data.preprocess import Preprocess
from striate.errors import ImageError, ShapeError

SQUARE = Preprocess((4, 4))


def test_arrays_pictures_and_tensors_of_one_picture_are_equal() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    expected = torch.from_numpy(pixels).permute(2, 0, 1)
    for given in (pixels, pixels[:, ::1], Image.fromarray(pixels), expected):
        assert torch.equal(image_of(given), expected)
    assert torch.equal(image_of(pixels[..., 0]), expected[:1])


def test_an_array_that_may_not_be_written_or_runs_backwards_is_taken() -> None:
    pixels = np.arange(4, dtype=np.uint8).reshape(2, 2)
    pixels.flags.writeable = False
    assert image_of(pixels[::-1, ::-1])[0].tolist() == [[3, 2], [1, 0]]


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((2, 2)),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        torch.zeros(2, 2, dtype=torch.uint8),
        torch.zeros(3, 2, 2),
    ],
)
def test_what_is_no_picture_is_refused(given: np.ndarray | torch.Tensor) -> None:
    with pytest.raises(ShapeError, match="an image is"):
        image_of(given)


def test_only_files_have_names() -> None:
    assert (name_of("a.jpg"), name_of(Path("b/c.jpg")), name_of(torch.zeros(1))) == ("a.jpg", "b/c.jpg", "")


def test_batches_keep_the_order_and_the_last_is_short() -> None:
    images = [torch.full((1, 4, 4), value, dtype=torch.uint8) for value in range(11)]
    batches = list(input_batches(images, SQUARE, 4))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    assert torch.cat(batches)[:, 0, 0, 0].tolist() == list(range(11))
    assert list(input_batches([], SQUARE, 4)) == []


def test_one_unreadable_file_among_many_is_named(tmp_path: Path) -> None:
    for number in range(20):
        Image.new("L", (8, 8), number).save(tmp_path / f"{number}.png")
    (tmp_path / "13.png").write_bytes((tmp_path / "13.png").read_bytes()[:50])
    with pytest.raises(ImageError, match=r"13\.png cannot be read"):
        list(input_batches([tmp_path / f"{number}.png" for number in range(20)], SQUARE, 4))


def test_a_caller_that_stops_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    batches = input_batches([np.zeros((4, 4), np.uint8)] * 100, SQUARE, 2)
    next(batches)
    batches.close()
    assert threading.active_count() == before


class Counting(list[np.ndarray]):
    """A list that knows how far it was read."""

    taken = 0

    def __getitem__(self, part):  # type: ignore[no-untyped-def]
        self.taken = part.stop
        return super().__getitem__(part)


def test_no_more_than_two_batches_are_read_ahead() -> None:
    inputs = Counting([np.zeros((4, 4), np.uint8)] * 100)
    batches = input_batches(inputs, SQUARE, 5)
    next(batches)
    assert inputs.taken == 15  # the batch in hand and two ahead
    batches.close()


def test_an_array_of_many_pictures_is_a_list_too() -> None:
    many = np.arange(3, dtype=np.uint8).reshape(3, 1, 1).repeat(4, 1).repeat(4, 2)
    (batch,) = input_batches(many, SQUARE, 8)  # type: ignore[arg-type]
    assert batch[:, 2, 3, 3].tolist() == [0, 1, 2]
