"""A classifier that slides: its fully connected layers become convolutions, one pass answers all windows.

    window   14x14x3 --conv 5x5--> 10x10x16 --pool 2--> 5x5x16 --full--> 400 --full--> 4
    window   14x14x3 ------------> 10x10x16 ----------> 5x5x16 --conv 5x5--> 1x1x400 --conv 1x1--> 1x1x4
    picture  28x28x3 ------------> 24x24x16 --------> 12x12x16 ------------> 8x8x400 ------------> 8x8x4

A fully connected layer that sees a map of 5x5 is a convolution with 5x5 filters; those after it are 1x1
convolutions. A pooling to a fixed number of bins becomes a pooling with the bins of one window, or part of
the weights.

The scores at (row, column) are those of the window that begins at (row, column) times the stride. They are
equal to the scores of the crop if no layer looks beyond the window: without padding a window is calculated
in the same way wherever it lies. A layer that pads sees zeros around a crop, and its surroundings around a
window of a larger picture; a pooling over everything, as in squeeze-and-excitation, sees all of the larger
picture. Then ``exact`` is False, and ``notes`` name the layers.

Source: Sermanet et al. 2014 (OverFeat), section 3.5, figure 5. https://arxiv.org/abs/1312.6229
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import SettingError, ShapeError
from striate.layers.backbone import Backbone

GROWTH = 256
"""Pixels by which the dry run enlarges the window: a multiple of every stride."""

SHOWN = 3
"""Layers that a note names."""

PIXEL_BY_PIXEL = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish, nn.Tanh, nn.Sigmoid),
    *(nn.Identity, nn.Dropout),
)
"""Layers without weights that do the same to a vector and to every pixel of a map."""


class Convolutional(nn.Module):
    """Images (N, C, H, W), at least as large as the window -> scores (N, K, rows, columns).

    Args:
        network: a backbone, or a chain of layers that ends with scores (N, K); its weights are copied.
        window: (H, W) of the images that it was made for, pixels.

    Attributes:
        window: (H, W).
        stride: (y, x), pixels from one window to the next.
        notes: why windows differ from crops; none where they are equal.

    Raises:
        SettingError: the network has another form, or a layer that cannot slide.

    >>> full = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 5))
    >>> sliding = Convolutional(full, (8, 8))
    >>> tuple(sliding(torch.zeros(1, 1, 8, 12)).shape), sliding.stride, sliding.exact
    ((1, 5, 1, 3), (2, 2), True)
    """

    def __init__(self, network: nn.Module, window: tuple[int, int]) -> None:
        super().__init__()
        self.window, self.channels = window, channels_of(network)
        parts = list(chain_of(network))
        self.layers = nn.Sequential(*sliding_layers(parts, torch.Size((1, self.channels, *window)))).eval()
        self.notes = tuple(differences(network, parts))
        self.stride = self._measured_stride()

    @property
    def exact(self) -> bool:
        """Whether windows have the scores of crops, but for rounding."""
        return not self.notes

    def forward(self, images: Tensor) -> Tensor:
        """The scores of every window, (N, K, rows, columns).

        Raises:
            ShapeError: the images are smaller than the window.
        """
        rows, columns = self.grid((images.shape[-2], images.shape[-1]))
        scores: Tensor = self.layers(images)
        return scores[:, :, :rows, :columns]

    def grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of windows in images of (H, W) pixels.

        Raises:
            ShapeError: the images are smaller than the window.
        """
        (height, width), (tall, wide), (y, x) = size, self.window, self.stride
        if height < tall or width < wide:
            wrong = f"the images are {height}x{width} pixels, and the window is {tall}x{wide}"
            raise ShapeError(wrong, "images at least as large as the window", "enlarge or pad them")
        return (height - tall) // y + 1, (width - wide) // x + 1

    def windows(self, size: tuple[int, int]) -> Tensor:
        """float32 (rows * columns, 4): x1, y1, x2, y2 of the windows in images of (H, W) pixels, by rows."""
        rows, columns = self.grid(size)
        top = torch.arange(rows).repeat_interleave(columns) * self.stride[0]
        left = torch.arange(columns).repeat(rows) * self.stride[1]
        corners = torch.stack([left, top], dim=1)
        return torch.cat([corners, corners + torch.tensor(self.window[::-1])], dim=1).float()

    def speed_up(self, size: tuple[int, int]) -> float:
        """Multiplications of all crops, one by one, in those of one pass over an image of (H, W) pixels."""
        rows, columns = self.grid(size)
        return rows * columns * self._multiplications(self.window) / self._multiplications(size)

    def __str__(self) -> str:
        (height, width), (y, x) = self.window, self.stride
        return "\n".join([f"windows of {height}x{width} pixels, {y} and {x} pixels apart", *self.notes])

    def _multiplications(self, size: tuple[int, int]) -> int:
        layers = on_meta(self.layers)
        with FlopCounterMode(display=False) as counter:
            layers(meta_images(layers, torch.Size((1, self.channels, *size))))
        return int(counter.get_total_flops())

    def _measured_stride(self) -> tuple[int, int]:
        """By how many windows an image grows that grows by ``GROWTH`` pixels."""
        (tall, wide), channels = self.window, self.channels
        one = shape_after(self.layers, torch.Size((1, channels, tall, wide)))
        more = shape_after(self.layers, torch.Size((1, channels, tall + GROWTH, wide + GROWTH)))
        return GROWTH // (more[2] - one[2]), GROWTH // (more[3] - one[3])


def chain_of(network: nn.Module) -> Iterator[nn.Module]:
    """The layers of a network one after the other; what is no plain chain is one layer.

    >>> [type(part).__name__ for part in chain_of(nn.Sequential(nn.ReLU(), nn.Sequential(nn.Flatten())))]
    ['ReLU', 'Flatten']
    """
    if isinstance(network, Backbone):
        for part in (network.stem, network.stages, network.head):
            yield from chain_of(part)
    elif type(network) is nn.Sequential:
        for part in network:
            yield from chain_of(part)
    else:
        yield network


def channels_of(network: nn.Module) -> int:
    """C of the images: that of a backbone, or of the first convolution.

    Raises:
        SettingError: there is no convolution.
    """
    if isinstance(network, Backbone):
        return network.input_channels
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            return part.in_channels
    raise unknown("the network has no convolution")


def sliding_layers(parts: Sequence[nn.Module], shape: torch.Size) -> Iterator[nn.Module]:
    """The layers that do to every window of an image what a chain of layers does to one.

    Args:
        parts: the chain.
        shape: (1, C, H, W) of one window.

    Raises:
        SettingError: a layer cannot slide, or the chain does not end with scores.
    """
    maps, pooling = (
        shape,
        None,
    )  # what is seen of one window; a pooling that is left to the weights of a layer
    for part in parts:
        before, shape = shape, shape_after(part, shape)
        if isinstance(part, nn.AdaptiveAvgPool2d):
            bins, own = (shape[2], shape[3]), (maps[2], maps[3])
            if bins == (1, 1):
                maps = shape
                yield nn.AvgPool2d(own, stride=1)
            elif bins != own:
                pooling = bin_shares(own, bins)
        elif isinstance(part, nn.Linear) and len(before) == 2:
            yield as_convolution(part, maps, pooling)
            maps, pooling = torch.Size((1, part.out_features, 1, 1)), None
        elif isinstance(part, nn.Flatten | nn.Dropout):
            yield nn.Identity() if isinstance(part, nn.Flatten) else deepcopy(part)
        elif pooling is not None or len(shape) != len(before):
            raise unknown(f"{type(part).__name__} stands in its head")
        elif len(shape) == 2:
            yield pixel_by_pixel(part)
        else:
            maps = shape
            yield deepcopy(part)
    if pooling is not None or maps[2:].numel() != 1 or shape[:2] != maps[:2]:
        raise unknown(f"it gives {tuple(shape)} for one window")


def as_convolution(layer: nn.Linear, maps: torch.Size, pooling: Tensor | None) -> nn.Conv2d:
    """A fully connected layer as a convolution with filters as large as the map (1, C, h, w) of a window."""
    _, channels, height, width = maps
    weight = layer.weight.detach().view(layer.out_features, channels, -1)
    if pooling is not None:
        weight = weight @ pooling.to(weight)
    made = nn.Conv2d(channels, layer.out_features, (height, width), bias=layer.bias is not None)
    made.weight = nn.Parameter(weight.reshape(made.weight.shape).clone())
    if layer.bias is not None:
        made.bias = nn.Parameter(layer.bias.detach().clone())
    return made


def bin_shares(size: tuple[int, int], bins: tuple[int, int]) -> Tensor:
    """float (bins, h * w): the share that every unit of a map has in every bin of an adaptive pooling.

    >>> bin_shares((1, 2), (1, 3)).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    units = torch.eye(size[0] * size[1]).view(-1, 1, *size)
    return F.adaptive_avg_pool2d(units, bins).flatten(1).T


def pixel_by_pixel(part: nn.Module) -> nn.Module:
    """What does to every pixel of a map what ``part`` does to a vector.

    Raises:
        SettingError: it is not known to do so.
    """
    if isinstance(part, nn.Softmax | nn.LogSoftmax):
        return type(part)(dim=1)
    if isinstance(part, nn.BatchNorm1d):
        made = nn.BatchNorm2d(
            part.num_features, part.eps, part.momentum, part.affine, part.track_running_stats
        )
        made.load_state_dict(part.state_dict())
        return made
    known = isinstance(part, PIXEL_BY_PIXEL) or not (
        type(part).__module__.startswith("torch.") or any(True for _ in part.parameters())
    )
    if not known:
        raise unknown(f"{type(part).__name__} stands in its head")
    return deepcopy(part)


def differences(network: nn.Module, parts: Sequence[nn.Module]) -> Iterator[str]:
    """Why windows of a larger image have other scores than crops, a sentence for each reason.

    Args:
        network: that slides.
        parts: its chain of layers, of which the poolings are those of one window.
    """
    padded, pooled = list[str](), list[str]()
    own = set(map(id, parts))
    for name, part in network.named_modules():
        if pads(part):
            padded.append(name)
        elif isinstance(part, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) and id(part) not in own:
            pooled.append(name)
    if padded:
        yield f"not equal to crops: {listed(padded)} pad, and see beyond a window what a crop does not show"
    if pooled:
        yield f"not equal to crops: {listed(pooled)} pool globally, over more than a window"
    blocks = [type(part).__name__ for part in parts if any(True for _ in part.children())]
    if blocks and not (padded or pooled):
        yield f"perhaps not equal to crops: {listed(blocks)} may look beyond a window"


def pads(part: nn.Module) -> bool:
    """Whether a layer adds something around its map, also where it rounds up."""
    if not isinstance(part, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d | nn.ZeroPad2d):
        return False
    padding = part.padding
    sides = padding if isinstance(padding, tuple) else (padding,)
    return any(side not in (0, "valid") for side in sides) or bool(getattr(part, "ceil_mode", False))


def listed(names: Sequence[str]) -> str:
    """Some names, and how many others there are.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 others')
    """
    others = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {others} other{'s' * (others > 1)}" if others > 0 else "")


def shape_after(part: nn.Module, shape: torch.Size) -> torch.Size:
    """Of what a layer gives for a tensor of that shape; nothing is calculated."""
    copied = on_meta(part)
    after: torch.Size = copied(meta_images(copied, shape)).shape
    return after


def on_meta(part: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose tensors have shapes and no numbers."""
    tensors = chain(part.parameters(), part.buffers())
    return deepcopy(part, {id(tensor): tensor.detach().to("meta") for tensor in tensors}).eval()


def meta_images(part: nn.Module, shape: torch.Size) -> Tensor:
    """A tensor without numbers, of the dtype of the weights."""
    dtype = next((one.dtype for one in part.parameters()), torch.float32)
    return torch.empty(shape, device="meta", dtype=dtype)


def unknown(reason: str) -> SettingError:
    """The error for a network that cannot slide."""
    return SettingError(
        f"the network cannot slide: {reason}",
        "a network by its name, or nn.Sequential with nn.Flatten and nn.Linear at its end",
        "its layers in one nn.Sequential",
    )
