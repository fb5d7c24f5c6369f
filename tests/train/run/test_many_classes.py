"""Nothing grows with the square of the classes: 5,000 of one picture each leave small files."""

from pathlib import Path

import numpy as np

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.train.run.run import Run, train
from striate.train.run.settings import Settings

CLASSES = 5_000


def test_a_run_of_5000_classes_is_small(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (CLASSES, 8, 8), dtype=np.uint8)
    names = tuple(f"class number {number}" for number in range(CLASSES))
    part = Dataset.whole(Array(images, "many"), np.arange(CLASSES), names)
    settings = Settings(
        model="lenet5", epochs=1, batch=1000, size="32", augment="none", accelerator="cpu", validation=0
    )
    for _ in train(Splits({"train": part}, "npz", Path("many")), settings, tmp_path / "run"):
        pass
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "run").iterdir()}
    assert sizes["metrics.json"] < 2_000_000  # 171 MB with the whole confusion matrix
    assert sizes["log.jsonl"] < 100_000
    metrics = Run.open(tmp_path / "run").metrics
    assert (metrics.count, len(metrics.recall)) == (CLASSES, CLASSES)
    assert len(metrics.confusion.pairs) <= CLASSES
