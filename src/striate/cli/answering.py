"""``striate predict`` and ``striate explain``: what is in pictures, and where the network looked."""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from striate.cli.console import as_json as print_json
from striate.cli.console import err, hushed, out, some
from striate.cli.pictures import expand, newest_model
from striate.cli.pictures import save as save_picture
from striate.errors import ImageError, SettingError

if TYPE_CHECKING:
    from striate.records import Classification
    from striate.tasks.classification.classifier import Classifier

AT_ONCE = 256
"""Pictures that are answered before the next ones are read."""


def predict(
    names: list[str], model: str | None, *, as_json: bool, save: str | None, top: int, **engine: Any
) -> None:
    """Print an answer for each picture; ends with 2 if some could not be read."""
    from striate import api
    from striate.files.atomic import PICTURES, writable

    if save:
        writable(Path(save) / "answer.png", PICTURES)
    paths = expand(names)
    path = Path(model) if model else newest_model()
    classifier = api.load(path, **engine)
    for sentence in getattr(classifier.engine, "said", ()):
        err().print(sentence)
    if not model:
        err().print(f"model: {path}")
    width = max(len(str(path)) for path in paths)
    unreadable = 0
    for start in range(0, len(paths), AT_ONCE):
        for source, answer in answers(classifier, paths[start : start + AT_ONCE]):
            if isinstance(answer, ImageError):
                err().print(f"ImageError: {answer}")
                unreadable += 1
                continue
            if as_json:
                print_json(answer.to_dict(), lines=True)
            else:
                out().print(f"{source!s:{width}}  {in_words(answer, top)}")
            if save:
                draw(answer, Path(save), top)
    if unreadable:
        err().print(f"{some(unreadable, 'picture')} of {len(paths):,} could not be read")
        raise typer.Exit(2)


def answers(
    model: "Classifier", paths: Sequence[Path]
) -> "Iterator[tuple[Path, Classification | ImageError]]":
    """The answer, or the error, for each picture: halves are tried until the unreadable one is alone."""
    try:
        with hushed():
            records = model.predict(list(paths))
    except ImageError as error:
        if len(paths) == 1:
            yield paths[0], error
            return
        half = len(paths) // 2
        yield from answers(model, paths[:half])
        yield from answers(model, paths[half:])
    else:
        yield from zip(paths, records, strict=True)


def in_words(answer: "Classification", top: int) -> str:
    """``cat 97.1 %  dog 2.2 %``."""
    return "  ".join(f"{name} {100 * score:.1f} %" for name, score in answer.top(top))


def draw(answer: "Classification", folder: Path, top: int) -> None:
    """Write the picture beside its answer, under the picture's name; a name that is taken gets a number."""
    from striate.data.decode import decode
    from striate.draw.image_grid import classification

    source = Path(answer.source)
    names = (f"{source.stem}{ending}.png" for ending in chain([""], (f"-{number}" for number in count(2))))
    free = next(folder / name for name in names if not (folder / name).exists())
    save_picture(classification(decode(source), answer, names=top), free)


def explain(
    model: str,
    names: list[str],
    method: str,
    layer: str | None,
    target: str | None,
    options: list[str],
    save: str,
) -> None:
    """Draw where the network looked."""
    from striate import api
    from striate.explain.attribution.explanation import ENDINGS, MOST_MAPS, VOLUME, Explanation
    from striate.files.atomic import writable

    writable(save, ENDINGS)
    paths = expand(names)
    found = api.explain(model, paths, method, layer=layer, target=target, **values(options))
    assert isinstance(found, Explanation)
    if found.layer is not None and layer is None:
        err().print(f"layer: {found.layer}, the last one that gives maps")
    if found.method == VOLUME:
        shape = "x".join(str(side) for side in found.values.shape[2:])
        for path in paths:
            out().print(f"{path}  {found.values.shape[1]} maps of {shape}")
        if found.values.shape[1] > MOST_MAPS:
            out().print(f"the first {MOST_MAPS} maps of every picture are drawn; .npz keeps all")
    elif len(found.targets) == len(paths):
        reasons = found.reasons or (None,) * len(paths)
        for path, name, reason in zip(paths, found.targets, reasons, strict=True):
            out().print(f"{path}  {name}" + (f"  nothing to see: {reason}" if reason else ""))
    out().print(f"drawn: {found.save(save)}")


def values(options: list[str]) -> dict[str, Any]:
    """``["samples=50", "relu=false", "at=input"]`` as numbers, truths and words by name.

    Raises:
        SettingError: an option is not written so.

    >>> values(["samples=50", "noise=0.2", "relu=false", "at=input"])
    {'samples': 50, 'noise': 0.2, 'relu': False, 'at': 'input'}
    """
    found: dict[str, Any] = {}
    for option in options:
        name, _, text = option.partition("=")
        if not name or not text:
            raise SettingError(f"the option is {option!r}", "NAME=VALUE", "--option samples=50")
        try:
            found[name] = int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            found[name] = {"true": True, "false": False}.get(text, text)
    return found
