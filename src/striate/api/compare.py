"""Several networks on one data set."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from striate.api.run_events import finished, report
from striate.arguments import checked
from striate.compare.choices import Values, choices_of
from striate.compare.compare import Plan, default_folder
from striate.compare.compare import compare as comparing
from striate.compare.sweep import Sweep
from striate.compare.table import Comparison
from striate.data.dataset import Splits
from striate.data.fold import Fold
from striate.report.compare import write_comparison
from striate.train.run.input_data import Data, to_train_on
from striate.train.run.settings import Settings
from striate.train.session.events import Event, Finished

__all__ = ["compare"]


@checked
def compare(
    data: Data,
    models: Sequence[str] = (),
    budget: str | None = None,
    *,
    seeds: int = 1,
    folds: int = 0,
    costs_only: bool = False,
    fit_batch: bool = False,
    sweep: Sweep | str | None = None,
    backbone: Values = None,
    size: Values = None,
    proposals: Values = None,
    out: str | Path | None = None,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Comparison:
    """Train several networks, or one with several values of a setting, on the same data; write compare.html.

    Of ``backbone``, ``size`` and ``proposals`` one value is for all, and several are a row for each network
    that has the choice, with every combination.

    Args:
        data: as for ``train``.
        models: names among ``models()``; with ``sweep`` one at most, and the data decide without one.
        budget: most time for each training, as in ``10m``.
        seeds: trainings of each network, counted up from ``seed``.
        folds: in place of seeds: all pictures in so many parts, each of which is tested once by a network
            that learned from the others; what belongs together stays together, see ``group``.
        costs_only: measure time and memory, and train nothing.
        fit_batch: where a batch does not fit into memory, go on with one that does.
        sweep: a setting and its values, as in ``lr=0.01,0.1``: one training for each, ranked by the metric.
        backbone: networks that detectors stand on, as in ``["resnet18", "mobilenet_v2"]``.
        size: pixels, as in ``[320, "240x320"]``.
        proposals: how many regions a detector looks at, as in ``[100, 300]``: one training, with the largest
            number, answers with each; or what proposes them, as in ``["selective", "windows"]``.
        out: a new folder, or that of a comparison that shall go on; ``runs/compare-<data>`` when left out.
        on_event: called with every event.
        settings: as for ``train``, the same for all networks.

    Returns:
        ``.rows`` in order, ``.frontier()``, ``.chart()``, ``.folder``; prints as a table.

    Raises:
        SettingError: a name or a setting does not exist. A network that fails later says why in its row.
        RunError: the folder holds something else.
        Interrupted: a signal ended it; the same call goes on.
    """
    swept = Sweep.read(sweep) if isinstance(sweep, str) else sweep
    own, choices = choices_of(settings, backbone, size, proposals)
    common = Settings(budget=budget, **own)
    plan = Plan(tuple(models), common, seeds, costs_only, fit_batch, swept, choices, folds)
    parts = Parts(data, plan)
    folder = default_folder(plan, parts.first) if out is None else Path(out)
    found: Comparison = finished(comparing(parts, plan, folder), parts.reporting(on_event)).comparison
    write_comparison(found, parts.first)
    return found


class Parts:
    """The splits of the data for each seed, or fold, of a comparison; two of them are held at most.

    Args:
        data: as for ``train``.
        plan: of the comparison.
        first: those of the first seed or fold, if they were read before.
    """

    def __init__(self, data: Data, plan: Plan, first: Splits | None = None) -> None:
        self._data, self._plan = data, plan
        self.first = to_train_on(data, plan.of("", plan.first), None) if first is None else first
        self._last = plan.first, self.first

    def __call__(self, repeat: int) -> Splits:
        """Those of one seed or fold."""
        if repeat == self._plan.first:
            return self.first
        if repeat != self._last[0]:
            self._last = repeat, to_train_on(self._data, self._plan.of("", repeat), None)
        return self._last[1]

    def reporting(self, on_event: Callable[[Event], None] | None) -> Callable[[Event], None]:
        """A listener that writes the report of every run, which is of the splits that were asked for last."""

        def hearing(event: Event) -> None:
            if isinstance(event, Finished):
                settings = event.run.settings
                report(event.run, self(Fold.read(settings.fold).number if settings.fold else settings.seed))
            if on_event:
                on_event(event)

        return hearing
