"""Vectors of pictures: their parts belong together, and a file gives them back."""

import json

import numpy as np
import pytest
import torch

from striate.errors import DataError, RunError, ShapeError
from striate.explain.embeddings.embeddings import Embeddings

ONE = Embeddings(
    torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
    ("a/häus.png", "digits[7]"),
    torch.tensor([1, -1]),
    ("cat", "dog"),
    "stem",
    torch.zeros(2, 1, 3, 3, dtype=torch.uint8),
)


def test_one_row_is_an_embedding():
    assert ONE[0].to_dict() == {"source": "a/häus.png", "class": "dog", "vector": [1.0, 2.0]}
    assert ONE[1].name is None
    assert ONE[0].distance(ONE[1]) == pytest.approx(8**0.5)
    assert len(list(ONE)) == 2


def test_a_file_gives_them_back(tmp_path):
    back = Embeddings.load(ONE.save(tmp_path / "new" / "v.npz"))
    assert torch.equal(back.values, ONE.values)
    assert torch.equal(back.labels, ONE.labels)
    assert torch.equal(back.thumbnails, ONE.thumbnails)
    assert (back.names, back.classes, back.layer) == (ONE.names, ONE.classes, ONE.layer)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["v.npz"]


def test_a_subset_takes_every_part_along():
    part = ONE.subset([1])
    assert (part.names, part.labels.tolist(), len(part.thumbnails)) == (("digits[7]",), [-1], 1)


def test_json_holds_names_and_numbers():
    told = json.loads(json.dumps(ONE.to_dict()))
    assert told["pictures"][1] == {"source": "digits[7]", "class": None, "vector": [3.0, 4.0]}


def test_parts_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError, match="names 1"):
        Embeddings(torch.zeros(2, 3), ("a",), torch.zeros(2))
    with pytest.raises(ShapeError, match="vector of b holds"):
        Embeddings(torch.tensor([[0.0], [torch.nan]]), ("a", "b"), torch.zeros(2))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read as vectors"):
        Embeddings.load(tmp_path / "missing.npz")
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    with pytest.raises(DataError, match="cannot be read as vectors"):
        Embeddings.load(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(DataError, match="cannot be read as vectors"):
        Embeddings.load(tmp_path / "text.npz")
    with pytest.raises(RunError, match=r"ends in \.csv"):
        ONE.save(tmp_path / "v.csv")
    with pytest.raises(RunError, match="is a folder"):
        ONE.save(tmp_path)
