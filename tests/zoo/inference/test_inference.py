"""Engines answer as the model does, never with weights that it no longer has, and leave small jobs alone."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.inference import inference as engines
from striate.zoo.inference.inference import InferenceEngine, multiplications
from striate.zoo.save_load import save

PICTURES = torch.randint(
    0, 256, (5, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


def made(views: str = "plain") -> Classifier:
    """A small residual network whose batch norms have seen something."""
    torch.manual_seed(0)
    model = build("resnet20", ("a", "b", "c"), Preprocess((16, 16), views=views))
    model.network.train()
    with torch.no_grad():
        model(PICTURES)
    return model.eval()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small.safetensors"
    save(made(), path)
    return path


def scores(model: Classifier) -> torch.Tensor:
    return torch.stack([answer.scores for answer in model.predict(list(PICTURES))])


@pytest.mark.parametrize("views", ["plain", "mirrored"])
@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_an_exact_engine_gives_the_scores_of_the_model(engine: str, views: str) -> None:
    model = made(views)
    wanted = scores(model)
    model.engine = InferenceEngine(model, engine)
    assert (scores(model) - wanted).abs().max() <= 1e-5
    assert [answer.source for answer in model.predict(list(PICTURES))] == [""] * 5


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_bf16_is_within_two_hundredths(engine: str) -> None:
    model = made()
    wanted = scores(model)
    model.engine = InferenceEngine(model, engine, "bf16")
    assert 0 < (scores(model) - wanted).abs().max() <= 2e-2


def test_any_number_of_pictures_may_be_answered_at_once() -> None:
    model = made()
    wanted = scores(model)
    model.engine = InferenceEngine(model, "openvino")
    assert (model.predict(PICTURES[0]).scores - wanted[0]).abs().max() <= 1e-5
    got = torch.stack([answer.scores for answer in model.predict(list(PICTURES), batch=2)])
    assert (got - wanted).abs().max() <= 1e-5


def test_a_loaded_model_keeps_its_graph_beside_its_file(file: Path) -> None:
    wanted = scores(striate.load(file))
    assert not file.with_suffix(".openvino").exists()  # five small pictures are no job for an engine
    assert (scores(striate.load(file, "openvino")) - wanted).abs().max() <= 1e-5
    (kept,) = file.with_suffix(".openvino").iterdir()
    written = (kept / "graph.bin").stat().st_mtime_ns
    assert (scores(striate.load(file, "openvino", "bf16")) - wanted).abs().max() <= 2e-2
    assert [path.name for path in file.with_suffix(".openvino").iterdir()] == [kept.name]
    assert (kept / "graph.bin").stat().st_mtime_ns == written


@pytest.mark.parametrize("name", ["graph.xml", "graph.bin"])
def test_a_damaged_graph_is_built_again(file: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / file.name
    path.write_bytes(file.read_bytes())
    wanted = scores(striate.load(path, "openvino"))
    (kept,) = path.with_suffix(".openvino").iterdir()
    (kept / name).write_bytes((kept / name).read_bytes()[:1000])
    assert torch.equal(scores(striate.load(path, "openvino")), wanted)
    assert (kept / name).stat().st_size > 1000


def test_a_file_with_other_weights_never_meets_the_old_graph(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for seed in (0, 1):
        model = made()
        torch.manual_seed(seed)
        torch.nn.init.normal_(model.network.head[-1].weight)
        save(model, path)
        assert (scores(striate.load(path, "openvino")) - scores(model)).abs().max() <= 1e-5
    assert len(list(path.with_suffix(".openvino").iterdir())) == 1  # the old one is gone


def test_weights_that_change_after_loading_are_seen(file: Path) -> None:
    model = striate.load(file, "openvino")
    before = scores(model)
    with torch.no_grad():
        model.network.head[-1].bias += torch.tensor([0.0, 3.0, 0.0])
    after = scores(model)
    model.engine = None
    assert (after - scores(model)).abs().max() <= 1e-5
    assert (after - before).abs().max() > 0.1


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(file: Path, tmp_path: Path) -> None:
    path = tmp_path / file.name
    path.write_bytes(file.read_bytes())
    path.with_suffix(".openvino").write_text("a file where the folder should be")
    assert (scores(striate.load(path, "openvino")) - scores(striate.load(file))).abs().max() <= 1e-5


def test_auto_starts_when_there_is_enough_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made()
    cost = multiplications(model)
    monkeypatch.setattr(engines, "WORK_OF_READING", 1)
    monkeypatch.setattr(engines, "WORK_OF_BUILDING", 10 * cost)
    engine = InferenceEngine(model)
    assert engine(5) is None
    assert engine(4) is None
    assert engine(1) is not None  # ten pictures in all
    assert engine(1) is not None


def test_multiplications_are_those_of_the_summary() -> None:
    model = made()
    assert multiplications(model) == striate.summary(model).total.multiplications


def test_a_copy_of_a_model_has_no_engine(file: Path) -> None:
    model = striate.load(file, "openvino")
    model.predict(PICTURES)
    assert copy.deepcopy(model).engine is None


def test_a_missing_openvino_is_said_and_torch_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "importable", lambda: False)
    model = made()
    wanted = scores(model)
    model.engine = InferenceEngine(model, "openvino")
    assert model.engine.said == ["OpenVINO is not installed: PyTorch answers instead (pip install openvino)"]
    assert (scores(model) - wanted).abs().max() <= 1e-5


@pytest.mark.parametrize(
    ("engine", "precision", "wrong"),
    [
        ("tensorrt", "exact", "engine is 'tensorrt'"),
        ("auto", "fp4", "precision is 'fp4'"),
        ("torch", "int8", "PyTorch has no int8 engine"),
        ("auto", "int8", "this model has no int8 engine yet"),
    ],
)
def test_what_cannot_be_is_refused(file: Path, engine: str, precision: str, wrong: str) -> None:
    with pytest.raises(SettingError, match=wrong):
        striate.load(file, engine, precision)


def test_openvino_is_imported_without_its_reports() -> None:
    model = made()
    InferenceEngine(model, "openvino")(1)
    assert sys.modules["openvino_telemetry"] is None


def test_reports_that_were_imported_before_send_nothing() -> None:
    lines = (
        "from openvino_telemetry.utils.sender import TelemetrySender",
        "from striate.zoo.inference.openvino_engine import stay_silent",
        "class Backend:",
        "    send = print",
        "stay_silent()",
        "sender = TelemetrySender()",
        "sender.send(Backend(), 'a report')",
        "sender.executor.shutdown()",
    )
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert told.stdout == ""
