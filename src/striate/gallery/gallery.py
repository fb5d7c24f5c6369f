"""A gallery of known identities: enroll, identify, verify, calibrate, forget.

    pictures --model--> vectors --mean of each identity--> prototypes (P, D)
    a picture --model--> vector --distance to each prototype--> the nearest, if the threshold accepts it

Several pictures of an identity are combined by one rule: their vectors' mean, brought to length 1 where the
vectors have length 1. A gallery belongs to one model, which its hash names. It is not a proof of who somebody
is: see the page on verification for what it is not for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.arguments import checked_methods
from striate.data.checks.content_hash import picture_number
from striate.data.inputs import Input, image_of, is_open_file, name_of, one_or_many
from striate.data.picture_files import pictures_below
from striate.errors import DataError, SettingError
from striate.gallery.gallery_file import (
    DISTANCES,
    ENDINGS,
    MOST_NAME,
    GalleryContent,
    forget_identity,
    only_writer,
    read_gallery,
    usual_name,
    write_gallery,
)
from striate.gallery.pair_calibration import Calibration, PairList, calibrated, pair_distances_of, read_pairs
from striate.records.match import Comparison, Match
from striate.tasks.model import TaskModel
from striate.tasks.verification.embedder import Embedder
from striate.zoo.model_hash import model_hash
from striate.zoo.save_load import load

BLOCK = 4096
"""Queries that are compared with all prototypes at once."""


@checked_methods
class Gallery:
    """Known identities in one file.

    Args:
        path: of the file, ``.safetensors``; made when the first picture is enrolled.
        model: an ``Embedder``, a saved file or the folder of a run; by default the one that the gallery was
            made with, where it still lies in its place.

    Raises:
        DataError: the file is no gallery, or belongs to another model.
        SettingError: no model is named and none is known, or it gives no vectors.
        ModelFileError: the model cannot be read.
    """

    def __init__(self, path: str | Path, model: TaskModel[Any] | str | Path | None = None) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in ENDINGS:
            raise SettingError(
                f"gallery is {str(path)!r}", f"a name that ends in {ENDINGS[0]}", f"{path}{ENDINGS[0]}"
            )
        stored = read_gallery(self.path) if self.path.exists() else None
        self.model, place = _opened(model, stored, self.path)
        self._hash = model_hash(self.model)
        distance = "l1" if self.model.norm == 1 else "euclidean"
        self.content = stored or GalleryContent(self._hash, place, distance)
        self._require_own(self.content)
        self._prototypes: Tensor | None = None

    def __len__(self) -> int:
        """P, identities."""
        return len(self.content.names)

    def __repr__(self) -> str:
        limit = "no threshold" if self.threshold is None else f"threshold {self.threshold:.4g}"
        return f"{self.path}: {len(self)} identities, {len(self.content)} pictures, {limit}"

    @property
    def names(self) -> tuple[str, ...]:
        """The identities."""
        return self.content.names

    @property
    def threshold(self) -> float | None:
        """The largest distance that is accepted; None before ``calibrate``."""
        return self.content.threshold

    @property
    def prototypes(self) -> Tensor:
        """float32 (P, D): of each identity the mean of its vectors, at length 1 for Euclidean ones."""
        if self._prototypes is None:
            content = self.content
            total = torch.zeros(len(content.names), content.vectors.shape[1] if len(content) else 0)
            total.index_add_(0, content.people, content.vectors)
            counts = content.people.bincount(minlength=len(content.names))[:, None]
            means = total / counts
            self._prototypes = F.normalize(means, dim=1) if content.distance == "euclidean" else means
        return self._prototypes

    # ---- change

    def enroll(self, name: str, images: Input | Iterable[Input]) -> int:
        """Add pictures of an identity; returns how many are new. A picture that is there already is left out.

        Raises:
            SettingError: the name is empty, too long, or holds control characters.
            DataError: there is no picture, one is enrolled under another name, or another process writes.
            ImageError: a picture cannot be read.
        """
        return self.enroll_many({name: one_or_many(images)[0]})

    def enroll_folder(self, people: str | Path) -> int:
        """Add ``<identity>/*.jpg``, named as their folders are; returns how many are new.

        Raises:
            DataError: there is no folder with pictures.
            SettingError, ImageError: as ``enroll``.
        """
        root = Path(people)
        folders = sorted(one for one in root.iterdir() if one.is_dir()) if root.is_dir() else []
        found = {one.name: pictures_below(str(one)).paths for one in folders if not one.name.startswith(".")}
        found = {name: paths for name, paths in found.items() if paths}
        if not found:
            expected = "a folder for each identity, with pictures in it"
            raise DataError(f"{people} holds no such folders", expected, "enroll GALLERY people/")
        return self.enroll_many(found)

    def enroll_many(self, people: dict[str, Any]) -> int:
        """Add pictures of several identities at once, {name: pictures}; the rest is as ``enroll``."""
        named = {required_name(name): [lasting(one) for one in images] for name, images in people.items()}
        every = [image for images in named.values() for image in images]
        if not every:
            raise DataError("there is no picture", "one picture or more of each", "name files or folders")
        vectors, contents = self.embed(every), torch.tensor([picture_hash(image) for image in every])
        with only_writer(self.path):
            content = self._latest()
            before, start = len(content), 0
            for name, images in named.items():
                part = slice(start, start + len(images))
                content = _added(content, name, vectors[part], contents[part])
                start += len(images)
            self._write(content)
        return len(content) - before

    def forget(self, name: str) -> int:
        """Remove an identity with all its vectors and hashes; returns how many pictures it had.

        Raises:
            DataError: nobody has that name, or another process writes.
        """
        self.content, removed = forget_identity(self.path, name)
        self._prototypes = None
        return removed

    def calibrate(self, pairs: str | Path | PairList, far: float = 0.01) -> Calibration:
        """Set the threshold at which so few pairs of strangers are accepted.

        Args:
            pairs: a table with the columns image_a, image_b and same, of people that are not enrolled
                and that the model did not learn.
            far: share of strangers that may be accepted.

        Raises:
            DataError: as ``read_pairs`` and ``calibrated``.
            SettingError: the rate is out of range.
        """
        known = pairs if isinstance(pairs, PairList) else read_pairs(pairs)
        found = calibrated(pair_distances_of(known, self.embed, self.between), known, far)
        with only_writer(self.path):
            latest, words = self._latest(), found.to_dict()
            self._write(replace(latest, threshold=found.threshold, far=found.far, calibration=words))
        return found

    def _latest(self) -> GalleryContent:
        """What the file holds now: another process may have changed it."""
        content = read_gallery(self.path) if self.path.exists() else self.content
        self._require_own(content)
        return content

    def _write(self, content: GalleryContent) -> None:
        write_gallery(self.path, content)
        self.content, self._prototypes = content, None

    def _require_own(self, content: GalleryContent) -> None:
        if content.model != self._hash:
            raise DataError(
                f"{self.path} belongs to another model: {content.model[:12]}..., not {self._hash[:12]}...",
                "the model that made its vectors; those of two models cannot be compared",
                f"--model {content.path or 'RUN'}, or enroll the pictures again in a new gallery",
            )

    # ---- ask

    def embed(self, images: Sequence[Input]) -> Tensor:
        """float32 (N, D): the vectors of pictures."""
        return torch.stack([record.vector for record in self.model.predict(list(images))])

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """(N,): the distances of vectors, row by row."""
        norm = DISTANCES[self.content.distance]
        apart: Tensor = torch.linalg.vector_norm(first - second, norm, dim=1)
        return apart

    def identify(self, images: Input | Iterable[Input]) -> Match | list[Match]:
        """Whom each picture shows, or ``unknown``.

        Raises:
            DataError: the gallery is empty.
            ImageError: a picture cannot be read.
        """
        pictures, alone = one_or_many(images)
        every = list(pictures)
        matches = self.identify_vectors(self.embed(every)) if every else []
        names = [name_of(one) for one in every]
        found = [replace(match, source=name) for match, name in zip(matches, names, strict=True)]
        return found[0] if alone else found

    def identify_vectors(self, vectors: Tensor) -> list[Match]:
        """The same for vectors (N, D) of ``embed``."""
        numbers, distances = self.nearest(vectors)
        content, rows = self.content, []
        for near, apart in zip(numbers.tolist(), distances.tolist(), strict=True):
            second = self.names[near[1]] if len(near) > 1 else None
            margin = apart[1] - apart[0] if len(near) > 1 else None
            rows.append(Match(self.names[near[0]], apart[0], content.threshold, second, margin, content.far))
        return rows

    def nearest(self, vectors: Tensor, k: int = 2) -> tuple[Tensor, Tensor]:
        """Numbers int64 and distances float32 (N, k) of the nearest identities, the nearest first.

        Raises:
            DataError: the gallery is empty.
        """
        known = self.prototypes
        if not len(known):
            raise DataError(f"{self.path} is empty", "an enrolled identity", "striate enroll")
        found = [nearest_rows(part, known, k, self.content.distance) for part in torch.split(vectors, BLOCK)]
        return torch.cat([one for one, _ in found]), torch.cat([one for _, one in found])

    def verify(self, first: Input, second: Input) -> Comparison:
        """Whether two pictures show the same."""
        return verified(self.model, first, second, self.content.threshold, self.content.far)


def nearest_rows(vectors: Tensor, known: Tensor, k: int, distance: str) -> tuple[Tensor, Tensor]:
    """Numbers and distances (N, k) of the nearest rows; Euclidean ones by one product of matrices.

    The product tells which are near; their distances are then computed without its rounding.

    >>> nearest_rows(torch.tensor([[1.0, 0.0]]), torch.eye(2), 2, "euclidean")[0].tolist()
    [[0, 1]]
    """
    k = min(k, len(known))
    if distance == "euclidean":
        scores = torch.addmm(-0.5 * known.square().sum(1), vectors, known.T)
        near = scores.topk(k, dim=1).indices if k > 1 else scores.argmax(1, keepdim=True)
    else:
        near = torch.cdist(vectors, known, p=DISTANCES[distance]).topk(k, dim=1, largest=False).indices
    apart = torch.linalg.vector_norm(known[near] - vectors[:, None], DISTANCES[distance], dim=2)
    order = apart.sort(dim=1, stable=True)
    return near.gather(1, order.indices), order.values


def verified(
    model: Embedder, first: Input, second: Input, threshold: float | None = None, far: float | None = None
) -> Comparison:
    """Whether two pictures show the same to a model."""
    one, other = model.predict([first, second])
    distance = float(torch.linalg.vector_norm(one.vector - other.vector, model.norm))
    return Comparison(distance, threshold, far, name_of(first), name_of(second))


def embedder_of(model: TaskModel[Any] | str | Path | None) -> Embedder:
    """A model that gives vectors.

    Raises:
        SettingError: there is none, or it does something else.
        ModelFileError: it cannot be read.
    """
    if model is None:
        raise SettingError("no model is named", "a model for verification, or a gallery", "--model RUN")
    opened = model if isinstance(model, TaskModel) else load(_file_of(Path(model)))
    if not isinstance(opened, Embedder):
        expected = "one for verification: striate train DATA --task verification"
        raise SettingError(f"the model is for {opened.task}", expected, "--model RUN, the folder of its run")
    return opened


def _file_of(path: Path) -> Path:
    return path / "model.safetensors" if path.is_dir() else path


def _opened(
    model: TaskModel[Any] | str | Path | None, stored: GalleryContent | None, path: Path
) -> tuple[Embedder, str]:
    """The model, and where it lies."""
    if model is None:
        if stored is None or not stored.path or not Path(stored.path).exists():
            known = f"; it lay at {stored.path}" if stored and stored.path else ""
            known = known or ("" if stored else ", and there is no such file yet")
            wrong = f"no model is named for {path}{known}"
            raise SettingError(wrong, "the model that makes its vectors", "--model RUN")
        return embedder_of(stored.path), stored.path
    place = "" if isinstance(model, TaskModel) else str(_file_of(Path(model)).resolve())
    return embedder_of(model), place


def _added(content: GalleryContent, name: str, vectors: Tensor, contents: Tensor) -> GalleryContent:
    """The content with pictures that it has not yet.

    Raises:
        DataError: a picture is there under another name.
    """
    pairs = zip(content.contents.tolist(), content.people.tolist(), strict=True)
    known = {number: content.names[who] for number, who in pairs}
    fresh = []
    for row, number in enumerate(contents.tolist()):
        if number not in known:
            known[number] = name
            fresh.append(row)
        elif known[number] != name:
            wrong = f"a picture of {name!r} is enrolled as {known[number]!r}"
            raise DataError(wrong, "one name for a picture", f"forget {known[number]!r} first")
    return content.with_pictures(name, vectors[fresh], contents[fresh]) if fresh else content


def required_name(name: str) -> str:
    """A name in its usual Unicode form.

    Raises:
        SettingError: it is empty, too long, or holds control characters.

    >>> required_name(" A/b \u00e9 ")
    'A/b é'
    """
    usual = usual_name(name)
    shown, expected = usual[:40], f"1 to {MOST_NAME} characters that can be printed"
    if not usual or len(usual) > MOST_NAME:
        wrong = f"the name {shown + '...' * (len(usual) > 40)!r} has {len(usual):,} characters"
        raise SettingError(wrong, expected, "a shorter name" if usual else "a name")
    if not usual.isprintable():
        wrong = f"the name {shown!r} holds characters that cannot be printed"
        raise SettingError(wrong, expected, "a name without line breaks and control characters")
    return usual


def lasting(image: Input) -> Input:
    """A picture that can be read twice: an open file is decoded now."""
    return image_of(image) if is_open_file(image) else image


def picture_hash(image: Input) -> int:
    """64 bits of the pixels of a picture, however it is stored, as a signed number."""
    number = picture_number(image_of(image))
    return number - (1 << 64) if number >> 63 else number
