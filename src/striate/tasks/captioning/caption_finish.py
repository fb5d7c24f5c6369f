"""What is kept of the regions of an image, and how their captions are written: the options of an answer."""

from dataclasses import dataclass, fields, replace
from typing import Any

from striate.errors import SettingError
from striate.tasks.captioning.search import GREEDY, Search
from striate.tasks.detection.parts.finish import Finish

OPTIONS = ("score_threshold", "iou_threshold", "top_k")
WRITING = tuple(one.name for one in fields(Search))


@dataclass(frozen=True)
class CaptionFinish(Finish):
    """As ``Finish``, with captions.

    Args:
        search: how captions are written.
    """

    search: Search = GREEDY

    def with_options(self, options: dict[str, Any]) -> "CaptionFinish":
        """The same with what a user asked for: also ``beam``, ``temperature``, ``seed``, ``phrase``.

        Raises:
            SettingError: there is no such option, or it is out of range.
        """
        unknown = [name for name in options if name not in (*OPTIONS, *WRITING)]
        if unknown:
            raise SettingError(
                f"models of dense captions have no option {unknown[0]!r}",
                ", ".join((*OPTIONS, *WRITING)),
                f"leave {unknown[0]} out",
            )
        writing = {name: value for name, value in options.items() if name in WRITING}
        others = {name: value for name, value in options.items() if name in OPTIONS}
        return replace(self, search=replace(self.search, **writing), **others)
