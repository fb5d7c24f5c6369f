"""How many objects are in a picture? A task made from nothing but the contract."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from striate.data.annotations.annotations import Annotations
from striate.data.formats.index import Found
from striate.data.image_store import Array
from striate.records import Record, Targets
from striate.tasks.metric import Metric, PlainMetrics, Primary
from striate.tasks.model import TaskModel


@dataclass(frozen=True)
class CountTargets(Targets):
    numbers: torch.Tensor
    spatial: ClassVar[bool] = False

    def __len__(self):
        return len(self.numbers)

    def tensors(self):
        return (self.numbers,)

    def like(self, tensors):
        return CountTargets(*tensors)

    def moved(self, affine, size):
        return self


@dataclass(frozen=True)
class CountAnnotations(Annotations):
    numbers: Any
    classes: tuple[str, ...] = ("object",)
    task: ClassVar[str] = "count"
    spatial: ClassVar[bool] = False

    def __len__(self):
        return len(self.numbers)

    def subset(self, indices):
        return replace(self, numbers=self.numbers[indices])

    def joined(self, others):
        return replace(self, numbers=np.concatenate([self.numbers, *(one.numbers for one in others)]))

    def collate(self, indices):
        return CountTargets(torch.from_numpy(self.numbers)[indices].float())

    def words(self, index):
        return f"{self.numbers[index]} objects"


@dataclass(frozen=True)
class Count(Record):
    number: float
    source: str = ""

    def to_dict(self):
        return {"source": self.source, "number": self.number}


class CountMetric(Metric):
    primary = Primary("error", higher_is_better=False, share=False)

    def __init__(self):
        self.rows = [torch.empty(0, 2)]

    def update(self, raw, batch):
        self.rows.append(torch.stack([raw[:, 0], batch.targets.numbers], dim=1))

    def merge(self, other):
        self.rows += other.rows

    def compute(self):
        return PlainMetrics.of(self.primary, torch.cat(self.rows).diff(dim=1).abs()[:, 0])

    def answers(self):
        return [f"{number:.1f}" for number in torch.cat(self.rows)[:, 0].tolist()]


class Counter(TaskModel[Count]):
    task, learns_from = "count", (CountAnnotations,)

    def losses(self, batch):
        return {"squares": self.sample_losses(batch).mean()}

    def sample_losses(self, batch):
        return (self(batch.images)[:, 0].float() - batch.targets.numbers).square()

    def decode(self, raw, sizes, **options):
        return [Count(number) for number in raw[:, 0].tolist()]

    def metric(self):
        return CountMetric()

    def example_targets(self, count):
        return CountTargets(torch.arange(count) % 5.0)


def read_counts(path):
    content = np.load(path)
    store, numbers = Array(content["images"], str(path)), content["numbers"]
    return Found(store, CountAnnotations(numbers), np.full(len(numbers), -1, np.int8))
