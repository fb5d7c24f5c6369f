"""The pictures of a collection that are nearest to given ones, by any layer of any model.

    a folder of pictures --embed--> vectors --.
    vectors.npz of striate embed --------------+--> VectorIndex --search--> names and distances
    a folder of VectorIndex -------------------'

Distances are 1 - cosine. A collection is embedded once: ``index_of(...).save(folder)`` keeps it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.arguments import checked, checked_methods
from striate.data.inputs import Input, name_of, one_or_many
from striate.data.picture_files import pictures_below
from striate.errors import DataError, SettingError
from striate.explain.embeddings.embed import embed
from striate.explain.embeddings.embeddings import ENDINGS, Embeddings, classes_by_folder
from striate.explain.embeddings.vector_index import VectorIndex, is_index
from striate.explain.synthesis.initial_image import Model, open_model
from striate.records.record import Record
from striate.tasks.model import TaskModel
from striate.zoo.model_hash import model_hash

Progress = Callable[[int, int], None]


@checked_methods
@dataclass(frozen=True)
class Nearest(Record):
    """The nearest pictures of a collection.

    Args:
        names: of the pictures, the nearest first.
        distances: 1 - cosine, rising.
        source: the file that was asked about, or "".
    """

    names: tuple[str, ...]
    distances: tuple[float, ...]
    source: str = ""

    def in_words(self, top: int = 3) -> str:
        """The first names with their distances.

        >>> Nearest(("a.jpg", "b.jpg"), (0.01, 0.5)).in_words()
        'a.jpg 0.01  b.jpg 0.5'
        """
        pairs = list(zip(self.names, self.distances, strict=True))[:top]
        return "  ".join(f"{name} {distance:.3g}" for name, distance in pairs)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        pairs = zip(self.names, self.distances, strict=True)
        return {"source": self.source, "nearest": [{"name": n, "distance": d} for n, d in pairs]}


@checked
def search(
    images: Input | Iterable[Input],
    where: str | Path | VectorIndex | Embeddings,
    model: Model,
    layer: str | None = None,
    *,
    k: int = 5,
    progress: Progress | None = None,
) -> list[Nearest]:
    """The k nearest pictures of a collection for each picture.

    Args:
        images: one picture or several, as for ``predict``.
        where: a folder of pictures, a file of ``striate embed``, a saved index, or one of both in memory.
        model: that makes the vectors of the pictures; the same that made those of the collection.
        layer: dotted name; what ``embed`` takes when left out. The same as for the collection.
        k: 1 or more.
        progress: called now and then with (pictures done, pictures in all) of a folder.

    Raises:
        DataError: the collection cannot be read, or holds no picture.
        SettingError: there is no such layer, or k is below 1.
        ShapeError: the vectors of the collection are of another length.
        DataError: a saved index is of another model.
    """
    pictures = list(one_or_many(images)[0])
    network = open_model(model)
    index = index_of(where, network, layer, progress=progress)
    require_model(index, network)
    asked = embed(network, pictures, layer)
    names, found = index.search(asked.values, k)
    rows = zip(names, found.distances.tolist(), pictures, strict=True)
    return [Nearest(tuple(near), tuple(apart), name_of(one)) for near, apart, one in rows]


def index_of(
    where: str | Path | VectorIndex | Embeddings,
    model: Model | None = None,
    layer: str | None = None,
    *,
    progress: Progress | None = None,
) -> VectorIndex:
    """A collection as an index; arguments and errors as ``search``."""
    if isinstance(where, VectorIndex):
        return where
    if isinstance(where, str | Path) and is_index(where):
        return VectorIndex.open(where)
    known = where if isinstance(where, Embeddings) else collection(where, model, layer, progress=progress)
    stored = isinstance(where, Embeddings) or Path(where).suffix.lower() in ENDINGS  # nobody knows by whom
    made_by = "" if stored or model is None else hash_of(model)
    index = VectorIndex(known.values.shape[1], layer=known.layer, model=made_by)
    index.add(known.names, known.values)
    return index


def hash_of(model: Model) -> str:
    """The hash of a model; "" for a network of your own."""
    network = open_model(model)
    return model_hash(network) if isinstance(network, TaskModel) else ""


def require_model(index: VectorIndex, model: Model) -> None:
    """The vectors of an index are of a model, as far as both are known.

    Raises:
        DataError: they are of another.
    """
    asked = hash_of(model) if index.model else ""
    if asked and asked != index.model:
        raise DataError(
            f"the index was made by another model ({index.model[:8]}, not {asked[:8]})",
            "the model that made the vectors of the collection",
            "--model with that one, or save the index again",
        )


def collection(
    where: str | Path,
    model: Model | None = None,
    layer: str | None = None,
    *,
    progress: Progress | None = None,
) -> Embeddings:
    """The vectors of a file of ``striate embed``, of a saved index, or of all pictures below a folder.

    The name of the folder in which a picture lies is its class, where there are several folders.

    Raises:
        DataError: there is no such file or folder, or no picture in it.
        SettingError: pictures have to be embedded, and no model is named.
    """
    path = Path(where)
    if is_index(path):
        return VectorIndex.open(path).embeddings()
    if path.suffix.lower() in ENDINGS:
        return Embeddings.load(path)
    paths = pictures_below(path).paths
    if model is None:
        raise SettingError(
            f"no model is named for the pictures in {path}", "one that embeds them", "--model RUN"
        )
    made = embed(model, paths, layer, progress=progress)
    labels, classes = classes_by_folder([str(one) for one in paths])
    return Embeddings(made.values, made.names, labels, classes, made.layer, made.thumbnails)
