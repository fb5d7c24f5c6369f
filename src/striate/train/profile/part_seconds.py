"""How long each part of an answer takes: proposals, backbone, head, finish.

    model, pictures --answer_in_parts, one picture at a time, again and again--> {part: median seconds}

What was kept of an earlier answer is not seen: ``nothing_kept`` lets every search begin anew.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from striate.layers.eval_mode import evaluating
from striate.layers.image_network import PARTS
from striate.tasks.model import TaskModel

CACHE = "STRIATE_CACHE"
"""The environment variable that names the folder in which proposals are kept."""

LEAST_SECONDS, LEAST_TIMES, MOST_SECONDS = 0.5, 3, 20.0
"""Pictures are answered for so long, and so often, at least, and for so long at most."""


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Models that are built or loaded inside keep no proposals on disk: their folder cannot be written."""
    before = os.environ.get(CACHE)
    os.environ[CACHE] = os.devnull
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE]
        else:
            os.environ[CACHE] = before


def seconds_of_parts(model: TaskModel[Any], images: Tensor) -> dict[str, float]:
    """The median over repeated answers to one picture at a time, each in turn, after one that is not counted.

    Args:
        model: on its device, built inside ``nothing_kept``.
        images: uint8 (N, C, H, W), as the network sees them.

    Returns:
        {part: seconds}, in the order of ``PARTS``.
    """
    began, rounds = perf_counter(), list[dict[str, float]]()
    first = one_answer(model, images[:1])
    number = 0
    while _goes_on(rounds, perf_counter() - began, first):
        number += 1
        place = number % len(images)
        rounds.append(one_answer(model, images[place : place + 1]))
    return medians(rounds or [first])


def _goes_on(rounds: Sequence[dict[str, float]], passed: float, first: dict[str, float]) -> bool:
    """Whether a further answer is worth its time."""
    if passed + sum(first.values()) > MOST_SECONDS:
        return False
    return len(rounds) < LEAST_TIMES or passed < LEAST_SECONDS


@torch.inference_mode()
def one_answer(model: TaskModel[Any], image: Tensor) -> dict[str, float]:
    """{part: seconds} of one answer.

    Args:
        model: on its device.
        image: uint8 (1, C, H, W).
    """
    sizes = torch.tensor([image.shape[-2:]])
    seconds: dict[str, float] = {}
    with evaluating(model):
        last = perf_counter()
        for part in model.answer_in_parts(image.to(model.device), sizes):
            _wait(model.device)
            now = perf_counter()
            seconds[part] = seconds.get(part, 0.0) + now - last
            last = now
    return seconds


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of each part, over all answers.

    >>> medians([{"finish": 1.0, "head": 5.0}, {"head": 4.0, "finish": 3.0}, {"head": 9.0, "finish": 2.0}])
    {'head': 5.0, 'finish': 2.0}
    """
    known = [part for part in PARTS if part in rounds[0]]
    return {part: median(one[part] for one in rounds) for part in known}


def _wait(device: torch.device) -> None:
    """Until a GPU has done what it was told to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
