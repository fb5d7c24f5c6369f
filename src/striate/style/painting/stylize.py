"""A content in the style of another picture, or of several.

    content --maps of a layer-----------.
    styles  --Gram matrices of layers---+--> painting: the pixels that fit both best
    start: the content, or noise -------'

Gatys, Ecker, Bethge 2016. https://arxiv.org/abs/1508.06576
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from striate.arguments import checked
from striate.data.inputs import Input
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable
from striate.style.color_transfer import match_colors, transfer_colors
from striate.style.events import Listener
from striate.style.image_io import masks_of, pixels_of, to_bytes
from striate.style.networks.loss_network import loss_network
from striate.style.networks.own_network import choose_network
from striate.style.painting.optimize import Painter, Painting, Subject, noise
from striate.style.settings import Settings


@checked
def stylize(
    content: Input,
    styles: Input | Sequence[Input],
    *,
    mix: Sequence[float] = (),
    masks: Sequence[Input] = (),
    on_event: Listener | None = None,
    preview: str | Path | None = None,
    **settings: Any,
) -> Painting:
    """Paint a content in a style.

    Args:
        content: what shall be seen.
        styles: one picture or several, how it shall be painted.
        mix: how much every style counts; equal when left out.
        masks: where every style counts, white; any size. None: everywhere.
        on_event: called with every event.
        preview: a picture file that is written every ten steps.
        settings: fields of ``striate.style.settings.Settings``.

    Raises:
        SettingError: there is no such setting, network or layer, mixing does not fit the styles, or the
            painting does not fit the memory.
        ImageError: a picture cannot be read.
        ShapeError: a picture is smaller than the network's stride.
        ModelFileError: the weights cannot be fetched or read.
        RunError: the preview cannot be written.
    """
    given = Settings(**settings)
    if preview is not None:
        writable(preview, PICTURES)
    many = list(styles) if isinstance(styles, list | tuple) else [styles]
    shares = shares_of(mix, len(many))
    seen = pixels_of(content, given.size or None)
    size = (seen.shape[-2], seen.shape[-1])
    pictures = [pixels_of(style, given.size or None) for style in many]  # type: ignore[arg-type]
    if given.colors == "match":
        pictures = [match_colors(style, seen) for style in pictures]
    areas = masks_of(masks, len(many), size) if masks else []
    given, found = choose_network(given)
    encoder, weights, notes = loss_network(given, found)
    subject = Subject(size, seen, tuple(pictures), shares, tuple(areas))
    start = seen if given.start == "content" else noise(size, given.seed)
    painting = Painter(encoder, weights, given, on_event, preview).paint(subject, start, notes)
    return _recolored(painting, seen) if given.colors == "luminance" else painting


def shares_of(mix: Sequence[float], styles: int) -> tuple[float, ...]:
    """How much every style counts, in all 1.

    Raises:
        SettingError: there are no styles, more or fewer numbers than styles, or none above zero.

    >>> shares_of((3, 1), 2), shares_of((), 2)
    ((0.75, 0.25), (0.5, 0.5))
    """
    if not styles:
        raise SettingError("there is no style", "one picture or several", "name a picture file")
    numbers = tuple(mix) or (1.0,) * styles
    if len(numbers) != styles or min(numbers) < 0 or not 0 < sum(numbers) < float("inf"):
        raise SettingError(
            f"mix is {', '.join(f'{number:g}' for number in numbers)} for {styles} styles",
            "a number for every style, 0 or more, one of them above 0",
            "leave mix out, and all count the same",
        )
    return tuple(number / sum(numbers) for number in numbers)


def _recolored(painting: Painting, content: Tensor) -> Painting:
    """The painting's brightness with the content's colors."""
    shown = transfer_colors(painting.image[None].float() / 255, content)
    return replace(painting, image=to_bytes(shown))
