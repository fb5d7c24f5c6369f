"""The same picture gives the same answer, however it is given."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.dataset import Dataset
from striate.data.decode import decode
from striate.data.image_store import Array, Files
from striate.data.inputs import input_batches
from striate.data.preprocess import Preprocess

Ways = dict[str, Callable[[list[Path]], Any]]


def opened(paths: list[Path]) -> Iterator[Any]:
    for path in paths:
        with open(path, "rb") as file:
            yield file


WAYS: Ways = {
    "text": lambda paths: map(str, paths),
    "bytes": lambda paths: [path.read_bytes() for path in paths],
    "open files": opened,
    "PIL": lambda paths: [Image.open(io.BytesIO(path.read_bytes())) for path in paths],
    "PIL, loaded": lambda paths: [Image.open(io.BytesIO(path.read_bytes())).copy() for path in paths],
    "arrays": lambda paths: [decode(path).permute(1, 2, 0).numpy() for path in paths],
    "tensors": lambda paths: [decode(path).contiguous() for path in paths],
}
"""Seven ways beside the path; arrays and tensors have no orientation, so they come upright."""


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> list[Path]:
    hostile = [shared_data / "hostile" / name for name in ("hopper_orientation_6.jpg", "hopper_gray.jpg")]
    return [*sorted((shared_data / "voc_sample").rglob("*.jpg"))[:24], *hostile]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "preprocess",
    [Preprocess((96, 96)), Preprocess((64, 80), channels=1, resize_mode="pad")],
    ids=["color", "grey"],
)
def test_every_way_gives_the_pixels_of_the_path(way: str, preprocess: Preprocess, photos: list[Path]) -> None:
    expected = torch.cat(list(input_batches(photos, preprocess, 64)))
    for batch in (7, 64):
        assert torch.equal(torch.cat(list(input_batches(WAYS[way](photos), preprocess, batch))), expected)


def test_training_sees_what_prediction_sees(photos: list[Path]) -> None:
    preprocess = Preprocess((96, 96))
    dataset = Dataset.whole(Files(Path("/"), [str(path)[1:] for path in photos]), [0] * len(photos), ["a"])
    expected = torch.cat(list(input_batches(photos, preprocess, 64)))
    for index, row in enumerate(expected):
        assert torch.equal(preprocess(dataset.image(index)), row)


def test_pictures_scaled_at_once_are_those_scaled_one_by_one(photos: list[Path]) -> None:
    images = np.stack([decode(path)[:, :200, :300].permute(1, 2, 0).numpy() for path in photos[:8]])
    preprocess = Preprocess((96, 96))
    at_once = preprocess(torch.from_numpy(images).permute(0, 3, 1, 2))
    for row, image in zip(at_once, images, strict=True):
        assert torch.equal(preprocess(torch.from_numpy(image).permute(2, 0, 1)), row)
    assert torch.equal(preprocess(Array(images, "x").read(3)), at_once[3])
