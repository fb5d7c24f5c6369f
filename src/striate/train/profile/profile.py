"""What a network costs on this machine: seconds for a picture, and memory, measured in a process of its own.

    parent --model, size, batches (JSON)--> python -m striate.train.profile.profile
           <--one line for each measurement--'   baseline | batch 1 | parts | batch 32 | steps of training

A peak of memory is true only where nothing else was computed before: each network has a new process, and what
that process holds before the network is built is subtracted. On a CPU it is the resident set, on a GPU the
tensors. A trained model is measured on pictures of its data: how many regions there are, and how much is left
to suppress, depends on both.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from traceback import clear_frames
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.data.checks.statistics import Facts
from striate.data.preprocess import Preprocess
from striate.errors import OutOfMemory, TrainingError
from striate.layers.eval_mode import evaluating
from striate.records import Batch
from striate.tasks.memory import is_refusal
from striate.tasks.model import TaskModel
from striate.train.fabric.hardware import device_of
from striate.train.finetune.finetune import arguments, source_of
from striate.train.profile.memory import MARGIN, Peak, free_memory, out_of_memory
from striate.train.profile.part_seconds import nothing_kept, seconds_of_parts
from striate.train.run.settings import Settings
from striate.zoo.build import build, model_of
from striate.zoo.cost.summary import summary
from striate.zoo.save_load import load

BATCHES = (1, 32)
LEARNING = (2, 8)
"""Batches of the two steps of training from which the memory of every other batch is estimated."""

BYTES, SHARE = 8, 0.5
"""Bytes of an activation and its gradient, and the share of the free memory above which a training is
measured before it begins: a system that has promised more than it has ends a process without a word."""

PICTURES = 8
"""Different pictures whose parts are timed."""

LEAST_SECONDS, LEAST_TIMES, LONG, TOO_LONG = 0.5, 3, 2.0, 20.0
"""A batch is repeated for so long and so often; one that takes longer than ``LONG`` is answered twice; one
that would take longer than ``TOO_LONG``, by the time of a smaller one, is left out."""


@dataclass(frozen=True)
class Cost:
    """What answering takes.

    Args:
        batch: pictures that are answered at once.
        seconds: for one picture.
        memory: bytes at the peak, weights included.
    """

    batch: int
    seconds: float
    memory: int


@dataclass(frozen=True)
class Costs:
    """Of one network.

    Args:
        size: (H, W) of the pictures that it saw, pixels.
        parameters: numbers that it learned.
        multiplications: for one picture.
        answers: by batch; a batch that does not fit into memory is left out.
        learning: (batch, bytes at the peak) of a step of training.
        steps: (batch, seconds) of a step of training.
        parts: (part, seconds) of an answer to one picture, in the order of ``PARTS``.
        stages: what training does after the descent, by name.
        carried: whether training is given proposals, which are searched once for every picture.
        took: seconds of the measurement itself.
    """

    size: tuple[int, int]
    parameters: int
    multiplications: int
    answers: tuple[Cost, ...]
    learning: tuple[tuple[int, int], ...] = ()
    steps: tuple[tuple[int, float], ...] = ()
    parts: tuple[tuple[str, float], ...] = ()
    stages: tuple[str, ...] = ()
    carried: bool = False
    took: float = 0.0

    def at(self, batch: int) -> Cost | None:
        """What answering so many pictures at once takes; None where that was not measured."""
        return next((cost for cost in self.answers if cost.batch == batch), None)

    def learning_memory(self, batch: int) -> float:
        """Bytes that training with such a batch takes, by the line through what was measured.

        >>> Costs((8, 8), 1, 1, (), ((2, 300), (8, 900))).learning_memory(32)
        3300.0
        """
        base, slope = _line(self.learning)
        return base + slope * batch

    def step_seconds(self, batch: int) -> float:
        """Seconds of a step of training with such a batch, by the line through what was measured.

        >>> Costs((8, 8), 1, 1, (), steps=((2, 0.3), (8, 0.9))).step_seconds(32)
        3.3
        """
        base, slope = _line(self.steps)
        return round(base + slope * batch, 9)

    def fitting_batch(self, free: float) -> int:
        """The largest batch whose training takes at most ``free`` bytes, in eights from 8 on; 0 for none.

        >>> Costs((8, 8), 1, 1, (), ((2, 300), (8, 900))).fitting_batch(3000)
        24
        """
        base, slope = _line(self.learning)
        most = int((free - base) // slope) if slope > 0 else 0
        return max(0, most // 8 * 8 if most >= 8 else most)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Costs":
        """The inverse of ``to_dict``."""
        answers = tuple(Cost(**one) for one in values["answers"])
        learning = tuple((int(batch), int(memory)) for batch, memory in values["learning"])
        counts = values["parameters"], values["multiplications"]
        steps = tuple((int(batch), float(seconds)) for batch, seconds in values.get("steps", ()))
        parts = tuple((str(part), float(seconds)) for part, seconds in values.get("parts", ()))
        size, stages = (values["size"][0], values["size"][1]), tuple(values.get("stages", ()))
        carried, took = bool(values.get("carried")), float(values.get("took", 0.0))
        return cls(size, *counts, answers, learning, steps, parts, stages, carried, took)


def _line(measured: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """What a step takes without pictures, and for each, from (batch, what it takes); zeros for nothing."""
    if not measured:
        return 0.0, 0.0
    (few, least), (many, most) = measured[0], measured[-1]
    slope = max(0.0, (most - least) / (many - few)) if many > few else least / few
    return max(0.0, least - slope * few), slope


def measure(
    settings: Settings,
    found: Facts,
    batches: Sequence[int] = BATCHES,
    *,
    file: Path | None = None,
    shown: Tensor | None = None,
) -> Costs:
    """The costs of the network of decided settings in a new process.

    Args:
        settings: its ``model``, ``size``, ``precision`` (of training) and ``accelerator`` are looked at.
        found: of the data: how many classes, and channels.
        batches: how many pictures shall be answered at once.
        file: a trained model of these settings; its answers are measured, and no steps of training. Without
            one the weights are random.
        shown: uint8 (N, C, H, W), pictures as the network sees them; noise if there are none.

    Raises:
        SettingError: there is no such network.
        ShapeError: it cannot take such pictures.
        TrainingError: the process ended with nothing measured.
    """
    request = {
        **description(settings, found),
        "precision": settings.precision,
        "device": device_of(settings.accelerator).type,
        "batches": list(batches),
        "file": None if file is None else str(file),
    }
    began = perf_counter()
    with torch.device("meta"):
        model = model_from(request)
        table = summary(model.network, (found.channels, *(settings.height_width or ())))
    with TemporaryDirectory() as folder:
        if shown is not None:
            request["shown"] = str(Path(folder) / "shown.npy")
            np.save(request["shown"], shown.numpy())
        lines = ask(request)
    answers = tuple(Cost(**line["answers"]) for line in lines if "answers" in line)
    learning = tuple(
        (line["learning"]["batch"], line["learning"]["memory"]) for line in lines if "learning" in line
    )
    steps = tuple(
        (line["learning"]["batch"], line["learning"]["seconds"]) for line in lines if "learning" in line
    )
    parts = tuple(pair for line in lines for pair in line.get("parts", {}).items())
    size, counts = settings.height_width or (0, 0), (table.total.parameters, table.total.multiplications)
    stages = tuple(stage.name for stage in model.stages())
    carried = getattr(model.example_targets(1), "proposals", None) is not None
    took = perf_counter() - began
    return Costs(size, *counts, answers, learning, steps, parts, stages, carried, took)


def description(settings: Settings, found: Facts) -> dict[str, Any]:
    """What a model is built from, as plain values."""
    task = settings.task or found.task
    known = found.annotations
    return {
        "model": settings.model,
        "task": task,
        "options": {} if known is None else model_of(task).options_for(known, settings),
        "classes": len(found.counts),
        "channels": found.channels,
        "arguments": arguments(settings, source_of(settings)),
        "size": settings.height_width,
    }


def ask(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the process measured before it ended, however it ended."""
    done = subprocess.run(
        [sys.executable, "-m", "striate.train.profile.profile"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")
    ]
    if not lines:
        remarks = done.stderr.strip().splitlines()
        reason = remarks[-1] if remarks else f"its process was ended by the signal {-done.returncode}"
        raise TrainingError(
            f"{request['model']} could not be measured: {reason}",
            "memory for the network and one picture",
            "a smaller network or size, or another device",
        )
    return lines


def too_large(settings: Settings, found: Facts) -> OutOfMemory:
    """The error of a training that memory was refused to: it says which batch would fit."""
    gc.collect()
    torch.cuda.empty_cache()
    costs = Costs((0, 0), 0, 0, ())
    if settings.parts.model is None:  # a process of its own builds networks by their names
        with suppress(TrainingError):  # not even the smallest batch could be measured
            costs = measure(settings, found, batches=())
    device = device_of(settings.accelerator)
    return out_of_memory(settings.model or "", settings.batch or 1, device, costs.fitting_batch)


@contextmanager
def memory_explained(settings: Settings, found: Facts) -> Iterator[None]:
    """Where memory is refused inside, the error says which batch would fit.

    Raises:
        OutOfMemory: it was refused.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as reason:
        if not is_refusal(reason):
            raise
        clear_frames(reason.__traceback__)  # they hold on to the memory
        raise too_large(settings, found) from None


def foresee_memory(settings: Settings, found: Facts) -> None:
    """Before a training that seems to need much memory, measure small batches, and refuse what cannot fit.

    Raises:
        OutOfMemory: it does not fit; says which batch would.
    """
    free = free_memory(device_of(settings.accelerator))
    frozen = settings.finetune not in (None, "all")
    own = settings.parts.model is not None  # nobody knows whether it can be run without numbers
    if free is None or frozen or own or settings.devices * settings.nodes > 1:
        return
    with torch.device("meta"):
        model = model_from(description(settings, found))
    if BYTES * (settings.batch or 1) * activations(model) > SHARE * free:
        costs = None
        with suppress(TrainingError):  # not even small batches could be measured: the training will say why
            costs = measure(settings, found, batches=())
        require_memory(settings, costs)


def activations(model: TaskModel[Any]) -> int:
    """Numbers that the layers give for one picture, without computing any of them.

    Args:
        model: on the meta device.
    """
    found: list[int] = []

    def count(module: nn.Module, given: object, result: object) -> None:
        found.append(result.numel() if isinstance(result, torch.Tensor) else 0)

    leaves = [module for module in model.network.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(count) for module in leaves]
    with evaluating(model), torch.no_grad():
        model.network(torch.empty(1, model.preprocess.channels, *model.preprocess.size, device="meta"))
    for hook in hooks:
        hook.remove()
    return sum(found)


def require_memory(settings: Settings, costs: Costs | None) -> None:
    """A step of training fits into the memory that is free.

    A process that takes more than there is may be ended by the system, without a word.

    Raises:
        OutOfMemory: it does not; says which batch would.
    """
    device, batch = device_of(settings.accelerator), settings.batch or 1
    free = free_memory(device)
    if costs and free is not None and costs.learning_memory(batch) > MARGIN * free:
        raise out_of_memory(settings.model or "", batch, device, costs.fitting_batch)


# ---- in the process of its own


def model_from(request: dict[str, Any]) -> TaskModel[Any]:
    """The network with random weights."""
    size, half = request["size"], (0.5,) * request["channels"]
    preprocess = Preprocess((size[0], size[1]), request["channels"], half, half)
    names = [str(number) for number in range(request["classes"])]
    of_task = {"task": request["task"], "options": request["options"]}
    return build(request["model"], names, preprocess, **of_task, **request["arguments"])


def measurements(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One dictionary for each batch that fits into memory, smallest first."""
    device = torch.device(request["device"])
    nn.Conv2d(1, 1, 1).to(device)(
        torch.zeros(1, 1, 4, 4, device=device)
    ).sum().backward()  # loads the libraries
    peak = Peak(device)
    with nothing_kept():
        model = load(request["file"]) if request.get("file") else model_from(request)
    model = model.to(device).to(memory_format=torch.channels_last).eval()
    yield from answers_of(model, request, peak)
    if not request.get("file"):
        yield from steps_of(model, request, peak)


def answers_of(model: TaskModel[Any], request: dict[str, Any], peak: Peak) -> Iterator[dict[str, Any]]:
    """One dictionary for each batch, and after the first one with the parts of an answer."""
    seconds: float | None = 0.0
    for number, batch in enumerate(request["batches"]):
        if (seconds or 0.0) * batch > TOO_LONG:
            break
        images = pictures(model, batch, request.get("shown"))
        whole = refusable(partial(answering, model, images, peak))
        if whole is None:
            break
        seconds = whole / batch
        yield {"answers": {"batch": batch, "seconds": seconds, "memory": peak.bytes()}}
        if not number:
            yield {"parts": seconds_of_parts(model, pictures(model, PICTURES, request.get("shown")))}


def steps_of(model: TaskModel[Any], request: dict[str, Any], peak: Peak) -> Iterator[dict[str, Any]]:
    """One dictionary for each batch of a step of training."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9)
    for batch in LEARNING:
        seconds = refusable(partial(learning, model, batch, optimizer, peak, request))
        if seconds is None:
            break
        yield {"learning": {"batch": batch, "memory": peak.bytes(), "seconds": seconds}}


def refusable(work: Callable[[], float]) -> float | None:
    """What the work gives; None where there is not enough memory for it."""
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if is_refusal(error):
            return None
        raise


def pictures(model: TaskModel[Any], batch: int, shown: str | None = None) -> Tensor:
    """uint8 (N, C, H, W): those of a file, again and again; noise without one."""
    if shown is not None:
        known = torch.from_numpy(np.load(shown))
        return known[torch.arange(batch) % len(known)]
    shape = (batch, model.preprocess.channels, *model.preprocess.size)
    return torch.randint(256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def answering(model: TaskModel[Any], images: Tensor, peak: Peak) -> float:
    """Median seconds from uint8 pictures in memory to records."""

    sizes = torch.tensor([model.preprocess.size]).expand(len(images), 2)
    given = model.example_given(len(images))

    def answer() -> float:
        begin = perf_counter()
        model.decode(model.answer(images.to(model.device), *given), sizes)
        return perf_counter() - begin

    peak.reset()
    warm, times = answer(), [answer()]
    while warm < LONG and (sum(times) < LEAST_SECONDS or len(times) < LEAST_TIMES):
        times.append(answer())
    return median(times)


def learning(
    model: TaskModel[Any],
    batch: int,
    optimizer: torch.optim.Optimizer,
    peak: Peak,
    request: dict[str, Any],
) -> float:
    """Two steps of training, as the second one has the optimizer's memory too; the seconds of the second."""
    device = model.device
    low = {"bf16": torch.bfloat16, "16": torch.float16}.get(request["precision"])
    targets, indices = model.example_targets(batch).to(device), torch.arange(batch)
    peak.reset()
    images = pictures(model, batch, request.get("shown")).contiguous(memory_format=torch.channels_last)
    for _ in range(2):
        begin = perf_counter()
        with torch.autocast(device.type, dtype=low, enabled=low is not None):
            losses = model.losses(Batch.full(images.to(device), indices, targets))
        optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return perf_counter() - begin


if __name__ == "__main__":
    for line in measurements(json.load(sys.stdin)):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
