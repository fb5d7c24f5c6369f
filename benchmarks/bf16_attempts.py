"""What was tried to make VGG-16 in bf16 faster, and bf16 on a trained network nearer to float32.

Speed: one picture of 224 pixels, random weights, OpenVINO in bf16, graphs in turns, medians; and the
time of the layers. Held equal: the network, the picture, the threads. The weights of fully connected
layers are kept in bf16, or in 8 bits by nncf, or so without dynamic quantization.

Nearness: a trained network on its unseen pictures. As it is; with batch norms folded before the weights are
rounded; with weights that are rounded so that the running sum of every kernel stays true; and with float32
arithmetic on rounded weights, which shows how much of the distance the weights make.

    python benchmarks/bf16_attempts.py                                  # speed
    python benchmarks/bf16_attempts.py --model runs/first --data DATA   # nearness
"""

import argparse
import statistics
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import striate
from striate.data.batches.loader import Loader
from striate.data.preprocess import Preprocess
from striate.data.trained_data import as_trained
from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.inference.fold_batch_norm import folded
from striate.zoo.inference.openvino_engine import compiled, converted, openvino
from striate.zoo.networks import create

TURNS, BLOCK = 12, 4
SHOWN = 1e-3
"""Seconds of a layer from which on it is printed."""


def eight_bits(graph: Any, mode: str) -> Any:
    """The graph with the weights of its fully connected layers in 8 bits."""
    import nncf

    others = nncf.IgnoredScope(types=["Convolution"])
    return nncf.compress_weights(graph.clone(), mode=nncf.CompressWeightsMode[mode], ignored_scope=others)


def request(graph: Any, **more: Any) -> Any:
    """A graph for one picture in bf16."""
    graph = graph.clone()
    graph.reshape([1, 3, 224, 224])
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16", **more}
    settings["INFERENCE_NUM_THREADS"] = torch.get_num_threads()
    return openvino().Core().compile_model(graph, "CPU", settings).create_infer_request()


def speed() -> None:
    """Milliseconds of VGG-16 by what its fully connected layers are kept in, and of its layers."""
    torch.manual_seed(0)
    names = [str(number) for number in range(1000)]
    graph = converted(Classifier(create("vgg16"), names, Preprocess((224, 224))).eval())
    picture = [torch.randint(0, 256, (1, 3, 224, 224), dtype=torch.uint8).numpy()]
    small = eight_bits(graph, "INT8_SYM")
    runs = {
        "bf16": request(graph),
        "8 bits, symmetric": request(small),
        "8 bits, asymmetric": request(eight_bits(graph, "INT8_ASYM")),
        "8 bits, no dynamic quantization": request(small, DYNAMIC_QUANTIZATION_GROUP_SIZE="0"),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, run in runs.items():
            run.infer(picture)
            for _ in range(BLOCK):
                start = time.perf_counter()
                run.infer(picture)
                times[name].append(time.perf_counter() - start)
    for name, seconds in times.items():
        print(f"{name:32} {1e3 * statistics.median(seconds):6.2f} ms")
    counted = request(graph, PERF_COUNT=True)
    for _ in range(5):
        counted.infer(picture)
    layers = [(one.node_type, one.real_time.total_seconds()) for one in counted.profiling_info]
    whole = sum(seconds for kind, seconds in layers if kind == "Convolution")
    print(f"{'convolutions':32} {1e3 * whole:6.2f} ms")
    for kind, seconds in layers:
        if seconds > SHOWN and kind != "Convolution":
            print(f"{kind:32} {1e3 * seconds:6.2f} ms")


def rounded(weight: Tensor) -> Tensor:
    """The nearest numbers of bf16."""
    return weight.bfloat16().float()


def diffused(weight: Tensor) -> Tensor:
    """Numbers of bf16 whose running sum over every kernel stays as near as it can."""
    rows = weight.flatten(1).double()
    found, rest = torch.empty_like(rows), torch.zeros(len(rows), dtype=torch.double)
    for place in range(rows.shape[1]):
        wanted = rows[:, place] + rest
        found[:, place] = wanted.float().bfloat16().double()
        rest = wanted - found[:, place]
    return found.float().view_as(weight)


@torch.no_grad()
def with_weights(model: Classifier, change: Callable[[Tensor], Tensor]) -> Classifier:
    """A copy with changed weights of convolutions and fully connected layers."""
    copy = deepcopy(model)
    for layer in copy.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.copy_(change(layer.weight))
    return copy


@torch.no_grad()
def nearness(run: Path, data: Path) -> None:
    """How far every attempt is from the eager model."""
    model = striate.load(run)
    splits, _ = as_trained(data, model.trained_on)
    unseen = list(Loader(splits["val"], model.preprocess, 32).batches())
    plain = deepcopy(model)
    plain.network = folded(model.network, (model.preprocess.channels, *model.preprocess.size))
    even = with_weights(plain, diffused)
    attempts: dict[str, Scores] = {
        "bf16": compiled(converted(model), "bf16"),
        "norms folded first": compiled(converted(plain), "bf16"),
        "sums of kernels kept": compiled(converted(even), "bf16"),
        "float32, weights of bf16": with_weights(plain, rounded),
        "float32, sums of kernels kept": even,
    }
    wanted = torch.cat([model(batch.images) for batch in unseen])
    for name, scores in attempts.items():
        got = torch.cat([scores(batch.images) for batch in unseen])
        same = float((got.argmax(1) == wanted.argmax(1)).float().mean())
        error = float((got - wanted).abs().max() / wanted.abs().max())
        furthest = float((got.softmax(1) - wanted.softmax(1)).abs().max())
        print(f"{name:32} first class {same:7.2%}  error {error:.1e}  probability {furthest:.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(2)
    if asked.model and asked.data:
        nearness(asked.model, asked.data)
    else:
        speed()


if __name__ == "__main__":
    main()
