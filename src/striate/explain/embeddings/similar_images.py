"""Which pictures does the network find alike, and which ones are alike pixel by pixel?

    the picture | nearest by features: another pose, the same thing
    the picture | nearest by pixels:   the same pose, another thing

Krizhevsky, Sutskever, Hinton 2012, figure 4, right, for the features.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from striate.arguments import checked, checked_methods
from striate.draw import image_grid as sheet
from striate.errors import DataError, SettingError
from striate.explain.attribution.archive import write_picture
from striate.explain.embeddings.embed import PIXELS, Data, embed
from striate.explain.embeddings.embeddings import Embeddings
from striate.explain.embeddings.neighbours import Neighbours, neighbours
from striate.explain.embeddings.vector_index import VectorIndex, is_index
from striate.explain.synthesis.initial_image import Model, open_model

QUERIES = 6
"""Pictures on a sheet when none are named."""


@checked_methods
@dataclass(frozen=True)
class SimilarImages:
    """The nearest neighbours of every picture in two spaces.

    Args:
        vectors: of the N pictures by features.
        by_features: of every picture among the others.
        by_pixels: the same by the pixels that the network sees.
    """

    vectors: Embeddings
    by_features: Neighbours
    by_pixels: Neighbours

    def same_class(self) -> tuple[float | None, float | None]:
        """The share of neighbours with the same label, by features and by pixels; None where nobody knows it.

        Pictures whose class no other picture has are left out.
        """
        labels = self.vectors.labels
        return self.by_features.same_label(labels), self.by_pixels.same_label(labels)

    def sheet(self, queries: Sequence[int] | None = None, side: int = 128) -> Image.Image:
        """Two rows for every query: it and its neighbours by features, and below those by pixels.

        Args:
            queries: numbers of pictures; some that are evenly spread when left out.
            side: of a picture, pixels.

        Raises:
            SettingError: there is no such picture.
            DataError: the pictures were too many to be kept.
        """
        images = self.vectors.thumbnails
        if images is None:
            raise DataError("the pictures are too many to be kept", "fewer pictures", "--split val")
        count = len(self.vectors)
        chosen = list(range(0, count, -(-count // QUERIES))) if queries is None else list(queries)
        cells: list[sheet.Picture] = []
        captions: list[str] = []
        blank = Image.new("RGB", (1, 1), "white")
        for query in chosen:
            if not 0 <= query < count:
                raise SettingError(f"there is no picture {query}", f"0..{count - 1}", "a smaller number")
            for words, found in (("features", self.by_features), ("pixels", self.by_pixels)):
                near = found.indices[query].tolist()
                cells += [blank, *(images[index] for index in (query, *near))]
                captions += [f"by {words}", f"{self._class(query)} (query)", *map(self._class, near)]
        return sheet.grid(cells, captions, columns=2 + self.by_features.indices.shape[1], side=side)

    def _class(self, index: int) -> str:
        """The name of a picture's class, if it has one."""
        return self.vectors[index].name or ""

    def save(self, path: str | Path) -> Path:
        """Write :meth:`sheet`, beside and renamed.

        Raises:
            RunError: the path cannot be written to, or the ending names no picture format.
        """
        return write_picture(self.sheet(), path)


@checked
def similar_images(
    model: Model, data: Data, k: int = 5, *, layer: str | None = None, split: str = "all"
) -> SimilarImages:
    """The nearest k of every picture of a data set, by features and by pixels.

    Args:
        model: a classifier, a saved file, or the folder of a run; it stays as it is.
        data: as for ``striate.embed``; or a saved index, whose pictures are read by their names.
        k: neighbours.
        layer: as for ``striate.embed``.
        split: of a data set: ``train``, ``val``, ``test`` or ``all``.

    Raises:
        SettingError: there is no such layer or split, or k is too large.
        DataError: the data cannot be read.
    """
    network = open_model(model)
    if isinstance(data, str | Path) and is_index(data):
        if layer is not None or split != "all":
            wrong = "layer or split is named, and the vectors of an index are made already"
            raise SettingError(wrong, "an index alone", "leave --layer and --split out")
        kept = VectorIndex.open(data).embeddings()
        pixels = embed(network, list(kept.names), PIXELS)
        vectors = replace(kept, thumbnails=pixels.thumbnails)
    else:
        vectors = embed(network, data, layer, split=split)
        pixels = embed(network, data, PIXELS, split=split)
    return SimilarImages(vectors, neighbours(vectors, k=k), neighbours(pixels, k=k))
