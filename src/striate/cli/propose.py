"""``striate propose``: boxes that may hold an object, and how many objects they find."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.console import err, hushed, print_json, table
from striate.cli.console import out as stdout
from striate.cli.flags import Images, Json, Split
from striate.cli.pictures import expand, save_figure
from striate.cli.progress import Counting
from striate.cli.saved_answers import below, draw
from striate.errors import ImageError, SettingError
from striate.files.atomic import PICTURES, PLOTS, writable
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.api.propose import BoxData
    from striate.records import Proposals
    from striate.tasks.detection.proposer.proposal_recall import ProposalRecall, RecallMeasure


def propose(
    images: Images,
    proposals: Annotated[
        str,
        typer.Option(metavar="selective|quality|windows|rpn|FILE", help="Who proposes; or a .jsonl file."),
    ] = "selective",
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="With rpn: a detector with two stages, a file or a run."),
    ] = None,
    mode: Annotated[
        str, typer.Option(metavar="fast|quality", help="Of selective search: 8 or 80 groupings.")
    ] = "fast",
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Boxes of a picture at most.")] = 2000,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write them.")] = "proposals.jsonl",
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Draw them: the first, or the best of each object.")
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Of data with boxes: draw recall by number and IoU.")
    ] = None,
    split: Split = "all",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", metavar=" ", help="Search again what was searched before.")
    ] = False,
    json: Json = False,
) -> None:
    """Write boxes that may hold an object, one picture a line.

    IMAGES may be data with boxes (COCO, VOC, YOLO, a table): then recall says how many objects are found.
    """
    from striate.api.propose import data_with_boxes, proposer_for
    from striate.tasks.detection.proposer.file_proposals import ENDINGS, write_proposals

    require_paths(out, ENDINGS, save, plot)
    data = data_with_boxes(images, split)
    paths = expand(images) if data is None else data.paths()
    if Path(out).resolve() == Path(proposals).resolve():
        wrong = f"--out {out} is the file that the boxes come from"
        raise SettingError(wrong, "another file", f"--out {Path(out).stem}-read.jsonl")
    proposer = proposer_for(proposals, mode, model, cache=not no_cache)
    for note in (*(data.notes if data else ()), *proposer.notes_on([str(path) for path in paths])):
        err().print(note)
    work = Proposing(paths, top, save, images, data)
    written = write_proposals(out, work.some(proposer))
    for note in proposer.notes:
        err().print(note)
    work.tell(str(written), plot, json=json)
    if work.unreadable:
        raise typer.Exit(2)


def require_paths(out: str, endings: tuple[str, ...], save: str | None, plot: str | None) -> None:
    """Files that can be written, before anything is searched.

    Raises:
        RunError: one cannot.
    """
    writable(out, endings)
    if save:
        writable(Path(save) / "answer.png", PICTURES)
    if plot:
        writable(plot, PLOTS)


class Proposing:
    """Pictures on their way through a proposer: written, drawn and measured as they come.

    Args:
        paths: of the pictures.
        top: boxes of a picture at most.
        folder: of drawings, or None.
        names: what the user named.
        data: the objects of the pictures, where they are known.
    """

    def __init__(
        self, paths: list[Path], top: int, folder: str | None, names: list[str], data: "BoxData | None"
    ) -> None:
        self._paths, self._top, self._folder, self._names, self._data = paths, top, folder, names, data
        self._boxes = self._done = self.unreadable = 0
        self._seconds = 0.0
        self._measure: RecallMeasure | None = None

    def some(self, proposer: Any) -> "Iterator[Proposals]":
        """The boxes of every picture that can be read; an old file is not replaced by those of none.

        Raises:
            ImageError: none can be read.
        """
        yield from self.each(proposer)
        if self.unreadable and not self._done:
            count = plural(self.unreadable, "picture")
            raise ImageError(f"none of {count} can be read", "a picture", "the errors above say why")

    def each(self, proposer: Any) -> "Iterator[Proposals]":
        """The boxes of every picture that can be read."""
        from striate.tasks.detection.proposer.proposal_recall import COUNTS, RecallMeasure
        from striate.tasks.detection.proposer.proposers import propose_each

        truths = self._data.targets() if self._data else (None for _ in self._paths)
        if self._data:
            self._measure = RecallMeasure([*(count for count in COUNTS if count < self._top), self._top])
        start = time.perf_counter()
        with Counting("proposing") as progress, hushed():
            answers = zip(self._paths, propose_each(proposer, self._paths), truths, strict=True)
            for done, (path, found, truth) in enumerate(answers, 1):
                progress(done, len(self._paths))
                if isinstance(found, ImageError):
                    err().print(f"ImageError: {found}")
                    self.unreadable += 1
                    continue
                best = found.best(self._top)
                self._boxes, self._done = self._boxes + len(best), self._done + 1
                if self._measure and truth is not None:
                    self._measure.add(best, truth)
                if self._folder:
                    draw(best, Path(self._folder), below(path, self._names), self._top, truth)
                yield best
        self._seconds = time.perf_counter() - start

    def tell(self, written: str, plot: str | None, *, json: bool) -> None:
        """What was done, and recall where the objects are known."""
        measured = self._measure.result() if self._measure else None
        if plot and measured:
            from striate.draw.recall_chart import recall_chart

            save_figure(recall_chart(measured.by_number(), measured.by_overlap()), Path(plot))
        if json:
            values = {
                "pictures": self._done,
                "boxes": self._boxes,
                "seconds": self._seconds,
                "written": written,
            }
            print_json(values | ({"recall": rows_of(measured)} if measured else {}))
            return
        each = max(self._done, 1)
        seconds = f"{self._boxes / each:.3g} boxes and {self._seconds / each:.2f} s a picture"
        stdout().print(f"{plural(self._done, 'picture')}, {plural(self._boxes, 'box')}: {seconds}")
        if measured:
            show_recall(measured)
        for path in (
            written,
            *([plot] if plot and measured else []),
            *([self._folder] if self._folder else []),
        ):
            stdout().print(f"written: {path}")
        if plot and not measured:
            err().print(f"{plot} is not drawn: these pictures have no boxes of objects to compare with")


def rows_of(measured: "ProposalRecall") -> list[dict[str, Any]]:
    """Recall by number of boxes, for JSON: None where there is no object."""
    return [
        {name: None if value != value else value for name, value in row.items()} for row in measured.rows()
    ]


def show_recall(measured: "ProposalRecall") -> None:
    """Recall by number of boxes, for people."""
    rows = measured.rows()
    shown = table(*rows[0])
    for row in rows:
        shown.add_row(
            *(f"{value:,}" if name == "proposals" else f"{value:.3f}" for name, value in row.items())
        )
    stdout().print(shown)
