"""A data set as a plane: the pictures that the network finds alike stand together.

data --embed--> vectors (N, D) --t-SNE or PCA--> points (N, 2) --> thumbnails without overlaps, or dots
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from PIL import Image
from torch import Tensor

from striate.arguments import checked, checked_methods
from striate.draw.charts import styled
from striate.draw.theme import MUTED
from striate.draw.thumbnails import MOST_SHOWN, NAMED, caption, class_colors, thumbnail_map
from striate.errors import SettingError
from striate.explain.embeddings.embed import Data, embed
from striate.explain.embeddings.embeddings import Embeddings
from striate.explain.embeddings.projection import PERPLEXITY, Method, pca, tsne
from striate.explain.embeddings.vector_index import VectorIndex, is_index
from striate.explain.synthesis.initial_image import Model
from striate.files.atomic import write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".png", ".jpg", ".jpeg", ".svg", ".pdf")
"""Of files that can hold pictures, and dots."""

LEGEND_ROWS = 30
"""Classes below each other in the legend of the dots."""


@checked_methods
@dataclass(frozen=True)
class EmbeddingMap:
    """The pictures of a data set on a plane.

    Args:
        points: float32 (N, 2).
        vectors: from which the points were made.
        method: ``tsne`` or ``pca``.
        notes: what the map keeps, sentences for the user.
    """

    points: Tensor
    vectors: Embeddings
    method: str
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.vectors)

    def picture(self, side: int = 1400) -> Image.Image:
        """The map as a picture of small pictures, none of which hides another; ``side`` in pixels.

        Raises:
            SettingError: the vectors came without pictures.
        """
        images = self.vectors.thumbnails
        if images is None:
            raise SettingError("the vectors hold no pictures", "vectors with thumbnails", "draw the figure()")
        shown = thumbnail_map(
            self.points.double().numpy(),
            list(images),
            self.vectors.labels.tolist(),
            self.vectors.classes,
            side,
        )
        return caption(shown, " · ".join(self.notes))

    def figure(self) -> "Figure":
        """The map as a plot of dots, colored by class."""
        classes, labels = self.vectors.classes, self.vectors.labels.numpy()
        x, y = self.points.double().numpy().T
        colors = np.array(class_colors(len(classes))).reshape(-1, 3) / 255
        size = float(np.clip(3000 / len(labels), 1, 18))
        named = 1 < len(classes) <= NAMED
        columns = -(-len(classes) // LEGEND_ROWS)
        with styled(6 + 1.5 * columns * named, 6) as (figure, axes):
            for number, name in enumerate(classes if named else ()):
                own = labels == number
                axes.scatter(x[own], y[own], s=size, color=[colors[number]], label=name, linewidths=0)
            if not named:
                axes.scatter(x, y, s=size, color=MUTED, linewidths=0)
            axes.set(xticks=[], yticks=[], title=" · ".join(self.notes))
            axes.spines[:].set_visible(False)
            axes.title.set_fontsize(8)
            if named:
                axes.legend(
                    frameon=False,
                    loc="center left",
                    bbox_to_anchor=(1, 0.5),
                    markerscale=2,
                    ncols=columns,
                    fontsize=8,
                )
        return figure

    def save(self, path: str | Path) -> Path:
        """Write the picture (.png, .jpg), or the plot of dots (.svg, .pdf, or without pictures).

        Raises:
            RunError: the path cannot be written to, or the ending names no format.
        """
        dots = self.vectors.thumbnails is None or Path(path).suffix.lower() in (".svg", ".pdf")
        return write(path, lambda file: self._put(file, dots=dots), ENDINGS)

    def _put(self, path: Path, *, dots: bool) -> None:
        if dots:
            self.figure().savefig(path)
        else:
            self.picture().save(path)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        rows = zip(self.vectors.names, self.points.tolist(), strict=True)
        return {"method": self.method, "points": dict(rows), "notes": list(self.notes)}


@checked
def map_embeddings(
    vectors: Embeddings, method: Method = "tsne", *, perplexity: float = PERPLEXITY, seed: int = 0
) -> EmbeddingMap:
    """Vectors as points on a plane.

    Args:
        vectors: what ``striate.embed`` returned.
        method: ``tsne`` keeps neighbourhoods, ``pca`` distances.
        perplexity: about how many neighbours count for t-SNE.
        seed: of t-SNE.

    Raises:
        SettingError: t-SNE is not installed.
        ShapeError: there are too few pictures.
    """
    count = f"{len(vectors):,} pictures"
    if len(vectors) > MOST_SHOWN and vectors.thumbnails is not None:
        count += f", {MOST_SHOWN:,} of them shown"
    if method == "tsne":
        points = tsne(vectors.values, perplexity, seed).points
        return EmbeddingMap(points, vectors, method, (count, "t-SNE: near is alike, far means nothing"))
    found = pca(vectors.values)
    kept = f"PCA: {100 * float(found.shares.sum()):.0f} % of the variance"
    return EmbeddingMap(found.transform(vectors.values), vectors, method, (count, kept))


@checked
def embedding_map(
    data: Data | Embeddings,
    model: Model | None = None,
    method: Method = "tsne",
    *,
    layer: str | None = None,
    split: str = "all",
    seed: int = 0,
) -> EmbeddingMap:
    """A data set as a map on which pictures that the network finds alike stand together.

    Args:
        data: with a model what ``striate.embed`` takes; without one its result, the file of it, or an index.
        model: a classifier, a saved file, or the folder of a run; it stays as it is.
        method: ``tsne`` keeps neighbourhoods and needs the extra ``maps``; ``pca`` keeps distances.
        layer: as for ``striate.embed``.
        split: of a data set: ``train``, ``val``, ``test`` or ``all``.
        seed: of t-SNE.

    Returns:
        ``.points`` (N, 2), ``.picture()``, ``.figure()``, ``.save(path)``.

    Raises:
        SettingError: there is no such method, layer or split; or t-SNE is not installed.
        DataError: the data cannot be read.
        ShapeError: there are too few pictures.
    """
    if method not in get_args(Method):
        raise SettingError(f"method is {method!r}", "one of: " + ", ".join(get_args(Method)), "leave it out")
    indexed = isinstance(data, str | Path) and is_index(data)
    if model is not None and not indexed and not isinstance(data, Embeddings):
        return map_embeddings(embed(model, data, layer, split=split), method, seed=seed)
    if isinstance(data, str | Path):
        data = VectorIndex.open(data).embeddings() if is_index(data) else Embeddings.load(data)
    if not isinstance(data, Embeddings):
        raise SettingError("no model was named", "a model, or vectors", "name a run or a model file")
    return map_embeddings(data, method, seed=seed)
