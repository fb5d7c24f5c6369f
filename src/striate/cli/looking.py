"""What the verbs that look inside do: benchmark-explanations, visualize, invert, embed, map, neighbours."""

from pathlib import Path
from typing import Any

from striate.cli.console import as_json as print_json
from striate.cli.console import err, out, percent, some, table
from striate.cli.pictures import expand
from striate.cli.pictures import save as save_picture
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable

SIDE = 160
"""Of a picture on a sheet, pixels."""


def benchmark_explanations(
    model: str | None, names: list[str], save: str | None, *, as_json: bool, **asked: Any
) -> None:
    """Print the table; ends with 2 if no method worked."""
    from typer import Exit

    from striate import api
    from striate.explain.evaluation.benchmark_table import ENDINGS

    if save:
        writable(save, ENDINGS)
    if model is None:
        err().print("a small network learns pictures whose reason is known")
    found = api.benchmark_explanations(
        model, expand(names) or None, on_event=lambda row: err().print(f"judged: {row.method}"), **asked
    )
    if as_json:
        print_json(found.to_dict())
    else:
        out().print(str(found))
        out().print()
        out().print(found.headline())
    if save:
        path = found.save(save)
        (err() if as_json else out()).print(f"written: {path}")
    if all(row.failed for row in found.rows):
        raise Exit(2)


def visualize(
    model: str, classes: list[str], layer: str | None, channels: list[int], save: str, **asked: Any
) -> None:
    """Draw one picture for each class and channel into one file."""
    from striate import api
    from striate.draw.image_grid import grid
    from striate.explain.synthesis.image_prior import NATURAL, PLAIN
    from striate.explain.synthesis.initial_image import opened
    from striate.explain.synthesis.objectives import channel, class_score

    if not classes and not channels and layer is None:
        raise SettingError(
            "nothing to visualize was named",
            "--class CAT, or --layer NAME --channel N",
            "--class with the name of a class",
        )
    if bool(channels) != (layer is not None):
        raise SettingError(
            f"--layer is {layer}, with {some(len(channels), 'channel')} and {some(len(classes), 'class')}",
            "a class, or a layer and a channel of it",
            "--class NAME, or --layer NAME --channel 0",
        )
    writable(save, PICTURES)
    prior = PLAIN if asked.pop("plain") else NATURAL
    network = opened(model)
    wanted = [class_score(name) for name in classes] + [channel(layer or "", number) for number in channels]
    dreams = [api.visualize(network, objective, prior=prior, **asked) for objective in wanted]
    for dream in dreams:
        before, after = dream.scores
        out().print(f"{dream.objective}  {before:.2f} -> {after:.2f}")
        for sentence in dream.said:
            err().print(sentence)
    side = max(SIDE, *(max(dream.image.shape) for dream in dreams))
    sheet = grid([dream.image for dream in dreams], [dream.objective for dream in dreams], side=side)
    save_picture(sheet, Path(save))
    out().print(f"drawn: {save}")


def invert(
    model: str, image: str, layers: str | None, save: str, *, steps: int, seed: int, as_json: bool
) -> None:
    """Draw the strip, and tell the distances."""
    from striate import api

    writable(save, PICTURES)
    names = None if layers is None else [part.strip() for part in layers.split(",") if part.strip()]
    found = api.invert(model, image, names, steps=steps, seed=seed)
    path = found.save(save)
    if as_json:
        print_json(found.to_dict())
        return
    rows = table("layer", "distance in pixels", "in features")
    for layer, far in found.to_dict().items():
        rows.add_row(layer, f"{far['pixel_distance']:.3f}", f"{far['feature_distance']:.3f}")
    out().print(rows)
    out().print(f"drawn: {path}")


def embed(data: str, model: str, save: str, **asked: Any) -> None:
    """Write the vectors."""
    from striate import api
    from striate.explain.embeddings.embeddings import ENDINGS

    writable(save, ENDINGS)
    found = api.embed(model, data, **asked)
    path = found.save(save)
    out().print(f"{some(len(found), 'picture')}, {found.values.shape[1]:,} numbers each, of {found.layer}")
    out().print(f"written: {path}")


def draw_map(data: str, model: str | None, method: str, save: str, *, as_json: bool, **asked: Any) -> None:
    """Draw the map."""
    from striate import api
    from striate.explain.embeddings.embedding_map import ENDINGS

    writable(save, ENDINGS)
    found = api.map(data, model, method, **asked)  # type: ignore[arg-type]  # checked there
    path = found.save(save)
    if as_json:
        print_json(found.to_dict())
        return
    for sentence in found.said:
        out().print(sentence)
    out().print(f"drawn: {path}")


def neighbours(data: str, model: str, k: int, save: str, *, as_json: bool, **asked: Any) -> None:
    """Draw neighbours, and tell how many share the class of their picture."""
    from striate.explain.embeddings.similar_images import lookalikes

    writable(save, PICTURES)
    found = lookalikes(model, data, k, **asked)
    path = found.save(save)
    by_features, by_pixels = found.same_class()
    if as_json:
        print_json({"pictures": len(found.vectors), "features": by_features, "pixels": by_pixels})
        return
    out().print(f"{some(len(found.vectors), 'picture')}, the nearest {k} of each with the same class:")
    out().print(f"by features  {percent(by_features):>9}")
    out().print(f"by pixels    {percent(by_pixels):>9}")
    out().print(f"drawn: {path}")
