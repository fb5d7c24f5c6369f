"""Pictures that a network dreams: gradient ascent by the pixels, while the weights stand still.

    noise or a picture --> canvas --> pixels --> moved a little --> network --> objective
                             ^                                                      |
                             `------------------ gradient, Adam --------------------'

Simonyan, Vedaldi, Zisserman 2014, section 2: argmax over I of S_c(I) - cost(I). https://arxiv.org/abs/1312.6034
The canvas and the movements are those of Olah, Mordvintsev, Schubert 2017.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from striate.arguments import checked, checked_methods
from striate.data.inputs import Input
from striate.draw.heatmap import picture
from striate.errors import SettingError
from striate.explain.attribution.archive import write_picture
from striate.explain.attribution.gradients import Probe, gradients
from striate.explain.attribution.one_line import one_line
from striate.explain.attribution.partial_forward import PartialForward
from striate.explain.synthesis.image_parameterization import ImageParameterization
from striate.explain.synthesis.image_prior import NATURAL, ImagePrior
from striate.explain.synthesis.initial_image import (
    Model,
    Shape,
    input_shape,
    model_input,
    open_model,
    require_shape,
)
from striate.explain.synthesis.jitter import moved
from striate.explain.synthesis.objectives import Objective, class_score
from striate.explain.synthesis.regularizers import blurred
from striate.interrupt_handler import InterruptHandler

RATE = 0.05
"""Step of Adam on the canvas; lucid's."""

SOFTEN_EVERY = 4
"""Steps from one blur to the next, as in Yosinski et al. 2015, section 3.1."""


@dataclass(frozen=True)
class AscentStep:
    """After every step.

    Args:
        step: from 1.
        steps: in all.
        score: the objective of the picture that the step began with, as it was moved.
    """

    step: int
    steps: int
    score: float


@checked_methods
@dataclass(frozen=True)
class Visualization:
    """A picture that a network likes.

    Args:
        image: float32 (C, H, W), 0..1.
        objective: in words.
        scores: the objective of the picture itself, unmoved: before the first step and after the last.
        prior: what the picture had to look like besides.
        seed: of noise and movements.
        notes: what the user should know.
        interrupted: whether Ctrl-C ended it early; the picture is as it was then.
    """

    image: Tensor
    objective: str
    scores: tuple[float, float]
    prior: ImagePrior
    seed: int
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    def __repr__(self) -> str:
        return one_line(self)

    def picture(self) -> Image.Image:
        """A PIL picture."""
        return picture(self.image)

    def save(self, path: str | Path) -> Path:
        """Write the picture, beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no picture format.
        """
        return write_picture(self.picture(), path)


@checked
def visualize(
    model: Model,
    objective: Objective | str | int,
    start: Input | Shape | None = None,
    prior: ImagePrior = NATURAL,
    steps: int = 256,
    seed: int = 0,
    on_event: Callable[[AscentStep], None] | None = None,
) -> Visualization:
    """A picture that makes an objective large, by gradient ascent. The model stays as it is.

    Ctrl-C ends it after the step, and the picture is kept.

    Args:
        model: a module whose pictures are 0..1, a saved file, or the folder of a run.
        objective: a class by name or number; or ``channel("stages.2", 7)``, ... and what objectives add and
            multiply to, see ``striate.explain.synthesis.objectives``.
        start: a picture; or (C, H, W) of faint noise; the model's own size when left out.
        prior: how natural pictures are favored; ``PLAIN`` favors nothing, see
            ``striate.explain.synthesis.image_prior``.
        steps: of gradient ascent.
        seed: of noise and movements; one seed, one picture.
        on_event: called after every step.

    Returns:
        ``.image`` (C, H, W), ``.scores`` before and after, ``.save(path)``.

    Raises:
        SettingError: there is no such layer, channel or size; or the objective is not a number.
        LabelError: there is no such class.
        ShapeError: there are no gradients, or the output is not as the objective needs it.
    """
    if steps < 0:
        raise SettingError(f"steps is {steps}", "0 or more", "leave steps out")
    objective = _objective(objective)
    network = open_model(model)
    with torch.inference_mode(False), torch.enable_grad():
        probe = Probe(network)
        read = PartialForward(probe, objective.layers, output=objective.output or not objective.layers)
        canvas = _canvas(probe, start, prior, seed)
        before = _score(objective, read, canvas)
        with InterruptHandler() as stop:
            for step, score in enumerate(_ascend(canvas, objective, read, prior, (steps, seed)), 1):
                if on_event:
                    on_event(AscentStep(step, steps, score))
                if stop.interrupted:
                    break
        scores = before, _score(objective, read, canvas)
        image = canvas.pixels().detach()[0].float().cpu()
    notes = () if stop.interrupted else _notes(steps, scores)
    return Visualization(image, str(objective), scores, prior, seed, notes, stop.interrupted)


def _objective(given: Objective | str | int) -> Objective:
    """What shall become large; a class stands for its score.

    Raises:
        SettingError: it is neither an objective nor a class.
    """
    if isinstance(given, str | int) and not isinstance(given, bool):
        return class_score(given)
    if not isinstance(given, Objective):
        raise SettingError(
            f"the objective is of the type {type(given).__name__}",
            "a class by name or number, or an objective",
            'striate.visualize(model, "cat"), or channel("stages.2", 7) of explain.synthesis.objectives',
        )
    return given


def _canvas(probe: Probe, start: Input | Shape | None, prior: ImagePrior, seed: int) -> ImageParameterization:
    """A canvas with a picture on it, or with noise."""
    if start is None or isinstance(start, tuple):
        shape = input_shape(probe.model) if start is None else require_shape(start)
        like = probe.pixels(torch.zeros(1, *shape, dtype=torch.uint8))
        return ImageParameterization((1, *shape), prior.space, prior.colors, seed).to(like)
    pixels = probe.pixels(model_input(probe.model, start))
    canvas = ImageParameterization(tuple(pixels.shape), prior.space, prior.colors, seed).to(pixels)
    canvas.put(pixels)
    return canvas


def _ascend(
    canvas: ImageParameterization,
    objective: Objective,
    read: PartialForward,
    prior: ImagePrior,
    chance: tuple[int, int],
) -> Iterator[float]:
    """Improve the picture, and give its score before every step; ``chance`` are the steps and the seed."""
    steps, seed = chance
    adam = torch.optim.Adam([canvas.values], lr=RATE)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        drawn = canvas.pixels()
        pixels = drawn.detach().requires_grad_()
        shift = prior.jitter * min(pixels.shape[2:])
        seen = moved(pixels, shift, prior.scale, prior.rotate, generator)
        scores = objective(read(seen))
        upward = gradients(scores, pixels)
        cost = prior.cost(pixels)
        downward = gradients(cost, pixels) if cost.requires_grad else torch.zeros_like(pixels)
        (canvas.values.grad,) = torch.autograd.grad(drawn, canvas.values, downward - upward)
        adam.step()
        if prior.blur and step % SOFTEN_EVERY == 0:
            canvas.put(blurred(canvas.pixels(), prior.blur))
        yield float(scores.detach().sum())


def _score(objective: Objective, read: PartialForward, canvas: ImageParameterization) -> float:
    """The objective of the picture as it is.

    Raises:
        SettingError: it is not a number.
    """
    score = float(objective(read(canvas.pixels())).detach().sum())
    if not math.isfinite(score):
        raise SettingError(
            f"the objective {objective} is {score}",
            "a finite number",
            "look for numbers that are not finite in the weights of the model",
        )
    return score


def _notes(steps: int, scores: tuple[float, float]) -> tuple[str, ...]:
    """What the user should know about the way from one score to the other."""
    if not steps or scores[0] != scores[1]:
        return ()
    return (
        "no step changed the objective: what it reads is switched off for such pictures;"
        " try another start or seed, or the layer before its ReLU",
    )
