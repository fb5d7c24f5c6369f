"""``striate predict``: what is in pictures."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import striate
from striate.cli.console import err, hushed, out, print_json
from striate.cli.flags import MODEL, Images, Json, Proposals
from striate.cli.painting import numbers
from striate.cli.pictures import expand, is_model, model_first, newest_model
from striate.cli.saved_answers import SavedAnswers
from striate.errors import ImageError, SettingError
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.api.predict import Predictor
    from striate.records import Record
    from striate.tasks.tile_size import Tile

AT_ONCE = 256
"""Pictures that are answered before the next ones are read."""


def predict(
    images: Images,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help=MODEL + " (default: the newest run)."),
    ] = None,
    json: Json = False,
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Draw the answers on the pictures.")
    ] = None,
    save_as: Annotated[
        str | None,
        typer.Option(metavar="coco|voc|yolo", help="With --save: write boxes as labels, for correction."),
    ] = None,
    top: Annotated[int, typer.Option(metavar="K", min=1, help="How many classes to name.")] = 3,
    engine: Annotated[
        str, typer.Option(metavar="auto|openvino|torch", help="What computes; auto is quick for any number.")
    ] = "auto",
    precision: Annotated[
        str, typer.Option(metavar="exact|bf16|int8", help="bf16 and int8 are faster and not exact.")
    ] = "exact",
    slide: Annotated[
        int | None,
        typer.Option(metavar="STRIDE", help="Lay a classifier on windows so many pixels apart.", min=1),
    ] = None,
    scales: Annotated[
        str | None, typer.Option(metavar="1,0.5,...", help="Of the picture, for windows that slide.")
    ] = None,
    background: Annotated[
        str | None, typer.Option(metavar="CLASS", help="A class of windows that show no object.")
    ] = None,
    tile: Annotated[
        str | None, typer.Option(metavar="auto|PIXELS", help="Show large pictures in tiles.")
    ] = None,
    score_threshold: Annotated[
        float | None, typer.Option(metavar="0..1", help="Least score of an object.")
    ] = None,
    iou_threshold: Annotated[
        float | None, typer.Option(metavar="0..1", help="Overlap up to which two objects are both kept.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(metavar="N", help="Objects of a picture at most.", min=1)
    ] = None,
    beam: Annotated[
        int | None, typer.Option(metavar="1..100", help="Unfinished captions of a region or picture.")
    ] = None,
    proposals: Proposals = None,
) -> None:
    """Say what is in pictures. Unreadable files are named at stderr; the others are answered."""
    if model is None and len(images) > 1 and any(map(is_model, images)):
        model, images = model_first("", images)
        images = [name for name in images if name]
    saved = SavedAnswers(save, save_as, images, top)
    paths = expand(images)
    path = Path(model) if model else newest_model()
    chosen: dict[str, Any] = {"engine": engine, "precision": precision}
    from striate.api.predict import predictor_of, proposer_given  # late: they need torch

    classifier = striate.load(path, **chosen)
    proposer = proposer_given(classifier, proposals)
    own = {"scales": scales and numbers(scales), "background": background}
    limits = {
        "proposals": proposer,
        "score_threshold": score_threshold,
        "iou_threshold": iou_threshold,
        "top_k": top_k,
        "beam": beam,
    }
    options = {name: value for name, value in (own | limits).items() if value is not None}
    predictor, notes = predictor_of(classifier, slide, tile_of(tile), options)
    before = proposer.notes_on(list(map(str, paths))) if proposer else ()
    told = () if model else (f"model: {path}",)
    print_all((*getattr(classifier.engine, "notes", ()), *classifier.cautions, *notes, *before, *told))
    width = max(len(str(path)) for path in paths)
    unreadable = 0
    for source, answer in answers(predictor, paths):
        if isinstance(answer, ImageError):
            err().print(f"ImageError: {answer}")
            unreadable += 1
            continue
        drawn = saved.add(source, answer)
        if json:
            print_json(answer.to_dict() | drawn, lines=True)
        else:
            out().print(f"{source!s:{width}}  {answer.in_words(top)}")
    print_all((*saved.end(), *(proposer.notes if proposer else ())))
    if unreadable:
        err().print(f"{plural(unreadable, 'picture')} of {len(paths):,} could not be read")
        raise typer.Exit(2)


def print_all(sentences: Iterable[str]) -> None:
    """Each on a line of its own, to stderr."""
    for sentence in sentences:
        err().print(sentence)


def tile_of(text: str | None) -> "Tile | None":
    """What was written for ``--tile``: auto, a side, or two.

    Raises:
        SettingError: it is neither.

    >>> tile_of("auto"), tile_of("640"), tile_of("480x640"), tile_of(None)
    ('auto', 640, (480, 640), None)
    """
    if text is None or text == "auto":
        return text  # type: ignore[return-value]
    sides = text.split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isdecimal() and len(side) < 6 for side in sides):
        raise SettingError(f"tile is {text!r}", "auto, pixels, or height x width", "--tile auto")
    return int(text) if len(sides) == 1 else (int(sides[0]), int(sides[1]))


def answers(predict: "Predictor", paths: Sequence[Path]) -> "Iterator[tuple[Path, Record | ImageError]]":
    """The answer, or the error, for each picture."""
    for start in range(0, len(paths), AT_ONCE):
        yield from _answers(predict, paths[start : start + AT_ONCE])


def _answers(predict: "Predictor", paths: Sequence[Path]) -> "Iterator[tuple[Path, Record | ImageError]]":
    """Halves are tried until the unreadable picture is alone."""
    try:
        with hushed():
            records = predict(list(paths))
    except ImageError as error:
        if len(paths) == 1:
            yield paths[0], error
            return
        half = len(paths) // 2
        yield from _answers(predict, paths[:half])
        yield from _answers(predict, paths[half:])
    else:
        yield from zip(paths, records, strict=True)
