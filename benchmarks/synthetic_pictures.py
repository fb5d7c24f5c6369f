"""Does saliency find the reason where it is known? Networks that learn synthetic pictures, noisy ones or not.

Held equal: the pictures, the learning rate and the seed. Counted on pictures that no network has seen: the
strongest pixel of the gradient lies in the box of the mark (4.8 % of the picture), no pixel of tolerance.

    python benchmarks/synthetic_pictures.py                # about ten minutes on one core
    python benchmarks/synthetic_pictures.py --only small   # only that of benchmark-explanations
"""

import argparse
from functools import partial
from time import perf_counter

import torch

from striate.data.preprocess import Preprocess
from striate.explain.attribution.saliency import saliency
from striate.explain.evaluation.pointing_game import pointing_game
from striate.explain.evaluation.synthetic_data import MARKS, SIDE, make_synthetic_data
from striate.explain.evaluation.toy_classifier import COUNT, toy_classifier, train_on
from striate.tasks.classification.classifier import Classifier
from striate.zoo.networks import create

UNSEEN, SEED = 5000, 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="names that begin so")
    asked = parser.parse_args()
    learners = {
        "small": toy_classifier,
        "resnet20, noise 0.3": partial(learned, "resnet20", 5, 0.3),
        "resnet20, no noise": partial(learned, "resnet20", 5, 0.0),
        "lenet5, noise 0.1": partial(learned, "lenet5", 12, 0.1),
        "lenet5, no noise": partial(learned, "lenet5", 12, 0.0),
    }
    synthetic = make_synthetic_data(UNSEEN, SEED)
    print(f"{UNSEEN:,} unseen pictures: named rightly, found, found within a pixel")
    for name, learn in learners.items():
        if name.startswith(asked.only):
            start = perf_counter()
            model = learn()
            took = perf_counter() - start
            with torch.no_grad():
                answers = torch.cat([model(part).argmax(1) for part in synthetic.images.split(250)])
            maps = saliency(model, synthetic.images, synthetic.labels)
            shares = [(answers == synthetic.labels).float(), pointing_game(maps, synthetic.masks)]
            shares.append(pointing_game(maps, synthetic.masks, tolerance=1))
            words = "  ".join(f"{100 * float(share.mean()):6.2f} %" for share in shares)
            print(f"{name:20} {words}   learned in {took:.0f} s", flush=True)


def learned(name: str, epochs: int, noise: float) -> Classifier:
    """A network of the zoo that has learned the same pictures."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = create(name, classes=len(MARKS), in_channels=3)
    model = Classifier(network, tuple(MARKS), Preprocess((SIDE, SIDE)))
    train_on(model, make_synthetic_data(COUNT, 0), epochs=epochs, noise=noise)
    return model


if __name__ == "__main__":
    main()
