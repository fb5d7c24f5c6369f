"""What a task fits after the gradient descent: support vector machines on the features of its network, say.

    descent --> best model --> stage 1 --> saved --> stage 2 --> saved --> measured

A stage puts what it finds into the model, and the model says whether that is done. So a run that is killed
goes on with the stage in which it was.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from striate.data.dataset import Dataset


class Done(NamedTuple):
    """How far a stage is: so many of so many pictures or classes."""

    number: int
    of: int


class Stage(ABC):
    """One step of a training, after the descent.

    Attributes:
        name: one word; a stage keeps its files in a folder of that name.
        says: what it does, a phrase for the user.
    """

    name: str
    says: str

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether the model has already what this stage gives."""

    def written(self, data: Dataset, folder: Path) -> bool:
        """Whether the files of this stage are complete, as where a run was killed in a later one.

        Args:
            data, folder: as for ``run``; the folder may not exist yet.
        """
        return False

    @abstractmethod
    def run(self, data: Dataset, folder: Path) -> Iterator[Done]:
        """Do it, or go on with it.

        Args:
            data: what the training learns from.
            folder: exists; for files of this stage and of later ones. It is removed after the last stage.

        Yields:
            how far it is, now and then.

        Raises:
            RunError: there is no room for its files.
        """
