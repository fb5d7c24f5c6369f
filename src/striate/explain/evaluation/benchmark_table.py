"""What methods of explanation are worth, beside each other; prints as a table.

method    pointing   95 % interval  on the mark  deletion  insertion  cascade  shuffled  ms a picture  verdict
saliency    98.0 %  95.0 to 99.2 %       66.9 %     0.248      0.983    0.490     0.190          0.86  sound
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.arguments import checked_methods
from striate.draw.panels import panels
from striate.explain.evaluation.sanity import LIMIT
from striate.files.atomic import PLOTS, write
from striate.formatting import percent_range
from striate.ops.intervals import Interval, wilson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURED = ("pointing", "intersection", "deletion", "insertion")
"""Numbers that are means over the pictures, and have intervals."""

ENDINGS = (".csv", ".json", *PLOTS)
SOUND = "sound"
UNSOUND = "hardly depends on the weights"
LATE = "hardly depends on the upper layers"


@dataclass(frozen=True)
class BenchmarkRow:
    """One method.

    Args:
        method: its name.
        pointing: share of pictures whose strongest pixel lies in the mask; None without masks.
        intersection: share of the strongest pixels, as many as the mask has, that lie in it; None without.
        deletion: mean area under the probability while the most important pixels go; small is good.
        insertion: the same while they come; large is good.
        cascade: mean rank correlation with the maps of the same model while its layers are shuffled from the
            top, -1..1.
        shuffled: the same with all layers shuffled.
        passed: whether both say that the maps depend on the weights; None if it is not known.
        seconds: that one picture took.
        failed: why there are no numbers; "" if there are.
        intervals: of 95 % for ``pointing`` (Wilson), ``intersection``, ``deletion`` and ``insertion``
            (bootstrap over the pictures), as far as they are known.
    """

    method: str
    pointing: float | None = None
    intersection: float | None = None
    deletion: float | None = None
    insertion: float | None = None
    cascade: float | None = None
    shuffled: float | None = None
    passed: bool | None = None
    seconds: float | None = None
    failed: str = ""
    intervals: dict[str, Interval] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """In words."""
        if self.failed or self.passed:
            return self.failed or SOUND
        return UNSOUND if abs(self.shuffled or 0.0) > LIMIT else LATE

    def cells(self, *, masks: bool) -> tuple[str, ...]:
        """Its text, column by column; ``masks`` whether there are any."""
        numbers = (self.deletion, self.insertion, self.cascade, self.shuffled)
        around = percent_range(self.intervals.get("pointing"))
        known = [_percent(self.pointing), around, _percent(self.intersection)] if masks else []
        texts = ["-" if number is None else f"{number:.3f}" for number in numbers]
        time = "-" if self.seconds is None else f"{1e3 * self.seconds:.2f}"
        return self.method, *known, *texts, time, self.verdict

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "verdict": self.verdict}


@checked_methods
@dataclass(frozen=True)
class ExplanationBenchmark:
    """Methods beside each other; prints as a table.

    Args:
        rows: in the order of ``METHODS``.
        model: what was explained.
        pictures: how many.
        accuracy: share of them whose class the model names; None where nobody knows it.
        chance: share that a map which says nothing would find; None without masks.
        versions: of the software.
    """

    rows: tuple[BenchmarkRow, ...]
    model: str
    pictures: int
    accuracy: float | None = None
    chance: float | None = None
    versions: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, method: str) -> BenchmarkRow:
        return next(row for row in self.rows if row.method == method)

    def headline(self) -> str:
        """What was judged on, a sentence."""
        words = f"{self.model}, {self.pictures:,} pictures"
        if self.accuracy is not None:
            around = percent_range(wilson(self.accuracy * self.pictures, self.pictures))
            words += f", {_percent(self.accuracy)} of them classified correctly ({around})"
        if self.chance is not None:
            words += f"; a constant map finds {_percent(self.chance)}"
        return words

    def __str__(self) -> str:
        """A table for the terminal."""
        masks = self.chance is not None
        headings = ["method", *(["pointing", "95 % interval", "on the mark"] if masks else [])]
        headings += ["deletion", "insertion", "cascade", "shuffled", "ms a picture", "verdict"]
        lines = [tuple(headings), *(row.cells(masks=masks) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(headings) - 1)]
        text = []
        for name, *numbers, verdict in lines:
            columns = [name.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]
            text.append("  ".join([*columns, verdict]))
        rule = "-" * max(len(line) for line in text[: 1 + sum(not row.failed for row in self.rows)])
        return "\n".join([text[0], rule, *text[1:]])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("model", "pictures", "accuracy", "chance", "versions")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"rows": [row.to_dict() for row in self.rows]}

    def to_csv(self) -> str:
        """A table for other programs."""
        text = io.StringIO()
        rows = [_flat(row) for row in self.rows]
        writer = csv.DictWriter(text, list(_flat(BenchmarkRow(""))), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def chart(self) -> "Figure":
        """A panel of bars for each kind of number; what fails the sanity check has another color."""
        rows = [row for row in self.rows if not row.failed]
        columns = (
            {}
            if self.chance is None
            else {"points at the mark,\nlarge is good": [row.pointing for row in rows]}
        )
        columns |= {
            "deletion,\nsmall is good": [row.deletion for row in rows],
            "insertion,\nlarge is good": [row.insertion for row in rows],
            "shuffled from the top,\nnear 0 is good": [row.cascade for row in rows],
        }
        return panels([row.method for row in rows], columns, [not row.passed for row in rows])

    def save(self, path: str | Path) -> Path:
        """Write it as .csv, .json, or as a chart (.png, .svg, .pdf), beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no format.
        """
        path = Path(path)
        texts: dict[str, Callable[[], str]] = {
            ".csv": self.to_csv,
            ".json": lambda: json.dumps(self.to_dict(), ensure_ascii=False, indent=2),
        }
        ending = path.suffix.lower()
        if ending in texts:
            return write(path, lambda file: file.write_text(texts[ending]()), ENDINGS)
        return write(path, lambda file: self.chart().savefig(file), ENDINGS)


def _flat(row: BenchmarkRow) -> dict[str, Any]:
    """A row with the ends of each interval in columns of their own."""
    values = row.to_dict()
    values.pop("intervals")
    for name in MEASURED:
        values[f"{name}_low"], values[f"{name}_high"] = row.intervals.get(name, (None, None))
    return values


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
