"""Captions alone from a table to a report: trained, resumed, evaluated, predicted, searched, compared."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.cli.main import run as command
from striate.errors import StriateError
from striate.tasks.captioning.captioner import Captioner
from striate.tasks.metric import PlainMetrics
from striate.train.run.run import Run

COLORS = {"red": (220, 30, 30), "green": (30, 190, 60), "blue": (40, 60, 220)}
SETTINGS = {
    "epochs": 30,
    "batch": 8,
    "size": "16",
    "precision": "32",
    "lr": 5e-3,
    "model": "resnet20",
    "arguments": {"width": 0.5, "depth": 0.34},
}


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 grey pictures with a colored square, two captions on each square, and two on each picture."""
    folder, draw = tmp_path_factory.mktemp("walls"), np.random.default_rng(0)
    whole, regions = ["image,caption"], ["image,x1,y1,x2,y2,caption"]
    for number in range(24):
        color = [*COLORS][number % 3]
        pixels = np.full((24, 32, 3), 120, np.uint8) + draw.integers(0, 20, (24, 32, 3), np.uint8)
        left, top = int(draw.integers(0, 16)), int(draw.integers(0, 8))
        square = np.array(COLORS[color], np.int64) + draw.integers(-25, 25, (16, 16, 3))
        pixels[top : top + 16, left : left + 16] = square.clip(0, 255)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        for text in (f"a {color} square", f"a square that is {color}"):
            whole.append(f"{number}.png,{text} on a wall")
            regions.append(f"{number}.png,{left},{top},{left + 16},{top + 16},{text}")
    (folder / "whole.csv").write_text("\n".join(whole) + "\n")
    (folder / "regions.csv").write_text("\n".join(regions) + "\n")
    return folder


@pytest.fixture(scope="module")
def trained(walls: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("run") / "run"
    return striate.train(walls / "regions.csv", task="caption", out=out, **SETTINGS)


def test_a_training_leaves_a_model_with_its_words_and_a_report(trained):
    assert isinstance(trained.model, Captioner)
    assert isinstance(trained.metrics, PlainMetrics)
    assert {"red", "green", "blue", "square"} <= set(trained.model.language.vocabulary.words)
    page = (trained.folder / "report.html").read_text()
    assert "Meteor without synonyms" in page
    assert "what the model says" in page
    assert Run.open(trained.folder).metrics.values == trained.metrics.values


def test_it_says_what_is_true_of_the_pictures_that_it_learned_from(trained, walls):
    found = striate.evaluate(trained.folder, walls / "regions.csv", split="train")
    assert found.values["exact"] >= 0.5
    said = {model_says.text for model_says in trained.model.predict(sorted(map(str, walls.glob("*.png"))))}
    assert len(said) > 1
    again = striate.evaluate(trained.folder, walls / "regions.csv")
    assert again.values == pytest.approx(trained.metrics.values, abs=1e-6)
    assert "test" in again.measured_on or "val" in again.measured_on


def test_a_table_of_whole_pictures_needs_no_task(walls, tmp_path):
    run = striate.train(walls / "whole.csv", out=tmp_path / "run", **{**SETTINGS, "epochs": 1})
    assert run.settings.task == "caption"
    assert "wall" in run.model.language.vocabulary.words


def test_the_terminal_says_captions_and_ranks_pictures(trained, walls, capsys, tmp_path):
    pictures, model = [str(walls / f"{number}.png") for number in range(3)], ["--model", str(trained.folder)]
    assert (
        command(["predict", *pictures, *model, "--beam", "3", "--json", "--save", str(tmp_path / "drawn")])
        == 0
    )
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(one) >= {"source", "caption", "log_probability"} for one in found] == [True] * 3
    assert len(list((tmp_path / "drawn").glob("*.png"))) == 3
    assert command(["predict", pictures[0], *model]) == 0
    assert "log p -" in capsys.readouterr().out
    assert command(["evaluate", str(trained.folder), str(walls / "regions.csv")]) == 0
    assert "meteor without synonyms" in capsys.readouterr().out
    words = ["search", "--phrase", "a red square", "--in", str(walls), *model, "--json", "-k", "4"]
    assert command(words) == 0
    ranked = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    likely = [one["log_probability"] for one in ranked]
    assert likely == sorted(likely, reverse=True)
    for wrong in (["--beam", "0"], ["--beam", "1000"], ["--top-k", "3"]):
        assert command(["predict", pictures[0], *model, *wrong]) == 2
    assert command(["search", "--phrase", "zzz", "--in", str(walls), *model]) == 2
    capsys.readouterr()


def test_an_export_gives_the_codes_of_any_number_of_pictures(trained, tmp_path):
    striate.export(trained.folder, to="torch", out=tmp_path / "codes.pt2")
    program = torch.export.load(tmp_path / "codes.pt2").module()
    images = torch.randint(0, 255, (3, 3, 16, 16), dtype=torch.uint8)
    with torch.no_grad():
        expected = trained.model.eval()(images)
    assert torch.allclose(program(images), expected, atol=1e-4)


def test_pictures_are_listed_by_loss_and_folds_test_each_once(trained, walls, tmp_path):
    found = striate.mistakes(trained.folder, walls / "regions.csv")
    assert not found.suspects
    assert "square" in found.to_csv()
    folds = striate.cross_validate(
        walls / "regions.csv", folds=2, out=tmp_path / "folds", task="caption", **{**SETTINGS, "epochs": 1}
    )
    assert folds.metrics.count == 24


def test_a_resumed_training_has_the_weights_of_one_that_ran_through(walls, tmp_path):
    settings = {**SETTINGS, "epochs": 2, "task": "caption", "checkpoint_every": 0.0}
    steps = []

    def stop(event):
        if type(event).__name__ == "Saved":
            steps.append(event.step)
            if len(steps) == 2:
                raise KeyboardInterrupt

    through = striate.train(walls / "regions.csv", out=tmp_path / "through", **settings)
    with pytest.raises(KeyboardInterrupt):
        striate.train(walls / "regions.csv", out=tmp_path / "run", on_event=stop, **settings)
    resumed = striate.train(walls / "regions.csv", out=tmp_path / "run", resume=True, **settings)
    weights = through.model.state_dict()
    assert all(torch.equal(weights[key], one) for key, one in resumed.model.state_dict().items())


@pytest.mark.parametrize(
    ("lines", "settings", "wrong"),
    [
        (["0.png,a wall", "1.png,a square"], {"least_count": 3}, "no word stands 3 times"),
        (["0.png,\U0001f431", "1.png,?!"], {}, "no caption has a word"),
        (["0.png,a wall", "gone.png,a square"], {}, "gone.png"),
        (["0.png,", "1.png,"], {}, "no caption has a word"),
    ],
)
def test_captions_of_which_nothing_can_be_learned_are_refused(walls, lines, settings, wrong):
    path = walls / "odd.csv"
    path.write_text("\n".join(["image,caption", *lines]) + "\n", encoding="utf-8")
    with pytest.raises(StriateError, match=wrong):
        striate.train(path, out=walls / "odd", validation=0.0, **{**SETTINGS, **settings, "epochs": 1})


def test_long_captions_and_control_characters_are_learned_as_far_as_they_are_words(walls):
    path = walls / "long.csv"
    lines = [
        "0.png," + "very " * 399 + "long",
        "1.png,a\x1b[31m red\tcat \U0001f431",
        "2.png,a wall",
        "3.png,a wall",
    ]
    path.write_text("\n".join(["image,caption", *lines]) + "\n", encoding="utf-8")
    run = striate.train(path, out=walls / "long", validation=0.0, **{**SETTINGS, "epochs": 1})
    assert set(run.model.language.vocabulary.words) == {"very", "a", "31m", "red", "cat", "wall"}
    assert len(run.model.predict(walls / "0.png").text.split()) <= 15
