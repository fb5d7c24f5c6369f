"""Prediction by OpenVINO: the network as a graph that is compiled for this processor.

    Classifier --torch.export--> program --convert--> graph --compile--> scores
                                                        |
                                  model.openvino/float-3f9a.../ beside model.safetensors

The graph is kept (``graph_file``), so that only the first start pays for the conversion. OpenVINO brings a
package that reports its use to its makers. Here it is kept out: nothing is ever sent.
"""

import importlib
import importlib.util
import sys
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from striate.layers.eval_mode import evaluating
from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.inference.torch_engine import has_bf16

TELEMETRY = "openvino_telemetry"
INPUT, OUTPUT = "images", "scores"


def importable() -> bool:
    """Whether OpenVINO is installed."""
    return importlib.util.find_spec("openvino") is not None


def openvino() -> Any:
    """The module, without its reports."""
    stay_silent()
    return importlib.import_module("openvino")


def stay_silent() -> None:
    """Keep OpenVINO and nncf from reporting their use: both do without the package that would do it.

    If somebody imported it before, its sender is left with nothing to do.
    """
    loaded = sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    if loaded is not None:
        sender = importlib.import_module(f"{TELEMETRY}.utils.sender").TelemetrySender
        sender.send = lambda *_: None


@torch.no_grad()
def exported(model: Classifier) -> torch.export.ExportedProgram:
    """The model as a program: uint8 ``images`` (N, C, H, W), any N, -> scores (N, K); it normalizes them."""
    shape = (2, model.preprocess.channels, *model.preprocess.size)
    batch = torch.export.Dim("batch", min=1)
    with torch.inference_mode(False), evaluating(model):
        example = torch.zeros(shape, dtype=torch.uint8, device=model.mean.device)
        return torch.export.export(model, (example,), dynamic_shapes=({0: batch},))


def converted(model: Classifier) -> Any:
    """The model as OpenVINO's graph, with the same input and output as ``exported``."""
    ov = openvino()
    graph = ov.convert_model(exported(model))
    graph.reshape([-1, model.preprocess.channels, *model.preprocess.size])
    graph.inputs[0].get_tensor().set_names({INPUT})
    graph.outputs[0].get_tensor().set_names({OUTPUT})
    return graph


def compiled(graph: Any, precision: str) -> Scores:
    """uint8 images -> float32 scores on the processor, with as many threads as torch has.

    What is not int8 in an int8 graph is computed in bf16 where the processor has it. A program that begins
    with one picture at a time gets a graph for one picture, which is up to a tenth faster than that for any
    number. Several threads of a program may call it; they take turns, as each takes the whole processor.
    """
    requests: dict[bool, Any] = {}
    lock = Lock()

    def scores(images: Tensor) -> Tensor:
        with lock:
            alone = len(images) == 1 and (True in requests or not requests)
            if alone not in requests:
                requests[alone] = _request(graph, precision, alone=alone)
            found = requests[alone].infer([images.contiguous().numpy(force=True)])
            return torch.from_numpy(found[0].copy())

    return scores


def _request(graph: Any, precision: str, *, alone: bool) -> Any:
    """The compiled graph, for one picture or for any number, with memory for one run at a time."""
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32" if precision == "exact" or not has_bf16("cpu") else "bf16",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    if alone:
        graph = graph.clone()
        graph.reshape([1, *(side.get_length() for side in graph.inputs[0].get_partial_shape()[1:])])
    return openvino().Core().compile_model(graph, "CPU", settings).create_infer_request()
