"""What predict takes, and how files are read ahead of the network."""

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.inputs import image_of, input_batches, name_of, one_or_many
from striate.data.preprocess import Preprocess
from striate.errors import ImageError, SettingError, ShapeError, StriateError

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


def test_no_more_than_two_batches_are_read_ahead() -> None:
    taken: list[int] = []
    inputs = (taken.append(number) or np.zeros((4, 4), np.uint8) for number in range(100))
    batches = input_batches(inputs, SQUARE, 5)
    next(batches)
    assert len(taken) == 15  # the batch in hand and two ahead
    batches.close()


def test_an_array_of_many_pictures_is_a_list_too() -> None:
    many = np.arange(3, dtype=np.uint8).reshape(3, 1, 1).repeat(4, 1).repeat(4, 2)
    (batch,) = input_batches(many, SQUARE, 8)
    assert batch[:, 2, 3, 3].tolist() == [0, 1, 2]


PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_file_is_the_same_picture_by_path_by_bytes_and_opened(file: Path) -> None:
    content = file.read_bytes()
    with open(file, "rb") as opened, open(file, "rb") as read:
        read.read()  # also one that was read to its end
        ways = [file, str(file), content, bytearray(content), memoryview(content), io.BytesIO(content)]
        for way in [*ways, opened, read, opened]:
            assert torch.equal(image_of(way), torch.from_numpy(PIXELS).permute(2, 0, 1))
        assert name_of(opened) == str(file)


@pytest.mark.parametrize(
    "many",
    [
        lambda path: [path, path],
        lambda path: (one for one in (path, path)),
        lambda path: map(str, (path, path)),
        lambda path: np.array([str(path), str(path)]),
        lambda path: np.array([path, path], dtype=object),
        lambda path: {1: path, 2: path}.values(),
        lambda path: np.stack([PIXELS, PIXELS]),
        lambda path: torch.from_numpy(np.stack([PIXELS, PIXELS])).permute(0, 3, 1, 2),
    ],
)
def test_many_pictures_come_in_any_iterable(many: Any, file: Path) -> None:
    pictures, alone = one_or_many(many(file))
    assert not alone
    (batch,) = input_batches(pictures, SQUARE, 8)
    assert torch.equal(batch[0], SQUARE(torch.from_numpy(PIXELS).permute(2, 0, 1)))
    assert torch.equal(batch[0], batch[1])


@pytest.mark.parametrize(
    "given", [None, 5, 1.5, {"a": "b.png"}, torch.nn.Identity(), object(), torch.nn.Sequential()]
)
def test_what_is_neither_a_picture_nor_many_is_refused(given: object) -> None:
    with pytest.raises(SettingError, match="the pictures are"):
        one_or_many(given)


def closed_picture() -> Image.Image:
    picture = Image.new("RGB", (4, 4))
    picture.close()
    return picture


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "a picture is None"),
        (["a.png"], "a picture is a list"),
        (closed_picture(), "cannot be read"),
        (io.BytesIO(), "empty"),
        (io.StringIO("text"), "not bytes"),
        (b"no picture", "text file"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.zeros((4, 4), object), "an image is object"),
        (np.zeros((4, 4), "M8[s]"), "an image is datetime64"),
        (np.array(["a"]), "an image is <U1"),
        (np.zeros((4, 4), [("a", "u1")]), "an image is"),
        (np.zeros((4, 4), complex), "an image is complex128"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8, device="meta"), "without pixels"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8).to_sparse(), "sparse"),
        ("https://example.org/a.jpg", "download it"),
        ("~/a.jpg", "expanduser"),
        ("a" * 5000, "cannot be read"),
        ("a\0b", "cannot be read"),
    ],
)
def test_what_is_no_picture_is_told_in_three_lines(given: Any, words: str) -> None:
    with pytest.raises(StriateError, match=words) as error:
        image_of(given)
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("given", "attempt"),
    [
        (np.zeros((3, 4, 5), np.uint8), "array.transpose(1, 2, 0)"),
        (
            np.zeros((4, 5, 4), np.uint8),
            "PIL.Image.fromarray(array), which is laid over white; or array[..., :3]",
        ),
        (np.zeros((9, 4, 5), np.uint8), "several pictures as list(array), each (H, W) or (H, W, 3)"),
        (np.ones((4, 5, 3)), "(array * 255).round().astype(numpy.uint8)"),
        (np.full((4, 5, 3), 200.0), "array.round().astype(numpy.uint8)"),
        (np.full((4, 5), 40_000, np.uint16), "(array // 257).astype(numpy.uint8), if 65535 is white"),
        (np.ones((4, 5), bool), "array.astype(numpy.uint8) * 255"),
        (np.full((4, 5), -1.0), "undo the normalization, scale to 0..255 and array.astype(numpy.uint8)"),
        (torch.zeros(4, 5, 3, dtype=torch.uint8), "tensor.permute(2, 0, 1)"),
        (torch.ones(3, 4, 5), "(tensor * 255).round().to(torch.uint8)"),
    ],
)
def test_the_advice_makes_a_picture_of_it(given: Any, attempt: str) -> None:
    with pytest.raises(ShapeError) as error:
        image_of(given)
    assert error.value.attempt == attempt


@pytest.mark.parametrize("batch", [0, -1, 1.5, None, True])
def test_a_batch_that_is_no_count_is_refused(batch: Any) -> None:
    with pytest.raises(SettingError, match="batch is"):
        input_batches([], SQUARE, batch)


class Endless(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        assert size > 0, "an endless stream was asked for all of it"
        return bytes(size)


def test_a_stream_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.data.inputs.MOST_BYTES", 1000)
    with pytest.raises(ImageError, match="more than 1,000 bytes"):
        image_of(Endless())


def test_an_object_that_cannot_be_gone_through_is_refused():
    class Closed:
        def __iter__(self):
            raise RuntimeError("closed")

    with pytest.raises(SettingError, match="a Closed that cannot be gone through"):
        one_or_many(Closed())
