"""Deletion and insertion: how fast does an answer go, when the pixels that matter most go or come first?

Petsiuk, Das, Saenko 2018 (RISE), section 4.2. https://arxiv.org/abs/1806.07421

    score |x                         score |          x---x
          | `.   deletion                  |    x----'      insertion
          |   x                            |   /
          |    `--x---x---x                |x-'
          +----------------> gone          +----------------> there

    A small area is good when pixels are deleted, a large one when they are inserted.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from striate.arguments import checked
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.gradients import BATCH, Probe
from striate.explain.attribution.supported import require_dense
from striate.explain.attribution.target import Target, TargetSelector
from striate.explain.evaluation.pixel_importance import importance
from striate.explain.synthesis.regularizers import blurred

Baseline = Literal["mean", "blur", "zero"]
"""What a pixel becomes that is not there: the mean color of the data, its blurred surroundings, or black."""

STEPS = 32
"""Parts of the picture that go or come, one after the other."""

BLUR = 8
"""The blur's standard deviation is an eighth of the shorter side: nothing small can be recognised in it."""


@dataclass(frozen=True)
class DeletionCurves:
    """The scores of N pictures while their pixels go, or come.

    Args:
        shares: (S + 1,), of the pixels that have gone or come, 0..1.
        scores: (N, S + 1), probabilities of the explained class; what a target function gave, as it is.
        whole: (N,), the scores of the untouched pictures.
    """

    shares: Tensor
    scores: Tensor
    whole: Tensor

    @property
    def areas(self) -> Tensor:
        """(N,), under each curve, by trapezoids."""
        return torch.trapezoid(self.scores, self.shares, dim=1)

    @property
    def normalised(self) -> Tensor:
        """(N,), the areas as shares of the untouched pictures' scores."""
        return self.areas / self.whole


@checked
def deletion(
    model: nn.Module,
    images: Tensor,
    values: Tensor,
    target: Target = None,
    *,
    steps: int = STEPS,
    baseline: Baseline | Tensor = "mean",
) -> DeletionCurves:
    """The scores while the most important pixels are taken away first; the model stays as it is.

    Args:
        model: images (N, C, H, W) -> scores (N, K); any output with a target function.
        images: uint8 or float 0..1 (N, C, H, W), in the size that the network sees, as ``.images`` of an
            explanation.
        values: (N, C, H, W), of which the largest magnitude counts, or (N, H, W), of which the largest value.
        target: as for ``striate.explain``; None follows the class that the model sees in the whole picture.
        steps: parts of equal size, 1 or more; never more than there are pixels.
        baseline: what takes the place of a pixel, or a tensor of it that fits the images.

    Raises:
        SettingError: there is no such baseline, or less than one step.
        ShapeError: images, values and targets do not belong together.
        LabelError: there is no such class.

    Source: Petsiuk, Das, Saenko 2018, section 4.2.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.tensor([[4.0, 3.0, 2.0, 1.0]]))
    >>> shares = torch.tensor([[[4.0, 3.0, 2.0, 1.0]]])
    >>> found = deletion(network, torch.ones(1, 1, 1, 4), shares, lambda out: out[:, 0], baseline="zero")
    >>> found.scores.tolist(), found.normalised.tolist()
    ([[10.0, 6.0, 3.0, 1.0, 0.0]], [0.375])
    """
    return _curves(model, images, values, target, steps, (baseline, False))


@checked
def insertion(
    model: nn.Module,
    images: Tensor,
    values: Tensor,
    target: Target = None,
    *,
    steps: int = STEPS,
    baseline: Baseline | Tensor = "blur",
) -> DeletionCurves:
    """The scores while the most important pixels are given first; arguments and errors as for ``deletion``.

    It begins with the baseline: the blurred picture, because the edges of pixels on a plain one look like
    something by themselves.

    Source: Petsiuk, Das, Saenko 2018, section 4.2.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.tensor([[3.0, 1.0]]))
    >>> shares = torch.tensor([[[3.0, 1.0]]])
    >>> found = insertion(network, torch.ones(1, 1, 1, 2), shares, lambda out: out[:, 0], baseline="zero")
    >>> found.scores.tolist()
    [[0.0, 3.0, 4.0]]
    """
    return _curves(model, images, values, target, steps, (baseline, True))


def _curves(
    model: nn.Module,
    images: Tensor,
    values: Tensor,
    target: Target,
    steps: int,
    way: tuple[Baseline | Tensor, bool],
) -> DeletionCurves:
    """The curves from the picture to the baseline, or the other way round."""
    maps = importance(values)
    _require(images, maps, steps)
    baseline, comes = way
    pixels = maps[0].numel() if len(maps) else 1
    cuts = torch.linspace(0, pixels, min(steps, pixels) + 1).round()
    selector = TargetSelector(model, target, len(images))
    scores, whole = [torch.empty(0, len(cuts))], [torch.empty(0)]
    with torch.inference_mode(False), torch.no_grad():
        probe = Probe(model)
        fixed = _fixed(model, baseline, images)
        for start in range(0, len(images), BATCH):
            part = slice(start, start + BATCH)
            seen = probe.pixels(images[part])
            some = selector.part(start, start + BATCH)
            whole.append(_score(probe, seen, some).cpu())
            same: Target = some.numbers or target
            plain = _plain(probe, fixed, seen, part)
            ends = (plain, seen) if comes else (seen, plain)
            scores.append(_scores(probe, ends, _ranks(maps[part]).to(seen.device), cuts, same).cpu())
    return DeletionCurves(cuts / pixels, torch.cat(scores), torch.cat(whole))


def _scores(probe: Probe, ends: tuple[Tensor, Tensor], ranks: Tensor, cuts: Tensor, target: Target) -> Tensor:
    """(N, S + 1): of every picture at every step; full batches, whichever picture a step belongs to."""
    before, after = ends
    found = []
    for indices in torch.split(torch.arange(len(ranks) * len(cuts)), BATCH):
        picture, step = indices // len(cuts), indices % len(cuts)
        changed = ranks[picture] < cuts[step].to(ranks.device).view(-1, 1, 1)
        mixed = torch.where(changed.unsqueeze(1), after[picture], before[picture])
        each = [target[number] for number in picture.tolist()] if isinstance(target, list) else target
        found.append(_score(probe, mixed, TargetSelector(probe.model, each, len(mixed))))
    return torch.cat(found).view(len(ranks), len(cuts))


def _score(probe: Probe, pixels: Tensor, selector: TargetSelector) -> Tensor:
    """What is followed, (N,): the probability of a class, or what a target function gives."""
    with probe.watching(selector.layers) as selector.seen:
        output = probe(pixels)
    scores = selector(output)
    return (scores - output.logsumexp(1)).exp() if selector.numbers else scores


def _ranks(maps: Tensor) -> Tensor:
    """int64 (N, H, W): 0 for the most important pixel; of equal ones the first in reading order."""
    order = maps.flatten(1).argsort(dim=1, descending=True, stable=True)
    return order.argsort(1).view(maps.shape)


def _fixed(model: nn.Module, baseline: Baseline | Tensor, images: Tensor) -> Baseline | Tensor:
    """The baseline as it is for all pictures: the mean color of a classifier's data is known.

    Raises:
        SettingError: there is none of that name.
        ShapeError: it does not fit the images.
    """
    if isinstance(baseline, Tensor):
        try:
            return baseline.expand(images.shape)
        except RuntimeError:
            raise ShapeError(
                f"the baseline is {tuple(baseline.shape)} for images {tuple(images.shape)}",
                "a tensor that fits the images, as (C, 1, 1)",
                "one of: " + ", ".join(get_args(Baseline)),
            ) from None
    if baseline not in get_args(Baseline):
        expected = "a tensor, or one of: " + ", ".join(get_args(Baseline))
        raise SettingError(f"the baseline is {baseline!r}", expected, "leave it out")
    means = getattr(getattr(model, "preprocess", None), "mean", None)
    if baseline == "mean" and means is not None:
        return torch.tensor(means).view(-1, 1, 1).expand(images.shape)
    return baseline


def _plain(probe: Probe, baseline: Baseline | Tensor, seen: Tensor, part: slice) -> Tensor:
    """What some pictures are without any of their pixels, (N, C, H, W)."""
    if isinstance(baseline, Tensor):
        return probe.pixels(baseline[part]).to(seen)
    if baseline == "blur":
        return blurred(seen, max(1.0, min(seen.shape[-2:]) / BLUR))
    if baseline == "mean":
        return seen.mean((2, 3), keepdim=True).expand_as(seen)
    return torch.zeros_like(seen)


def _require(images: Tensor, maps: Tensor, steps: int) -> None:
    """Raises: SettingError, ShapeError."""
    if steps < 1:
        raise SettingError(f"steps is {steps}", "1 or more", f"leave it out for {STEPS}")
    require_dense(images)
    if images.ndim != 4 or maps.shape != (len(images), *images.shape[-2:]):
        raise ShapeError(
            f"the maps are {tuple(maps.shape)} for images {tuple(images.shape)}",
            "maps (N, H, W) or (N, C, H, W) of images (N, C, H, W)",
            "the .values and .images of one explanation",
        )
