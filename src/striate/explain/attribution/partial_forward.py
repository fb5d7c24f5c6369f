"""Running a network no further than it must: as far as the last layer that somebody reads.

pixels --> [ conv ] --> [ conv ] --> stop            what comes behind the layers costs nothing
              |            |
              `------------+--> maps
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from torch import Tensor, nn

from striate.explain.attribution.gradients import Probe
from striate.explain.attribution.layer_names import never_reached
from striate.explain.synthesis.objectives import ForwardResult


class StopForward(Exception):  # noqa: N818 - no error: all that was asked for is known
    """The last layer has run."""


class PartialForward:
    """Pixels -> what layers gave, again and again.

    Args:
        probe: the model.
        layers: dotted names.
        output: whether the output of the whole network is needed too.

    Raises:
        SettingError: there is no such layer.
    """

    def __init__(self, probe: Probe, layers: Sequence[str], *, output: bool = False) -> None:
        for name in layers:
            probe.layer(name)
        self.probe, self.layers, self.output = probe, tuple(layers), output
        self._calls: Counter[str] | None = None  # of every layer, once they were counted

    def __call__(self, pixels: Tensor) -> ForwardResult:
        """What the network does with pixels (N, C, H, W).

        Raises:
            SettingError: a layer was never reached.
        """
        calls: Counter[str] = Counter()
        output = None
        with self.probe.watching(self.layers) as maps, self._counting(calls), suppress(StopForward):
            output = self.probe(pixels)
        missing = [name for name in self.layers if name not in maps]
        if missing:
            raise never_reached(missing[0])
        self._calls = self._calls or calls
        return ForwardResult(output, dict(maps), getattr(self.probe.model, "classes", None))

    @contextmanager
    def _counting(self, calls: Counter[str]) -> Iterator[None]:
        """Count how often the layers run, and stop the network when none of them will run again."""
        handles = []
        try:
            for name in self.layers:
                handles.append(self.probe.layer(name).register_forward_hook(self._counter(calls, name)))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _counter(self, calls: Counter[str], name: str) -> Callable[[nn.Module, Any, Any], None]:
        def count(module: nn.Module, inputs: Any, output: Any) -> None:
            calls[name] += 1
            if self._calls == calls and not self.output:
                raise StopForward

        return count
