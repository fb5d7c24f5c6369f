"""The learning rate as a pure function of the step, so that a resumed run needs no state for it.

onecycle   /\\___      cosine   /``-.        constant   /------
          /     \\              /     `-.               /
"""

import math

FINAL = 1e-3
"""Where onecycle ends, as a share of the highest rate: low, but the last step still learns."""


def learning_rate(step: float, steps: int, peak: float, schedule: str, warmup: float) -> float:
    """The rate of one step.

    Args:
        step: 0..steps-1; between two steps where a training is walked through faster.
        steps: in the whole training.
        peak: the highest rate.
        schedule: "onecycle", "cosine" or "constant".
        warmup: share of the steps in which the rate rises in a line, 0..1.

    Source: one cycle is Smith, Topin 2018, https://arxiv.org/abs/1708.07120; the cosine is equation 5 of
    Loshchilov, Hutter 2017, https://arxiv.org/abs/1608.03983.

    >>> [round(learning_rate(step, 8, 1.0, "onecycle", 0.25), 2) for step in range(8)]
    [0.5, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17, 0.0]
    """
    rising = round(warmup * steps)
    if step < rising:
        return peak * (step + 1) / rising
    if schedule == "constant":
        return peak
    done = (step - rising + 1) / (steps - rising)  # 0 < done <= 1
    if schedule == "cosine":
        return peak * 0.5 * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))
    return peak * (1 + (FINAL - 1) * done)
