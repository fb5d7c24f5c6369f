"""``striate stylize``: a picture painted in the style of another."""

from typing import Annotated, Any

import typer

import striate
from striate.cli.flags import PAINTING, Painted, Preview, Quiet, takes_settings, typed
from striate.cli.painting import Narrator, leave, numbers
from striate.files.atomic import PICTURES, writable
from striate.style.settings import Settings


@takes_settings(Settings, PAINTING, "How")
def stylize(
    content: Annotated[str, typer.Argument(metavar="CONTENT", help="A picture file: what shall be seen.")],
    styles: Annotated[
        list[str], typer.Argument(metavar="STYLE...", help="Picture files: how it shall be painted.")
    ],
    *,
    out: Painted = "stylized.png",
    mix: Annotated[
        str | None, typer.Option(metavar="N,N", help="How much every style counts (default: the same).")
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Where a style counts, white; one for each, repeatable."),
    ] = None,
    preview: Preview = None,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Paint a picture in the style of another, or of several. Ctrl-C keeps the best so far.

    Says beforehand how much memory it takes; larger pictures are painted by tiles, without seams.
    """
    writable(out, PICTURES)
    shares = numbers(mix) if mix else ()
    chosen = typed(settings)
    Settings(**chosen)  # refused before torch is imported
    made = striate.stylize(
        content,
        styles,
        mix=shares,
        masks=mask or [],
        preview=preview,
        on_event=Narrator(quiet=quiet),
        **chosen,
    )
    leave(made, out)
