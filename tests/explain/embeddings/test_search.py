"""Search by pictures, and the pictures of a collection that deserve a look."""

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.explain.embeddings.embeddings import Embeddings
from striate.explain.embeddings.odd_pictures import near_duplicates, outliers, searched_in_itself, suspects
from striate.explain.embeddings.search import collection, index_of
from striate.zoo.build import build


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    options = {"dimensions": 16}
    return build(
        "resnet20", ["a"], Preprocess((16, 16), 3), task="verification", options=options, width=0.5
    ).eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for kind in "ab":
        (root / kind).mkdir()
        for number in range(3):
            own = (
                np.random.default_rng([ord(kind), number])
                .uniform(0, 255, (4, 4, 3))
                .repeat(4, 0)
                .repeat(4, 1)
            )
            Image.fromarray(own.astype(np.uint8)).save(root / kind / f"{number}.png")
    return root


def test_a_picture_of_the_collection_is_nearest_to_itself(folder, model):
    found = striate.search(folder / "a" / "1.png", folder, model, k=3)[0]
    assert found.names[0] == str(folder / "a" / "1.png")
    assert found.distances[0] == pytest.approx(0, abs=1e-6)
    assert found.distances == tuple(sorted(found.distances))
    assert found.source == str(folder / "a" / "1.png")


def test_a_saved_collection_answers_the_same(folder, model, tmp_path):
    index_of(folder, model).save(tmp_path / "index")
    asked = [folder / "a" / "0.png", folder / "b" / "2.png"]
    assert striate.search(asked, tmp_path / "index", model) == striate.search(asked, folder, model)


def test_a_saved_collection_of_another_model_is_refused(folder, model, tmp_path):
    index_of(folder, model).save(tmp_path / "index")
    torch.manual_seed(1)
    other = build(
        "resnet20", ["a"], Preprocess((16, 16), 3), task="verification", options={"dimensions": 16}, width=0.5
    ).eval()
    with pytest.raises(DataError, match="made by another model"):
        striate.search(folder / "a" / "0.png", tmp_path / "index", other)


def test_the_vectors_of_a_model_for_verification_are_its_answers(folder, model):
    made = collection(folder, model)
    records = model.predict([folder / "a" / "0.png"])
    assert torch.allclose(made.values[0], records[0].vector, atol=1e-5)
    assert made.classes == ("a", "b")


def test_pictures_need_a_model(folder):
    with pytest.raises(SettingError, match="no model is named"):
        collection(folder)


def test_odd_pictures_are_found():
    angles = torch.tensor([0.0, 0.02, 0.04, 0.06, 0.08, 1.2, 1.22, 1.24, 1.26, 1.28, 1.3, 3.0, 1.25])
    values = torch.stack([angles.cos(), angles.sin()], dim=1)
    labels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0])
    names = tuple(map(str, range(13)))
    vectors = Embeddings(values, names, labels, ("x", "y"))
    found = searched_in_itself(vectors, k=5)
    assert outliers(vectors, found, 1)[0][0] == "11"
    assert [(one.name, one.label, one.likely, one.share) for one in suspects(vectors, found)] == [
        ("12", "x", "y", 1.0)
    ]
    first = near_duplicates(vectors, found, limit=1e-4)[0]
    assert set(first[:2]) in ({"7", "12"}, {"8", "12"})


def test_the_terminal_searches_and_keeps_an_index(folder, model, tmp_path, capsys):
    from striate.cli.main import run
    from striate.zoo.save_load import save

    save(model, tmp_path / "model.safetensors", scores={}, settings={})
    asked, where = str(folder / "a" / "1.png"), str(folder)
    named = ["--model", str(tmp_path / "model.safetensors")]
    assert run(["search", asked, "--in", where, *named, "--save", str(tmp_path / "index")]) == 0
    assert capsys.readouterr().out.split()[:2] == [asked, asked]
    assert run(["search", asked, "--in", str(tmp_path / "index"), *named, "--json"]) == 0
    assert run(["search", "--in", where, *named, "--odd"]) == 0
    assert run(["search", asked]) == 2
    assert run(["search", "--in", where]) == 2
