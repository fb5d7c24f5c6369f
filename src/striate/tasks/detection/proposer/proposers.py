"""Proposers by name, and their boxes of many pictures by several threads.

--proposals selective | quality | windows | FILE          --mode fast | quality
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from striate.data.decoding.threads import decoding_threads
from striate.data.inputs import Input, content_of, image_of, name_of
from striate.errors import ImageError, SettingError
from striate.ops.selective_search import MODES
from striate.records import Proposals
from striate.tasks.detection.proposer.cached_proposals import CachedProposals
from striate.tasks.detection.proposer.file_proposals import ENDINGS, FileProposals
from striate.tasks.detection.proposer.proposer import Proposer
from striate.tasks.detection.proposer.selective_proposals import SelectiveProposals
from striate.tasks.detection.proposer.window_proposals import WindowProposals

SELECTIVE = ("selective", "quality")
"""Names of selective search; the second one is of its thorough mode."""

AHEAD = 2
"""Pictures in work for each thread."""


def proposer_of(proposals: str | Path = "selective", mode: str = "fast", *, cache: bool = True) -> Proposer:
    """The proposer that is meant.

    Args:
        proposals: ``selective``; ``quality``, which is ``selective`` of that mode; ``windows``, or a .jsonl
            file of boxes.
        mode: of selective search: ``fast`` or ``quality``.
        cache: whether the boxes of selective search are kept in the user's cache folder.

    Raises:
        SettingError: there is no such proposer or mode, or the proposer has no modes.
        DataError: the file cannot be read.
    """
    require_mode(mode, str(proposals))
    if str(proposals) in SELECTIVE:
        made = SelectiveProposals("quality" if "quality" in (mode, str(proposals)) else "fast")
        return CachedProposals(made) if cache else made
    if str(proposals) == "windows":
        return WindowProposals()
    if Path(proposals).suffix.lower() in ENDINGS:
        return FileProposals(proposals)
    raise SettingError(
        f"proposals is {str(proposals)!r}", "selective, quality, windows, rpn or a .jsonl file", "selective"
    )


def require_mode(mode: str, proposals: str) -> None:
    """There is such a mode, and selective search to have it.

    Raises:
        SettingError: there is not.
    """
    if mode not in MODES:
        raise SettingError(f"mode is {mode!r}", "fast or quality", "fast")
    if mode != "fast" and proposals not in SELECTIVE:
        raise SettingError(
            f"mode is {mode!r}, and proposals is {proposals[:60]!r}, which has no modes",
            "a mode of selective search",
            "proposals selective, or leave mode out",
        )


def propose_each(
    proposer: Proposer, images: Iterable[Input], threads: int | None = None
) -> Iterator[Proposals | ImageError]:
    """The boxes of each picture in their order, or the error of one that cannot be read.

    Threads decode and search some pictures ahead of the one that is asked for: the kernels run without
    Python's lock, so that threads serve as well as processes, and a training beside them goes on.

    Args:
        proposer: finds the boxes.
        images: as ``TaskModel.predict`` takes them; a generator of ten million is not read at once.
        threads: one for each core when left out.
    """

    def search(content: Input, name: str) -> Proposals | ImageError:
        try:
            return proposer.propose(image_of(content), name)
        except ImageError as error:
            return error

    count = threads or os.cpu_count() or 1
    pool, given = decoding_threads(count), iter(images)
    try:
        tasks = (pool.submit(search, content_of(one), name_of(one)) for one in given)
        waiting = deque(islice(tasks, AHEAD * count))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(islice(tasks, 1))
            yield done
    finally:
        pool.shutdown(cancel_futures=True)
