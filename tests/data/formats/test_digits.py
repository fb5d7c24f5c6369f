"""The digits inside scikit-learn."""

import numpy as np

from striate.data.formats.digits import read_digits
from striate.data.formats.split_names import SPLITS


def test_the_digits_are_all_there() -> None:
    # Alpaydin and Kaynak's test set: 1,797 pictures, 178 of them zeros; levels 0..16 become 0..255
    found = read_digits()
    images = found.store.images  # type: ignore[attr-defined]
    assert images.shape == (1797, 8, 8, 1)
    assert (images.min(), images.max()) == (0, 255)
    assert (found.annotations.labels == 0).sum() == 178
    assert found.classes == tuple("0123456789")


def test_a_fifth_of_every_digit_is_always_for_testing() -> None:
    # of 178 182 177 183 181 182 181 179 174 180 digits
    found = read_digits()
    counts = np.bincount(found.annotations.labels[found.split == SPLITS.index("test")])
    assert counts.tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]
    assert (found.split == read_digits().split).all()


def test_the_first_digit_is_the_published_zero() -> None:
    # its second row is 0 0 13 15 10 15 5 0 of 16: 13 * 255 / 16 = 207.2, 239.1, 159.4, 79.7
    assert read_digits().store.read(0)[0, 1].tolist() == [0, 0, 207, 239, 159, 239, 80, 0]
