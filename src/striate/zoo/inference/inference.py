"""How a classifier computes its predictions: by PyTorch as it is, or by an engine that is built from it.

    engine     precision       what answers
    auto       exact           PyTorch as it is; OpenVINO once there is enough to answer, or its graph is kept
    auto       bf16, int8      OpenVINO, or PyTorch in bf16 where it is not installed or the model is on a GPU
    openvino   any             OpenVINO, on the processor
    torch      exact, bf16     PyTorch, folded and channels last; compiled on a GPU

Building a graph takes seconds, so small jobs stay with PyTorch as it is. Work is counted in multiplications
of the network times pictures asked for since the model was loaded.
"""

from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Literal, get_args

import torch
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import SettingError
from striate.tasks.classification.classifier import Classifier, Scores
from striate.zoo.inference.fold_batch_norm import on_meta
from striate.zoo.inference.graph_cache import digest, folder_of, kind_of, read_graph, write_graph
from striate.zoo.inference.openvino_engine import compiled, converted, importable
from striate.zoo.inference.torch_engine import has_bf16, torch_scores

EngineName = Literal["auto", "openvino", "torch"]
Precision = Literal["exact", "bf16", "int8"]

WORK_OF_BUILDING = 300_000_000_000
"""From so many on, converting pays: 75 pictures by ResNet-50, 20 by VGG-16, 1,000 by MobileNet v2."""

WORK_OF_READING = 50_000_000_000
"""From so many on, starting a graph that is kept pays: a dozen pictures by ResNet-50."""


class InferenceEngine:
    """Decides and builds what answers instead of ``Classifier.forward``; hung up at ``Classifier.engine``.

    Whenever the model's weights or its device have changed, it builds anew, and then only in memory.
    A copy of the model has no engine.

    Args:
        model: whose scores are computed.
        engine: ``auto``, ``openvino`` or ``torch``.
        precision: ``exact``, ``bf16`` or ``int8``.
        path: the model's file, beside which graphs are kept; None keeps them in memory only.

    Attributes:
        said: sentences for the user about what was not as asked for.

    Raises:
        SettingError: there is no such engine or precision, or they do not go together.
    """

    def __init__(
        self,
        model: Classifier,
        engine: EngineName = "auto",
        precision: Precision = "exact",
        path: Path | None = None,
    ) -> None:
        _require(engine, precision)
        self.model, self.precision = model, precision
        self.folder = None if path is None else folder_of(path)
        self.said: list[str] = []
        self.engine = self._at_hand(engine)
        if precision == "int8" and not self._kept():
            raise _not_calibrated("this model has no int8 engine yet")
        if precision == "bf16" and not has_bf16(model.mean.device.type):
            self.said.append("this processor has no bf16: its answers are exact, and no faster")
        self._eager = engine == "auto" and precision == "exact"
        self._lock, self._pictures = Lock(), 0
        self._ready: Scores | None = None
        self._weights = _marks(model)

    def __call__(self, pictures: int) -> Scores | None:
        """What answers so many pictures more; None for the model as it is."""
        with self._lock, torch.inference_mode(False), torch.no_grad():
            if (now := _marks(self.model)) != self._weights:
                self._ready, self.folder, self._weights = None, None, now
            self._pictures += pictures
            if self._ready is None and self._pays():
                self._ready = self._start()
            return self._ready

    def __reduce__(self) -> Any:
        """A copy of a model has other weights soon: it begins without an engine."""
        return type(None), ()

    def _at_hand(self, engine: EngineName) -> EngineName:
        """The engine; PyTorch where OpenVINO is not installed."""
        if engine == "torch" or importable():
            return engine
        if self.precision == "int8":
            raise SettingError("OpenVINO is not installed", "openvino, for int8", "pip install openvino")
        self.said.append("OpenVINO is not installed: PyTorch answers instead (pip install openvino)")
        return "torch"

    def _pays(self) -> bool:
        """Whether what is to be answered is worth the start."""
        if not self._eager:
            return True
        if self.model.mean.device.type != "cpu" or self._most_work() < WORK_OF_READING:
            return False
        work = self._pictures * multiplications(self.model)
        return work >= (WORK_OF_READING if self._kept() else WORK_OF_BUILDING)

    def _most_work(self) -> int:
        """At most so many multiplications, at no cost: as if every weight met every pixel."""
        height, width = self.model.preprocess.size
        return self._pictures * height * width * sum(weight.numel() for weight in self.model.parameters())

    def _kept(self) -> bool:
        """Whether there is a graph beside the file; if it is an old one, it is built again."""
        return self.folder is not None and any(self.folder.glob(f"{kind_of(self.precision)}-*"))

    def _start(self) -> Scores:
        if self.engine == "torch" or self.model.mean.device.type != "cpu":
            return torch_scores(self.model, self.precision)
        return compiled(self._graph(), self.precision)

    def _graph(self) -> Any:
        """The graph that is kept, or a new one, which is kept then."""
        mark = digest(self.model) if self.folder else ""
        graph = read_graph(self.folder, self.precision, mark) if self.folder else None
        if graph is None and self.precision == "int8":
            raise _not_calibrated("the weights of this model have changed since its int8 engine was made")
        if graph is None:
            graph = converted(self.model)
            if self.folder:
                write_graph(graph, self.folder, self.precision, mark)
        return graph


def multiplications(model: Classifier) -> int:
    """Weight multiplications for one picture."""
    network, height_and_width = on_meta(model.network), model.preprocess.size
    dtype = next((weight.dtype for weight in network.parameters()), torch.float32)
    image = torch.empty(1, model.preprocess.channels, *height_and_width, device="meta", dtype=dtype)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    return int(counter.get_total_flops()) // 2


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


def _marks(model: Classifier) -> list[tuple[int, int, int]]:
    """What changes when a weight changes, moves or is replaced."""
    tensors = chain(model.parameters(), model.buffers())
    return [
        (id(tensor), tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version) for tensor in tensors
    ]
