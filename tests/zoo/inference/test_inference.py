"""Engines answer as the model does, never with weights that it no longer has, and leave small jobs alone."""

import copy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import pytest
import torch
from torch import nn

import striate
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.inference import inference as engines
from striate.zoo.inference.graph_cache import shared_folder
from striate.zoo.inference.inference import InferenceEngine
from striate.zoo.inference.openvino_engine import compiled, converted
from striate.zoo.save_load import save

pytestmark = pytest.mark.usefixtures("own_cache")

PICTURES = torch.randint(
    0, 256, (5, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


def made(views: str = "none") -> Classifier:
    """A small residual network whose batch norms have seen something."""
    torch.manual_seed(0)
    model = build("resnet20", ("a", "b", "c"), Preprocess((16, 16), tta=views))
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


@pytest.mark.parametrize("views", ["none", "mirror"])
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


def kept() -> list[Path]:
    """The folders of graphs in the cache."""
    return sorted(shared_folder().glob("*-*"))


def test_a_graph_is_kept_in_the_users_cache_for_every_precision_but_int8(file: Path) -> None:
    wanted = scores(striate.load(file))
    assert not kept()  # five small pictures are no job for an engine
    assert (scores(striate.load(file, "openvino")) - wanted).abs().max() <= 1e-5
    (graph,) = kept()
    written = (graph / "graph.bin").stat().st_mtime_ns
    assert (scores(striate.load(file, "openvino", "bf16")) - wanted).abs().max() <= 2e-2
    assert kept() == [graph]
    assert (graph / "graph.bin").stat().st_mtime_ns == written
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("name", ["graph.xml", "graph.bin"])
def test_a_damaged_graph_is_built_again(file: Path, name: str) -> None:
    wanted = scores(striate.load(file, "openvino"))
    (graph,) = kept()
    (graph / name).write_bytes((graph / name).read_bytes()[:1000])
    assert torch.equal(scores(striate.load(file, "openvino")), wanted)
    assert (graph / name).stat().st_size > 1000


def test_a_file_with_other_weights_never_meets_the_old_graph(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for seed in (0, 1):
        model = made()
        torch.manual_seed(seed)
        torch.nn.init.normal_(model.network.head[-1].weight)
        save(model, path)
        assert (scores(striate.load(path, "openvino")) - scores(model)).abs().max() <= 1e-5
    assert len(kept()) == 2


def test_weights_that_change_after_loading_are_seen(file: Path) -> None:
    model = striate.load(file, "openvino")
    before = scores(model)
    with torch.no_grad():
        model.network.head[-1].bias += torch.tensor([0.0, 3.0, 0.0])
    after = scores(model)
    model.engine = None
    assert (after - scores(model)).abs().max() <= 1e-5
    assert (after - before).abs().max() > 0.1


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    assert (scores(striate.load(file, "openvino")) - scores(striate.load(file))).abs().max() <= 1e-5


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> InferenceEngine:
    """An engine that builds its graph when PyTorch would take longer for ten images than it takes."""
    model = made()
    model.engine = engine = InferenceEngine(model)
    model.predict(PICTURES[0])
    seconds = engine._expected_seconds(1)
    monkeypatch.setattr(engines, "READ_FROM", 1e9)
    monkeypatch.setattr(engines, "BUILD_FROM", 9.5 * seconds)
    monkeypatch.setattr(engine, "_expected_seconds", lambda images: images * seconds)
    return engine


def test_images_are_counted_over_calls_until_a_graph_pays(patient: InferenceEngine) -> None:
    model = patient.model
    wanted = torch.stack([answer.scores for answer in model.predict(list(PICTURES))])  # 6 in all
    model.predict(list(PICTURES[:3]))  # 9
    assert patient._work is None
    model.predict(PICTURES[0])  # 10: begins to build
    assert patient.wait()
    assert patient(1)(PICTURES[:1]).shape == (1, 3)
    assert (scores(model) - wanted).abs().max() <= 1e-5
    assert len(kept()) == 1


def test_pytorch_answers_while_a_graph_is_built(
    patient: InferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, real = Event(), engines.converted

    def converted(model: Classifier) -> object:
        allowed.wait(60)
        return real(model)

    monkeypatch.setattr(engines, "converted", converted)
    model = patient.model
    wanted = scores(model)
    scores(model)  # 11 in all: begins to build
    assert patient._work is not None
    answer = patient(1)
    assert torch.equal(scores(model), wanted)  # PyTorch's own numbers
    assert patient._ready is None
    allowed.set()
    assert patient.wait()
    with torch.inference_mode():  # a call that began before goes on with the graph
        assert (answer(PICTURES).softmax(1) - wanted).abs().max() <= 1e-5
    assert (scores(model) - wanted).abs().max() <= 1e-5


def test_a_graph_in_the_cache_is_read_before_much_was_asked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = scores(striate.load(file, "openvino"))
    monkeypatch.setattr(engines, "BUILD_FROM", 1e9)
    monkeypatch.setattr(engines, "READ_FOR", 5)
    monkeypatch.setattr(engines, "converted", None)
    model = striate.load(file)
    model.predict(list(PICTURES))
    assert model.engine.wait()
    assert (scores(model) - wanted).abs().max() <= 1e-6


def test_a_graph_that_cannot_be_built_leaves_pytorch_and_is_not_tried_again(
    patient: InferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def converted(model: Classifier) -> object:
        tries.append(model)
        raise RuntimeError("no such operation")

    monkeypatch.setattr(engines, "converted", converted)
    wanted = scores(patient.model)
    for _ in range(3):
        assert torch.equal(scores(patient.model), wanted)
        assert not patient.wait()
    assert len(tries) == 1
    patient.model.engine = InferenceEngine(patient.model, "openvino")
    with pytest.raises(SettingError, match="cannot become a graph for OpenVINO: no such operation"):
        scores(patient.model)


@pytest.mark.parametrize("engine", ["auto", "openvino"])
def test_hooks_of_the_user_are_not_called_while_a_graph_is_built(
    patient: InferenceEngine, engine: str
) -> None:
    model, lock = patient.model, Lock()  # a lock cannot be copied
    shapes = []
    model.network.head.register_forward_hook(lambda *_: shapes.append(lock.locked()))
    if engine == "openvino":
        model.engine = InferenceEngine(model, "openvino")
    else:
        scores(model)
        scores(model)  # 11 in all: begins to build
        assert patient.wait()
        shapes.clear()
    scores(model)
    assert shapes == []


def test_weights_that_change_while_a_graph_is_built_are_not_answered_by_it(patient: InferenceEngine) -> None:
    model = patient.model
    scores(model)
    scores(model)  # 11 in all: begins to build
    with torch.no_grad():
        model.network.head[-1].bias += torch.tensor([0.0, 3.0, 0.0])
    assert not patient.wait()
    model_alone = copy.deepcopy(model)
    assert torch.equal(scores(model), scores(model_alone))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_in_another_dtype_answers_by_itself(file: Path, dtype: torch.dtype) -> None:
    model, alone = striate.load(file, "openvino").to(dtype), striate.load(file).to(dtype)
    alone.engine = None
    assert torch.equal(scores(model), scores(alone))


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_eight_threads_get_the_answers_of_one(engine: str) -> None:
    model = made()
    model.engine = InferenceEngine(model, engine)
    wanted = scores(model)

    def ask(number: int) -> bool:
        if number % 2:
            got = model.predict(PICTURES[number % 5]).scores[None]
            return bool((got - wanted[number % 5]).abs().max() <= 1e-6)
        return bool((scores(model) - wanted).abs().max() <= 1e-6)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))


class TwoOutputs(nn.Module):
    """A network that gives two tensors of other shapes, one of them in a dictionary's tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, images: torch.Tensor) -> dict[str, object]:
        maps = self.conv(images)
        return {"maps": (maps,), "scores": maps.flatten(2).mean(2)}


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_an_engine_gives_several_outputs_of_any_shape(engine: str) -> None:
    torch.manual_seed(0)
    model = Classifier(TwoOutputs(), ("a", "b", "c", "d"), Preprocess((16, 16))).eval()
    answer = InferenceEngine(model, engine)(5)
    for count in (5, 1):
        with torch.no_grad():
            wanted, got = model(PICTURES[:count]), answer(PICTURES[:count])
        assert list(got) == ["maps", "scores"]
        assert torch.allclose(got["maps"][0], wanted["maps"][0], atol=1e-5)
        assert torch.allclose(got["scores"], wanted["scores"], atol=1e-5)


def test_two_threads_may_make_graphs_at_once() -> None:
    models = [made(), made()]
    with ThreadPoolExecutor(2) as pool:
        graphs = list(pool.map(converted, models * 2))
    wanted = scores(models[0])
    for graph in graphs:
        assert (compiled(graph, "exact")(PICTURES).softmax(1) - wanted).abs().max() <= 1e-5


def test_a_copy_of_a_model_has_no_engine(file: Path) -> None:
    model = striate.load(file, "openvino")
    model.predict(PICTURES)
    assert copy.deepcopy(model).engine is None


def test_a_missing_openvino_is_said_and_torch_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "importable", lambda: False)
    model = made()
    wanted = scores(model)
    model.engine = InferenceEngine(model, "openvino")
    assert model.engine.notes == ["OpenVINO is not installed: PyTorch answers instead (pip install openvino)"]
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
