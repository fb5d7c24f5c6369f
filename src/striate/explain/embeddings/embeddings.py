"""What a layer says of every picture of a data set: one vector each, as a record and as a file.

pictures --network up to its last layer--> vectors (N, D) --npz--> file
                                               |
                                               +-- neighbours, PCA, t-SNE
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from striate.arguments import checked_methods, described
from striate.errors import DataError, SettingError, ShapeError
from striate.explain.attribution.one_line import one_line
from striate.files.atomic import write
from striate.records import Embedding

ENDINGS = (".npz",)
UNKNOWN = -1
"""The label of a picture whose class is not known."""


def classes_by_folder(names: Sequence[str]) -> tuple[Tensor, tuple[str, ...]]:
    """Labels (N,) and classes: the folder of each picture, or unknown where there is one folder only.

    >>> classes_by_folder(["a/1.png", "b/1.png", "b/2.png"])
    (tensor([0, 1, 1]), ('a', 'b'))
    """
    folders = [Path(name).parent.name for name in names]
    classes = tuple(sorted(set(folders)))
    if len(classes) < 2:
        return torch.full((len(folders),), UNKNOWN), ()
    numbers = {name: number for number, name in enumerate(classes)}
    return torch.tensor([numbers[name] for name in folders]), classes


@checked_methods
@dataclass(frozen=True)
class Embeddings:
    """The vectors of N pictures.

    Args:
        values: float32 (N, D), finite.
        names: N paths, or numbers in an array.
        labels: int64 (N,) class numbers, ``UNKNOWN`` where the class is not known.
        classes: names of the classes.
        layer: where the vectors come from.
        thumbnails: uint8 (N, C, h, w), to draw maps with; None where that would be too much to keep.

    Raises:
        ShapeError: the parts do not belong together, or a number is not finite.
    """

    values: Tensor
    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...] = ()
    layer: str = ""
    thumbnails: Tensor | None = None

    def __post_init__(self) -> None:
        count = len(self.names)
        shown = count if self.thumbnails is None else len(self.thumbnails)
        if self.values.ndim != 2 or not len(self.values) == len(self.labels) == shown == count:
            raise ShapeError(
                f"vectors are {tuple(self.values.shape)}, labels {len(self.labels)}, names {count}",
                "(N, D), N labels and N names",
                "pass what striate.embed returned",
            )
        if not bool(torch.isfinite(self.values).all()):
            worst = self.names[int((~torch.isfinite(self.values)).any(1).nonzero()[0])]
            raise ShapeError(
                f"the vector of {worst} holds numbers that are not finite",
                "finite numbers",
                "look for such numbers in the weights of the model",
            )

    def __repr__(self) -> str:
        return one_line(self)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Embedding:
        """The vector of one picture."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        label = int(self.labels[index])
        known = 0 <= label < len(self.classes)
        return Embedding(self.values[index], self.names[index], self.classes[label] if known else None)

    def subset(self, indices: Sequence[int] | Tensor) -> "Embeddings":
        """Some of the pictures, in the order given.

        Raises:
            SettingError: there are no pictures of such numbers.
        """
        numbers = (
            indices.tolist()
            if isinstance(indices, Tensor) and indices.device.type != "meta" and not indices.is_sparse
            else indices
        )
        known = range(-len(self), len(self))
        if not isinstance(numbers, Sequence) or not all(type(one) is int and one in known for one in numbers):
            raise SettingError(
                f"indices is {described(indices)}", f"numbers of pictures, 0..{len(self) - 1}", "range(10)"
            )
        chosen = torch.tensor(numbers, dtype=torch.int64)
        names = tuple(self.names[index] for index in chosen.tolist())
        thumbnails = None if self.thumbnails is None else self.thumbnails[chosen]
        return Embeddings(
            self.values[chosen], names, self.labels[chosen], self.classes, self.layer, thumbnails
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON; the thumbnails stay out."""
        return {
            "layer": self.layer,
            "classes": list(self.classes),
            "pictures": [self[index].to_dict() for index in range(len(self))],
        }

    def save(self, path: str | Path) -> Path:
        """Write an .npz file, beside and renamed: ``vectors``, ``names``, ``labels``, ``classes``, ...

        Raises:
            RunError: the path cannot be written to, or the name does not end in .npz.
        """
        return write(path, self._put, ENDINGS)

    def _put(self, path: Path) -> None:
        parts = {
            "vectors": self.values.numpy(),
            "names": np.array(self.names, dtype=np.str_),
            "labels": self.labels.numpy(),
            "classes": np.array(self.classes, dtype=np.str_),
            "layer": np.array(self.layer),
        }
        if self.thumbnails is not None:
            parts["thumbnails"] = self.thumbnails.numpy()
        with open(path, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **parts)

    @classmethod
    def load(cls, path: str | Path) -> "Embeddings":
        """Read what :meth:`save` wrote. Loading never runs code.

        Raises:
            DataError: there is no such file, or it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as parts:
                vectors, labels = (torch.from_numpy(parts[name]) for name in ("vectors", "labels"))
                names, classes = (tuple(parts[name].tolist()) for name in ("names", "classes"))
                shown = torch.from_numpy(parts["thumbnails"]) if "thumbnails" in parts else None
                return cls(vectors, names, labels, classes, str(parts["layer"]), shown)
        except (OSError, ValueError, KeyError, BadZipFile) as reason:
            raise DataError(
                f"{path} cannot be read as vectors ({reason})",
                "an .npz file that striate embed wrote",
                "striate embed DATA --model MODEL --out vectors.npz",
            ) from reason
