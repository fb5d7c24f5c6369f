"""Does the interval of folds hold what it says: does it cover the figure that held-out tests give?

    python benchmarks/folds_coverage.py DATA --weights RUN                    # 20 divisions, 5 folds
    python benchmarks/folds_coverage.py DATA --weights RUN --repeats 5

DATA are pictures of one class each. The last layer of a backbone, of the run RUN, learns them. For each seed:
the pooled figure of folds with its 95 % interval; and the figure of a held-out fifth, from a training on the
others. The figure to be covered is the mean of all held-out tests, which a single one misses by chance. Held
equal: network, settings, pictures that a training learns from (four fifths, less a tenth that chooses the
epoch).
Printed: each seed, and the share of the intervals that cover the mean.
"""

import argparse
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import striate


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", required=True, help="a run, whose backbone stays as it is")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("runs/folds_coverage"))
    asked = parser.parse_args()
    common: dict[str, Any] = {"task": "classification", "weights": asked.weights, "finetune": "head"}
    common |= {"size": 64, "epochs": 30, "augment": "none"}
    pooled, tests = [], []
    for seed in range(asked.repeats):
        folder = asked.out / f"{asked.data.name}-{seed}"
        found = striate.cross_validate(asked.data, asked.folds, seed=seed, out=folder, **common)
        held_out = striate.train(
            asked.data, seed=seed, test=1 / asked.folds, out=folder / "test", force=True, **common
        )
        (low, high), value = found.metrics.interval or (0.0, 1.0), found.metrics.primary.value or 0.0
        pooled.append((low, value, high))
        tests.append(held_out.metrics.primary.value or 0.0)
        told = f"folds {value:.3f} ({low:.3f} to {high:.3f})  held-out test {tests[-1]:.3f}"
        print(f"seed {seed:2}  {told}", flush=True)
    truth = fmean(tests)
    covering = sum(low <= truth <= high for low, _, high in pooled)
    values = [value for _, value, _ in pooled]
    print(f"mean of {len(tests)} held-out tests {truth:.4f}, their standard deviation {stdev(tests):.4f}")
    print(f"pooled figures: mean {fmean(values):.4f}, standard deviation {stdev(values):.4f}")
    print(f"intervals of folds that cover the mean: {covering} of {len(pooled)}")


if __name__ == "__main__":
    main()
