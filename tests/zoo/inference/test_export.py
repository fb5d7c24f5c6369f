"""An exported file gives the model's scores in other programs, and says what it needs to know."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import striate
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.inference import export as exports
from striate.zoo.inference.export import ENDINGS, export
from striate.zoo.inference.openvino_engine import openvino

PICTURES = torch.randint(
    0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


def made(name: str = "resnet20") -> Classifier:
    torch.manual_seed(0)
    preprocess = Preprocess((32, 32), mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6), resize_mode="pad")
    return build(name, ("cat", "dog"), preprocess).eval()


def eager(model: Classifier) -> torch.Tensor:
    with torch.no_grad():
        return model(PICTURES)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        *(("lenet5", "onnx"), ("lenet5", "torch"), ("resnet20", "onnx"), ("resnet20", "openvino")),
        *(("mobilenet_v2", "onnx"), ("se_resnet18", "openvino"), ("mobilenet_v3_small", "torch")),
    ],
)
def test_every_format_is_checked_against_the_model(to: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{ENDINGS[to]}"
    written = export(made(name), to, path, PICTURES)
    assert (written.path, written.pictures) == (path, 4)
    assert written.difference <= 1e-5
    endings = {".xml", ".bin"} if to == "openvino" else {ENDINGS[to]}
    assert {file.suffix for file in tmp_path.iterdir()} == endings


def test_what_positions_differ_by_is_said_in_pixels() -> None:  # a quarter of 32 pixels to the right
    torch.manual_seed(0)
    model = build("lenet5", ("cat",), Preprocess((32, 32)), task="localize").eval()
    shift = torch.zeros(6).index_fill(0, torch.tensor(1), 0.25)  # presence, x, y, height, width, class
    found = exports.difference(model, lambda images: model(images) + shift, PICTURES)
    assert found.pixels == pytest.approx(8.0, abs=1e-4)
    assert str(found).startswith("positions differ by 8.0e+00 pixels, outputs by")
    assert "scores differ" in str(exports.difference(made(), made(), PICTURES))


def test_onnxruntime_reads_scores_and_metadata(tmp_path: Path) -> None:
    model = made()
    path = export(model, "onnx", tmp_path / "model.onnx", PICTURES).path
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[0] == session.get_outputs()[0].shape[0] == "N"
    for count in (1, 4):  # any number at once
        (scores,) = session.run(["scores"], {"images": PICTURES[:count].numpy()})
        assert np.allclose(scores, eager(model)[:count], atol=1e-4)
    told = json.loads(session.get_modelmeta().custom_metadata_map["striate"])
    assert told["classes"] == ["cat", "dog"]
    assert told["preprocess"]["size"] == [32, 32]
    assert told["preprocess"]["resize_mode"] == "pad"
    assert (told["task"], told["outputs"]) == ("classification", {"scores": "float32 (N, 2)"})


def test_openvino_reads_scores_and_metadata(tmp_path: Path) -> None:
    model = made()
    path = export(model, "openvino", tmp_path / "model.xml", PICTURES).path
    core = openvino().Core()
    graph = core.read_model(path)
    run = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for count in (1, 4):
        assert np.allclose(run([PICTURES[:count].numpy()])["scores"], eager(model)[:count], atol=1e-4)
    assert json.loads(graph.get_rt_info("striate").value)["preprocess"]["mean"] == [0.1, 0.2, 0.3]


def test_torch_reads_scores_and_metadata(tmp_path: Path) -> None:
    model, told = made(), {"striate.json": ""}
    path = export(model, "torch", tmp_path / "model.pt2", PICTURES).path
    program = torch.export.load(path, extra_files=told).module()
    assert torch.allclose(program(PICTURES), eager(model), atol=1e-4)
    assert json.loads(told["striate.json"])["network"] == "resnet20"


def test_other_scores_are_refused_with_the_difference_and_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a file whose largest score is 10 % off differs by 0.1 of the largest score
    def wrong(model: Classifier, path: Path):
        path.touch()
        return lambda images: torch.where(
            (scores := model(images)).abs() == eager(model).abs().max(), scores * 1.1, scores
        )

    monkeypatch.setattr(exports, "_write_torch", wrong)
    with pytest.raises(ModelFileError, match=r"scores differ by 1\.0e-01 of the largest"):
        export(made(), "torch", tmp_path / "model.pt2", PICTURES)
    assert list(tmp_path.iterdir()) == []


def test_scores_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = made()
    torch.nn.init.constant_(model.network.head[-1].bias, torch.nan)
    with pytest.raises(ModelFileError, match="differ by nan"):
        export(model, "torch", tmp_path / "model.pt2", PICTURES)


@pytest.mark.parametrize(
    ("to", "name", "error", "wrong"),
    [
        ("tflite", "model.tflite", SettingError, "to is 'tflite'"),
        ("onnx", "model.pb", SettingError, "a name in .onnx"),
        ("onnx", "missing/model.onnx", ModelFileError, "there is no folder"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    to: str, name: str, error: type[Exception], wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=wrong):
        export(made("lenet5"), to, tmp_path / name, PICTURES)


def test_a_model_in_memory_needs_no_file(tmp_path: Path) -> None:
    model = striate.create("resnet20", classes=("cat", "dog"))
    assert striate.export(model, "torch", tmp_path / "own.pt2").pictures == 16
    with pytest.raises(SettingError, match="no file of its own"):
        striate.export(model, "openvino", precision="int8", calibrate=tmp_path)


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        SettingError, match=r"onnx, onnxscript, onnxruntime are not installed(.|\n)*striate\[export\]"
    ):
        export(made("lenet5"), "onnx", tmp_path / "model.onnx", PICTURES)
