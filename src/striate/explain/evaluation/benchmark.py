"""Every method on the same pictures of the same model, judged by numbers and not by looks.

pictures --method--> maps --is the strongest pixel on the mark?---------> pointing
                       |----how many of the strongest are?--------------> on the mark
                       |----most important pixels go first--------------> deletion
                       |----most important pixels come first------------> insertion
                       '----the same while the weights are shuffled-----> sanity check
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from striate.arguments import checked
from striate.data.inputs import Input, one_or_many
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.explanation import Explanation
from striate.explain.attribution.gradients import BATCH, Probe
from striate.explain.attribution.methods import METHODS, Explained, explain
from striate.explain.attribution.supported import require_floats
from striate.explain.evaluation.benchmark_table import BenchmarkRow, ExplanationBenchmark
from striate.explain.evaluation.deletion import deletion, insertion
from striate.explain.evaluation.pixel_importance import ranking
from striate.explain.evaluation.pointing_game import pointing_game, topk_intersection
from striate.explain.evaluation.synthetic_data import SyntheticData, make_synthetic_data
from striate.explain.evaluation.toy_classifier import toy_classifier
from striate.explain.synthesis.initial_image import Model, model_input, open_model
from striate.ops.intervals import Interval, bootstrap, wilson
from striate.tasks.model import TaskModel
from striate.zoo.save_load import versions

COUNT = 200
"""SyntheticData pictures that are explained."""

SHUFFLED = 32
"""Pictures that are explained again with shuffled weights, at most."""

Pictures = Input | Sequence[Input] | SyntheticData


@checked
def benchmark_explanations(
    model: Model | None = None,
    images: Pictures | None = None,
    *,
    methods: str | Sequence[str] | None = None,
    count: int = COUNT,
    seed: int = 0,
    on_event: Callable[[BenchmarkRow], None] | None = None,
) -> ExplanationBenchmark:
    """What every method of explanation is worth: on your model, or where the right explanation is known.

    Args:
        model: a classifier, a saved file, the folder of a run, or any module for a tensor of images. When
            left out, a small network learns pictures that have one mark each, which decides their class.
        images: what the model is asked about; what it answers is explained.
            ``striate.explain.evaluation.synthetic_data`` makes some of which the reason is known.
        methods: of ``METHODS``, one or several; all when left out.
        count: synthetic pictures that are explained; the network has not seen them.
        seed: of the synthetic pictures and of the small network.
        on_event: called with every row.

    Returns:
        ``.rows``, ``.chart()``, ``.save(path)``; prints as a table. A method that does not work with the
        model says so in its row.

    Raises:
        SettingError: there is no such method, or a model without pictures, or pictures without a model.
        ModelFileError: there is no such file, or it is no model.
        ImageError: a picture cannot be read.
        ShapeError: there is no picture.
    """
    names = _known([methods] if isinstance(methods, str) else methods)
    if (model is None) != (images is None):
        raise SettingError(
            "a model was given without pictures" if images is None else "pictures were given without a model",
            "both, or neither",
            "striate.benchmark_explanations(model, pictures)",
        )
    if count < 1:
        raise SettingError(f"count is {count}", "1 or more", f"leave it out for {COUNT}")
    named = "a small network" if model is None else _name(model)
    network = toy_classifier(seed) if model is None else open_model(model)
    synthetic = make_synthetic_data(count, seed + 1) if images is None else images
    pixels = synthetic.images if isinstance(synthetic, SyntheticData) else _seen(network, synthetic)
    truth = synthetic if isinstance(synthetic, SyntheticData) else None
    if not pixels.is_floating_point() and not isinstance(network, TaskModel):
        pixels = pixels / 255  # pictures, as a module of one's own takes them
    accuracy = _accuracy(network, pixels, truth)
    rows = []
    for method in names:
        rows.append(_row(method, network, pixels, truth))
        if on_event:
            on_event(rows[-1])
    chance = None if truth is None else float(truth.masks.float().mean())
    return ExplanationBenchmark(tuple(rows), named, len(pixels), accuracy, chance, versions())


def _row(method: str, model: nn.Module, pixels: Tensor, truth: SyntheticData | None) -> BenchmarkRow:
    """One method; what it cannot do is noted in its row, and the others go on."""
    target = None if truth is None else truth.labels.tolist()
    try:
        start = perf_counter()
        found = _one(explain(model, pixels, method, target=target))
        seconds = (perf_counter() - start) / max(1, len(pixels))
        maps = ranking(method, found.values)
        few = None if target is None else target[:SHUFFLED]
        sane = _one(explain(model, pixels[:SHUFFLED], method, target=few)).check()
        measured = {
            "deletion": deletion(model, pixels, maps, target).areas,
            "insertion": insertion(model, pixels, maps, target).areas,
        }
        if truth is not None:
            measured["pointing"] = pointing_game(maps, truth.masks)
            measured["intersection"] = topk_intersection(maps, truth.masks)
        means: dict[str, Any] = {name: values.mean().item() for name, values in measured.items()}
        return BenchmarkRow(
            method,
            **means,
            cascade=sane.mean,
            shuffled=sane.correlations[-1],
            passed=sane.passed,
            seconds=seconds,
            intervals=_intervals(measured),
        )
    except Exception as reason:
        words = str(reason).strip().splitlines() or [type(reason).__name__]
        return BenchmarkRow(method, failed=words[0])


def _intervals(measured: dict[str, Tensor]) -> dict[str, Interval]:
    """The interval of every mean over pictures; none where there are too few pictures for one."""
    found = {
        name: wilson(float(values.sum()), len(values)) if name == "pointing" else bootstrap(values)
        for name, values in measured.items()
    }
    return {name: interval for name, interval in found.items() if interval is not None}


def _one(found: Explained) -> Explanation:
    assert isinstance(found, Explanation)  # of one layer
    return found


def _known(methods: Sequence[str] | None) -> list[str]:
    """The methods, in the order of the table.

    Raises:
        SettingError: there is no such method.
    """
    unknown = [name for name in methods or () if name not in METHODS]
    if unknown or methods == []:
        wrong = f"there is no method {unknown[0]!r}" if unknown else "there is no method in the list"
        raise SettingError(wrong, "some of: " + ", ".join(METHODS), "leave methods out for all")
    return [name for name in METHODS if methods is None or name in methods]


def _seen(model: nn.Module, images: Input | Sequence[Input]) -> Tensor:
    """(N, C, H, W) as the model sees them.

    Raises:
        ShapeError: there are none.
    """
    if isinstance(images, Tensor) and images.ndim == 4 and getattr(model, "preprocess", None) is None:
        return require_floats(model, images)
    listed = list(one_or_many(images)[0])
    if not listed:
        raise ShapeError("there are no pictures", "one picture or more", "name a picture")
    return torch.cat([model_input(model, image) for image in listed])


def _accuracy(model: nn.Module, pixels: Tensor, truth: SyntheticData | None) -> float | None:
    """The share of synthetic pictures that are classified correctly; it also warms the processor up."""
    with torch.no_grad():
        probe = Probe(model)
        if truth is None:
            probe(probe.pixels(pixels[:BATCH]))
            return None
        starts = range(0, len(pixels), BATCH)
        answers = [probe(probe.pixels(pixels[start : start + BATCH])).argmax(1).cpu() for start in starts]
        return (torch.cat(answers) == truth.labels).float().mean().item()


def _name(model: Model) -> str:
    """Of a model, for the headline."""
    if not isinstance(model, nn.Module):
        return str(model)
    return str(getattr(model, "name", None) or type(model).__name__)
