"""Answers as a table of pandas, and back.

    Detections       a row for each object   answer source class_name class_index score x1 y1 x2 y2
                                             and caption log_probability where there are any
    Classification   a row for each class    answer source class_name class_index probability
    Pose             a row for each point    answer source point x y score

``answer`` counts the answers from 0. A picture without any object has no row: the inverse does not know it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from striate.errors import LabelError, SettingError
from striate.exchange.needed import library, no_word, several
from striate.records import Captions, Classification, Detections, Pose, Record

CORNERS = ["x1", "y1", "x2", "y2"]
ANSWER = "answer"
OBJECT = ["source", "class_name", "class_index", "score", *CORNERS]
CLASS = ["source", "class_name", "class_index", "probability"]
POINT = ["source", "point", "x", "y", "score"]


def to_pandas(answers: Record | Iterable[Record]) -> Any:
    """A ``pandas.DataFrame`` of one answer, or of many of one kind. Masks are left out.

    Raises:
        SettingError: pandas is not installed, or an answer is of another kind.
    """
    every = several(answers)
    rows = [{ANSWER: number, **row} for number, one in enumerate(every) for row in _rows(one)]
    columns = next((named for kind, named in KINDS if every and isinstance(every[0], kind)), OBJECT)
    more = [name for name in (rows[0] if rows else {}) if name not in (ANSWER, *columns)]
    return library("pandas").DataFrame(rows, columns=[ANSWER, *columns, *more])


KINDS: tuple[tuple[type[Record], list[str]], ...] = (
    (Detections, OBJECT),
    (Classification, CLASS),
    (Pose, POINT),
)


def _rows(answer: Record) -> list[dict[str, Any]]:
    if isinstance(answer, Detections):
        return [_object(answer.source, one) for one in answer.to_dict()["objects"]]
    if isinstance(answer, Classification):
        named = enumerate(zip(answer.classes, answer.scores.tolist(), strict=True))
        return [
            dict(zip(CLASS, (answer.source, name, number, score), strict=True))
            for number, (name, score) in named
        ]
    if isinstance(answer, Pose):
        return [
            {"source": answer.source, "point": one["name"], **{key: one[key] for key in ("x", "y", "score")}}
            for one in answer.to_dict()["points"]
        ]
    raise no_word(answer, "pandas", "Detections, a Classification or a Pose")


def _object(source: str, one: dict[str, Any]) -> dict[str, Any]:
    corners: dict[str, Any] = dict(zip(CORNERS, one["box"], strict=True))
    kept: dict[str, Any] = {name: one[name] for name in ("class_name", "class_index", "score")}
    words: dict[str, Any] = {name: one[name] for name in ("caption", "log_probability") if name in one}
    return {"source": source, **kept, **corners, **words}


def from_pandas(table: Any, classes: Sequence[str] | None = None) -> list[Detections | Classification | Pose]:
    """The answers that a table holds, in their order; the inverse of ``to_pandas``.

    Args:
        table: a ``pandas.DataFrame`` with the columns of one kind; without the column ``answer`` the rows of
            one source are an answer.
        classes: K names; those of the table, by their numbers, when left out.

    Raises:
        SettingError: it is no table, its columns are of no kind, a number is none, or classes are needed.
        LabelError: there is no such class.
    """
    if not hasattr(table, "columns"):
        raise SettingError(
            f"the table is a {type(table).__name__}", "a pandas.DataFrame", "what to_pandas gave"
        )
    columns = set(table.columns)
    for named, read in ((OBJECT, _detections), (CLASS, _classification), (POINT, _pose)):
        if columns >= set(named):
            names = () if read is _pose else tuple(classes or _named(table))
            by = ANSWER if ANSWER in columns else "source"
            parts = [rows for _, rows in table.groupby(by, sort=False)]
            return [read(str(rows["source"].iloc[0]), rows, names) for rows in parts]
    wrong = f"the columns are {', '.join(map(str, table.columns))}"
    raise SettingError(wrong, "; ".join(", ".join(named) for _, named in KINDS), "a table of to_pandas")


def _named(table: Any) -> list[str]:
    """The classes of a table, by their numbers."""
    known = dict(zip(table["class_index"].tolist(), table["class_name"].tolist(), strict=True))
    if sorted(known) != list(range(len(known))):
        raise SettingError("the table does not name all classes", "a row for each number", "classes=(...)")
    return [known[number] for number in sorted(known)]


def _numbers(rows: Any, classes: tuple[str, ...]) -> torch.Tensor:
    if unknown := sorted(set(rows["class_name"]) - set(classes)):
        raise LabelError(
            f"there is no class {unknown[0]!r}", f"one of: {', '.join(classes[:10])}", "all classes"
        )
    return torch.tensor([classes.index(name) for name in rows["class_name"]], dtype=torch.int64)


def _detections(source: str, rows: Any, classes: tuple[str, ...]) -> Detections:
    captions = None
    if {"caption", "log_probability"} <= set(rows.columns):
        captions = Captions(tuple(rows["caption"]), _floats(rows, "log_probability"))
    boxes = torch.stack([_floats(rows, side) for side in CORNERS], 1)
    return Detections(
        boxes, _floats(rows, "score"), _numbers(rows, classes), classes, source, captions=captions
    )


def _classification(source: str, rows: Any, classes: tuple[str, ...]) -> Classification:
    scores = torch.zeros(len(classes)).index_copy(0, _numbers(rows, classes), _floats(rows, "probability"))
    return Classification(scores, classes, source)


def _pose(source: str, rows: Any, classes: tuple[str, ...]) -> Pose:
    points = torch.stack([_floats(rows, side) for side in ("x", "y")], 1)
    return Pose(points, _floats(rows, "score"), tuple(rows["point"]), source=source)


def _floats(rows: Any, name: str) -> torch.Tensor:
    found = torch.tensor(rows[name].tolist(), dtype=torch.float32)
    if not found.isfinite().all():
        raise SettingError(f"{name} has values that are no numbers", "finite numbers", "drop these rows")
    return found
