"""Several networks on one data set."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.run_events import finished, report
from striate.arguments import checked, described
from striate.compare.choices import Values, choices_of
from striate.compare.compare import Plan, default_folder
from striate.compare.compare import compare as comparing
from striate.compare.sweep import Sweep
from striate.compare.table import Comparison
from striate.data.dataset import Splits
from striate.data.fold import Fold
from striate.data.python_data.from_python import once
from striate.errors import SettingError
from striate.report.compare import write_comparison
from striate.train.run.input_data import Data, to_train_on
from striate.train.run.settings import Settings
from striate.train.session.events import Event, Finished
from striate.zoo.networks import models as striate_models
from striate.zoo.user_network import name_of_own

__all__ = ["compare"]


@checked
def compare(
    data: Data,
    models: Sequence[str | nn.Module] | Mapping[str, str | nn.Module] = (),
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
        models: names among ``models()``, and modules of your own, whose costs are not measured; or a
            dictionary of these by the name that they shall have. With ``sweep`` one at most, and the data
            decide without one.
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
    common, (names, modules) = Settings(budget=budget, **own), networks_in(models)
    plan = Plan(names, common, seeds, costs_only, fit_batch, swept, choices, folds, modules)
    parts = Parts(data, plan)
    folder = default_folder(plan, parts.first) if out is None else Path(out)
    found: Comparison = finished(comparing(parts, plan, folder), parts.reporting(on_event)).comparison
    write_comparison(found, parts.first)
    return found


def networks_in(
    models: Sequence[str | nn.Module] | Mapping[str, str | nn.Module],
) -> tuple[tuple[str, ...], dict[str, nn.Module]]:
    """The names of all networks, and the modules among them.

    Raises:
        SettingError: a name of a dictionary is one of striate's and stands for another network.
    """
    if not isinstance(models, Mapping):
        pairs = [(one if isinstance(one, str) else name_of_own(one), one) for one in models]
    else:
        pairs = list(models.items())
        for name, one in pairs:
            known = name in striate_models() or not re.fullmatch(r"[\w-]+", name)
            if known if isinstance(one, nn.Module) else name != one:
                wrong = f"{name!r} stands for {described(one)}"
                raise SettingError(wrong, "a name of its own, of letters and digits", '{"mine": network}')
    return tuple(name for name, _ in pairs), {name: one for name, one in pairs if isinstance(one, nn.Module)}


class Parts:
    """The splits of the data for each seed, or fold, of a comparison; two of them are held at most.

    Args:
        data: as for ``train``.
        plan: of the comparison.
        first: those of the first seed or fold, if they were read before.
    """

    def __init__(self, data: Data, plan: Plan, first: Splits | None = None) -> None:
        self._data, self._plan = once(data), plan
        self.first = to_train_on(self._data, plan.of("", plan.first), None) if first is None else first
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
