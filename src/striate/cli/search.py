"""``striate search``: the nearest pictures of a collection, and those that deserve a look."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.console import err, out, print_json, table
from striate.cli.flags import Json, Layer
from striate.cli.pictures import expand
from striate.errors import SettingError
from striate.formatting import percent, plural

LISTED = 20
"""Pictures of each kind that are printed."""


def search(
    pictures: Annotated[
        list[str] | None, typer.Argument(metavar="PICTURES...", help="That are asked about; none for --odd.")
    ] = None,
    where: Annotated[
        str,
        typer.Option("--in", metavar="FOLDER|INDEX", help="Pictures, vectors of embed, or an index."),
    ] = "",
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A .safetensors file or a run: it makes the vectors.")
    ] = None,
    layer: Layer = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many.")] = 5,
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Keep the vectors of --in as an index.")
    ] = None,
    phrase: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS", help="Rank regions or pictures by this phrase, with a model of captions."
        ),
    ] = None,
    odd: Annotated[
        bool,
        typer.Option("--odd", metavar=" ", help="List near-duplicates, outliers and suspects of --in."),
    ] = False,
    json: Json = False,
) -> None:
    """Find the pictures of a collection that are nearest to given ones, by any layer of any model."""
    if not where:
        raise SettingError("no collection is named", "a folder of pictures, or an index", "--in FOLDER")
    if phrase is not None:
        print_phrase(phrase, where, model, k, json=json)
        return
    if not (pictures or odd or save):
        raise SettingError(
            "there is nothing to do", "pictures to search by, --phrase, --odd or --save", "a picture"
        )
    from striate.explain.embeddings.search import index_of
    from striate.explain.embeddings.search import search as nearest

    if odd:
        print_odd(where, model, layer, json=json)
    if not (pictures or save):
        return
    index = index_of(where, model, layer)
    if save:
        err().print(f"written: {index.save(save)}, {plural(len(index), 'picture')}")
    if not pictures:
        return
    if model is None:
        raise SettingError("no model is named for the pictures", "the one of the collection", "--model RUN")
    for found in nearest(list(expand(pictures)), index, model, layer, k=k):
        if json:
            print_json(found.to_dict(), lines=True)
        else:
            out().print(f"{found.source}  {found.in_words(k)}")


def print_phrase(phrase: str, where: str, model: str | None, k: int, *, json: bool) -> None:
    """The regions, or pictures, of a folder that a phrase fits best.

    Raises:
        SettingError: no model is named.
    """
    if model is None:
        wrong = "no model is named that knows what phrases fit"
        raise SettingError(wrong, "one of a training on captions", "--model RUN")
    from striate.api.networks import load
    from striate.data.picture_files import pictures_below
    from striate.tasks.captioning.phrase_search import search_phrase, unknown_words

    paths, network = pictures_below(Path(where)).paths, load(model)
    ranked = search_phrase(phrase, paths, network, k=k)
    if unknown := unknown_words(phrase, network):
        err().print(f"unknown to the model: {', '.join(unknown)}")
    for found in ranked:
        if json:
            print_json(found.to_dict(), lines=True)
        else:
            out().print(found.in_words())


def print_odd(where: str, model: str | None, layer: str | None, *, json: bool) -> None:
    """What deserves a look in a collection."""
    from striate.explain.embeddings.odd_pictures import (
        near_duplicates,
        outliers,
        searched_in_itself,
        suspects,
    )
    from striate.explain.embeddings.search import collection

    vectors = collection(where, model, layer)
    found = searched_in_itself(vectors)
    twice, far, wrong = near_duplicates(vectors, found), outliers(vectors, found), suspects(vectors, found)
    if json:
        print_json({"near_duplicates": twice, "outliers": far, "suspects": [vars(one) for one in wrong]})
        return
    rows = table("near-duplicates", "of", "distance")
    for name, other, distance in twice[:LISTED]:
        rows.add_row(name, other, f"{distance:.3g}")
    out().print(rows)
    rows = table("outliers", "distance")
    for name, distance in far[:LISTED]:
        rows.add_row(name, f"{distance:.3g}")
    out().print(rows)
    rows = table("suspects", "is", "neighbours are")
    for one in wrong[:LISTED]:
        rows.add_row(one.name, one.label, f"{one.likely} ({percent(one.share, 0)})")
    out().print(rows)
    counts = f"{len(twice):,} near-duplicates, {len(wrong):,} suspects in {plural(len(vectors), 'picture')}"
    err().print(counts)
