"""Which engine computes the predictions of a model: PyTorch as it is, or one that is built from the model.

    engine     precision       what answers
    auto       exact           PyTorch as it is; OpenVINO as soon as its graph is there
    auto       bf16, int8      OpenVINO, or PyTorch in bf16 where it is not installed or the model is on a GPU
    openvino   any             OpenVINO, on the processor
    torch      exact, bf16     PyTorch, folded and channels last; compiled on a GPU

    time that PyTorch takes for all images asked for so far
    0 --------- a third of a second ------------------------- two seconds -------------------------------->
                is the graph in the cache? then read it       build it in the background, PyTorch answers

A model is one object for its whole life: its images are counted over all calls, and calls that run when the
graph comes go on with it. Only weights in float32 are given to OpenVINO; others answer as they are.
"""

import os
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from striate.errors import SettingError, StriateError
from striate.layers.detached_copy import detached_copy
from striate.layers.memory_format import fastest_format
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw
from striate.zoo.inference.background import BackgroundWork
from striate.zoo.inference.graph_cache import (
    digest,
    folder_of,
    kind_of,
    read_graph,
    shared_folder,
    write_graph,
)
from striate.zoo.inference.openvino_engine import Engine, compiled, converted, importable
from striate.zoo.inference.torch_engine import has_bf16, torch_engine

EngineName = Literal["auto", "openvino", "torch"]
Precision = Literal["exact", "bf16", "int8"]

READ_FROM = 0.3
"""Seconds of PyTorch from which on a graph is looked for: reading and compiling one takes as long."""

READ_FOR = 32
"""Images in one call for which a graph is looked for at once."""

BUILD_FROM = 2.0
"""Seconds of PyTorch from which on a graph is built: it takes two to four."""


class InferenceEngine:
    """Decides and builds what answers instead of ``model.forward``; kept at ``TaskModel.engine``.

    When the model's weights or its device have changed, it starts anew. A copy of the model has no engine.

    Args:
        model: whose raw outputs are computed.
        engine: ``auto``, ``openvino`` or ``torch``.
        precision: ``exact``, ``bf16`` or ``int8``.
        path: the model's file, beside which int8 graphs are kept; None where there is no file.

    Attributes:
        notes: sentences for the user about what is not as asked for.

    Raises:
        SettingError: there is no such engine or precision, or they do not go together.
    """

    def __init__(
        self,
        model: TaskModel[Any],
        engine: EngineName = "auto",
        precision: Precision = "exact",
        path: Path | None = None,
    ) -> None:
        _require(engine, precision)
        self.model, self.precision = model, precision
        self.folder = None if path is None else folder_of(path)
        self.notes: list[str] = []
        self.engine = self._installed(engine)
        if precision == "int8" and not self._is_calibrated():
            raise _not_calibrated("this model has no int8 engine yet")
        if precision == "bf16" and not has_bf16(model.device.type):
            self.notes.append("this processor has no bf16: its answers are exact, and no faster")
        self._in_background = engine == "auto" and precision == "exact"
        self._lock, self._process = Lock(), os.getpid()
        self._weights: list[tuple[int, int, int]] = []
        self._ready: Engine | None = None
        self._work: BackgroundWork[Engine | None] | None = None
        self._images, self._answered, self._seconds = 0, 0, 0.0
        self._looked = self._gave_up = False
        self._begin_anew()

    def __call__(self, images: int) -> Engine | None:
        """What answers so many images more; None for the model as it is."""
        with self._lock, torch.inference_mode(False), torch.no_grad():
            if self._weights != _marks(self.model):
                self._begin_anew()
            self._images += images
            if not self._fits() or (self._in_background and _two_graphs(self.model)):
                return None  # while parts of a network are traced, no other thread may call it
            if not self._in_background:
                self._ready = self._ready or self._build(_copied(self.model))
                return self._ready
            work, expected = self._work, self._expected_seconds(images)
        if work is not None and expected >= BUILD_FROM:
            work.wait(expected)  # what it builds takes less time without PyTorch beside it
        self._progress(images)
        return self._answer_while_building

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for what is built in the background; returns whether an engine answers from now on."""
        with self._lock:
            work = self._work
        if work is not None:
            work.wait(seconds)
        with self._lock:
            self._collect()
            return self._ready is not None

    def __reduce__(self) -> Any:
        """A copy of a model has other weights soon: it begins without an engine."""
        return type(None), ()

    # ---- what PyTorch answers until the engine is there

    def _answer_while_building(self, images: Tensor, *given: Sequence[Tensor]) -> Raw:
        """The raw outputs of a batch, by what is there now."""
        engine = self._progress(len(images))
        if engine is not None:
            return engine(images, *given)
        begun = perf_counter()
        raw = self.model(fastest_format(self.model.network, images), *given)
        with self._lock:
            self._seconds += perf_counter() - begun
            self._answered += len(images)
        return raw

    def _progress(self, images: int) -> Engine | None:
        """The engine if it is there; else begin to look for its graph, or to build it, when that pays."""
        with self._lock, torch.inference_mode(False), torch.no_grad():
            self._collect()
            if self._ready is None and self._work is None:
                due = self._expected_seconds(max(self._images, self._answered + images))
                if due >= BUILD_FROM:
                    self._begin(self._build, images)
                elif not self._looked and (due >= READ_FROM or images >= READ_FOR):
                    self._looked = True
                    self._begin(self._read, images)
            return self._ready

    def _expected_seconds(self, images: int) -> float:
        """What PyTorch takes for so many images, as far as it is known."""
        return self._seconds / self._answered * images if self._answered else 0.0

    def _begin(self, make: Callable[[TaskModel[Any]], Engine | None], images: int) -> None:
        """Make an engine in the background, of a copy that shares the weights: nobody else changes its mode.

        It is compiled there for so many images, so that the first ones need not wait for that either.
        """
        if self._gave_up:
            return
        copy = _copied(self.model)
        shape = (min(images, READ_FOR), copy.preprocess.channels, *copy.preprocess.size)

        def work() -> Engine | None:
            engine = make(copy)
            if engine is not None and copy.preprocess.one_size:
                engine(torch.zeros(shape, dtype=torch.uint8))
            return engine

        self._work = BackgroundWork(work)

    def _collect(self) -> None:
        """Take what the background has made, unless the weights have changed meanwhile."""
        if self._work is None or self._work.running:
            return
        work, self._work = self._work, None
        if work.failure is not None:
            self._gave_up = True
        elif self._weights == _marks(self.model):
            self._ready = work.result

    def _begin_anew(self) -> None:
        """Forget what was built and counted: the weights are others."""
        self._weights = _marks(self.model)
        self._ready = self._work = None
        self._images, self._answered, self._seconds = 0, 0, 0.0
        self._looked = self._gave_up = False

    # ---- how an engine is made

    def _installed(self, engine: EngineName) -> EngineName:
        """The engine; PyTorch where OpenVINO is not installed."""
        if engine == "torch" or importable():
            return engine
        if self.precision == "int8":
            raise SettingError("OpenVINO is not installed", "openvino, for int8", "pip install openvino")
        self.notes.append("OpenVINO is not installed: PyTorch answers instead (pip install openvino)")
        return "torch"

    def _fits(self) -> bool:
        """Whether the model, as it is now, can be given to an engine. The threads of one end at a fork."""
        weights = [one.dtype for one in self.model.parameters() if one.is_floating_point()]
        on_processor = self.model.device.type == "cpu"
        if self._in_background and (self.engine == "torch" or not on_processor):
            return False
        return self._process == os.getpid() and all(dtype == torch.float32 for dtype in weights)

    def _is_calibrated(self) -> bool:
        """Whether there is an int8 graph beside the file; an old one is noticed when it is read."""
        return self.folder is not None and any(self.folder.glob(f"{kind_of('int8')}-*"))

    def _build(self, model: TaskModel[Any]) -> Engine:
        """The engine, from the graph that is kept or a new one."""
        if self.engine == "torch" or model.device.type != "cpu":
            return torch_engine(model, self.precision)
        if _two_graphs(model):
            return _looking_twice(model, self.precision)
        mark = digest(model)
        if self.precision == "int8":
            graph = read_graph(self.folder, "int8", mark) if self.folder else None
            if graph is None:
                raise _not_calibrated("the weights of this model have changed since its int8 engine was made")
            return compiled(graph, self.precision)
        graph = read_graph(shared_folder(), self.precision, mark)
        if graph is None:
            graph = _converted(model)
            write_graph(graph, shared_folder(), self.precision, mark)
        return compiled(graph, self.precision)

    def _read(self, model: TaskModel[Any]) -> Engine | None:
        """The engine from the graph that is kept; None if there is none."""
        if _two_graphs(model):
            return None
        graph = read_graph(shared_folder(), self.precision, digest(model))
        return None if graph is None else compiled(graph, self.precision)


def _two_graphs(model: TaskModel[Any]) -> bool:
    """Whether the network is computed as two graphs."""
    return bool(getattr(model.network, "two_graphs", False))


def _looking_twice(model: TaskModel[Any], precision: Precision) -> Engine:
    """Two graphs, with the search for regions between them.

    Raises:
        SettingError: they are asked for in int8.
    """
    from striate.zoo.inference.two_graphs import engine_of_two_graphs  # late: few detectors look twice

    if precision == "int8":
        raise SettingError(
            "a detector with two stages has no int8 engine", "exact, or bf16", "--precision bf16"
        )
    return engine_of_two_graphs(model, precision)


def _converted(model: TaskModel[Any]) -> Any:
    """The graph of a model.

    Raises:
        SettingError: the network does what no graph can do.
    """
    try:
        return converted(model)
    except StriateError:
        raise
    except Exception as reason:  # whatever torch.export and OpenVINO meet in a network of the user's own
        first = (str(reason).strip() or type(reason).__name__).splitlines()[0][:200]
        raise SettingError(
            f"the network cannot become a graph for OpenVINO: {first}",
            "a network whose steps do not depend on the values in its images",
            'engine="torch", which takes any network',
        ) from reason


def _copied(model: TaskModel[Any]) -> TaskModel[Any]:
    """A copy in evaluation mode that shares the weights of the model, without the user's hooks."""
    copy: TaskModel[Any] = detached_copy(model)  # type: ignore[assignment]
    parameters: dict[int, nn.Parameter] = {}
    for module in copy.modules():
        for name, weight in module._parameters.items():
            if weight is not None:  # torch.export wants parameters, and one of them where there was one
                module._parameters[name] = parameters.setdefault(id(weight), nn.Parameter(weight, False))
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key, hook in list(hooks.items()):
                if not type(hook).__module__.startswith("torch.nn."):  # torch's own compute weights
                    del hooks[key]
    return copy


def _not_calibrated(wrong: str) -> SettingError:
    return SettingError(
        wrong,
        "one that was calibrated on your own pictures",
        "striate export MODEL --to openvino --precision int8 --calibrate DATA",
    )


def _require(engine: str, precision: str) -> None:
    """Refuse words that mean nothing, and what does not go together."""
    for name, value, kind in (("engine", engine, EngineName), ("precision", precision, Precision)):
        choices = get_args(kind)
        if value not in choices:
            raise SettingError(
                f"{name} is {value!r}", "one of: " + ", ".join(choices), f"leave it out for {choices[0]}"
            )
    if engine == "torch" and precision == "int8":
        raise SettingError(
            "PyTorch has no int8 engine", "engine openvino, or precision bf16", "--engine openvino"
        )


def _marks(model: TaskModel[Any]) -> list[tuple[int, int, int]]:
    """What changes when a weight changes, moves or is replaced."""
    tensors = chain(model.parameters(), model.buffers())
    return [
        (id(tensor), tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version) for tensor in tensors
    ]
