"""One model, many threads: does every thread get the answer that it would get alone?

    python benchmarks/threads.py [--threads 8] [--requests 200]

Held equal: the model, the pictures, one torch thread for each request. The requests are mixed by a seed:
predict, embed, visualize, invert, the sanity check, and every method of explain. It is in training mode,
so that the threads have to agree about it. Prints the number of answers that differ in any bit.
"""

import argparse
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

import striate
from striate.data.preprocess import Preprocess
from striate.explain.attribution.methods import METHODS
from striate.explain.synthesis.objectives import channel
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build

SIDE = 32
FEW: dict[str, dict[str, Any]] = {
    "smoothgrad": {"samples": 2},
    "integrated_gradients": {"steps": 2},
    "occlusion": {"window": 16},
}


def requests(model: Classifier, pictures: list[Tensor]) -> dict[str, Callable[[], Tensor]]:
    """Everything that a thread may ask for, by name: each gives a tensor."""
    found: dict[str, Callable[[], Tensor]] = {
        "predict": lambda: torch.stack([record.scores for record in model.predict(pictures)]),
        "embed": lambda: striate.embed(model, pictures).values,
        "embed a layer": lambda: striate.embed(model, pictures, "stages.0").values,
        "visualize a class": lambda: striate.visualize(model, "b", steps=2).image,
        "visualize a channel": lambda: striate.visualize(model, channel("stages.0", 1), steps=2).image,
        "invert": lambda: striate.invert(model, pictures[0], "stages.0", steps=2).pictures,
        "activations": lambda: explained(model, pictures, "activations"),
        "sanity check": lambda: torch.tensor(
            striate.explain(model, pictures[:1], "gradcam").check().correlations  # type: ignore[union-attr]
        ),
    }
    for method in METHODS:
        found[method] = lambda method=method: explained(model, pictures, method)  # type: ignore[misc]
    return found


def explained(model: Classifier, pictures: list[Tensor], method: str) -> Tensor:
    """The values of a method."""
    found = striate.explain(model, pictures, method, **FEW.get(method, {}))
    assert not isinstance(found, tuple)
    return found.values


def count_differences(threads: int, count: int, model: Classifier, pictures: list[Tensor]) -> tuple[int, int]:
    """(answers that differ or are errors, answers in all) of so many threads with so many requests each."""
    asked = requests(model, pictures)
    alone = {name: request() for name, request in asked.items()}

    def one_thread(seed: int) -> int:
        torch.set_num_threads(1)
        chosen = random.Random(seed).choices(sorted(asked), k=count)
        return sum(not same(asked[name], alone[name]) for name in chosen)

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one_thread, range(threads))), threads * count


def same(request: Callable[[], Tensor], wanted: Tensor) -> bool:
    """Whether a request gives these bits; an error gives none."""
    try:
        return torch.equal(request(), wanted)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        return False


def example(network: str, count: int = 2) -> tuple[Classifier, list[Tensor]]:
    """A classifier in training mode, and pictures."""
    torch.manual_seed(0)
    model = build(network, ["a", "b", "c"], Preprocess((SIDE, SIDE)))
    generator = torch.Generator().manual_seed(0)
    pictures = [torch.randint(0, 256, (3, SIDE, SIDE), generator=generator) for _ in range(count)]
    return model.train(), [picture.to(torch.uint8) for picture in pictures]


def main() -> None:
    """Count, network by network."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--requests", type=int, default=200)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for network in ("lenet5", "resnet20"):
        model, pictures = example(network)
        start = perf_counter()
        wrong, count = count_differences(asked.threads, asked.requests, model, pictures)
        training = all(part.training for part in model.modules())
        state = "in training mode as before" if training else "NOT in the mode that it was in"
        seconds = perf_counter() - start
        print(f"{network}: {wrong} of {count:,} answers differ, {seconds:.0f} s; it is {state}")


if __name__ == "__main__":
    main()
