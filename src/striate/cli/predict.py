"""``striate predict``: what is in pictures."""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import striate
from striate.cli.console import err, hushed, out, print_json
from striate.cli.flags import MODEL, Images, Json
from striate.cli.pictures import expand, is_model, model_first, newest_model
from striate.cli.pictures import save as save_picture
from striate.errors import ImageError
from striate.files.atomic import PICTURES, writable
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.records import Record
    from striate.tasks.model import TaskModel

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
    top: Annotated[int, typer.Option(metavar="K", min=1, help="How many classes to name.")] = 3,
    engine: Annotated[
        str, typer.Option(metavar="auto|openvino|torch", help="What computes; auto is quick for any number.")
    ] = "auto",
    precision: Annotated[
        str, typer.Option(metavar="exact|bf16|int8", help="bf16 and int8 are faster and not exact.")
    ] = "exact",
) -> None:
    """Say what is in pictures. Unreadable files are named at stderr; the others are answered."""
    if save:
        writable(Path(save) / "answer.png", PICTURES)
    if model is None and len(images) > 1 and any(map(is_model, images)):
        model, images = model_first("", images)
        images = [name for name in images if name]
    paths = expand(images)
    path = Path(model) if model else newest_model()
    chosen: dict[str, Any] = {"engine": engine, "precision": precision}
    classifier = striate.load(path, **chosen)
    for sentence in getattr(classifier.engine, "notes", ()):
        err().print(sentence)
    if not model:
        err().print(f"model: {path}")
    width = max(len(str(path)) for path in paths)
    unreadable = 0
    for source, answer in answers(classifier, paths):
        if isinstance(answer, ImageError):
            err().print(f"ImageError: {answer}")
            unreadable += 1
            continue
        drawn = {"drawn": str(draw(answer, Path(save), below(source, images), top))} if save else {}
        if json:
            print_json(answer.to_dict() | drawn, lines=True)
        else:
            out().print(f"{source!s:{width}}  {answer.in_words(top)}")
    if unreadable:
        err().print(f"{plural(unreadable, 'picture')} of {len(paths):,} could not be read")
        raise typer.Exit(2)


def answers(model: "TaskModel[Any]", paths: Sequence[Path]) -> "Iterator[tuple[Path, Record | ImageError]]":
    """The answer, or the error, for each picture."""
    for start in range(0, len(paths), AT_ONCE):
        yield from _answers(model, paths[start : start + AT_ONCE])


def _answers(model: "TaskModel[Any]", paths: Sequence[Path]) -> "Iterator[tuple[Path, Record | ImageError]]":
    """Halves are tried until the unreadable picture is alone."""
    try:
        with hushed():
            records = model.predict(list(paths))
    except ImageError as error:
        if len(paths) == 1:
            yield paths[0], error
            return
        half = len(paths) // 2
        yield from _answers(model, paths[:half])
        yield from _answers(model, paths[half:])
    else:
        yield from zip(paths, records, strict=True)


def below(source: Path, names: Sequence[str]) -> Path:
    """The path of a picture below the folder that was named, or its name.

    >>> below(Path("pets/cats/1.jpg"), ["pets"]), below(Path("pets/cats/1.jpg"), ["pets/cats/1.jpg"])
    (PosixPath('cats/1.jpg'), PosixPath('1.jpg'))
    """
    roots = [Path(name) for name in names if Path(name) != source and source.is_relative_to(name)]
    return source.relative_to(roots[0]) if roots else Path(source.name)


def draw(answer: "Record", folder: Path, name: Path, top: int) -> Path:
    """Write the picture beside its answer, under its own name; one that is taken gets a number."""
    from striate.data.decode import decode
    from striate.draw.record_overlay import drawn

    names = (f"{name.stem}{ending}.png" for ending in chain([""], (f"-{number}" for number in count(2))))
    free = next(path for one in names if not (path := folder / name.parent / one).exists())
    save_picture(drawn(decode(Path(answer.source)), answer, names=top), free, into_folder=True)
    return free
