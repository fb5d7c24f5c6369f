"""Any style at once: give the content's features the mean and the deviation of the style's, and paint them.

    content --encoder--> f --.
                              AdaIN --> t --decoder--> painting
    style   --encoder--> g --'          '-- what the painting's own features shall be

    AdaIN(f, g) = std(g) (f - mean(f)) / std(f) + mean(g), by channel

Huang, Belongie 2017, equation 8 and figure 2. https://arxiv.org/abs/1703.06868
The encoder is VGG-19 up to relu4_1 and learns nothing; the decoder is its mirror image, with repeated pixels
in the place of poolings, mirrored borders and no norms (section 6).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.arguments import checked
from striate.errors import ModelFileError, SettingError
from striate.style.networks.encoder import Encoder
from striate.style.networks.feature_layers import encoder_of, feature_network
from striate.style.settings import NetworkSettings
from striate.zoo.model_file import OpenModel, open_model, write_file

KIND = "adain"
MARKS, MARK_SIDE = 8, 64
"""Channels, and pixels of the picture, by which an encoder is known again."""
ALIKE = 0.05
"""Share of the largest by which these may differ: bf16 rounds."""
STEADY = 1e-5
"""Added to variances; as in the authors' program."""


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Features of a content with the mean and the deviation of a style's, by channel.

    Args:
        content: (N, C, H, W).
        style: (N, C, H', W').

    Returns:
        (N, C, H, W).

    >>> adain(torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[10.0, 16.0]]]])).round(decimals=2).tolist()
    [[[[10.0, 16.0]]]]
    """
    mean, deviation = moments(content)
    wanted_mean, wanted_deviation = moments(style)
    return wanted_deviation * (content - mean) / deviation + wanted_mean


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of every channel, (N, C, 1, 1) each."""
    variance, mean = torch.var_mean(features, dim=(2, 3), keepdim=True, correction=0)
    return mean, (variance + STEADY).sqrt()


class Decoder(nn.Sequential):
    """(N, C, H / stride, W / stride) -> pixels (N, 3, H, W), about 0..1.

    Args:
        channels: C of the features.
        doublings: how often the side is doubled.
    """

    def __init__(self, channels: int, doublings: int) -> None:
        self.channels, self.doublings = channels, doublings
        parts: list[nn.Module] = []
        for _ in range(doublings):
            parts += [_conv(channels, channels // 2), nn.ReLU(), nn.Upsample(scale_factor=2)]
            channels //= 2
            parts += [_conv(channels, channels), nn.ReLU()]
        super().__init__(*parts, _conv(channels, 3))


class AdaINNet(nn.Module):
    """Content and style pixels (N, 3, H, W) -> paintings (N, 3, H, W), 0..1.

    Args:
        encoder: that gives one layer.
        decoder: of that layer.
        settings: the settings by which the encoder is found again.
    """

    def __init__(self, encoder: Encoder, decoder: Decoder, settings: NetworkSettings) -> None:
        super().__init__()
        self.encoder, self.decoder, self.settings = encoder, decoder, settings

    def forward(self, content: Tensor, style: Tensor, strength: float = 1.0) -> Tensor:
        """Paint; ``strength`` 0 gives the content back, 1 all the style."""
        height, width = content.shape[-2:]
        step = self.encoder.deepest
        filled = F.pad(content, (0, -width % step, 0, -height % step), mode="replicate")
        features = self.features(filled)
        target = torch.lerp(features, adain(features, self.features(style)), strength)
        painted: Tensor = self.decoder(target)
        return painted.clamp(0, 1)[..., :height, :width]

    @torch.no_grad()
    def mark(self) -> list[float]:
        """What the encoder sees in one picture, a few numbers by which it is known again."""
        ramp = torch.linspace(0, 1, MARK_SIDE, device=self.encoder.mean.device)
        pixels = torch.stack([ramp.expand(MARK_SIDE, -1), ramp.expand(MARK_SIDE, -1).T, ramp.outer(ramp)])
        means: list[float] = self.features(pixels[None]).mean((0, 2, 3))[:MARKS].tolist()
        return means

    def features(self, pixels: Tensor) -> Tensor:
        """What the encoder's layer gives, in float32."""
        maps: dict[str, Tensor] = self.encoder(pixels)
        return maps[self.encoder.layers[-1]].float()


def adain_network(layers: Sequence[str], settings: NetworkSettings) -> AdaINNet:
    """A network for any style whose decoder has learned nothing yet; it paints from the last layer.

    Raises:
        SettingError: the layer's stride is no power of two.
    """
    encoder = encoder_of(feature_network(settings), list(layers), settings)
    name = encoder.layers[-1]
    stride, (height, width) = encoder.strides[name], encoder.trunk.input_size
    channels = encoder.outline(torch.empty(1, 3, height, width, device="meta"))[name].shape[1]
    doublings = stride.bit_length() - 1
    if stride != 2**doublings or channels < 2**doublings:
        raise SettingError(
            f"the layer {name!r} steps by {stride} pixels", "a step of 1, 2, 4, 8 or 16", "another layer"
        )
    return AdaINNet(encoder, Decoder(channels, doublings), settings)


def save_adain(model: AdaINNet, path: str | Path, header: Mapping[str, Any]) -> Path:
    """Write the decoder, and how its encoder is found, as one safetensors file.

    Args:
        model: that has learned.
        path: of the file.
        header: how it was trained, plain values.

    Raises:
        ModelFileError: it cannot be written there.
    """
    settings = {name: getattr(model.settings, name) for name in ("network", "weights", "seed")}
    arguments = {**settings, "layer": model.encoder.layers[-1]}
    arguments["mark"] = model.mark()
    write_file(path, model.decoder.state_dict(), {"network": KIND, "arguments": arguments, **header})
    return Path(path)


@checked
def load_adain(path: str | Path) -> AdaINNet:
    """Read a network for any style; no code of the file is run.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or misshapen, or its encoder cannot be found.
        SettingError: it was trained with a network that does not exist here.
    """
    with open_model(path) as file:
        return _read_any(file)


def _read_any(file: OpenModel) -> AdaINNet:
    """The network of a file that is open."""
    path, header = file.path, file.header
    numbers = header.get("arguments")
    if (
        header.get("network") != KIND
        or not isinstance(numbers, dict)
        or not {"layer", "mark"} <= set(numbers)
    ):
        raise ModelFileError(
            f"{path} is no network for any style: it says that it is {header.get('network')!r}",
            "a file that `striate train-style --any` wrote",
            "train one: striate train-style",
        )
    layer, mark = str(numbers.pop("layer")), numbers.pop("mark")
    model = adain_network([layer], NetworkSettings(**numbers))
    own = model.mark()
    if not isinstance(mark, list) or len(mark) != len(own) or not _alike(mark, own):
        raise ModelFileError(
            f"{path} learned with other weights than those of {numbers.get('network')} here",
            "the weights that looked when it learned",
            "train it again, with weights that are published or a model's file",
        )
    file.load_into(model.decoder)
    return model.eval()


def _alike(mark: list[Any], own: list[float]) -> bool:
    """Whether two encoders see the same."""
    most = ALIKE * max(map(abs, own))
    return all(isinstance(a, float) and abs(a - b) <= most for a, b in zip(mark, own, strict=True))


def _conv(in_channels: int, channels: int) -> nn.Conv2d:
    """A 3x3 convolution with mirrored borders."""
    return nn.Conv2d(in_channels, channels, 3, padding=1, padding_mode="reflect")
