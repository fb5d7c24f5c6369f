"""A map of pictures: from vectors or from data, as pictures or as dots."""

import json

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.errors import DataError, RunError, SettingError, ShapeError
from striate.explain.embeddings.embedding_map import embedding_map, map_embeddings
from striate.explain.embeddings.embeddings import Embeddings
from striate.tasks.classification.classifier import Classifier


def vectors(count: int = 12, *, pictures: bool = True) -> Embeddings:
    """Two heaps."""
    numbers = torch.randn(count, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(count) % 2
    shown = torch.zeros(count, 1, 4, 4, dtype=torch.uint8) if pictures else None
    names = tuple(f"{place}.png" for place in range(count))
    return Embeddings(numbers + 20 * labels[:, None], names, labels, ("cat", "dog"), "stem", shown)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_two_heaps_stay_apart(method):
    found = map_embeddings(vectors(40), method)
    cats, dogs = found.points[::2], found.points[1::2]
    middle = (cats.mean(0) + dogs.mean(0)) / 2
    along = dogs.mean(0) - cats.mean(0)
    assert ((cats - middle) @ along < 0).all()
    assert ((dogs - middle) @ along > 0).all()


def test_it_is_drawn_as_pictures_and_as_dots(tmp_path):
    found = map_embeddings(vectors(), "pca")
    assert found.save(tmp_path / "map.png").stat().st_size > 0
    assert "<svg" in found.save(tmp_path / "map.svg").read_text()
    dots = map_embeddings(vectors(pictures=False), "pca")
    assert dots.save(tmp_path / "dots.png").stat().st_size > 0
    with pytest.raises(SettingError, match="no pictures"):
        dots.picture()
    with pytest.raises(RunError, match="ends in"):
        dots.save(tmp_path / "map.words")


def test_json_has_a_point_for_every_name():
    told = json.loads(json.dumps(map_embeddings(vectors(3), "pca").to_dict()))
    assert list(told["points"]) == ["0.png", "1.png", "2.png"]
    assert told["notes"][0] == "3 pictures"


def test_the_file_of_vectors_makes_the_same_map(tmp_path):
    path = vectors().save(tmp_path / "v.npz")
    assert torch.equal(embedding_map(path, method="pca").points, map_embeddings(vectors(), "pca").points)


def test_data_and_a_model_make_a_map():
    network = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(4, 10))
    model = Classifier(network, [str(k) for k in range(10)], Preprocess((8, 8), 1, (0.5,), (0.5,)))
    found = embedding_map(read("digits")["test"].subset(range(9)), model, "pca")
    assert found.vectors.values.shape == (9, 4)


def test_bad_input_is_refused_in_three_lines(tmp_path):
    with pytest.raises(SettingError, match="method is 'umap'"):
        embedding_map(vectors(), method="umap")
    with pytest.raises(SettingError, match="no model was named"):
        embedding_map(read("digits"))
    with pytest.raises(DataError, match="cannot be read as vectors"):
        embedding_map(tmp_path)
    with pytest.raises(ShapeError, match="for a t-SNE map"):
        embedding_map(vectors(3))
