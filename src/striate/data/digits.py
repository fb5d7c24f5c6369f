"""The handwritten digits that ship inside scikit-learn: 1,797 grey pictures of 8 x 8, ten classes.

Alpaydin, Kaynak 1998, "Optical recognition of handwritten digits", UCI repository.
https://doi.org/10.24432/C50P49 Their levels 0..16 (counts of inked pixels in 4 x 4 blocks) become 0..255.
"""

import numpy as np

from striate.data.listing import UNSAID, Found
from striate.data.store import Array


def read_digits() -> Found:
    """The 1,797 digits."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images * (255 / 16)).round().astype(np.uint8)
    labels = digits.target.astype(np.int64)
    classes = tuple(str(name) for name in range(10))
    said = "read scikit-learn's 1,797 handwritten digits"
    return Found(
        Array(images, "digits"), labels, classes, np.full(len(labels), UNSAID, dtype=np.int8), said=(said,)
    )
