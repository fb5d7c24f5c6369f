"""What a network must know of its data before it is built: sizes, colors, and a preprocessing for them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.checks.findings import Finding, refusal
from striate.data.checks.image_stats import glance
from striate.data.dataset import Dataset
from striate.data.decoding.threads import decoding_threads
from striate.data.preprocess import Preprocess, ResizeMode
from striate.errors import ImageError

GLANCES = 256  # pictures whose size and color are looked at
MEASURED = 2_000  # pictures that mean and std are measured on: the mean is then good to about 0.004
ENLARGED, SHRUNK = 2.0, 12.0  # times, from which on a size that was asked for is worth a word
PAD_FROM = 0.75  # pictures at least this large, relative to the network's input, are padded, not scaled


@dataclass(frozen=True)
class Facts:
    """A sample's sizes and colors, and the count of every class.

    Args:
        grey: no picture of the sample has color.
        size: (H, W), the medians, pixels.
        same_size: all pictures of the sample have this size.
        counts: how often each class occurs.
        count: pictures in all.
        annotations: what is known of all pictures.
    """

    grey: bool
    size: tuple[int, int]
    same_size: bool
    counts: tuple[int, ...]
    count: int
    annotations: Annotations | None = field(default=None, repr=False, compare=False)

    @property
    def task(self) -> str:
        """What the annotations teach when nobody says."""
        return self.annotations.task if self.annotations else "classification"

    @property
    def channels(self) -> int:
        """1 for grey pictures, else 3."""
        return 1 if self.grey else 3

    @property
    def side(self) -> int:
        """The shorter of the medians of height and width, pixels."""
        return min(self.size)


def facts(dataset: Dataset) -> Facts:
    """Look at up to 256 pictures, evenly spread.

    Raises:
        DataError: none of them can be read.
    """
    failed: list[Finding] = []

    def try_glance(index: int) -> tuple[tuple[int, int], bool] | None:
        try:
            return glance(dataset, index)
        except ImageError as reason:
            failed.append(Finding("unreadable", dataset.name(index), reason.wrong))
            return None

    with decoding_threads() as pool:
        seen = [
            one for one in pool.map(try_glance, sample(len(dataset), GLANCES).tolist()) if one is not None
        ]
    if not seen:
        raise refusal(failed)
    sizes = np.array([size for size, _ in seen])
    height, width = np.median(sizes, axis=0).astype(int).tolist()
    same = bool((sizes == sizes[0]).all())
    grey, counts = all(grey for _, grey in seen), tuple(dataset.counts().tolist())
    return Facts(grey, (height, width), same, counts, len(dataset), dataset.annotations)


def sample(count: int, most: int) -> NDArray[np.int64]:
    """Up to ``most`` of the numbers 0..count-1, evenly spread.

    >>> sample(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)


def preprocess_for(
    dataset: Dataset,
    found: Facts,
    size: tuple[int, int],
    channels: int,
    resize_mode: ResizeMode | None = None,
) -> Preprocess:
    """The preprocessing of a network for these data.

    Args:
        dataset: the training pictures; mean and std are measured on up to 2,000 of them as the network will
            see them.
        found: their facts.
        size: (H, W) that the network sees.
        channels: 1 or 3.
        resize_mode: None: ``pad`` if all pictures have one size, 75 to 100 % of the network's, else ``crop``.
    """
    chosen = resize_mode or fitting(found, size)
    mean, std = color_of(dataset, Preprocess(size, channels, resize_mode=chosen))
    return Preprocess(size, channels, mean, std, chosen)


def fitting(found: Facts, size: tuple[int, int]) -> ResizeMode:
    """``pad`` for pictures of one size a little below the network's: scaling them would only blur.

    >>> fitting(Facts(True, (28, 28), True, (5, 5), 10), (32, 32))
    'pad'
    >>> fitting(Facts(True, (8, 8), True, (5, 5), 10), (32, 32))
    'crop'
    """
    shares = [have / want for have, want in zip(found.size, size, strict=True)]
    return "pad" if found.same_size and min(shares) >= PAD_FROM and max(shares) <= 1 else "crop"


def size_notes(found: Facts, size: tuple[int, int]) -> tuple[str, ...]:
    """What a size that somebody asked for does to the pictures, if it lies far from theirs.

    >>> size_notes(Facts(False, (40, 40), True, (5, 5), 10), (224, 224))[0]
    'size 224x224 enlarges pictures of 40x40 by 5.6: no detail is gained, at 31 times the cost'
    >>> size_notes(Facts(False, (480, 640), True, (5, 5), 10), (128, 128))
    ()
    """
    (height, width), (tall, wide) = found.size, size
    grown, shrunk = min(tall / height, wide / width), min(height / tall, width / wide)
    both = f"pictures of {height}x{width}"
    if grown >= ENLARGED:
        cost = round(tall * wide / (height * width))
        words = f"no detail is gained, at {cost} times the cost"
        return (f"size {tall}x{wide} enlarges {both} by {grown:.1f}: {words}",)
    if shrunk >= SHRUNK:
        return (f"size {tall}x{wide} keeps 1 of {round(shrunk)} pixels of a side of {both}",)
    return ()


def color_of(dataset: Dataset, preprocess: Preprocess) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std per channel, 0..1, of up to 2,000 prepared pictures; unreadable ones are passed over."""

    def moments(index: int) -> NDArray[np.int64] | None:
        try:
            pixels = preprocess(dataset.image(index)).numpy()
        except ImageError:
            return None
        squares = np.square(pixels, dtype=np.uint32).sum((1, 2), dtype=np.int64)
        return np.stack([pixels.sum((1, 2), dtype=np.int64), squares])

    with decoding_threads() as pool:
        found = [one for one in pool.map(moments, sample(len(dataset), MEASURED).tolist()) if one is not None]
    if not found:
        raise refusal([Finding("unreadable", dataset.name(0), "as all the others that were tried")])
    mean, square = np.sum(found, axis=0) / (len(found) * preprocess.size[0] * preprocess.size[1])
    std = np.sqrt(np.maximum(square - mean**2, 1))  # a grey level at least: a blank set must not divide by 0
    return tuple((mean / 255).round(4).tolist()), tuple((std / 255).round(4).tolist())
