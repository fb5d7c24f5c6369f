"""Selective search beside OpenCV's on the same pictures: seconds, and the recall of as many boxes.

    python benchmarks/selective_search.py DATA_FOLDERS... [--modes fast quality] [--pictures 20] [--turns 1]

Needs opencv-contrib-python-headless. Held equal: the decoded pictures (full size on both sides), threads, and
the number of boxes at which recall is compared: for each picture the first N of both, with N as given or as
many as OpenCV gives. Each picture is searched in turns (A B A B); printed are medians of seconds a picture,
and recall of the objects that the data name, at IoU 0.5 and 0.7, and their mean best overlap.

``--alone`` also measures ours on one thread.
"""

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import cv2
import numpy as np
import torch
from torch import Tensor

from striate.api.propose import BoxData, data_with_boxes
from striate.ops import selective_search
from striate.records import BoxTargets, Proposals
from striate.tasks.detection.proposer.proposal_recall import RecallMeasure

COUNTS = (100, 300, 1000, 2000)
Search = Callable[[Tensor], Tensor]


def opencv(mode: str) -> Search:
    """OpenCV's search: its own defaults of a mode."""

    def search(image: Tensor) -> Tensor:
        pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy()[:, :, ::-1])
        search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
        search.setBaseImage(pixels)
        if mode == "fast":
            search.switchToSelectiveSearchFast()
        else:
            search.switchToSelectiveSearchQuality()
        boxes = torch.from_numpy(np.asarray(search.process(), np.float32).reshape(-1, 4))
        return torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], dim=1)

    return search


def striate(mode: str) -> Search:
    """Ours, at full size."""
    return lambda image: selective_search(image, mode, side=10_000)  # type: ignore[arg-type]


def chosen(data: BoxData, count: int) -> Iterator[tuple[Tensor, BoxTargets]]:
    """Pictures spread over a data set, and their objects."""
    targets = list(data.targets())
    for index in np.linspace(0, len(targets) - 1, min(count, len(targets))).astype(int).tolist():
        image = data.pictures.image(index)
        yield image.expand(3, -1, -1).contiguous(), targets[index]


class Measured:
    """Seconds and recall of one search.

    Args:
        name: of it.
        search: picture -> boxes.
    """

    def __init__(self, name: str, search: Search) -> None:
        self.name, self.search = name, search
        self.seconds: list[float] = []
        self.numbers: list[int] = []
        self.recall, self.as_many = RecallMeasure(COUNTS), RecallMeasure((1_000_000,))

    def timed(self, image: Tensor) -> Tensor:
        """The boxes of a picture."""
        begun = perf_counter()
        boxes = self.search(image)
        self.seconds.append(perf_counter() - begun)
        return boxes

    def add(self, boxes: Tensor, truth: BoxTargets, count: int) -> None:
        """Measure the boxes of a picture, and the first ``count`` of them."""
        self.numbers.append(len(boxes))
        proposals = Proposals(boxes, torch.arange(len(boxes), 0, -1.0))
        self.recall.add(proposals, truth)
        self.as_many.add(proposals.best(count), truth)

    def line(self) -> str:
        """What was measured."""
        parts = [f"{self.name:24} {median(self.seconds):6.3f} s {np.mean(self.numbers):7.0f} boxes"]
        for measure in (self.recall, self.as_many):
            for row in measure.result().rows():
                count = f"{row['proposals']:,}" if measure is self.recall else "as many"
                values = [row["recall 0.5"], row["recall 0.7"], row["mean best overlap"]]
                parts.append(f"{count}: " + " ".join(f"{value:.3f}" for value in values))
        return "   ".join(parts)


def compare(data: BoxData, mode: str, asked: argparse.Namespace) -> None:
    """Both searches on one data set, picture by picture in turns."""
    searches = [Measured("OpenCV", opencv(mode)), Measured("striate", striate(mode))]
    if asked.alone:
        searches.append(Measured("striate, one thread", alone(striate(mode))))
    for image, truth in chosen(data, asked.pictures):
        for turn in range(asked.turns):
            found = [one.timed(image) for one in searches]
            if not turn:
                for one, boxes in zip(searches, found, strict=True):
                    one.add(boxes, truth, len(found[0]))
    for one in searches:
        print(f"  {one.line()}")
    ratios = [theirs / ours for theirs, ours in zip(searches[0].seconds, searches[1].seconds, strict=True)]
    print(f"  striate is {median(ratios):.1f} times as fast (median over pictures)", flush=True)


def alone(search: Search) -> Search:
    """The same on one thread."""

    def one_thread(image: Tensor) -> Tensor:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return search(image)
        finally:
            torch.set_num_threads(before)

    return one_thread


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+")
    parser.add_argument("--modes", nargs="+", default=["fast", "quality"], choices=["fast", "quality"])
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alone", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    cv2.setNumThreads(asked.threads)
    for folder in asked.data:
        data = data_with_boxes([folder])
        assert data, f"{folder} has no boxes"
        for mode in asked.modes:
            selective_search(torch.zeros(3, 32, 32, dtype=torch.uint8), mode)  # compiles
            print(f"{folder}, {mode}: recall at IoU 0.5, 0.7, and mean best overlap")
            compare(data, mode, asked)


if __name__ == "__main__":
    main()
