"""The confusion table of 500 masks of 1024x2048 pixels and 19 classes, against a loop of numpy's bincount.

Held equal: the masks, the table. Printed: seconds of each in turns, their ratio, the memory of the process.

    python benchmarks/mask_confusion.py [masks]
"""

import resource
import sys
from statistics import median
from time import perf_counter

import numpy as np
import torch

from striate.ops import confusion

CLASSES, SIZE, BATCH = 19, (1024, 2048), 10


def masks(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Streets: large areas, ragged edges, guesses with errors, a tenth ignored."""
    made = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, CLASSES, (1, 1, 32, 64), generator=made).float()
    truth = torch.nn.functional.interpolate(coarse, size=SIZE)[0, 0].to(torch.uint8)
    guess = truth.roll(3, 1)
    wrong = torch.rand(SIZE, generator=made) < 0.02
    guess[wrong] = torch.randint(0, CLASSES, (int(wrong.sum()),), generator=made, dtype=torch.uint8)
    truth[:100] = 255
    return truth, guess


def by_numpy(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """As evaluation scripts of the field have it."""
    counted = (truth >= 0) & (truth < CLASSES)
    pairs = CLASSES * truth[counted].astype(int) + guess[counted]
    return np.bincount(pairs, minlength=CLASSES**2).reshape(CLASSES, CLASSES)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    pairs = [masks(seed) for seed in range(BATCH)]
    confusion(*pairs[0], CLASSES)  # compiled before the clock runs
    seconds: dict[str, list[float]] = {"striate": [], "numpy": []}
    tables = {name: np.zeros((CLASSES, CLASSES), np.int64) for name in seconds}
    for _ in range(max(1, count // BATCH)):
        begin = perf_counter()
        for truth, guess in pairs:
            tables["striate"] += confusion(truth, guess, CLASSES).numpy()
        seconds["striate"].append(perf_counter() - begin)
        begin = perf_counter()
        for truth, guess in pairs:
            tables["numpy"] += by_numpy(truth.numpy(), guess.numpy())
        seconds["numpy"].append(perf_counter() - begin)
    assert (tables["striate"] == tables["numpy"]).all()
    for name, times in seconds.items():
        print(f"{name:8} {sum(times):7.2f} s for {BATCH * len(times)} masks")
    print(f"ratio    {median(b / a for a, b in zip(seconds['striate'], seconds['numpy'], strict=True)):7.2f}")
    print(f"memory   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MB")


if __name__ == "__main__":
    main()
