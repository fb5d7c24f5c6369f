"""The page of a run says what was measured, in one file that can do no harm."""

import html
import math
import re

import pytest
import torch

from striate.data.dataset import Splits
from striate.draw import charts
from striate.errors import RunError
from striate.report.any_task import curves
from striate.report.classification_page import CURVE
from striate.report.page import report, write_report
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.evaluate import Evaluation

SCRIPTS = ("größer", "кошка", "חתול", "قطة", "고양이", "🐈")
NASTY = ("<script>alert(1)</script>", '" onload="x', *SCRIPTS, "\udcff", "{{ 7 }}")


def words(page: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


def test_page_says_what_was_measured(made):
    run, splits, evaluation = made()
    page = words(report(run, splits, evaluation))
    right = int(evaluation.metric.per_image.right.sum())
    assert (
        f"Of 100 pictures in the val split, {right} {'is' if right == 1 else 'are'} classified rightly: "
        in page
    )
    assert "these pictures also chose the best epoch" in page
    assert f"Mistakes {100 - right} of 100 val pictures" in page
    assert "Parameters 61.7 k" in page
    assert "striate train 'my digits' --model lenet5 --epochs 3" in page
    assert "A tenth was held out with seed 0." in page


def test_worst_mistake_comes_first(made):
    run, splits, evaluation = made()
    answers = evaluation.metric.per_image
    place = int((answers.confidence * ~answers.right).argmax())
    page = words(report(run, splits, evaluation))
    first = re.search(r"predicted (\d) [>\d. ]+% true (\d) [<\d. ]+% digits\[(\d+)\]", page)
    assert first.groups() == (
        str(int(answers.predicted[place])),
        str(int(answers.labels[place])),
        str(200 + place),
    )


def test_page_asks_nobody_for_anything(made):
    page = report(*made())
    addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "url(" not in page.replace("url(#", "")
    assert "@import" not in page


def test_names_cannot_do_harm(made):
    page = write_report(*made(NASTY, origin="<img src=x onerror=alert(2)>")).read_text("utf-8")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert 'title="" onload' not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7 }}" in page
    assert all(name in words(page) for name in SCRIPTS)


@pytest.mark.parametrize("count", [1, 2, 5, 41])
def test_any_number_of_classes(made, count):
    page = report(*made(tuple(f"class {number}" for number in range(count))))
    assert f"class {count - 1}" in page
    assert ("Top-5 accuracy" in page) == (count >= 20)


def test_page_of_a_thousand_classes_stays_small(made):
    path = write_report(*made(tuple(f"class number {number}" for number in range(1000))))
    assert path.stat().st_size < 3_000_000


def test_model_without_mistakes(made):
    page = words(report(*made(right=True)))
    assert "No mistake was made." in page
    assert "the 100 pictures were all classified rightly" in page


def test_nothing_to_measure(made):
    run, splits, _ = made()
    data = Splits({"train": splits["train"], "val": splits["val"].subset([])}, "digits", splits.root)
    metric = ClassificationMetric(splits.classes)
    nothing = Evaluation(metric, metric.compute(), torch.empty(0, dtype=torch.int64))
    assert "Nothing was measured" in words(report(run, data, nothing))


def test_run_that_was_stopped_before_its_first_epoch(made):
    assert "0 epochs" in words(report(*made(length=0)))


def test_curves_leave_out_what_was_not_measured():
    row = {"train_loss": 1.0, "val_loss": None, "val_accuracy": None, "lr": 0.1}
    labels = [re.search('aria-label="(.*?) by', curve)[1] for curve in curves([row], CURVE)]
    assert labels == ["Loss", "Learning rate"]
    row |= {"val_loss": math.inf, "val_accuracy": 0.5}
    assert len(curves([row, row], CURVE)) == 3


def test_both_curves_ring_the_epoch_whose_model_was_kept(monkeypatch):
    asked = []
    plain = charts.curves

    def spy(lines, title, *, best=None):
        asked.append((title, best))
        return plain(lines, title, best=best)

    monkeypatch.setattr(charts, "curves", spy)
    rows = [
        {"train_loss": 1.0, "val_loss": loss, "val_accuracy": 0.5, "lr": 0.1, "best": best}
        for loss, best in [(3.0, True), (2.0, True), (2.5, False)]
    ]
    curves(rows, CURVE)
    assert asked == [("Loss", 2), ("Validation accuracy (%)", 2), ("Learning rate", None)]


def test_model_is_as_it_was(made):
    run, splits, evaluation = made()
    run.model.train()
    before = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    report(run, splits, evaluation)
    assert run.model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in run.model.state_dict().items())


def test_page_is_written_beside_and_renamed(made, monkeypatch):
    run, splits, evaluation = made()
    path = write_report(run, splits, evaluation)
    assert [file.name for file in run.folder.iterdir()] == ["report.html"]
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(RunError, match="no space left"):
        write_report(run, splits, evaluation)
    assert path.read_bytes() == before
    assert [file.name for file in run.folder.iterdir()] == ["report.html"]
