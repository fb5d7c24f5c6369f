"""``striate texture``: a new picture with the texture of another."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.flags import PAINTING, Painted, Preview, Quiet, takes_settings, typed
from striate.cli.painting import Narrator, leave
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable
from striate.style.settings import Settings


@takes_settings(Settings, PAINTING, "How", "content_layers", "content_weight", "start", "colors")
def texture(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture file.")],
    *,
    out: Painted = "texture.png",
    shape: Annotated[
        str | None, typer.Option(metavar="HxW", help="Pixels of the new picture (default: of the old).")
    ] = None,
    preview: Preview = None,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Make a new picture with the texture of another, from noise. Ctrl-C keeps the best so far."""
    writable(out, PICTURES)
    size = None if shape is None else sides(shape)
    chosen = typed(settings)
    Settings(**chosen)  # refused before torch is imported
    made = striate.texture(image, shape=size, on_event=Narrator(quiet=quiet), preview=preview, **chosen)
    leave(made, out)


def sides(text: str) -> tuple[int, int]:
    """``256x512`` as (H, W).

    Raises:
        SettingError: it is none.
    """
    words = text.split("x")
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        raise SettingError(f"shape is {text!r}", "HxW, as in 256x512", "leave --shape out")
    return int(words[0]), int(words[1])
