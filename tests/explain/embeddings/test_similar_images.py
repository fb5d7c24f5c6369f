"""Neighbours by features against neighbours by pixels, where both are known."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.draw import image_grid as sheet
from striate.errors import SettingError
from striate.explain.embeddings.embed import PIXELS, embed
from striate.explain.embeddings.embedding_map import embedding_map
from striate.explain.embeddings.search import index_of
from striate.explain.embeddings.similar_images import similar_images
from striate.tasks.classification.classifier import Classifier


def bars() -> Dataset:
    """Dark and bright bars, each on the left and on the right side: pixels see the side first."""
    images = torch.zeros(8, 1, 4, 4, dtype=torch.uint8)
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    for place in range(8):
        column = 0 if place % 2 else 3
        images[place, 0, :, column] = (200 if labels[place] else 140) + place // 2
    return Dataset.whole(Array(images.permute(0, 2, 3, 1).numpy(), "bars"), labels, ("dark", "bright"))


@pytest.fixture
def model() -> Classifier:
    """Sees the mean of all pixels, which does not say where the bar is."""
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2))
    return Classifier(network, ("dark", "bright"), Preprocess((4, 4), 1, (0.0,), (1.0,)))


def test_features_find_the_class_where_pixels_find_the_place(model):
    found = similar_images(model, bars(), k=3)
    by_features, by_pixels = found.same_class()
    assert by_features == 1.0
    assert by_pixels == pytest.approx(1 / 3)  # of three with the same side one has the same class


def test_a_sheet_has_two_rows_for_every_query(model, tmp_path):
    found = similar_images(model, bars(), k=2)
    assert found.sheet([0, 5], side=40).height > found.sheet([0], side=40).height
    assert found.save(tmp_path / "near.png").exists()
    with pytest.raises(SettingError, match="no picture 8"):
        found.sheet([8])


def test_a_query_has_its_class_below_it_and_rows_say_what_is_alike(model, monkeypatch):
    told = []
    monkeypatch.setattr(sheet, "grid", lambda cells, words, **_: told.extend(words))
    similar_images(model, bars(), k=1).sheet([0])
    assert told[:2] == ["by features", "dark (query)"]
    assert told[3:5] == ["by pixels", "dark (query)"]


def test_where_every_class_has_one_picture_nothing_is_said_of_neighbours(model):
    images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4, 1)
    one_each = Dataset.whole(Array(images, "one each"), [0, 1, 2], ("a", "b", "c"))
    assert similar_images(model, one_each, k=1).same_class() == (None, None)
    unlabelled = list(torch.from_numpy(images).permute(0, 3, 1, 2))
    assert similar_images(model, unlabelled, k=1).same_class() == (None, None)


def test_a_saved_index_gives_its_vectors_and_its_pictures_are_read_by_name(model, tmp_path):
    data = bars()
    for number in range(8):
        folder = tmp_path / ("dark" if number < 4 else "bright")
        folder.mkdir(exist_ok=True)
        Image.fromarray(data[number].image[0].numpy()).save(folder / f"{number}.png")
    paths = sorted((tmp_path).glob("*/*.png"))
    where = index_of(embed(model, paths)).save(tmp_path / "index")
    found = similar_images(model, where, k=3)
    assert found.vectors.names == tuple(map(str, paths))
    assert found.vectors.classes == ("bright", "dark")
    assert found.same_class()[1] == pytest.approx(1 / 3)
    assert found.sheet([0], side=40).height > 40
    pixels = index_of(embed(model, paths, PIXELS)).save(tmp_path / "pixels")
    assert embedding_map(pixels, method="pca").vectors.names == found.vectors.names
    with pytest.raises(SettingError, match="layer or split is named"):
        similar_images(model, where, k=3, split="train")
