"""How a fast style learns: pictures go in, paintings come out, what these cost goes back into the network.

    pictures --crop--> batch --network--> paintings --encoder--> content cost + style cost + total variation
                         '--------------------------encoder-------^             ^ Gram matrices, computed once

A network for any style learns with a folder of styles: its content cost is measured from the features that
AdaIN asked for, and its style cost compares means and deviations (Huang, Belongie 2017, eq. 11 to 13).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.arguments import checked
from striate.data.decode import decode
from striate.data.inputs import Input
from striate.data.picture_files import pictures_below
from striate.errors import ModelFileError, TrainingError
from striate.files.atomic import writable
from striate.files.regular import is_regular
from striate.interrupt_handler import InterruptHandler
from striate.style.events import Listener, TrainingInterrupted, TrainingStep
from striate.style.image_io import pixels_of, resized
from striate.style.losses.gram import content_cost, style_cost, weighted_sum
from striate.style.losses.losses import gram_means, require_side
from striate.style.losses.total_variation import variation_cost
from striate.style.networks.adain import AdaINNet, adain, adain_network, moments, save_adain
from striate.style.networks.feature_layers import encoder_of, layers_of
from striate.style.networks.own_network import choose_network
from striate.style.networks.transform_net import TransformNet, save_transform_net
from striate.style.settings import TrainStyleSettings
from striate.zoo.save_load import versions

Costs = dict[str, Tensor]
ANY = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Style layers of the paper, section 6; the last is the one that is painted from."""


@checked
def train_style(
    style: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    any_style: bool = False,
    on_event: Listener | None = None,
    **settings: Any,
) -> Path:
    """Train a network that paints in one pass, and write it as one file, for ``apply_style``.

    Args:
        style: a picture; with ``any_style`` a folder of them.
        data: a folder of pictures of anything.
        out: the .safetensors file; its folder is made if need be.
        any_style: learn to paint in any style, by adaptive instance normalization.
        on_event: called with every event.
        settings: fields of ``striate.style.settings.TrainStyleSettings``.

    Raises:
        SettingError: there is no such setting, network or layer.
        DataError: there are no pictures, or one cannot be read.
        ShapeError: the style is smaller than the network's stride.
        TrainingError: the costs are no numbers.
        ModelFileError: the file cannot be written, which is tried before the training.
    """
    given = TrainStyleSettings(**settings)
    out = writable(out, (".safetensors",), ModelFileError)
    header = {"style": Path(style).name, "settings": given.to_dict(), "versions": versions()}
    if any_style:
        return save_adain(train_adain(style, data, on_event=on_event, **settings), out, header)
    return save_transform_net(train_transform_net(style, data, on_event=on_event, **settings), out, header)


@checked
def train_transform_net(
    style: Input, data: str | Path, *, on_event: Listener | None = None, **settings: Any
) -> TransformNet:
    """A network that has learned one style on pictures of anything.

    Args:
        style: the picture whose style is learned.
        data: a folder of pictures.
        on_event: called with every event.
        settings: fields of ``striate.style.settings.TrainStyleSettings``.

    Raises:
        SettingError: there is no such setting, network or layer.
        DataError: there are no pictures, or one cannot be read.
        ShapeError: the style is smaller than the network's stride.
        TrainingError: the costs are no numbers.
    """
    given = TrainStyleSettings(**settings)
    given, found = choose_network(given)
    content, styles = layers_of(found.network, given)
    encoder = encoder_of(found, [*content, *styles], given)
    device = next(encoder.parameters()).device
    painted = pixels_of(style, given.style_size or None).to(device)
    require_side("style", painted, encoder)
    grams = gram_means(encoder, painted)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.seed)
        network = TransformNet(given.width, given.blocks).to(device).to(memory_format=torch.channels_last)

    def costs(batch: Tensor) -> Costs:
        paintings = network(batch)
        maps = encoder(paintings)
        with torch.no_grad():
            wanted = encoder(batch)
        positions = {name: maps[name].shape[-2] * maps[name].shape[-1] for name in styles}
        kept = [w * content_cost(maps[name], wanted[name], given.form) for name, w in content.items()]
        matched = [
            w * style_cost(weighted_sum(maps[name]) / positions[name], grams[name], given.form)
            for name, w in styles.items()
        ]
        return {
            "content": given.content_weight * torch.stack(kept).sum(),
            "style": given.style_weight * torch.stack(matched).sum(),
            "variation": given.variation_weight * variation_cost(paintings, given.variation),
        }

    _learn(network, costs, batches(pictures_in(data), given), given, on_event)
    return network.eval()


@checked
def train_adain(
    styles: str | Path, data: str | Path, *, on_event: Listener | None = None, **settings: Any
) -> AdaINNet:
    """A network for any style, whose decoder has learned on a folder of styles and one of pictures.

    Args:
        styles: a folder of pictures whose styles are mixed in.
        data: a folder of pictures.
        on_event: called with every event.
        settings: fields of ``striate.style.settings.TrainStyleSettings``; of ``style_layers``, the
            last one is painted from.

    Raises:
        as ``train_transform_net``.
    """
    given = TrainStyleSettings(**settings)
    given, found = choose_network(given)
    own = given.style_layers is not None or not given.network.startswith("vgg")
    layers = tuple(layers_of(found.network, given)[1]) if own else ANY
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.seed)
        model = adain_network(layers, given)
    model.decoder.to(model.encoder.mean.device)
    manners = batches(pictures_in(styles), given.model_copy(update={"seed": given.seed + 1}))

    def costs(batch: Tensor) -> Costs:
        manner = next(manners).to(batch.device)
        with torch.no_grad():
            wanted = {name: maps.float() for name, maps in model.encoder(manner).items()}
            target = adain(model.features(batch), wanted[model.encoder.layers[-1]])
        paintings = model.decoder(target)
        maps = model.encoder(paintings)
        kept = content_cost(maps[model.encoder.layers[-1]], target, given.form)
        apart = torch.stack(
            [moments_apart(maps[name].float(), wanted[name]) for name in model.encoder.layers]
        )
        return {
            "content": given.content_weight * kept,
            "style": given.style_weight * apart.mean(),
            "variation": given.variation_weight * variation_cost(paintings, given.variation),
        }

    _learn(model.decoder, costs, batches(pictures_in(data), given), given, on_event)
    return model.eval()


def moments_apart(given: Tensor, wanted: Tensor) -> Tensor:
    """How far means and deviations are apart, as a share of those that are wanted, a scalar.

    Args:
        given: (N, C, H, W).
        wanted: (N, C, H', W').

    >>> moments_apart(torch.full((1, 1, 2, 2), 3.0), torch.full((1, 1, 2, 2), 2.0)).round(decimals=3).item()
    0.25
    """
    pairs = list(zip(moments(given), moments(wanted), strict=True))
    apart = sum(((a - b).square().sum() for a, b in pairs), given.new_zeros(()))
    return apart / sum(b.square().sum() for _, b in pairs)


def pictures_in(folder: str | Path) -> list[Path]:
    """The picture files below a folder, sorted; or the one file.

    Raises:
        DataError: there is none.
    """
    folder = Path(folder)
    return [folder] if is_regular(folder) else list(pictures_below(folder).paths)


def batches(files: list[Path], given: TrainStyleSettings) -> Iterator[Tensor]:
    """Random squares cut from pictures, float (N, 3, size, size), 0..1, for ever; one seed, one order."""
    generator = torch.Generator().manual_seed(given.seed)
    while True:
        chosen = torch.randint(len(files), (given.batch,), generator=generator).tolist()
        cut = [_cut(decode(files[index]), given.size, generator) for index in chosen]
        yield torch.stack(cut).float() / 255


def _cut(image: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """A random square of a picture whose shorter side became a little longer than the square."""
    height, width = image.shape[-2:]
    scale = max(side / min(height, width), min(1.0, 1.25 * side / min(height, width)))
    image = resized(image[None], (max(side, round(height * scale)), max(side, round(width * scale))))[0]
    top, left = (
        int(torch.randint(length - side + 1, (), generator=generator)) for length in image.shape[-2:]
    )
    return image[:, top : top + side, left : left + side]


def _learn(
    network: nn.Module,
    costs: Callable[[Tensor], Costs],
    data: Iterator[Tensor],
    given: TrainStyleSettings,
    on_event: Listener | None,
) -> None:
    """Adam, so many steps; Ctrl-C ends it after a step, and the last event says so."""
    optimizer = torch.optim.Adam(network.parameters(), given.lr)
    device = next(network.parameters()).device
    with InterruptHandler() as stop:
        for step in range(1, given.steps + 1):
            parts = costs(next(data).to(device))
            total = torch.stack(list(parts.values())).sum()
            if not total.isfinite():
                raise TrainingError(
                    "the costs are no numbers", "finite costs", f"a smaller lr than {given.lr}"
                )
            optimizer.zero_grad()
            torch.autograd.backward(total)
            optimizer.step()
            if on_event:
                numbers = {name: float(part.detach()) for name, part in parts.items()}
                on_event(TrainingStep(step, given.steps, {"total": float(total.detach()), **numbers}))
            if stop.interrupted:
                if on_event:
                    on_event(TrainingInterrupted(step, given.steps))
                break
