"""The verbs that paint, and their flags: one for each setting, made from the one list of settings.

striate stylize CONTENT STYLE | texture IMAGE | train-style STYLE DATA
"""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from striate.cli.flags import alternatives, given, meaning, metavar
from striate.style.settings import LearnSettings, Looking, Settings

painting = typer.Typer()

PANELS = {
    "Network": ("network", "weights", "precision", "device", "seed"),
    "What counts": (
        *("content_layers", "style_layers", "content_weight", "style_weight"),
        *("variation_weight", "form", "variation"),
    ),
}
Out = Annotated[str, typer.Option(metavar="FILE", help="Where to paint.")]
Preview = Annotated[
    str | None, typer.Option(metavar="FILE", help="A picture of how far it is, every ten steps.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar=" ", help="Show no progress.")]


def takes(kind: type[Looking], *left_out: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb, which ends in ``**settings``, a flag for every setting but those left out."""

    def extended(verb: Callable[..., None]) -> Callable[..., None]:
        own = [one for one in signature(verb).parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        flags = []
        for name, field in kind.model_fields.items():
            if name in left_out:
                continue
            kinds = [one for one in alternatives(field.annotation) if one in (int, float, str)]
            option = typer.Option(
                None,
                "--" + name.replace("_", "-"),
                help=meaning(field),
                metavar=metavar(kinds or alternatives(field.annotation)),
                show_default=False,
                rich_help_panel=next((title for title, names in PANELS.items() if name in names), "How"),
            )
            flags.append(Parameter(name, Parameter.KEYWORD_ONLY, default=option, annotation=str | None))
        verb.__signature__ = signature(verb).replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
        return verb

    return extended


@painting.command(short_help="Paint a picture in the style of another.")
@takes(Settings)
def stylize(
    content: Annotated[str, typer.Argument(metavar="CONTENT", help="A picture file: what shall be seen.")],
    styles: Annotated[
        list[str] | None, typer.Argument(metavar="[STYLE...]", help="Picture files: how it shall be painted.")
    ] = None,
    *,
    out: Out = "stylized.png",
    mix: Annotated[
        str | None, typer.Option(metavar="N,N", help="How much every style counts (default: the same).")
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Where a style counts, white; one for each, repeatable."),
    ] = None,
    learned: Annotated[
        str | None, typer.Option("--with", metavar="FILE", help="Paint with a file of train-style, at once.")
    ] = None,
    preview: Preview = None,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Paint a picture in the style of another, or of several. Ctrl-C keeps the best so far.

    Says beforehand how much memory it takes; larger pictures are painted by tiles, without seams.
    """
    from striate.cli import brush

    if learned is not None:
        brush.apply_style(content, styles or [], learned, out, given(settings))
        return
    asked = {"mix": mix, "masks": mask or [], "preview": preview}
    brush.stylize(content, styles or [], out, asked, quiet=quiet, settings=given(settings))


@painting.command(short_help="Make a picture with the texture of another.")
@takes(Settings, "content_layers", "content_weight", "start", "colors")
def texture(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture file.")],
    *,
    out: Out = "texture.png",
    shape: Annotated[
        str | None, typer.Option(metavar="HxW", help="Pixels of the new picture (default: of the old).")
    ] = None,
    preview: Preview = None,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Make a new picture with the texture of another, from noise. Ctrl-C keeps the best so far."""
    from striate.cli import brush

    brush.texture(image, shape, out, preview, quiet=quiet, settings=given(settings))


@painting.command("train-style", short_help="Train a network that paints in one pass.")
@takes(LearnSettings)
def train_style(
    style: Annotated[
        str, typer.Argument(metavar="STYLE", help="A picture file; with --any a folder of them.")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A folder of pictures of anything.")],
    *,
    out: Annotated[str, typer.Option(metavar="FILE", help="The file.")] = "style.safetensors",
    any_style: Annotated[
        bool, typer.Option("--any", metavar=" ", help="Learn to paint in any style, a little less well.")
    ] = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Train a network that paints in one pass, in one style or in any.

    Then: striate stylize CONTENT --with FILE
    """
    from striate.cli import brush

    brush.train_style(style, data, out, any_style=any_style, quiet=quiet, settings=given(settings))
