"""Prediction by OpenVINO: the network as a graph that is compiled for this processor.

    model --torch.export--> program --convert--> graph --compile--> engine: uint8 images -> raw outputs

                      +-- thread 1: images 0..7,  16..23, ...
    a batch of images |                                          each thread takes the next eight images
                      +-- thread 2: images 8..15, 24..31, ...
    one image         --- all threads together

Threads that share no image need not wait for each other, also when something else uses the cores meanwhile,
as decoding does. OpenVINO brings a package that reports its use to its makers. Here it is kept out: nothing
is ever sent.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from threading import Lock, RLock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._pytree import tree_unflatten

from striate.layers.eval_mode import evaluating
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import ONE_TENSOR, Raw, flat, nested
from striate.zoo.inference.signal_stack import signal_stack_kept
from striate.zoo.inference.torch_engine import has_bf16
from striate.zoo.inference.winograd import with_fewer_multiplications

Engine = Callable[[Tensor], Raw]
"""uint8 images (N, C, H, W) -> what the model gives for them."""

TELEMETRY = "openvino_telemetry"
INPUT, OUTPUT = "images", "scores"
STRUCTURE = "striate_outputs"
"""Under which a graph keeps the structure of what the model gives."""

LARGE_MAP = 256 * 256
"""Pixels of a map from which on it is given with its channels beside each other, as the graph computes it."""

TOGETHER = 8
"""Images that one thread computes at once: more leave the cache, fewer use the weights less often."""


def importable() -> bool:
    """Whether OpenVINO is installed."""
    return importlib.util.find_spec("openvino") is not None


def openvino() -> Any:
    """The module, without its reports."""
    stay_silent()
    return importlib.import_module("openvino")


@cache
def core() -> Any:
    """The one ``Core`` of this process."""
    return openvino().Core()


def stay_silent() -> None:
    """Keep OpenVINO and nncf from reporting their use: both do without the package that would do it.

    If somebody imported it before, its sender is left with nothing to do.
    """
    loaded = sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]
    if loaded is not None:
        sender = importlib.import_module(f"{TELEMETRY}.utils.sender").TelemetrySender
        sender.send = lambda *_: None


TRACING = RLock()
"""torch keeps what it traces in variables of the whole process: two traces at once spoil each other."""


@torch.no_grad()
def exported(model: TaskModel[Any]) -> torch.export.ExportedProgram:
    """The model as a program: uint8 ``images`` (N, C, H, W), any N, -> raw outputs; it normalizes them."""
    batch = torch.export.Dim("batch", min=1)
    with TRACING, torch.inference_mode(False), evaluating(model):
        return torch.export.export(model, (_example(model),), dynamic_shapes=({0: batch},))


@torch.no_grad()
def converted(model: TaskModel[Any]) -> Any:
    """The model as OpenVINO's graph, with the same input as ``exported`` and flat outputs."""
    with TRACING:  # converting traces once more
        program = exported(model)
        graph = openvino().convert_model(program)
    names, structure = output_names(program)
    graph.reshape([-1, model.preprocess.channels, *model.preprocess.size])
    graph.inputs[0].get_tensor().set_names({INPUT})
    for output, name in zip(graph.outputs, names, strict=True):
        output.get_tensor().set_names({name})
    graph.set_rt_info(structure, STRUCTURE)
    return graph


def _example(model: TaskModel[Any]) -> Tensor:
    """uint8 images as the model takes them. Two, as of one torch would think that there are never more."""
    shape = (2, model.preprocess.channels, *model.preprocess.size)
    return torch.zeros(shape, dtype=torch.uint8, device=next(model.buffers()).device)


def output_names(program: torch.export.ExportedProgram) -> tuple[list[str], str]:
    """Names of the flat outputs, as of ``names_of``, and their structure."""
    count = len(program.graph_signature.user_outputs)
    out_spec = program.call_spec.out_spec
    assert out_spec is not None  # torch.export sets it
    raw = tree_unflatten([0] * count, out_spec)
    _, structure = flat(raw)
    return names_of(raw), structure


def names_of(raw: Raw) -> list[str]:
    """Names of flat outputs: the keys of a dictionary of tensors, ``scores`` where there is one.

    >>> names_of(0), names_of((0, 0)), names_of({"scores": 0, "offsets": 0})
    (['scores'], ['scores_0', 'scores_1'], ['scores', 'offsets'])
    >>> names_of({"maps": (0,), "scores": 0})
    ['scores_0', 'scores_1']
    """
    tensors, structure = flat(raw)
    if isinstance(raw, dict) and not any(isinstance(one, dict | list | tuple) for one in raw.values()):
        order = nested(list(range(len(tensors))), structure)  # type: ignore[arg-type]
        return sorted(order, key=order.__getitem__)
    return [OUTPUT] if len(tensors) == 1 else [f"{OUTPUT}_{number}" for number in range(len(tensors))]


def compiled(graph: Any, precision: str) -> Engine:
    """The graph on the processor, with as many threads as torch has; it is compiled for the first images.

    A program that begins with one image at a time gets a graph for one image. What is not int8 in an int8
    graph is computed in bf16 where the processor has it. Several threads of a program may call it; they take
    turns, as each takes the whole processor.
    """
    structure = graph.get_rt_info(STRUCTURE).value if graph.has_rt_info(STRUCTURE) else ONE_TENSOR
    graph, turned = with_channels_last(graph)
    requests: dict[bool, Any] = {}
    lock = Lock()

    def engine(images: Tensor) -> Raw:
        pixels = images.contiguous().numpy(force=True)
        with lock:
            alone = len(images) == 1 and (True in requests or not requests)
            if alone not in requests:
                requests[alone] = _alone(graph, precision) if alone else _in_parts(graph, precision)
            found = [torch.from_numpy(one) for one in requests[alone](pixels)]
        outputs = [one.permute(0, 3, 1, 2) if last else one for one, last in zip(found, turned, strict=True)]
        return nested(outputs, structure)

    return engine


def with_channels_last(graph: Any) -> tuple[Any, list[bool]]:
    """A copy that gives large maps (N, C, H, W) as (N, H, W, C), and which of its outputs these are.

    So they lie in its memory: putting 21 classes of 480x640 pixels in the other order takes a tenth of the
    time of a U-Net in bf16.
    """
    ops = importlib.import_module("openvino.opset13")  # late: it is large
    copy, turned = graph.clone(), []
    for output in copy.outputs:
        sides = list(output.get_partial_shape())
        fixed = len(sides) == 4 and all(side.is_static for side in sides[1:])
        turned.append(fixed and sides[2].get_length() * sides[3].get_length() >= LARGE_MAP)
        if turned[-1]:
            result = output.get_node()
            last = ops.transpose(result.input_value(0), ops.constant(np.array([0, 2, 3, 1])))
            result.input(0).replace_source_output(last.output(0))
    copy.validate_nodes_and_infer_types()
    return copy, turned


Run = Callable[[NDArray[np.uint8]], list[NDArray[Any]]]


def _alone(graph: Any, precision: str) -> Run:
    """For one image: all threads compute it together. A graph of a fixed size is up to a tenth faster."""
    graph = graph.clone()
    graph.reshape([1, *(side.get_length() for side in graph.inputs[0].get_partial_shape()[1:])])
    request = compile_model(graph, precision, streams=1).create_infer_request()

    def run(pixels: NDArray[np.uint8]) -> list[NDArray[Any]]:
        found = request.infer([pixels], share_outputs=True)  # copied once, below
        return [found[number].copy() for number in range(len(found))]

    return run


def _in_parts(graph: Any, precision: str) -> Run:
    """For many images: each thread computes the next few."""
    streams = torch.get_num_threads()
    queue = openvino().AsyncInferQueue(compile_model(graph, precision, streams=streams), streams)
    parts: dict[int, list[NDArray[Any]]] = {}

    def keep(request: Any, number: int) -> None:
        parts[number] = [output.data.copy() for output in request.output_tensors]

    queue.set_callback(keep)

    def run(pixels: NDArray[np.uint8]) -> list[NDArray[Any]]:
        parts.clear()
        together = max(1, min(TOGETHER, -(-len(pixels) // streams)))
        for number, first in enumerate(range(0, len(pixels), together)):
            queue.start_async([pixels[first : first + together]], number)
        queue.wait_all()
        columns = zip(*(parts[number] for number in sorted(parts)), strict=True)
        return [np.concatenate(column) for column in columns]

    return run


def compile_model(graph: Any, precision: str, *, streams: int) -> Any:
    """The graph compiled: all threads for one run at a time, or one for each of as many runs."""
    settings = {
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
        "NUM_STREAMS": streams,
        "INFERENCE_PRECISION_HINT": "f32" if precision == "exact" or not has_bf16("cpu") else "bf16",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    with signal_stack_kept():
        return core().compile_model(with_fewer_multiplications(graph), "CPU", settings)
