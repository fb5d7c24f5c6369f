"""One table of all methods: what it counts, what it says of those that cannot work, and its files."""

import csv
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import striate
from striate.data.preprocess import Preprocess
from striate.errors import RunError, SettingError, ShapeError
from striate.explain.attribution.methods import METHODS
from striate.explain.evaluation.benchmark import benchmark_explanations
from striate.explain.evaluation.benchmark_table import (
    LATE,
    SOUND,
    UNSOUND,
    BenchmarkRow,
    ExplanationBenchmark,
)
from striate.explain.evaluation.pixel_importance import importance, ranking
from striate.explain.evaluation.synthetic_data import SyntheticData
from striate.ops.intervals import wilson
from striate.tasks.classification.classifier import Classifier

GRADIENTS = ("saliency", "gradient_x_input")


def bright(position: int) -> Tensor:
    """A dark 4 x 4 picture with one bright pixel."""
    picture = torch.zeros(1, 4, 4, dtype=torch.uint8)
    picture.view(-1)[position] = 255
    return picture


class Left(nn.Module):
    """Scores: the sum of the left half, that of the right half."""

    def __init__(self) -> None:
        super().__init__()
        self.halves = nn.Conv2d(1, 2, 4, bias=False)
        with torch.no_grad():
            self.halves.weight.zero_()
            self.halves.weight[0, 0, :, :2] = self.halves.weight[1, 0, :, 2:] = 1.0

    def forward(self, x: Tensor) -> Tensor:
        return self.halves(x).flatten(1)


def synthetic() -> SyntheticData:
    """Two pictures, whose bright pixel is the reason."""
    images = torch.stack([bright(1), bright(14)])  # row 0 column 1: left; row 3 column 2: right
    return SyntheticData(images, torch.tensor([0, 1]), images[:, 0] > 0, ("left", "right"))


def classifier() -> Classifier:
    return Classifier(Left(), ("left", "right"), Preprocess((4, 4), 1, (0.0,), (1.0,)))


def test_known_reasons_are_counted():
    # The gradient is 1 on all 8 pixels of a half: chance among them is 1/8. Times the picture, only the
    # bright pixel is left: found, and the strongest of the one pixel of the mask.
    found = benchmark_explanations(classifier(), synthetic(), methods=GRADIENTS)
    assert found.accuracy == 1.0
    assert found.chance == pytest.approx(1 / 16)
    assert found["saliency"].pointing == pytest.approx(1 / 8)
    assert found["gradient_x_input"].pointing == 1.0
    assert found["gradient_x_input"].intersection == 1.0
    assert found["saliency"].intervals["pointing"] == pytest.approx(
        wilson(found.pictures / 8, found.pictures)
    )


def test_the_areas_are_those_of_the_curves():
    # Probability e / (e + 1) with the bright pixel, 1/2 without; the mean of the data is 0, so that nothing
    # else changes. 16 steps of one pixel; it goes first: the first trapezoid is their mean, 15 are 1/2.
    found = benchmark_explanations(classifier(), synthetic(), methods=["gradient_x_input"])[
        "gradient_x_input"
    ]
    whole = torch.e / (torch.e + 1)
    assert found.deletion == pytest.approx(((whole + 0.5) / 2 + 15 * 0.5) / 16)
    assert found.seconds is not None
    assert found.seconds > 0


def test_a_method_that_cannot_work_says_why_and_the_others_go_on():
    heard: list[BenchmarkRow] = []
    found = benchmark_explanations(classifier(), [bright(1)], on_event=heard.append)
    assert tuple(row.method for row in found.rows) == tuple(METHODS)
    assert heard == list(found.rows)
    for name in ("guided_backprop", "deconvnet", "guided_gradcam"):
        assert "ReLU" in found[name].failed or "map" in found[name].failed
        assert found[name].verdict == found[name].failed
        assert found[name].deletion is None
    assert found["occlusion"].failed == ""
    assert found.chance is found.accuracy is found["saliency"].pointing is None


def test_a_model_that_breaks_in_one_method_is_a_row():
    class Backwards(torch.autograd.Function):
        @staticmethod
        def forward(context, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(context, gradient: Tensor) -> Tensor:
            raise ArithmeticError("no way back")

    class Broken(Left):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(Backwards.apply(x))

    found = benchmark_explanations(Broken(), torch.rand(2, 1, 4, 4), methods=["saliency", "occlusion"])
    assert "no way back" in found["saliency"].failed
    assert found["occlusion"].failed == ""


def test_the_model_stays_as_it_is():
    model = classifier().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    benchmark_explanations(model, [bright(1)])
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_it_is_a_verb():
    assert striate.benchmark_explanations is benchmark_explanations


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"methods": ["salency"]}, "no method 'salency'"),
        ({"methods": []}, "no method in the list"),
        ({"model": Left()}, "a model was given without pictures"),
        ({"images": torch.rand(1, 1, 4, 4)}, "pictures were given without a model"),
        ({"count": 0}, "count is 0"),
    ],
)
def test_what_cannot_be_judged_is_refused(asked, wrong):
    with pytest.raises(SettingError, match=wrong):
        benchmark_explanations(**asked)


def test_no_pictures_are_refused():
    with pytest.raises(ShapeError, match="there are no pictures"):
        benchmark_explanations(classifier(), [])


def test_shares_keep_their_sign_and_gradients_do_not():
    values = torch.tensor([[[[-3.0, 1.0]], [[1.0, 1.0]]]])
    assert importance(values).tolist() == [[[3, 1]]]
    assert ranking("saliency", values).tolist() == [[[3, 1]]]
    assert ranking("integrated_gradients", values).tolist() == [[[-2, 2]]]
    assert ranking("occlusion", values[:, 0]).tolist() == [[[-3, 1]]]


NEAR = {"pointing": (0.95, 0.992)}
GOOD = BenchmarkRow("saliency", 0.98, 0.66, 0.25, 0.9, 0.4, 0.1, True, 0.001, intervals=NEAR)
BAD = BenchmarkRow("guided_backprop", 1.0, 0.7, 0.2, 0.9, 0.6, 0.55, passed=False, seconds=0.002)
SLOW = BenchmarkRow("guided_backprop", 1.0, 0.7, 0.2, 0.9, 0.6, 0.2, passed=False, seconds=0.002)
NONE = BenchmarkRow("deconvnet", failed="there is no ReLU")
TABLE = ExplanationBenchmark((GOOD, BAD, NONE), "a network", 3, 1.0, 0.05)


def test_the_table_has_a_line_for_each_method():
    lines = str(TABLE).splitlines()
    assert lines[0].split() == [
        *(
            "method",
            "pointing",
            "95",
            "%",
            "interval",
            "on",
            "the",
            "mark",
            "deletion",
            "insertion",
            "cascade",
            "shuffled",
        ),
        *("ms", "a", "picture", "verdict"),
    ]
    assert lines[2].startswith("saliency ")
    for number in ("98.0 %", "95.0 to 99.2 %", "66.0 %", "0.250", "0.900", "0.400", "0.100", "1.00", SOUND):
        assert f"  {number}" in lines[2]
    assert lines[3].endswith(UNSOUND)
    assert lines[4].endswith("-  there is no ReLU")
    assert SLOW.verdict == LATE
    assert TABLE.headline().startswith(
        "a network, 3 pictures, 100.0 % of them classified correctly (43.9 to 100.0 %)"
    )
    assert "pointing" not in str(ExplanationBenchmark((GOOD,), "a network", 3))


def test_it_is_written_as_a_table_as_json_and_as_a_chart(tmp_path: Path):
    with TABLE.save(tmp_path / "new" / "judged.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == ["saliency", "guided_backprop", "deconvnet"]
    assert (rows[0]["pointing"], rows[2]["pointing"], rows[1]["verdict"]) == ("0.98", "", UNSOUND)
    assert (rows[0]["pointing_low"], rows[2]["pointing_low"]) == ("0.95", "")
    known = json.loads(TABLE.save(tmp_path / "judged.json").read_text())
    assert known["rows"][1]["passed"] is False
    assert known["chance"] == 0.05
    assert "guided_backprop" in TABLE.save(tmp_path / "judged.svg").read_text()
    assert TABLE.save(tmp_path / "judged.png").stat().st_size > 5000
    with pytest.raises(RunError, match="ends in"):
        TABLE.save(tmp_path / "judged.txt")
