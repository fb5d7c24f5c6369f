"""What ``predict`` of files loses against the slower of its two halves: decoding alone, and the engine alone.

Held equal: the files (in the disk cache), the network and its random weights, the size, the threads. Decoding
alone is ``input_batches``: the files become uint8 images, and nothing looks at them. The engine alone gets
these images. Together is ``model.predict(files)``. Taken in turns (A B C A B C ...), medians.

Both halves use all cores. If each kept them busy, both together would take the sum of both times, and the
ratio would be 1 / (1 + faster half / slower half), printed as ``no idle core``. More than that is reached
where a half alone leaves cores idle.

With --auto it shows what a program meets that does not know of engines: calls of a model that was just
loaded, with an empty cache of graphs, each with its rate.

    python benchmarks/predict_files.py FOLDER_OF_JPEGS [--files 400] [--networks mobilenet_v2] [--auto]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import torch

import striate
from striate.data.inputs import input_batches
from striate.data.preprocess import Preprocess
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.inference.inference import InferenceEngine
from striate.zoo.save_load import save

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PREPROCESS = Preprocess((224, 224), 3, MEAN, STD)
BATCH, ASKED, CALLS = 32, 0.9, 4


def network(name: str) -> Classifier:
    torch.manual_seed(0)
    return build(name, [str(number) for number in range(1000)], PREPROCESS).eval()


def in_turns(runs: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Seconds of each, taken in turns; the first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(turns + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - begun)
    return times


def warm(name: str, precision: str, files: list[Path], turns: int) -> None:
    """Print the row of a network whose engine is there."""
    model = network(name)
    model.engine = InferenceEngine(model, "openvino", precision)
    images = list(input_batches(files, PREPROCESS, BATCH))
    answer = model.answering(len(files))

    @torch.inference_mode()
    def engine() -> None:
        for batch in images:
            answer(batch).softmax(1)

    def decode() -> None:
        for _ in input_batches(files, PREPROCESS, BATCH):
            pass

    runs = {"decode": decode, "engine": engine, "together": lambda: model.predict(files, batch=BATCH)}
    times = in_turns(runs, turns)
    middle = {half: statistics.median(values) for half, values in times.items()}
    turns_of = zip(times["decode"], times["engine"], times["together"], strict=True)
    ratios = [max(decode, engine) / together for decode, engine, together in turns_of]
    slower, faster = max(middle["decode"], middle["engine"]), min(middle["decode"], middle["engine"])
    rates = "  ".join(f"{half} {len(files) / seconds:6.0f}/s" for half, seconds in middle.items())
    print(
        f"{name:13} {precision:5}  {rates}  ratio {statistics.median(ratios):.2f} (asked: >= {ASKED};"
        f" no idle core {slower / (slower + faster):.2f})",
        flush=True,
    )


def cold(name: str, files: list[Path]) -> None:
    """Print the rates of the first calls of a loaded model with engine auto, with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STRIATE_CACHE"] = folder
        path = Path(folder) / "model.safetensors"
        save(network(name), path)
        for process in ("empty cache", "kept graph"):
            model, rates = striate.load(path), []
            for _ in range(CALLS):
                begun = time.perf_counter()
                model.predict(files, batch=BATCH)
                rates.append(len(files) / (time.perf_counter() - begun))
            words = ", ".join(f"{rate:.0f}" for rate in rates)
            print(f"{name:13} auto, {process}: pictures/s of calls 1 to {CALLS}: {words}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--networks", default="mobilenet_v2,resnet50")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--auto", action="store_true")
    asked = parser.parse_args()
    files = list(islice(cycle(sorted(asked.folder.rglob("*.jpg"))), asked.files))
    print(f"{torch.get_num_threads()} threads, {os.cpu_count()} cores, {len(files)} files")
    for name in asked.networks.split(","):
        if asked.auto:
            cold(name, files)
            continue
        for precision in ("exact", "bf16"):
            warm(name, precision, files, asked.turns)


if __name__ == "__main__":
    main()
