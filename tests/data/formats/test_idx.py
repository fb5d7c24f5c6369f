"""MNIST's idx files."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from striate.data.formats.idx import read_idx
from striate.data.formats.split_names import SPLITS
from striate.data.image_store import Array
from striate.errors import DataError

IMAGES = bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6))  # two pictures of 1 x 3
LABELS = bytes((0, 0, 8, 1, 0, 0, 0, 2, 7, 5))


def write(
    folder: Path, part: str = "train", images: bytes = IMAGES, labels: bytes = LABELS, ending: str = ""
) -> Path:
    pack = gzip.compress if ending == ".gz" else bytes
    (folder / f"{part}-images-idx3-ubyte{ending}").write_bytes(pack(images))
    (folder / f"{part}-labels-idx1-ubyte{ending}").write_bytes(pack(labels))
    return folder


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_images_and_labels_are_paired(ending: str, tmp_path: Path) -> None:
    found = read_idx(write(tmp_path, ending=ending))
    assert found.store.read(1).tolist() == [[[4, 5, 6]]]
    assert found.classes == ("5", "7")
    assert found.annotations.labels.tolist() == [1, 0]
    assert found.split.tolist() == [0, 0]


def test_train_and_t10k_are_splits_and_one_file_is_its_pair(tmp_path: Path) -> None:
    write(write(tmp_path), "t10k")
    assert read_idx(tmp_path).split.tolist() == [0, 0, SPLITS.index("test"), SPLITS.index("test")]
    assert read_idx(tmp_path / "t10k-images-idx3-ubyte").split.tolist() == [2, 2]


def test_a_file_that_lies_there_packed_and_unpacked_is_read_once(tmp_path: Path) -> None:
    assert len(read_idx(write(write(tmp_path), ending=".gz")).store) == 2


def test_mnist_is_as_it_was_published(shared_data: Path) -> None:
    # 60,000 and 10,000 digits; the test set holds 980 zeros and 1,135 ones; mean 0.1307
    found = read_idx(shared_data / "mnist")
    assert np.bincount(found.split).tolist() == [60_000, 0, 10_000]
    assert np.bincount(found.annotations.labels[found.split == 2])[:2].tolist() == [980, 1135]
    assert isinstance(found.store, Array)
    assert found.store.images[:60_000].mean() / 255 == pytest.approx(0.1307, abs=1e-4)


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES[:-1], LABELS, "shorter"),
        (IMAGES + b"x", LABELS, "longer"),
        (IMAGES[:3], LABELS, "begins with 00 00 08"),
        (b"", LABELS, "begins with nothing"),
        (LABELS, LABELS, "begins with 00 00 08 01"),
        (IMAGES, LABELS[:-1], "shorter"),
        (IMAGES, bytes((0, 0, 8, 1, 0, 0, 0, 1, 7)), "1 labels"),
        (bytes((0, 0, 8, 3, *[255] * 12)), LABELS, "cannot hold"),
        (
            bytes((0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1)),
            bytes((0, 0, 8, 1, 0, 0, 0, 0)),
            "0 labels",
        ),
    ],
)
def test_files_that_do_not_hold_what_they_say_are_named(
    images: bytes, labels: bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words) as error:
        read_idx(write(tmp_path, images=images, labels=labels))
    assert "train-" in error.value.wrong


def test_missing_labels_and_broken_gz_are_named(tmp_path: Path) -> None:
    write(tmp_path, ending=".gz")
    packed = tmp_path / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(DataError, match="images-idx3"):
        read_idx(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    packed.write_bytes(gzip.compress(IMAGES))
    with pytest.raises(DataError, match=r"labels-idx1.*no such file"):
        read_idx(tmp_path)


def test_a_folder_without_idx_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no idx images"):
        read_idx(tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.data.formats.unpacking.MOST", 100_000)
    header = bytes((0, 0, 8, 3)) + (100).to_bytes(4, "big") + (100).to_bytes(4, "big") * 2
    labels = bytes((0, 0, 8, 1)) + (100).to_bytes(4, "big") + bytes(100)
    write(tmp_path, images=header + bytes(1_000_000), labels=labels, ending=".gz")
    with pytest.raises(DataError, match="would become 1,000,000"):
        read_idx(tmp_path)


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")
    with pytest.raises(DataError, match="named pipe"):
        read_idx(tmp_path)
