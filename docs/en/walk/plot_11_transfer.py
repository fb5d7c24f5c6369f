"""
11. Transfer: half a trade is learned already
=============================================

Whoever can read five digits has seen most strokes of the other five. A LeNet-5 learns 0 to 4 here, and its weights are
the start for 5 to 9, from few pictures to many: with the last layer alone learning, and with all of them. Beside it is
a network that starts from nothing.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import striate
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.read_dataset import read

digits = read("digits")


def of(part: Dataset, numbers: range, most: int = 1000) -> Dataset:
    """At most so many pictures of each of some digits."""
    places = np.concatenate([np.flatnonzero(part.labels == number)[:most] for number in numbers])
    chosen = part.subset(places)
    annotations = ClassAnnotations(chosen.labels - numbers[0], tuple(map(str, numbers)))
    return Dataset(chosen.store, annotations, chosen.places)


def accuracy(train: Dataset, test: Dataset, out: Path, **settings: object) -> float:
    """On pictures that were not learned from, after the last epoch."""
    splits = Splits({"train": train, "test": test}, "digits", digits.root)
    run = striate.train(splits, model="lenet5", out=out, force=True, epochs=20, augment="none", **settings)
    return 100 * run.metrics.accuracy


# %%
# The first five
# --------------

folder = Path(tempfile.mkdtemp())
low, high = range(5), range(5, 10)
known = accuracy(of(digits["train"], low), of(digits["test"], low), folder / "low")
print(f"0 to 4: {known:.1f} % right")

# %%
# The other five
# --------------
#
# The last layer has 425 numbers of the 61,281. It learns fast, and forgets nothing of what lies below it, but it can
# only weigh anew what five other digits needed. When all layers learn on they can make new strokes of the old ones. The
# start from nothing needs the most pictures; when there are enough of them the weights of others bring nothing more.

weights = folder / "low" / "model.safetensors"
ways = {
    "last layer": {"weights": weights, "finetune": "head"},
    "all layers": {"weights": weights, "finetune": "all"},
    "from nothing": {},
}
counts = [2, 5, 10, 20, 50]
test = of(digits["test"], high)
for name, settings in ways.items():
    scores = [accuracy(of(digits["train"], high, most), test, folder / "high", **settings) for most in counts]
    plt.plot(counts, scores, marker="o", label=name)
    print(name, [f"{score:.1f}" for score in scores])
plt.xscale("log")
plt.xticks(counts, counts)
plt.xlabel("pictures of a digit")
plt.ylabel("right, per cent")
plt.legend(frameon=False)
plt.show()
