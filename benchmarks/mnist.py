"""LeNet-5 on MNIST with the README's command, timed from outside: imports, decoding, evaluation and report.

All 60,000 training digits are learned from and the last weights are kept; the 10,000 test digits are
looked at once, at the end.

    python benchmarks/mnist.py FOLDER     # holds the four idx files, gz or not
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRIATE = str(Path(sys.executable).with_name("striate"))
RECIPE = ["--epochs", "36", "--lr", "0.1", "--ema", "0.998", "--validation", "0"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    accuracies = []
    for seed in range(asked.seeds):
        with tempfile.TemporaryDirectory() as folder:
            out = ["--out", f"{folder}/run", "--seed", str(seed), "--json", "--quiet"]
            begun = time.perf_counter()
            done = subprocess.run(
                [STRIATE, "train", str(asked.folder), *RECIPE, *out], check=True, stdout=subprocess.PIPE
            )
            took = time.perf_counter() - begun
        accuracies.append(json.loads(done.stdout)["metrics"]["accuracy"])
        print(f"seed {seed}: {accuracies[-1]:.2%} of the test digits, {took:.0f} s in all", flush=True)
    print(f"mean {statistics.mean(accuracies):.3%} (asked: >= 99.45 % in <= 150 s)")


if __name__ == "__main__":
    main()
