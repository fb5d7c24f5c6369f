"""int8 is calibrated on pictures, measured on others, and accepted only within what it may cost."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.tasks.classification.classifier import Classifier
from striate.tasks.classification.metrics import ACCURACY
from striate.zoo.build import build
from striate.zoo.inference import quantize as quantizing
from striate.zoo.inference.export import export_int8
from striate.zoo.inference.openvino_engine import Engine
from striate.zoo.inference.quantize import Measured, Quantized, quantize
from striate.zoo.save_load import save

SIDE = 16


def model() -> Classifier:
    """A network that says by its own random weights what is what."""
    torch.manual_seed(0)
    made = build("resnet20", ("a", "b"), Preprocess((SIDE, SIDE)))
    made.network.train()
    with torch.no_grad():
        made(torch.randint(0, 256, (8, 3, SIDE, SIDE), dtype=torch.uint8))
    return made.eval()


def labelled(count: int, by: Classifier) -> Dataset:
    """Noise with the class that the model itself is surest of: its accuracy is 100 %."""
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (5 * count, SIDE, SIDE, 3)) // random.integers(
        1, 9, (5 * count, 1, 1, 3)
    )
    answers = by.predict(list(pixels.astype(np.uint8)))
    surest = sorted(range(5 * count), key=lambda place: -answers[place].score)[:count]
    labels = [answers[place].class_index for place in surest]
    return Dataset.whole(Array(pixels[surest].astype(np.uint8), "noise"), labels, by.classes)


def measured(per_image):
    return Measured(ACCURACY.of(per_image.mean().item()), per_image)


def right(*counts: tuple[int, int]) -> Measured:
    """An accuracy: so many pictures with a value of 1 or 0, after each other."""
    return measured(torch.cat([torch.full((count,), float(value)) for value, count in counts]))


def accuracy_on(dataset: Dataset, by: Classifier):
    """The measure of a classifier on a data set."""
    pictures = torch.stack([dataset.image(index) for index in range(len(dataset))])

    def measure(engine: Engine) -> Measured:
        return measured((engine(pictures).argmax(1) == torch.tensor(dataset.labels)).float())

    return measure


def test_an_accepted_graph_says_what_it_costs_and_becomes_the_engine(tmp_path: Path) -> None:
    made = model()
    file = tmp_path / "model.safetensors"
    save(made, file)
    unseen = labelled(40, made)
    found = quantize(made, labelled(20, made), unseen, accuracy_on(unseen, made), most_loss=20)
    assert (found.exact.primary.value, found.count) == (1.0, 40)
    assert found.int8.primary.value >= 0.8
    export_int8(made, file, tmp_path / "model.int8.xml", found)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("model.safetensors", "model.int8.xml", "model.int8.bin", "model.openvino")
    }
    answers = striate.load(file, precision="int8").predict([unseen.image(place) for place in range(40)])
    exact = made.predict([unseen.image(place) for place in range(40)])
    same = sum(a.class_index == b.class_index for a, b in zip(answers, exact, strict=True)) / 40
    assert same == pytest.approx(found.int8.primary.value)
    assert any(not torch.equal(a.scores, b.scores) for a, b in zip(answers, exact, strict=True))


def test_the_loss_is_the_mean_difference_of_the_pictures() -> None:  # 98 % - 95.5 % = 2.5 points
    found = Quantized(None, right((1, 196), (0, 4)), right((1, 191), (0, 9)))
    assert found.loss == pytest.approx(0.025)
    assert str(found).startswith("int8 costs 2.50 points (")
    assert "of accuracy: 95.50 % instead of 98.00 % on 200 pictures" in str(found)
    one = Quantized(None, right((1, 1)), right((1, 1)))
    assert "on 1 picture that it was not" in str(one)
    assert str(one).endswith("costs more than 1 point")


@pytest.mark.parametrize(
    ("wrong", "count", "too_much", "unsure"),
    [
        (1, 33, False, True),  # 3 points of 33 pictures: (-2.7 to 8.5), chance alone explains it
        (0, 33, False, True),  # not even none of 33 shows that it costs less than one point
        (9, 33, True, False),  # 27 points
        (30, 2000, True, False),  # 1.5 points: (0.9 to 2.1)
        (2, 2000, False, False),  # 0.1 points: (-0.1 to 0.3)
    ],
)
def test_the_bound_is_read_with_the_interval(wrong: int, count: int, too_much: bool, unsure: bool) -> None:
    found = Quantized(None, right((1, count)), right((0, wrong), (1, count - wrong)), most_loss=1)
    assert found.too_much == too_much
    assert ("cannot show whether it costs more than 1 point" in str(found)) == unsure


def test_more_loss_than_allowed_is_refused_with_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    made = model()
    answers = iter([right((1, 900), (0, 100)), right((1, 850), (0, 150))])  # exact, then int8
    monkeypatch.setattr(quantizing, "eight_bits", lambda graph, pictures: graph)
    with pytest.raises(SettingError) as caught:
        quantize(made, labelled(2, made), labelled(3, made), lambda engine: next(answers), most_loss=1.5)
    assert caught.value.wrong.startswith("int8 costs 5.00 points (3.6")
    assert "of accuracy: 85.00 % instead of 90.00 % on 1,000 " in caught.value.wrong
    assert caught.value.expected == "at most 1.5 points"
    assert "--most-loss 5.01" in caught.value.attempt


def test_other_weights_need_another_calibration(tmp_path: Path) -> None:
    made = model()
    file = tmp_path / "model.safetensors"
    save(made, file)
    export_int8(
        made, file, tmp_path / "out.xml", Quantized(quantizing.converted(made), right((1, 1)), right((1, 1)))
    )
    torch.nn.init.ones_(made.network.head[-1].bias)
    save(made, file)
    changed = striate.load(file, precision="int8")
    with pytest.raises(SettingError, match="weights of this model have changed"):
        changed.predict(np.zeros((SIDE, SIDE, 3), np.uint8))


def test_a_sample_is_taken_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantizing, "CALIBRATION", 3)
    images = np.arange(5, dtype=np.uint8).repeat(12).reshape(5, 2, 2, 3)
    dataset = Dataset.whole(Array(images, "five greys"), [0] * 5, ("one",))
    assert quantizing.sample(dataset, Preprocess((2, 2)))[:, 0, 0, 0].tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("learned", "unseen", "most_loss", "error", "wrong"),
    [
        (0, 3, 1.0, DataError, "no pictures to calibrate on"),
        (2, 0, 1.0, DataError, "no pictures to measure on"),
        (2, 3, -1.0, SettingError, r"most_loss is -1\.0"),
    ],
)
def test_what_cannot_be_is_refused(
    learned: int, unseen: int, most_loss: float, error: type[Exception], wrong: str
) -> None:
    made = model()
    with pytest.raises(error, match=wrong):
        quantize(
            made, labelled(learned, made), labelled(unseen, made), lambda engine: right((1, 1)), most_loss
        )


def test_nncf_comes_in_without_the_warning_of_a_missing_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compilers = logging.getLogger("torch.utils.cpp_extension")

    def imported(name: str) -> str:
        compilers.warning("No CUDA runtime is found, using CUDA_HOME='/usr/local'")
        compilers.error("something else")
        return name

    monkeypatch.setattr(compilers, "propagate", True)
    monkeypatch.setattr(quantizing.importlib, "import_module", imported)
    level = compilers.level
    assert quantizing._nncf() == "nncf"
    assert compilers.level == level
    assert [record.message for record in caplog.records] == ["something else"]
