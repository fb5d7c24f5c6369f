"""Arrays in .npz files."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.formats.npz import read_npz
from striate.errors import DataError

X = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
Y = np.array([4, 2])


def write(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "d.npz", **arrays)
    return folder / "d.npz"


@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("X", "Y"), ("data", "target")])
def test_images_and_labels_have_several_names(names: tuple[str, str], tmp_path: Path) -> None:
    found = read_npz(write(tmp_path, **dict(zip(names, (X, Y), strict=True))))
    assert found.store.read(0).tolist() == [X[0].tolist()]
    assert (found.classes, found.annotations.labels.tolist(), found.split.tolist()) == (
        ("2", "4"),
        [1, 0],
        [-1, -1],
    )


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_parts_are_splits(names: tuple[str, ...], tmp_path: Path) -> None:
    arrays = dict(zip(names, (X, Y, X[:1], Y[:1, None]), strict=True))
    found = read_npz(write(tmp_path, **arrays))
    assert (found.split.tolist(), found.annotations.labels.tolist()) == ([0, 0, 2], [1, 0, 1])


def test_a_folder_with_one_file_is_that_file(tmp_path: Path) -> None:
    write(tmp_path, x=X, y=Y)
    assert len(read_npz(tmp_path).store) == 2


def test_channels_may_come_first_or_last(tmp_path: Path) -> None:
    last = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    for images in (last, last.transpose(0, 3, 1, 2)):
        assert (
            read_npz(write(tmp_path, x=images, y=Y)).store.read(1).tolist()
            == last[1].transpose(2, 0, 1).tolist()
        )


@pytest.mark.parametrize(
    ("images", "levels"),
    [
        (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),  # 127.5 rounds to the even 128
        (np.array([0.0, 127.6, 255.0]), [0, 128, 255]),
        (np.array([0, 128, 255], dtype=np.int32), [0, 128, 255]),
        (np.array([0, 1, 1]), [0, 1, 1]),
        (np.array([False, True, True]), [0, 255, 255]),
    ],
)
def test_levels_become_bytes(images: np.ndarray, levels: list[int], tmp_path: Path) -> None:
    found = read_npz(write(tmp_path, x=images.reshape(1, 1, 3), y=[0]))
    assert found.store.read(0).flatten().tolist() == levels


def test_labels_may_be_names_or_numbers_of_names(tmp_path: Path) -> None:
    named = read_npz(write(tmp_path, x=X, y=np.array(["dog", "a cat"])))
    assert (named.classes, named.annotations.labels.tolist()) == (("a cat", "dog"), [1, 0])
    numbered = read_npz(write(tmp_path, x=X, y=np.array([2.0, 0.0]), classes=np.array(["c", "b", "a"])))
    assert (numbered.classes, numbered.annotations.labels.tolist()) == (("c", "b", "a"), [2, 0])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "it holds nothing"),
        ({"x": X}, "it holds x"),
        ({"x_train": X, "y_test": Y}, "it holds x_train, y_test"),
        ({"x": X, "y": Y[:1]}, r"labels have the shape \(1,\) for 2 images"),
        ({"x": X, "y": np.eye(2)}, "labels have the shape"),
        ({"x": X, "y": np.array([0.5, 1])}, "labels are float64"),
        ({"x": X, "y": Y, "classes": np.array(["a", "b"])}, "labels run from 2 to 4"),
        ({"x": X[0], "y": Y}, r"images have the shape \(3, 5\)"),
        ({"x": X[:0], "y": Y[:0]}, "images have the shape"),
        ({"x": X.astype(float) - 1, "y": Y}, "images are float64 from -1 to 28"),
        ({"x": np.full((2, 1, 1), np.nan), "y": Y}, "images are float64 from nan"),
        ({"x": X.astype(np.uint16) * 256, "y": Y}, "images are uint16"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, 1:], "y_test": Y}, "different shapes"),
        ({"x": np.array([X, "code"], dtype=object), "y": Y}, "cannot be read"),
    ],
)
def test_arrays_that_do_not_fit_are_named(arrays: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words) as error:
        read_npz(write(tmp_path, **arrays))
    assert "d.npz" in error.value.wrong


def test_truncated_and_foreign_files_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, x=X, y=Y)
    whole = path.read_bytes()
    np.save(tmp_path / "one.npy", X)
    for content in (
        b"",
        b"no archive",
        whole[:-30],
        whole[: len(whole) // 2],
        (tmp_path / "one.npy").read_bytes(),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match="cannot be read"):
            read_npz(path)


@pytest.mark.parametrize(
    ("images", "levels", "note"),
    [
        (np.array([0.0, 0.5, 1.0000001]), [0, 128, 255], "from 0 to 1 are read as 0..1"),
        (np.array([-1e-7, 0.5, 1.0]), [0, 128, 255], "are read as 0..1"),
        (np.array([0.0, 127.6, 255.1]), [0, 128, 255], "from 0 to 255.1 are read as 0..255"),
        (np.array([0, 1, 1], dtype=np.uint8), [0, 1, 1], "hold 0 and 1 only"),
    ],
)
def test_what_was_taken_for_the_range_is_noted(
    images: np.ndarray, levels: list[int], note: str, tmp_path: Path
) -> None:
    found = read_npz(write(tmp_path, x=images.reshape(1, 1, 3), y=[0]))
    assert found.store.read(0).flatten().tolist() == levels
    assert note in found.notes[1]


@pytest.mark.parametrize("images", [np.array([0.0, 1.5]), np.array([-1.0, 1.0]), np.array([0.0, 300.0])])
def test_floats_that_could_be_either_are_refused(images: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="its images are float64"):
        read_npz(write(tmp_path, x=images.reshape(1, 1, 2), y=[0]))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "d.npz", x=np.zeros((100, 100, 100), np.uint8), y=np.zeros(100, int))
    monkeypatch.setattr("striate.data.formats.unpacking.MOST", 100_000)
    with pytest.raises(DataError, match="bytes would become 1,001,"):
        read_npz(tmp_path / "d.npz")


def test_a_header_that_announces_more_than_there_is_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, x=X, y=Y)
    content = path.read_bytes()
    assert content.count(b"(2, 3, 5)") == 1
    path.write_bytes(content.replace(b"(2, 3, 5), }         ", b"(2, 3, 500000000), } "))
    with pytest.raises(DataError, match="cannot be read"):
        read_npz(path)


def test_a_pipe_does_not_block_and_several_files_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(DataError, match="named pipe"):
        read_npz(tmp_path)
    write(tmp_path, x=X, y=Y)
    with pytest.raises(DataError, match=r"holds 2 \.npz files: d\.npz, x\.npz"):
        read_npz(tmp_path)
