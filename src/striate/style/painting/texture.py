"""More of the same: a new picture with the texture of another.

    image --Gram matrices of layers--> noise that is changed until its own are the same

Gatys, Ecker, Bethge 2015. https://arxiv.org/abs/1505.07376
"""

from pathlib import Path
from typing import Any

from striate.arguments import checked
from striate.data.inputs import Input
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable
from striate.style.events import Listener
from striate.style.image_io import pixels_of
from striate.style.networks.loss_network import loss_network
from striate.style.networks.own_network import choose_network
from striate.style.painting.optimize import Painter, Painting, Subject, noise
from striate.style.settings import Settings

UNUSED = ("content_layers", "content_weight", "start", "colors")


@checked
def texture(
    image: Input,
    *,
    shape: tuple[int, int] | None = None,
    on_event: Listener | None = None,
    preview: str | Path | None = None,
    **settings: Any,
) -> Painting:
    """Make a picture with the texture of another, from noise.

    Args:
        image: the texture.
        shape: (H, W) of the new picture, pixels; that of the texture when left out.
        on_event: called with every event.
        preview: a picture file that is written every ten steps.
        settings: fields of ``striate.style.settings.Settings``; those of a content have no meaning here.

    Raises:
        SettingError: there is no such setting, network or layer, or it belongs to a content.
        ImageError: the picture cannot be read.
        ShapeError: it is smaller than the network's stride.
        ModelFileError: the weights cannot be fetched or read.
        RunError: the preview cannot be written.
    """
    for name in UNUSED:
        if name in settings:
            raise SettingError(
                f"{name} was given for a texture", "settings of the style", f"leave {name} out"
            )
    given = Settings(**settings)
    if preview is not None:
        writable(preview, PICTURES)
    pixels = pixels_of(image, given.size or None)
    size = shape or (pixels.shape[-2], pixels.shape[-1])
    if min(size) < 1:
        raise SettingError(f"shape is {size}", "1 pixel or more each way", "leave shape out")
    given, found = choose_network(given)
    encoder, weights, notes = loss_network(given, found, content=False)
    subject = Subject(size, None, (pixels,), (1.0,))
    return Painter(encoder, weights, given, on_event, preview).paint(subject, noise(size, given.seed), notes)
