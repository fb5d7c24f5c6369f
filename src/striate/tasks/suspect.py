"""What in the data is likely wrong, by the answers of a model: a label, a box, a mask, an identity.

answers of a metric --Metric.suspects--> Suspect, the surest first
"""

from dataclasses import dataclass

Corners = tuple[float, float, float, float]

LABEL, MISSING, LOOSE, CLASS, NOTHING = (
    "wrong label",
    "missing box",
    "loose box",
    "wrong class",
    "box of nothing",
)
"""Kinds of what can be wrong with classes and boxes."""

UNMASKED, OVERMASKED, IDENTITY = "missing in mask", "mask of nothing", "wrong identity"
"""Kinds of what can be wrong with masks and identities."""


TWICE, LEAK, OUTLIER = "near-duplicate of another class", "near-duplicate in another split", "outlier"
"""Kinds of what is odd about pictures, whatever a model answers."""


@dataclass(frozen=True)
class Suspect:
    """Something that is likely wrong.

    Args:
        row: position of the picture among those that were answered.
        kind: what is wrong, in words.
        score: how sure it is, the larger the surer; suspects of one kind are ordered by it.
        given: the class that the data say; "" where they say nothing.
        suggested: the class that would be right; "" where nothing should be there.
        box: (x1, y1, x2, y2) that would be right, pixels; None for none.
        given_box: that of the data; None for none.
        like: position of the picture that it is nearly the same as; None for none.
    """

    row: int
    kind: str
    score: float
    given: str = ""
    suggested: str = ""
    box: Corners | None = None
    given_box: Corners | None = None
    like: int | None = None
