"""Folds: every picture is answered by a network that never saw it, and the answers are measured together."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import striate
from striate.compare import compare as room
from striate.compare.plan import Plan
from striate.errors import Interrupted, RunError, SettingError
from striate.train.run.settings import Settings
from striate.train.session.events import Training

QUICK: dict[str, Any] = {"accelerator": "cpu", "epochs": 2, "batch": 8, "augment": "none", "size": "32"}


@pytest.fixture
def folded(picture_folder: Path, tmp_path: Path) -> Any:
    def run(folds: int = 3, **more: Any) -> Any:
        settings = {**QUICK, "model": "lenet5", "out": tmp_path / "folds", **more}
        return striate.cross_validate(picture_folder, folds, **settings)

    return run


def lines_of(found: Any) -> list[dict[str, str]]:
    return list(csv.DictReader((found.folder / "answers.csv").read_text().splitlines()))


def test_every_picture_is_answered_once_by_a_network_that_never_saw_it(folded: Any) -> None:
    found = folded()
    assert [one.tested for one in found.folds] == [16, 16, 16]
    seen = []
    for one in found.folds:
        parts = json.loads((Path(one.folder) / "splits.json").read_text())["splits"]
        assert not set(parts["test"]) & {*parts["train"], *parts["val"]}
        seen += parts["test"]
    assert len(seen) == len(set(seen)) == 48 == found.metrics.count == len(found.answers)


def test_the_pooled_figure_is_that_of_all_answers(folded: Any) -> None:
    found = folded()
    rows = lines_of(found)
    right = [row["true"] == row["predicted"] for row in rows]
    assert found.metrics.primary.value == pytest.approx(sum(right) / 48)
    assert found.metrics.primary.value == pytest.approx(
        sum(one.primary.value * one.tested for one in found.folds) / 48
    )
    assert found.metrics.per_image.tolist() == [float(one) for one in right]
    assert [row["true"] for row in rows] == ["meadow"] * 24 + ["sea"] * 24
    assert {row["fold"] for row in rows} == {"1", "2", "3"}
    model = striate.load(Path(found.folds[0].folder) / "model.safetensors")  # a picture, asked again
    row = next(row for row in rows if row["fold"] == "1")
    assert model.predict(row["picture"]).class_name == row["predicted"]


def test_a_second_call_goes_on_and_trains_nothing_that_is_complete(folded: Any) -> None:
    begun: list[Training] = []

    def first_only(event: Any) -> None:
        if isinstance(event, Training):
            begun.append(event)
            if len(begun) == 2:
                raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, Interrupted)):
        folded(on_event=first_only)
    again: list[int] = []
    found = folded(on_event=lambda event: again.append(event.fold) if isinstance(event, Training) else None)
    assert again == [2, 3]
    assert len(found.folds) == 3


def test_another_number_of_folds_in_the_same_folder_is_refused(folded: Any) -> None:
    folded()
    with pytest.raises(RunError, match="folds was 3 and is 2"):
        folded(2)


def test_equal_pictures_stay_in_one_fold(picture_folder: Path, folded: Any) -> None:
    with Image.open(picture_folder / "sea" / "00.jpg") as picture:
        for name in ("a.png", "b.png"):  # the same pixels in another format
            picture.save(picture_folder / "sea" / name)
    rows = lines_of(folded())
    same = {row["fold"] for row in rows if Path(row["picture"]).name in ("00.jpg", "a.png", "b.png")}
    assert rows[-1]["true"] == "sea"
    assert len(same) == 1


def test_the_page_shows_every_fold_and_the_pooled_figure(folded: Any) -> None:
    found = folded()
    page = (found.folder / "folds.html").read_text()
    for one in found.folds:
        assert one.primary.text() in page
    assert found.metrics.primary.text() in page
    assert "--folds 3" in page
    assert "<script" not in page


def test_a_run_of_a_fold_is_measured_on_what_it_never_saw(picture_folder: Path, folded: Any) -> None:
    found = folded()
    measured = striate.evaluate(found.folds[1].folder, picture_folder)
    assert measured.count == 16
    assert measured.primary.value == pytest.approx(found.folds[1].primary.value)
    assert "test, of the data that the model was trained on" in measured.measured_on


def test_networks_are_compared_on_all_pictures(
    picture_folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(room, "_measure", lambda *known: iter(()))
    table = striate.compare(
        picture_folder, ["lenet5", "lenet5_1998"], folds=2, out=tmp_path / "compare", **QUICK
    )
    assert {row.count for row in table.rows} == {48}
    assert all(len(row.scores) == 2 and row.pooled == row.score for row in table.rows)
    assert {len(one["per_image"]) for one in table.answers.values()} == {48}
    difference = table.difference(table.rows[0].model, table.rows[1].model)
    assert difference is not None
    assert difference.mean == pytest.approx(table.rows[1].score - table.rows[0].score)
    assert "48 held-out pictures" in table.headline()


def test_the_learning_curve_learns_from_parts_of_the_same_pictures(
    picture_folder: Path, tmp_path: Path
) -> None:
    table = striate.learning_curve(
        picture_folder, (0.25, 1), model="lenet5", out=tmp_path / "curve", **{**QUICK, "validation": 0.25}
    )
    learned = {}
    for row in table.rows:
        learned[row.model] = json.loads((Path(row.folders[0]) / "splits.json").read_text())["splits"]
    few, whole = learned["subset=0.25"], learned["subset=1"]
    assert (len(few["train"]), len(whole["train"])) == (8, 36)  # a quarter of 18 of each class, rounded to 4
    assert set(few["train"]) < set(whole["train"])
    assert few["val"] == whole["val"]
    assert "of the training pictures" in table.headline()


def test_verification_is_the_mean_of_its_folds(tmp_path: Path) -> None:
    from striate.compare.pooled import together
    from striate.tasks.evaluate import Evaluation
    from striate.tasks.verification.verification_metric import VerificationMetric

    found = []
    for seed in (0, 1):
        metric = VerificationMetric()
        metric._vectors = [torch.randn(12, 4, generator=torch.Generator().manual_seed(seed))]
        metric._labels = [torch.arange(12) // 4]
        found.append(Evaluation(metric, metric.compute(), torch.arange(12)))
    metrics, merged = together(found)
    assert merged is None
    assert metrics.primary.value == pytest.approx(sum(one.metrics.eer for one in found) / 2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"folds": 1}, "folds is 1"),
        ({"folds": 3, "seeds": 2}, "seeds is given"),
        ({"folds": 3, "costs_only": True}, "costs_only is given"),
        ({"folds": 3, "settings": Settings(test=0.2)}, "test is given"),
        ({"folds": 3, "settings": Settings(fold="1/3")}, "fold is given"),
    ],
)
def test_what_does_not_go_with_folds_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Plan(("lenet5",), **{"settings": Settings(), **more})


def test_a_fold_is_the_test_split() -> None:
    with pytest.raises(SettingError, match=r"fold is '1/3' and test 0\.2"):
        Settings(fold="1/3", test=0.2)


def test_more_folds_than_pictures_are_refused(folded: Any) -> None:
    with pytest.raises(SettingError, match="49 folds, and 48 different"):
        folded(49)


def test_a_folder_that_is_older_than_a_setting_goes_on(folded: Any) -> None:
    found = folded()
    path = found.folder / "compare.json"
    values = json.loads(path.read_text())
    del values["settings"]["subset"]
    path.write_text(json.dumps(values))
    assert folded().metrics.primary == found.metrics.primary
