"""From a table of captions to a report: trained, evaluated, predicted, searched, drawn, shown."""

import json
from pathlib import Path

import pytest
import torch

import striate
from benchmarks import dense_captions
from striate.cli.main import run as command
from striate.tasks.captioning.dense_metric import DenseCaptionMetrics
from striate.train.run.run import Run

SETTINGS = {
    "epochs": 1,
    "batch": 4,
    "size": "96",
    "precision": "32",
    "arguments": {"width": 0.125, "channels": 16, "code": 32, "language": 32, "proposals": 20},
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    dense_captions.draw_scenes(folder, 0.004)  # 16 to learn, 2 unseen, 1 with a combination held out
    return folder


@pytest.fixture(scope="module")
def trained(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return striate.train(scenes / "scenes.csv", out=tmp_path_factory.mktemp("run") / "run", **SETTINGS)


def test_a_training_leaves_a_model_with_its_words_and_a_report(trained):
    assert trained.settings.model == "densecap"
    assert isinstance(trained.metrics, DenseCaptionMetrics)
    assert {"small", "large", "above"} <= set(trained.model.branch.language.vocabulary.words)
    page = (trained.folder / "report.html").read_text()
    assert "METEOR (exact and stem matches, no synonyms)" in page
    assert Run.open(trained.folder).metrics.values == trained.metrics.values


def test_it_is_evaluated_again_with_the_same_numbers(trained, scenes):
    again = striate.evaluate(trained.folder, scenes / "scenes.csv")
    assert again.numbers == pytest.approx(trained.metrics.numbers, abs=1e-6)


def test_the_terminal_says_captions_and_ranks_regions(trained, scenes, capsys, tmp_path):
    picture = str(scenes / "test" / "0000.png")
    model = ["--model", str(trained.folder)]
    words = ["predict", picture, *model, "--score-threshold", "0", "--top-k", "3", "--beam", "2", "--json"]
    assert command([*words, "--save", str(tmp_path / "drawn")]) == 0
    objects = json.loads(capsys.readouterr().out)["objects"]
    assert len(objects) == 3
    assert all(one["log_probability"] < 0 and isinstance(one["caption"], str) for one in objects)
    assert list((tmp_path / "drawn").iterdir())
    where = ["--in", str(scenes / "test")]
    assert command(["search", "--phrase", "a red circle", *where, *model, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    likely = [one["log_probability"] for one in found]
    assert likely == sorted(likely, reverse=True)
    assert command(["search", "--phrase", "zzz", *where, *model]) == 2


def test_held_out_combinations_are_never_learned(scenes):
    learned = [line.split(",") for line in (scenes / "scenes.csv").read_text().splitlines()[1:]]
    held_out = [line.split(",") for line in (scenes / "heldout.csv").read_text().splitlines()[1:]]

    def combinations(rows):
        shapes = [part.split()[-2:] for row in rows for part in row[5].split(" above ")]
        return {tuple(shape) for shape in shapes}

    assert not combinations(learned) & dense_captions.HELD_OUT
    assert combinations(held_out) & dense_captions.HELD_OUT


def test_scenes_of_one_seed_are_equal():
    first, second = (dense_captions.scene((1, 7), held_out=False) for _ in range(2))
    assert first[1] == second[1]
    assert first[0].tobytes() == second[0].tobytes()
    assert torch.tensor([box for box, _ in first[1]]).shape[1] == 4
