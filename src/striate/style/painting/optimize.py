"""The loop: what does it cost, which way, one step; from small to large.

for every scale:   content, styles, masks in its size --> Cost --+
                   painting, twice as large ---------------------+--> steps --> the best of them
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import TrainingError
from striate.interrupt_handler import InterruptHandler
from striate.style.events import Event, Listener, Painted, Planned
from striate.style.image_io import resized, to_bytes, write
from striate.style.losses.losses import Cost, Style, Weights, content_maps, gram_means, require_side, tiles_of
from striate.style.networks.encoder import Encoder
from striate.style.painting.optimizers import LBFGS, Adam, PixelOptimizer
from striate.style.painting.tiling import gigabytes, tile_side
from striate.style.settings import Settings

BLOWN = 10.0
"""Times the best cost at which the descent is begun anew from the best picture."""
SHOWN = 10
"""Steps from one preview to the next."""


@checked_methods
@dataclass(frozen=True)
class Painting:
    """What came out.

    Args:
        image: uint8 (3, H, W).
        costs: {total, content, style, variation} of every step; they can be compared within one scale.
        settings: plain values.
        notes: what was decided.
        interrupted: whether Ctrl-C ended it early; the image is the best until then.
    """

    image: Tensor = field(repr=False)
    costs: tuple[dict[str, float], ...] = field(repr=False)
    settings: dict[str, Any]
    notes: tuple[str, ...]
    interrupted: bool = False

    def save(self, path: str | Path) -> Path:
        """Write the picture, beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no picture format.
        """
        return write(self.image, path)


@dataclass(frozen=True)
class Subject:
    """What is painted, in full size.

    Args:
        size: (H, W) of the painting.
        content: float (1, 3, H, W), or None for a texture.
        styles: float (1, 3, H', W') each.
        shares: how much each style counts.
        masks: float (1, 1, H, W), one for every style, or none.
    """

    size: tuple[int, int]
    content: Tensor | None
    styles: tuple[Tensor, ...]
    shares: tuple[float, ...]
    masks: tuple[Tensor, ...] = ()

    def at(self, scale: float) -> "Subject":
        """Everything smaller by this."""

        def shrunk(pixels: Tensor) -> Tensor:
            return resized(
                pixels, (max(1, round(pixels.shape[-2] * scale)), max(1, round(pixels.shape[-1] * scale)))
            )

        size = (max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale)))
        content = None if self.content is None else resized(self.content, size)
        styles = tuple(shrunk(style) for style in self.styles)
        return Subject(size, content, styles, self.shares, tuple(resized(m, size) for m in self.masks))


class Painter:
    """Paints one subject.

    Args:
        encoder: whose maps are compared.
        weights: of the costs.
        settings: how to paint.
        on_event: called with every event.
        preview: a picture file that is written now and then.
    """

    def __init__(
        self,
        encoder: Encoder,
        weights: Weights,
        settings: Settings,
        on_event: Listener | None = None,
        preview: str | Path | None = None,
    ) -> None:
        self._encoder, self._weights, self._settings = encoder, weights, settings
        self._listen: Listener = on_event or (lambda event: None)
        self._preview = preview
        self._costs: list[dict[str, float]] = []

    def paint(self, subject: Subject, start: Tensor, notes: Sequence[str]) -> Painting:
        """From a start (1, 3, H, W) to the painting.

        Raises:
            ShapeError: a picture is smaller than the network's stride.
            SettingError: the painting does not fit the memory.
            TrainingError: the costs are no numbers.
        """
        settings, steps = self._settings, self._settings.steps * self._settings.scales
        smallest = subject.at(0.5 ** (settings.scales - 1))
        for what, pictures in {"picture": (smallest.content,), "style": smallest.styles}.items():
            for pixels in pictures:
                require_side(what, start if pixels is None else pixels, self._encoder)
        tile, memory = tile_side(self._encoder, subject.size, settings.optimizer, settings.tile)
        height, width = subject.size
        words = f"{width} x {height} pixels, at most about {gigabytes(memory)} of memory for it"
        notes = (*notes, words + (f", in tiles of {tile}" if tile else ""))
        self._say(Planned(notes, memory, steps))
        pixels = start.to(next(self._encoder.parameters()).device)
        with InterruptHandler() as stop:
            for number in reversed(range(settings.scales)):
                if stop.interrupted:
                    break
                now = subject.at(0.5**number)
                pixels = self._scale(now, resized(pixels, now.size), tile, stop)
        image = to_bytes(resized(pixels, subject.size))
        return Painting(image, tuple(self._costs), settings.to_dict(), notes, stop.interrupted)

    def _scale(self, subject: Subject, pixels: Tensor, tile: int | None, stop: InterruptHandler) -> Tensor:
        """The best picture of one scale."""
        settings = self._settings
        cost, descent = self._cost(subject, tile), self._descent()
        best, least = pixels, float("inf")
        for _ in range(settings.steps):
            costs, gradient = cost(pixels)
            total = costs["total"]
            if total < least:
                best, least = pixels, total
            elif not isfinite(least):
                raise _no_number(costs)
            self._costs.append(costs)
            steps = settings.steps * settings.scales
            self._say(Painted(len(self._costs), steps, subject.size, costs, best))
            if stop.interrupted:
                break
            if not total <= BLOWN * least:
                pixels, descent = best, self._descent()
            else:
                pixels = descent.move(pixels, gradient)
        return best

    def _cost(self, subject: Subject, tile: int | None) -> Cost:
        """The cost at this scale; what the styles and the content want is computed here, once."""
        device = next(self._encoder.parameters()).device
        tiles = tiles_of(*subject.size, tile, self._encoder) if tile else []
        styles = []
        for number, (style, share) in enumerate(zip(subject.styles, subject.shares, strict=True)):
            own = tiles_of(style.shape[-2], style.shape[-1], tile, self._encoder) if tile else []
            mask = subject.masks[number].to(device) if subject.masks else None
            styles.append(Style(gram_means(self._encoder, style.to(device), own), share, mask))
        content = {}
        if subject.content is not None:
            seen = subject.content.to(device)
            content = content_maps(self._encoder, seen, self._weights.content, tiles)
        return Cost(self._encoder, self._weights, content, styles, tiles)

    def _descent(self) -> PixelOptimizer:
        """A descent that knows nothing yet."""
        return LBFGS() if self._settings.optimizer == "lbfgs" else Adam(self._settings.lr)

    def _say(self, event: Event) -> None:
        """Tell an event; now and then, the preview is written."""
        self._listen(event)
        if self._preview and isinstance(event, Painted) and event.step % SHOWN in (0, 1):
            write(to_bytes(event.best), self._preview)


def noise(size: tuple[int, int], seed: int) -> Tensor:
    """Uniform noise (1, 3, H, W), 0..1, the same for one seed."""
    return torch.rand((1, 3, *size), generator=torch.Generator().manual_seed(seed))


def _no_number(costs: dict[str, float]) -> TrainingError:
    """The first costs are no numbers."""
    wrong = ", ".join(name for name, value in costs.items() if not isfinite(value))
    return TrainingError(
        f"the costs of the picture are no numbers: {wrong}", "finite costs", "smaller weights of the costs"
    )
