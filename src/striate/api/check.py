"""A data set, read once for what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

from striate.arguments import checked
from striate.data.checks.check import CheckReport
from striate.data.checks.check import check as check_data
from striate.zoo.build import model_of

__all__ = ["check"]


@checked
def check(
    data: str | Path,
    format: str | None = None,
    *,
    task: str | None = None,
    group: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    reading: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Read a data set once and list what is wrong, odd or worth knowing.

    Args:
        data: a folder, a .csv, .npz or idx file, or ``"digits"``.
        format: ``folder``, ``csv``, ``voc``, ...; recognised by looking when left out.
        task: that shall be learned, as for ``train``, where the data can teach several.
        group: a column of a table, as for ``train``: pictures that belong together.
        progress: called now and then with (pictures done, pictures in all).
        reading: called before with (bytes read, bytes in all) of a large file of annotations.

    Returns:
        ``.findings`` by file name, ``.facts``, and ``.blocking()``: those that training would refuse.

    Raises:
        DataError: there is nothing that can be read.
    """
    kinds = model_of(task).learns_from if task else ()
    return check_data(data, format, kinds=kinds, group=group, progress=progress, reading=reading)
