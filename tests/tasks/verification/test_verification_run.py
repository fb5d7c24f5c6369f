"""A whole run: train on some identities, measure others, with every loss; what is noticed and saved."""

import json

import numpy as np
import pytest
import torch

import striate
from striate.errors import DataError, SettingError
from striate.records import Embedding
from striate.tasks.verification.embedder import Embedder

IDENTITIES, EACH, SIDE = 24, 6, 16


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Random patterns, each with noise: (24, 6, 16, 16)."""
    draws = np.random.default_rng(0)
    patterns = draws.uniform(0, 255, (IDENTITIES, 1, 4, 4)).repeat(4, 2).repeat(4, 3)
    pictures = (patterns + draws.normal(0, 8, (IDENTITIES, EACH, SIDE, SIDE))).clip(0, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("people") / "characters.npz"
    np.savez(path, images=pictures, labels=np.arange(IDENTITIES)[:, None].repeat(EACH, 1))
    return path


OPTIONS = {
    "task": "verification",
    "model": "resnet20",
    "arguments": {"width": 0.5, "depth": 0.34},
    "size": "16",
    "augment": "none",
    "batch": 16,
    "validation": 0.34,
    "precision": "32",
    "optimizer": "adamw",
    "lr": 0.003,
    "dimensions": 16,
}


def trained(people, folder, **changed):
    return striate.train(people, out=folder, **{**OPTIONS, "epochs": 3, **changed})


@pytest.fixture(scope="module")
def run(people, tmp_path_factory):
    return trained(people, tmp_path_factory.mktemp("runs") / "run", epochs=8)


def test_identities_are_held_out_whole_and_told_apart(run):
    metrics = run.metrics
    assert (metrics.identities, metrics.count) == (8, 8 * EACH)
    assert metrics.eer < 0.1
    assert metrics.ways == 8
    assert metrics.one_shot > 0.9
    assert metrics.recall["1"] > 0.9
    assert metrics.tar["0.001"] is not None  # there are 1,008 pairs of two identities
    assert metrics.interval[0] <= metrics.eer <= metrics.interval[1]


def test_an_answer_is_a_vector_of_length_1(run, people):
    picture = np.load(people)["images"][0, 0]
    record = run.model.predict(picture)
    assert isinstance(record, Embedding)
    assert record.vector.shape == (16,)
    assert record.vector.norm().item() == pytest.approx(1)


def test_a_saved_model_gives_the_same_vectors(run, people):
    pictures = list(np.load(people)["images"][:2, 0])
    again = striate.load(run.folder)
    assert isinstance(again, Embedder)
    pairs = zip(again.predict(pictures), run.model.predict(pictures), strict=True)
    assert all(torch.equal(one.vector, other.vector) for one, other in pairs)


def test_a_model_is_measured_on_the_identities_that_it_did_not_learn(run, people):
    found = striate.evaluate(run.folder, people)
    assert found.eer == pytest.approx(run.metrics.eer, abs=1e-6)
    assert "val, of the data that the model was trained on" in found.measured_on


@pytest.mark.parametrize("loss", ["cosine", "triplet", "contrastive", "siamese"])
def test_every_loss_learns(people, tmp_path, loss):
    again = trained(people, tmp_path / loss, embedding_loss=loss, epochs=6)
    assert again.history[-1]["train_loss"] < again.history[0]["train_loss"]
    assert again.metrics.auc > 0.9


def test_the_share_of_active_triplets_is_noted_for_each_epoch(people, tmp_path):
    trained(people, tmp_path / "run", embedding_loss="triplet", mining="random")
    events = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    notes = [event["note"] for event in events if event["event"] == "noted"]
    assert sum(note.startswith("active triplets: ") for note in notes) == 3


def test_two_runs_of_one_seed_are_equal_across_an_interruption(people, tmp_path):
    first = trained(people, tmp_path / "a", embedding_loss="triplet", mining="random")
    again = trained(people, tmp_path / "b", embedding_loss="triplet", mining="random")
    states = (first.model.state_dict(), again.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"embedding_loss": "triplet", "margin": 0.0}, "margin is 0 for the loss triplet"),
        ({"embedding_loss": "contrastive", "margin": 0.0}, "margin is 0 for the loss contrastive"),
        ({"mixup": 0.2}, "mixup is 0.2, and the task is verification"),
    ],
)
def test_settings_that_teach_nothing_are_refused(people, tmp_path, changed, words):
    with pytest.raises(SettingError, match=words):
        trained(people, tmp_path / "run", **changed)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0, 0, 0, 0], "0 identities|only one|1 identities"), ([0, 1, 2, 3], "two pictures")],
)
def test_one_identity_or_one_picture_of_each_teaches_nothing(tmp_path, labels, words):
    pictures = np.random.default_rng(0).integers(0, 255, (4, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "few.npz", images=pictures, labels=labels)
    with pytest.raises(DataError, match=words):
        trained(tmp_path / "few.npz", tmp_path / "run")


def test_the_page_shows_rates_and_the_hardest_pairs_without_a_script(run):
    page = (run.folder / "report.html").read_text()
    assert page.count('name="threshold"') > 20
    assert page.count(" checked>") == 1
    assert "The hardest pairs" in page
    assert "Pairs of two identities, the nearest" in page
    assert "<script" not in page  # the page's policy would not run one
