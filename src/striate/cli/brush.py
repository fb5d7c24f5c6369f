"""``striate stylize``, ``texture`` and ``train-style``: what they say while painting, what they leave."""

import signal
from typing import TYPE_CHECKING, Any

import typer

from striate.cli.console import err, out
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable

if TYPE_CHECKING:
    from striate.style.events import Event
    from striate.style.painting.optimize import Painting

EVERY = 10
"""Steps from one line to the next."""


class Teller:
    """Listens to the events of a painting and tells them on stderr.

    Args:
        quiet: tell nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, event: "Event") -> None:
        """Tell one event."""
        from striate.style.events import Planned

        if self._quiet:
            return
        if isinstance(event, Planned):
            for sentence in event.said:
                err().print(sentence)
        elif event.step == 1 or event.step % EVERY == 0 or event.step == event.steps:
            costs = "  ".join(f"{name} {value:.4g}" for name, value in event.costs.items())
            err().print(f"step {event.step:>{len(str(event.steps))}}/{event.steps}  {costs}")


def stylize(
    content: str,
    styles: list[str],
    place: str,
    asked: dict[str, Any],
    *,
    quiet: bool,
    settings: dict[str, Any],
) -> None:
    """Paint, and write the picture."""
    from striate import api

    writable(place, PICTURES)
    mix = numbers(asked["mix"]) if asked["mix"] else ()
    ways = {"mix": mix, "masks": asked["masks"], "preview": asked["preview"]}
    _leave(api.stylize(content, styles, on_event=Teller(quiet=quiet), **ways, **settings), place)


def texture(
    image: str, shape: str | None, place: str, preview: str | None, *, quiet: bool, settings: dict[str, Any]
) -> None:
    """Make a texture, and write the picture."""
    from striate import api

    writable(place, PICTURES)
    size = None if shape is None else sides(shape)
    _leave(api.texture(image, shape=size, on_event=Teller(quiet=quiet), preview=preview, **settings), place)


def apply_style(content: str, styles: list[str], learned: str, place: str, settings: dict[str, Any]) -> None:
    """Paint with what was learned."""
    from striate import api

    strange = sorted(settings.keys() - {"size"})
    if strange or len(styles) > 1:
        wrong = f"--{strange[0].replace('_', '-')}" if strange else f"{len(styles)} styles"
        raise SettingError(
            f"{wrong} cannot be used with --with: what was learned is learned",
            "--with FILE, at most one style, and --size",
            "leave it out",
        )
    writable(place, PICTURES)
    size = {"size": int(numbers(settings["size"])[0])} if settings else {}
    _leave(api.apply_style(content, learned, styles[0] if styles else None, **size), place)


def train_style(
    style: str, data: str, place: str, *, any_style: bool, quiet: bool, settings: dict[str, Any]
) -> None:
    """Train, and write the file."""
    from striate import api

    teller = Teller(quiet=quiet)
    path = api.train_style(style, data, place, any_style=any_style, on_event=teller, **settings)
    out().print(f"learned: {path}")


def numbers(text: str) -> list[float]:
    """``2,1`` as numbers.

    Raises:
        SettingError: it is none.
    """
    try:
        return [float(word) for word in str(text).split(",")]
    except ValueError as reason:
        raise SettingError(f"{text!r} is no list of numbers", "as in 2,1", "check the spelling") from reason


def sides(text: str) -> tuple[int, int]:
    """``256x512`` as (H, W).

    Raises:
        SettingError: it is none.
    """
    words = text.split("x")
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        raise SettingError(f"shape is {text!r}", "HxW, as in 256x512", "leave --shape out")
    return int(words[0]), int(words[1])


def _leave(painting: "Painting", place: str) -> None:
    """Write the picture; 130 when it was ended early."""
    path = painting.save(place)
    out().print(f"painted: {path}")
    if painting.interrupted:
        err().print(f"interrupted after {len(painting.costs)} steps: this is the best until then")
        raise typer.Exit(128 + signal.SIGINT)
