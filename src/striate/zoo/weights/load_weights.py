"""Weights from elsewhere into a network of ours: all of them or none, and what was decided is said.

"imagenet" --> fetched --.
"striate" -> shipped ----+
.pth  .safetensors  -----+--> names: ours, torchvision's or timm's --> what differs --> network
                                                                        |
     other channels: the first filters are summed or repeated ----------+
     other classes, or another task: the last layer stays new ----------+
     auxiliary heads: left out, or left as they are --------------------+
     anything else: an error, and the network is as it was -------------'
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from striate.errors import ModelFileError
from striate.layers.backbone import Backbone
from striate.zoo.model_file import SHOWN, differences
from striate.zoo.weights.checkpoint_reader import Checkpoint, read_checkpoint
from striate.zoo.weights.download import fetch
from striate.zoo.weights.keys import SOURCES, TWINS, theirs
from striate.zoo.weights.norm_epsilon import epsilons, with_epsilon
from striate.zoo.weights.published_weights import BASE, published
from striate.zoo.weights.shipped import FILE, SHIPPED

IMAGENET = "imagenet"
"""The word for published weights, in the place of a path."""

CLASSIFICATION = "classification"
"""The task whose models end in a last layer; that of a file which names none."""

AUXILIARY = re.compile(r"^(auxiliaries\.|aux\d\.|AuxLogits\.)")
"""Heads that only training looks at: ours, GoogLeNet's and Inception's."""

ANOTHER = "another network"
"""What an error calls the network of a file that does not say which it is."""

STRANGERS = 3
"""How many names of a file an error shows that the network does not know."""

COUNTER = "num_batches_tracked"
"""Batches that a norm has seen; files of 2017 lack it, and nothing that is computed needs it."""


def load_weights(
    network: Backbone,
    name: str,
    weights: str | Path | Checkpoint,
    base: str = BASE,
    *,
    changed: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Put weights from elsewhere into a network, all or none, and say in sentences what was decided.

    Args:
        network: that ``create`` made; it keeps its device and its dtype.
        name: by which it was made, one of ``models()``.
        weights: a .safetensors or .pth file with our, torchvision's or timm's names, the folder of a run,
            ``"imagenet"``, ``"striate"``, or what ``read_weights`` made of one of them. ``FILE#NAME`` is one
            of several sets of weights in a file.
        base: the address under which the published files are.
        changed: the network's own arguments that are not as usual; an error speaks of them.

    Returns:
        whose names the file has, and what became of the last layer, the first filters and auxiliary heads.

    Raises:
        SettingError: there are no published weights for this network.
        ModelFileError: the file cannot be fetched or read, holds more than tensors, or is of another network.
    """
    stored = weights if isinstance(weights, Checkpoint) else read_weights(name, weights, base)
    path, header = stored.path, stored.header
    source, named, notes = _in_our_names(network, name, stored.tensors)
    wanted = network.state_dict()
    first = f"weights: {path.name}, with the names of {source}"
    fitting = _Fitting(wanted, named, [first, *stored.notes, *notes])
    if header.get("task", CLASSIFICATION) != CLASSIFICATION:
        fitting.add_last_layer(network)
    fitting.renew_last_layers(network)
    fitting.leave_out_auxiliaries()
    fitting.adapt_first_filters(_first_filters(network))
    fitting.reshape()
    wrong = differences(wanted, fitting.tensors)
    if wrong and changed and "network" not in header:
        raise of_other_arguments(str(path), changed, wrong)
    if wrong or header.get("network", name) != name:
        strangers = [key for key in fitting.tensors if key not in wanted]
        raise _of_another_network(path, name, header, wrong, strangers)
    fitting.tell_otherwise(changed or {}, header.get("arguments") or {})
    if source.split()[0] == "timm" and (epsilon := TWINS[name].timm_epsilon) is not None:
        fitting.meet_epsilon(network, epsilon)
    network.load_state_dict(fitting.tensors)
    return tuple(fitting.notes)


def read_weights(name: str, weights: str | Path, base: str = BASE) -> Checkpoint:
    """The tensors of a weights file and what it says of itself; arguments and errors as ``load_weights``."""
    if weights == IMAGENET:
        return read_checkpoint(fetch(f"{base}/{published(name).file}"))
    return read_checkpoint(weights_file(weights), part_named(weights))


def part_named(weights: str | Path) -> str | None:
    """The set of weights that ``FILE#NAME`` means; None where nothing is named, or a file has that name.

    >>> part_named("best.pth#model_ema"), part_named("best.pth")
    ('model_ema', None)
    """
    before, sign, part = str(weights).rpartition("#")
    return part if sign and before and not Path(weights).exists() else None


def weights_file(weights: str | Path) -> Path:
    """The file that is meant: this one, the model in the folder of a run, or the one that comes with striate.

    Raises:
        ModelFileError: there is no such file.
    """
    if weights == SHIPPED:
        return FILE
    expected = f"{IMAGENET}, {SHIPPED}, a file of weights, or the folder of a run"
    if not isinstance(weights, str | Path):
        tensors = isinstance(weights, Mapping)
        wrong = "a dictionary of tensors" if tensors else repr(weights)
        attempt = "network.load_state_dict(...), or keep them with torch.save and name that file"
        raise ModelFileError(f"weights is {wrong}", expected, attempt if tensors else f"weights={IMAGENET!r}")
    part = part_named(weights)
    path = Path(weights) if part is None else Path(str(weights).removesuffix(f"#{part}"))
    if path.is_dir() and not (path / "model.safetensors").is_file():
        raise ModelFileError(f"{path} is no run: it has no model.safetensors", expected, "check the path")
    path = path / "model.safetensors" if path.is_dir() else path
    if not path.is_file():
        meant = get_close_matches(str(weights).lower(), [IMAGENET, SHIPPED])
        attempt = f"weights {meant[0]}, or check the path" if meant else "check the path"
        raise ModelFileError(f"there is no file {path}", expected, attempt)
    return path


def _in_our_names(
    network: nn.Module, name: str, stored: Mapping[str, Tensor]
) -> tuple[str, dict[str, Tensor], tuple[str, ...]]:
    """Whose names a file has, those of which it has most; its tensors under ours; and what was left out."""
    keys = list(network.state_dict())
    tables = {"striate": dict(zip(keys, keys, strict=True))}
    for source in SOURCES:
        if getattr(TWINS.get(name), source, None) is not None:
            tables[source] = {theirs(name, source, key): key for key in keys}
    known = {
        (source, before): len(table.keys() & {key[len(before) :] for key in stored if key.startswith(before)})
        for before in _prefixes(stored)
        for source, table in tables.items()
    }
    best, before = max(known, key=lambda one: known[one])
    whose = [source for source in tables if tables[source] == tables[best]]
    description = " and ".join(whose) + (f" after {before!r}" if before else "")
    table = tables[best]
    parts = {key.split(".")[0] for key in table}
    bare = {key[len(before) :]: tensor for key, tensor in stored.items() if key.startswith(before)}
    kept = {key: tensor for key, tensor in bare.items() if before or _is_part(key, parts)}
    others = [key for key in stored if key[len(before) :] not in kept or not key.startswith(before)]
    few = 2 * len(others) < len(stored) or before
    if not others or not few or not known[best, before]:
        return description, {table.get(key, key): tensor for key, tensor in bare.items()}, ()
    more = f" and {len(others) - STRANGERS:,} more" if len(others) > STRANGERS else ""
    note = f"left out of the file, as {name} has no such part: {', '.join(others[:STRANGERS])}{more}"
    return description, {table.get(key, key): tensor for key, tensor in kept.items()}, (note,)


def _is_part(key: str, parts: Collection[str]) -> bool:
    """Whether a name is of a part of the network, or of a head that only training looks at."""
    return key.split(".")[0] in parts or AUXILIARY.match(key) is not None


def _prefixes(names: Iterable[str]) -> list[str]:
    """What may be before the names of a network, as training programs put it there: nothing first.

    >>> _prefixes(["model.net.conv1.weight", "model.net.conv2.weight"])
    ['', 'model.', 'model.net.', 'model.net.conv1.', 'model.net.conv2.']
    """
    found = {""}
    for name in names:
        parts = name.split(".")[:-1]
        found.update(
            "".join(f"{part}." for part in parts[:count]) for count in range(1, min(len(parts), 4) + 1)
        )
    return sorted(found)


def _last_layers(network: Backbone) -> set[str]:
    """The tensors of the last layer of the head, and of every auxiliary head."""
    heads: dict[str, nn.Module] = {"head.": network.head}
    for name, auxiliary in getattr(network, "auxiliaries", nn.ModuleDict()).items():
        heads[f"auxiliaries.{name}."] = auxiliary
    keys = set()
    for prefix, head in heads.items():
        layers = [(name, layer) for name, layer in head.named_modules() if layer._parameters]
        for name, layer in layers[-1:]:
            keys |= {prefix + f"{name}.{key}".lstrip(".") for key in layer._parameters}
    return keys


def _first_filters(network: Backbone) -> str:
    """The weights that see the image."""
    return next(f"{name}.weight" for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d))


def _of_another_network(
    path: Path, name: str, header: Mapping[str, Any], wrong: list[str], strangers: list[str]
) -> ModelFileError:
    """How many tensors differ, the first of them, and the first names of the file that nobody knows."""
    differ = f": {_in_words(wrong)}" if wrong else ", although every tensor would fit"
    if strangers:
        more = ", ..." if len(strangers) > STRANGERS else ""
        differ += f"; the file has {', '.join(strangers[:STRANGERS])}{more}"
    stranger = header.get("network")
    is_of = f"is of {stranger or ANOTHER}, not of {name}"
    attempt = f"create {stranger!r}"
    if stranger is None:
        attempt = "name the network that the file was made for: --model, or model= in Python"
    elif stranger == name:
        is_of = f"is of {name}, and does not fit this one"
        named = dict(header.get("arguments") or {})
        own = [f"{key}={value!r}" for key, value in named.items() if key != "in_channels"]
        attempt = "the arguments that the file was made with: " + (", ".join(own) or "none")
    return ModelFileError(
        f"{path} {is_of}{differ}", f"weights of {name}, in our names" + _elsewhere(name), attempt
    )


def of_other_arguments(whose: str, changed: Mapping[str, Any], wrong: list[str]) -> ModelFileError:
    """The network is not that of the weights, as it was made wider, deeper or otherwise.

    Args:
        whose: the file, or what weights are meant.
        changed: the network's own arguments that are not as usual.
        wrong: a phrase for every tensor that differs.
    """
    arguments = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    return ModelFileError(
        f"a network with {arguments} is not that of {whose}: {_in_words(wrong)}",
        "the network for which the weights were learned",
        f"leave {', '.join(changed)} out, or begin without weights",
    )


def _in_words(wrong: list[str]) -> str:
    """How many tensors differ, and the first of them."""
    shown = "; ".join(wrong[:SHOWN]) + (f"; and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else "")
    return ("1 tensor differs" if len(wrong) == 1 else f"{len(wrong):,} tensors differ") + f": {shown}"


def _elsewhere(name: str) -> str:
    """Who else has this network."""
    have = [source for source in SOURCES if getattr(TWINS.get(name), source, None) is not None]
    return "".join(f"{' or' if source == have[-1] else ','} {source}'s" for source in have)


@dataclass
class _Fitting:
    """The tensors of a file on their way to those that a network wants."""

    wanted: Mapping[str, Tensor]
    tensors: dict[str, Tensor]
    notes: list[str] = field(default_factory=list)

    def leave_out_auxiliaries(self) -> None:
        """Auxiliary heads and counters: what the file has too much is left out, what it lacks stays."""
        surplus = [key for key in self.tensors if key not in self.wanted]
        missing = [key for key in self.wanted if key not in self.tensors]
        for key in surplus:
            if AUXILIARY.match(key) or key.endswith(COUNTER):
                del self.tensors[key]
        for key in missing:
            if AUXILIARY.match(key) or key.endswith(COUNTER):
                self.tensors[key] = self.wanted[key]
        if any(map(AUXILIARY.match, surplus)):
            self.notes.append("the auxiliary heads of the file were left out")
        if any(map(AUXILIARY.match, missing)):
            self.notes.append("the auxiliary heads start from random weights: the file has none")

    def renew_last_layers(self, network: Backbone) -> None:
        """Where only the number of classes differs, the last layer stays as the network has it."""
        last = {key for key in _last_layers(network) if key in self.tensors and key in self.wanted}
        pairs = [(self.wanted[key], self.tensors[key]) for key in last]
        if not pairs or any(ours.shape[1:] != stored.shape[1:] for ours, stored in pairs):
            return
        classes = {(ours.shape[0], stored.shape[0]) for ours, stored in pairs}
        ours, stored = next(iter(classes))
        if len(classes) == 1 and ours != stored:
            self.tensors |= {key: self.wanted[key] for key in last}
            self.notes.append(f"the last layer is new: the file has {stored:,} classes, the network {ours:,}")

    def add_last_layer(self, network: Backbone) -> None:
        """A model of another task has no last layer: that of the network stays as it is."""
        missing = {key for key in _last_layers(network) if key in self.wanted and key not in self.tensors}
        if missing:
            self.tensors |= {key: self.wanted[key] for key in missing}
            self.notes.append("the last layer is new: the file has none")

    def adapt_first_filters(self, key: str) -> None:
        """Where only the channels of the images differ, the first filters are summed or repeated."""
        ours, stored = self.wanted[key], self.tensors.get(key)
        if stored is None or stored.ndim != ours.ndim or stored.shape[1] == ours.shape[1]:
            return
        if stored.shape[:1] + stored.shape[2:] == ours.shape[:1] + ours.shape[2:]:
            before, now = stored.shape[1], ours.shape[1]
            self.tensors[key] = adapted(stored, now)
            how = "summed" if now == 1 else f"repeated in turn, times {before}/{now}"
            self.notes.append(f"the first filters were adapted from {before} to {now} channels: {how}")

    def reshape(self) -> None:
        """The same numbers in another shape: (C,) for (C, 1, 1), a linear layer for a convolution.

        Counters that were cast to half with all the rest are whole numbers again.
        """
        for key in self.wanted.keys() & self.tensors.keys():
            ours, stored = self.wanted[key], self.tensors[key]
            if key.endswith(COUNTER):
                self.tensors[key] = stored = stored.to(ours.dtype)
            flat = min(ours.ndim, stored.ndim) <= 2 and ours.shape[:1] == stored.shape[:1]
            if flat and ours.numel() == stored.numel():
                self.tensors[key] = stored.reshape(ours.shape)

    def tell_otherwise(self, changed: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        """Arguments that fit every tensor and yet make another network, as strides do."""
        for name, value in changed.items():
            if name != "auxiliary" and value != theirs.get(name):
                self.notes.append(
                    f"{name} is {value!r} here, and was not where the weights were made: "
                    "they fit, but the network differs"
                )

    def meet_epsilon(self, network: nn.Module, epsilon: float) -> None:
        """The norms learned with this epsilon; scaled, they compute the same with ours."""
        norms = {name: (epsilon, ours) for name, ours in epsilons(network).items()}
        self.tensors = with_epsilon(self.tensors, norms)
        self.notes.append(f"the norms were scaled: there they have an epsilon of {epsilon}")


def adapted(filters: Tensor, channels: int) -> Tensor:
    """First filters for another number of channels, which answer equal channels as before.

    Args:
        filters: (C', C, ...).
        channels: 1 sums over C, which is what C equal channels would have given; more repeat them in turn,
            times C / channels.

    >>> import torch
    >>> adapted(torch.tensor([[3.0, 6.0, 9.0]]), 1).tolist()
    [[18.0]]
    >>> adapted(torch.tensor([[3.0, 6.0, 9.0]]), 4).tolist()
    [[2.25, 4.5, 6.75, 2.25]]
    """
    if channels == 1:
        return filters.sum(dim=1, keepdim=True)
    before = filters.shape[1]
    turns = [channel % before for channel in range(channels)]
    return filters[:, turns] * (before / channels)
