"""A run that never trained: what the page shows does not depend on how good the model is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.records import Batch, ClassTargets
from striate.tasks.classification.metric import ClassificationMetric
from striate.tasks.evaluate import Evaluation
from striate.train.run.run import Run
from striate.train.run.settings import Settings
from striate.zoo.build import build

DIGITS = tuple("0123456789")


def digit_splits(classes: tuple[str, ...], origin: str = "digits") -> Splits:
    """300 real digits; with another number of classes than ten their labels mean nothing."""
    store = Array((load_digits().images[:300] * 15).astype(np.uint8), origin)
    whole = Dataset.whole(store, np.arange(300) % len(classes), classes)
    parts = {"train": whole.subset(range(200)), "val": whole.subset(range(200, 300))}
    return Splits(parts, "digits", Path("my digits"), ("A tenth was held out with seed 0.",))


def judged(scores: torch.Tensor, dataset: Dataset) -> Evaluation:
    labels = torch.from_numpy(dataset.labels)
    metric = ClassificationMetric(dataset.classes)
    metric.update(scores.log(), Batch.full(torch.zeros(len(labels), 1, 1, 1), labels, ClassTargets(labels)))
    return Evaluation(metric, metric.compute(), torch.arange(len(labels)))


def epochs(count: int) -> list[dict[str, object]]:
    names = ("train_loss", "val_loss", "val_accuracy", "lr", "seconds")
    return [{"epoch": epoch + 1} | dict.fromkeys(names, 1 / (epoch + 1)) for epoch in range(count)]


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., tuple[Run, Splits, Evaluation]]:
    """Run, data and evaluation of random answers about 100 digits; ``right`` makes all of them right."""

    def make(
        classes: tuple[str, ...] = DIGITS, *, right: bool = False, length: int = 3, origin: str = "digits"
    ) -> tuple[Run, Splits, Evaluation]:
        splits = digit_splits(classes, origin)
        torch.manual_seed(0)
        model = build("lenet5", classes, Preprocess((32, 32), 1, (0.3,), (0.4,), "stretch"))
        scores = (4 * torch.randn(100, len(classes))).softmax(1)
        if right:
            scores = torch.eye(len(classes))[torch.from_numpy(splits["val"].labels)]
        evaluation = judged(scores, splits["val"])
        settings = Settings(model="lenet5", epochs=length or 1)
        return Run(tmp_path, settings, model, epochs(length), evaluation.metrics, "val"), splits, evaluation

    return make
