"""What a painting costs, and which way every pixel should go.

    pixels --encoder--> maps --+-- minus the content's maps ----------- content cost
                               +-- Gram matrices minus the styles' ---- style cost       --> gradient by pixel
    pixels -------------------------------------------------------- total variation

A picture that is too large for memory is looked at tile by tile, without seams: the content cost is a sum
over positions, and so is the Gram matrix. The first pass sums it up over all tiles; that gives the gradient
of the style cost by the Gram matrix, with which the second pass sends every tile backwards.

    pass 1   sums += Gram of the core of each tile                        .-------------.
    pass 2   d cost = <d cost / d Gram, Gram of the core>                  |  halo       |
             + content cost of the core                                   |   .-----.   |
                                                                          |   | core |  |
The halo is as wide as a unit's reach, so a core has the maps that it has in the whole picture.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.style.losses.gram import content_scale, style_cost, weighted_sum
from striate.style.losses.total_variation import variation_cost
from striate.style.networks.encoder import Encoder
from striate.style.settings import Form, Variation


@dataclass(frozen=True)
class Weights:
    """How much every cost counts.

    Args:
        content: {layer: weight}.
        style: {layer: weight}.
        variation: of the total variation.
        form: how costs are divided.
        variation_form: which total variation.
    """

    content: Mapping[str, float]
    style: Mapping[str, float]
    variation: float = 0.0
    form: Form = "relative"
    variation_form: Variation = "mahendran"


@dataclass(frozen=True)
class Style:
    """One style of a painting.

    Args:
        grams: {layer: (1, C, C)}, divided by the number of positions.
        share: how much it counts among the styles.
        mask: float (1, 1, H, W) of the painting, where it counts; None for everywhere.
    """

    grams: Mapping[str, Tensor]
    share: float = 1.0
    mask: Tensor | None = None


@dataclass
class Tile:
    """A part of the picture, in pixels: the core, and the window around it that is looked at."""

    core: tuple[int, int, int, int]
    window: tuple[int, int, int, int]
    whole: tuple[int, int] = field(default=(0, 0))

    def cut(self, pixels: Tensor) -> Tensor:
        """The window of a picture (N, C, H, W)."""
        top, bottom, left, right = self.window
        return pixels[..., top:bottom, left:right]

    def inner(self, maps: Tensor, stride: int) -> Tensor:
        """The core of maps of the window."""
        return self._rows_columns(maps, stride, self.window[0], self.window[2])

    def of_whole(self, maps: Tensor, stride: int) -> Tensor:
        """The core of maps of the whole picture."""
        return self._rows_columns(maps, stride, 0, 0)

    def _rows_columns(self, maps: Tensor, stride: int, top: int, left: int) -> Tensor:
        height, width = self.whole
        first, last, start, end = self.core
        rows = slice((first - top) // stride, None if last == height else (last - top) // stride)
        columns = slice((start - left) // stride, None if end == width else (end - left) // stride)
        return maps[..., rows, columns]


class Cost:
    """Called with pixels (1, 3, H, W), gives {name: cost} and the gradient.

    Args:
        encoder: gives all layers that have a weight.
        weights: of the costs.
        content: {layer: (1, C, H', W')}; none for a texture.
        styles: one or more.
        tiles: of the picture; none looks at it as a whole.
    """

    def __init__(
        self,
        encoder: Encoder,
        weights: Weights,
        content: Mapping[str, Tensor],
        styles: Sequence[Style],
        tiles: Sequence[Tile] = (),
    ) -> None:
        self.encoder, self.weights, self.styles, self.tiles = encoder, weights, styles, tiles
        self.content = content
        self._scales = {name: content_scale(maps, weights.form) for name, maps in content.items()}
        self._places: dict[tuple[int, str], Tensor] = {}

    def __call__(self, pixels: Tensor) -> tuple[dict[str, float], Tensor]:
        """{total, content, style, variation} and the gradient of the total (1, 3, H, W)."""
        pixels = pixels.detach().requires_grad_()
        rough = variation_cost(pixels, self.weights.variation_form)
        gradient = torch.zeros_like(pixels)
        if self.weights.variation:
            gradient += torch.autograd.grad(self.weights.variation * rough, pixels)[0]
        content, style = (self._by_tiles if self.tiles else self._whole)(pixels, gradient)
        named = {
            "content": content,
            "style": style,
            "variation": self.weights.variation * float(rough.detach()),
        }
        return {"total": sum(named.values()), **named}, gradient

    def _whole(self, pixels: Tensor, gradient: Tensor) -> tuple[float, float]:
        """The content cost and the style cost of the picture; their gradient is added."""
        maps = self.encoder(pixels)
        grams = {}
        for key in self._keys():
            positions = self._weighing(key, maps[key[1]])
            grams[key] = weighted_sum(maps[key[1]], positions) / self._count(positions, maps[key[1]])
        content, style = self._content(maps, self.content), self._style(grams)
        gradient += torch.autograd.grad(content + style, pixels)[0]
        return float(content.detach()), float(style.detach())

    def _by_tiles(self, pixels: Tensor, gradient: Tensor) -> tuple[float, float]:
        """The same, one tile after the other."""
        sums, counts = self._sums(pixels.detach())
        grams = {key: (total / counts[key]).requires_grad_() for key, total in sums.items()}
        style, slopes = self._style(grams), {}
        if grams:
            slopes = dict(zip(grams, torch.autograd.grad(style, list(grams.values())), strict=True))
        content = 0.0
        for tile in self.tiles:
            window = tile.cut(pixels.detach()).requires_grad_()
            maps = {
                name: tile.inner(m, self.encoder.strides[name]) for name, m in self.encoder(window).items()
            }
            wanted = {name: tile.of_whole(m, self.encoder.strides[name]) for name, m in self.content.items()}
            part = self._content(maps, wanted)
            content += float(part.detach())
            for key, slope in slopes.items():
                raw = weighted_sum(maps[key[1]], self._tile_weighing(key, tile))
                part = part + (slope / counts[key] * raw).sum()
            tile.cut(gradient).add_(torch.autograd.grad(part, window)[0])
        return content, float(style.detach())

    @torch.no_grad()
    def _sums(self, pixels: Tensor) -> tuple[dict[tuple[int, str], Tensor], dict[tuple[int, str], float]]:
        """Gram sums of every style's positions, and how much these weigh."""
        sums: dict[tuple[int, str], Tensor] = {}
        counts: dict[tuple[int, str], float] = {}
        self._measure_places(pixels)
        for tile in self.tiles:
            maps = self.encoder(tile.cut(pixels))
            for key in self._keys():
                core = tile.inner(maps[key[1]], self.encoder.strides[key[1]])
                positions = self._tile_weighing(key, tile)
                sums[key] = sums.get(key, 0.0) + weighted_sum(core, positions)
                counts[key] = counts.get(key, 0.0) + self._count(positions, core)
        return sums, counts

    def _keys(self) -> list[tuple[int, str]]:
        """(number of a style, layer): styles without a mask share one Gram matrix."""
        numbers = dict.fromkeys(0 if style.mask is None else n + 1 for n, style in enumerate(self.styles))
        return [(number, layer) for number in numbers for layer in self.weights.style]

    def _content(self, maps: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Tensor:
        """The weighted content cost of these positions."""
        total = next(iter(maps.values())).new_zeros((), dtype=torch.float32)
        for name, weight in self.weights.content.items():
            if name in wanted:
                squares = (maps[name].float() - wanted[name].float()).square().sum()
                total = total + weight * self._scales[name] * squares
        return total

    def _style(self, grams: Mapping[tuple[int, str], Tensor]) -> Tensor:
        """The weighted style cost."""
        total = next(iter(grams.values())).new_zeros(()) if grams else torch.zeros(())
        for number, style in enumerate(self.styles):
            for layer, weight in self.weights.style.items():
                given = grams[0 if style.mask is None else number + 1, layer]
                total = total + weight * style.share * style_cost(
                    given, style.grams[layer], self.weights.form
                )
        return total

    def _weighing(self, key: tuple[int, str], maps: Tensor) -> Tensor | None:
        """A style's mask in the size of the maps of the whole picture."""
        number, _ = key
        if number == 0:
            return None
        if key not in self._places:
            mask = self.styles[number - 1].mask
            assert mask is not None  # numbers above 0 belong to masks
            self._places[key] = F.adaptive_avg_pool2d(mask, (maps.shape[-2], maps.shape[-1]))
        return self._places[key]

    def _measure_places(self, pixels: Tensor) -> None:
        """Masks in the sizes that the maps of the whole picture would have."""
        keys = [key for key in self._keys() if key[0] and key not in self._places]
        if keys:
            shapes = self.encoder.outline(torch.empty(pixels.shape, device="meta"))
            for key in keys:
                self._weighing(key, shapes[key[1]])

    def _tile_weighing(self, key: tuple[int, str], tile: Tile) -> Tensor | None:
        """A style's mask in the core of a tile."""
        return tile.of_whole(self._places[key], self.encoder.strides[key[1]]) if key[0] else None

    @staticmethod
    def _count(positions: Tensor | None, maps: Tensor) -> float:
        """How much the positions weigh."""
        if positions is None:
            return float(maps.shape[-2] * maps.shape[-1])
        return float(positions.sum().clamp_min(1e-6))


def gram_means(encoder: Encoder, pixels: Tensor, tiles: Sequence[Tile] = ()) -> dict[str, Tensor]:
    """{layer: (1, C, C)}, the Gram matrices of a style, divided by the number of positions."""
    style = Style({})
    layers = dict.fromkeys(encoder.layers, 1.0)
    if tiles:
        sums, counts = Cost(encoder, Weights({}, layers), {}, [style], tiles)._sums(pixels)
        return {layer: sums[0, layer] / counts[0, layer] for layer in layers}
    with torch.no_grad():
        maps = encoder(pixels)
        return {name: weighted_sum(m) / (m.shape[-2] * m.shape[-1]) for name, m in maps.items()}


def content_maps(
    encoder: Encoder, pixels: Tensor, layers: Mapping[str, float], tiles: Sequence[Tile] = ()
) -> dict[str, Tensor]:
    """{layer: (1, C, H', W')}, the maps of a content."""
    with torch.no_grad():
        if not tiles:
            maps = encoder(pixels)
            return {name: maps[name].clone() for name in layers}
        shapes = encoder.outline(torch.empty(pixels.shape, device="meta"))
        found = {name: pixels.new_empty(shapes[name].shape, dtype=encoder.dtype) for name in layers}
        for tile in tiles:
            maps = encoder(tile.cut(pixels))
            for name, whole in found.items():
                stride = encoder.strides[name]
                tile.of_whole(whole, stride).copy_(tile.inner(maps[name], stride))
        return found


def tiles_of(height: int, width: int, side: int, encoder: Encoder) -> list[Tile]:
    """Tiles that cover a picture, with halos; sides are whole strides, ``side`` pixels or a little more.

    Raises:
        SettingError: every unit of the network sees the whole picture.
    """
    reach = encoder.reach()
    if reach is None:
        raise SettingError(
            "the network sees the whole picture at once, which no tile shows",
            "a network without global pooling in its stages, or a picture that fits the memory",
            "a smaller size",
        )
    side = -(-side // encoder.deepest) * encoder.deepest

    def spans(length: int) -> Iterator[tuple[int, int, int, int]]:
        for start in range(0, length, side):
            end = min(start + side, length)
            end = length if length - end < encoder.deepest else end  # what is left would be no unit
            yield start, end, max(0, start - reach), min(length, end + reach)
            if end == length:
                return

    return [
        Tile((top, bottom, left, right), (above, below, before, behind), (height, width))
        for top, bottom, above, below in spans(height)
        for left, right, before, behind in spans(width)
    ]


def require_side(what: str, pixels: Tensor, encoder: Encoder) -> None:
    """A picture is no smaller than the stride of the network.

    Raises:
        ShapeError: its deepest map would be empty.
    """
    height, width = pixels.shape[-2:]
    if min(height, width) < encoder.deepest:
        raise ShapeError(
            f"the {what} is {width} x {height} pixels, and its deepest layer steps by {encoder.deepest}",
            f"sides of {encoder.deepest} pixels or more",
            "a larger picture, fewer scales, or layers that are not as deep",
        )
