"""The handwritten digits that ship inside scikit-learn: 1,797 grey pictures of 8 x 8, ten classes.

Alpaydin, Kaynak 1998, "Optical recognition of handwritten digits", UCI repository.
https://doi.org/10.24432/C50P49

Their levels 0..16 (counts of inked pixels in 4 x 4 blocks) become 0..255. They come without splits: a fifth
of every class, always the same, is for testing.
"""

from pathlib import Path

import numpy as np

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.content_hash import identities
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLITS
from striate.data.image_store import Array
from striate.data.split import held_out

TEST = 0.2  # of every class


def read_digits(path: Path = Path("digits")) -> Found:
    """The 1,797 digits; 359 of them, chosen by what they show, are the test split.

    Args:
        path: nothing is read from there; every reader is called with one.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    store = Array((digits.images * (255 / 16)).round().astype(np.uint8), "digits")
    labels = digits.target.astype(np.int64)
    tested = held_out(identities(store, np.arange(len(store))), labels, TEST, seed=0)
    split = np.where(tested, SPLITS.index("test"), SPLITS.index("train")).astype(np.int8)
    note = f"read scikit-learn's 1,797 handwritten digits; {tested.sum()} of them are only for testing"
    return Found(store, ClassAnnotations(labels, tuple("0123456789")), split, notes=(note,))
