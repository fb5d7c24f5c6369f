"""Verification: do two pictures show the same? A vector for each; their distance is the answer.

    picture a --network--> vector --.
                                     distance <= threshold: the same
    picture b --network--> vector --'

The threshold is not part of the model: it is set on pairs, at the false accept rate that one can live with.
Sources: Bromley and others 1993 (Siamese networks); Koch, Zemel, Salakhutdinov 2015; Schroff and others 2015.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.batches.identity_batches import pictures_of_each
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import DataError, ModelFileError, SettingError
from striate.formatting import percent
from striate.records import Batch, Embedding, IdentityTargets
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw
from striate.tasks.verification.embedding_network import (
    LOSSES,
    EmbeddingLoss,
    EmbeddingNetwork,
    embedding_network,
)
from striate.tasks.verification.identity_losses import (
    EQUAL,
    IdentityLosses,
    Mining,
    identity_losses,
    require_margin,
)
from striate.tasks.verification.verification_metric import VerificationMetric

REMEDY = "a lower lr, mining semi-hard or all to begin with, or embedding_loss softmax"


@final
class Embedder(TaskModel[Embedding]):
    """A network that gives vectors, near for pictures of one identity.

    Args:
        network: a backbone with D outputs, or an ``EmbeddingNetwork``.
        classes: names of the identities that it is trained on.
        preprocess: what the network expects of a picture.
        dimensions: D.
        loss: softmax, cosine, triplet, contrastive or siamese.
        margin: of it; None for the usual one.
        mining: which triplets are learned from.
    """

    task: ClassVar[str] = "verification"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (IdentityAnnotations,)
    network_calls: ClassVar[tuple[str, ...]] = ("learning",)

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        dimensions: int = 128,
        loss: EmbeddingLoss = "softmax",
        margin: float | None = None,
        mining: Mining = "batch-hard",
    ) -> None:
        require_margin(loss, margin, mining)
        vectors = embedding_network(network, loss, len(classes))
        options = {"dimensions": dimensions, "loss": loss, "margin": margin, "mining": mining}
        super().__init__(vectors, classes, preprocess, **options)
        self.loss, self.margin, self.mining = loss, margin, mining
        self._active: list[Tensor] = []
        self._collapsed: Tensor | None = None

    @classmethod
    def width(cls, classes: Sequence[str], **options: Any) -> int:
        """D."""
        return int(options.get("dimensions", 128))

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The settings of the task."""
        own = {"loss": settings.embedding_loss, "margin": settings.margin, "mining": settings.mining}
        return {"dimensions": settings.dimensions, **own}

    @classmethod
    def require(cls, annotations: Annotations) -> None:
        """Two pictures of some identity, and two identities.

        Raises:
            DataError: there is nothing that a pair could be made of.
        """
        super().require(annotations)
        counts = annotations.counts()
        if (counts > 1).sum() < 1 or (counts > 0).sum() < 2:
            raise DataError(
                f"{(counts > 0).sum()} identities, {(counts > 1).sum()} with two pictures or more",
                "two identities, and two pictures of one: pairs are learned",
                "more pictures; `striate check DATA --task verification` lists the identities",
            )

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Note how a batch is made up."""
        labels, batch = torch.from_numpy(data.labels), settings.batch or 1
        each = pictures_of_each(labels, batch, settings.per_identity)
        known = int((labels.bincount() > 1).sum())
        words = f"a batch holds {-(-batch // each):,} of {known:,} identities, {each} pictures of each"
        fewer = f"; per_identity was {settings.per_identity}" if each > settings.per_identity else ""
        self.notes = (words + fewer,)

    @property
    def vectors(self) -> EmbeddingNetwork:
        """The network."""
        assert isinstance(self.network, EmbeddingNetwork)
        return self.network

    @property
    def norm(self) -> float:
        """Of the difference of two vectors, which is their distance: 1 or 2."""
        return 1.0 if self.vectors.siamese else 2.0

    @property
    def output_names(self) -> tuple[str, ...]:
        """``0``, ``1``, ..., the numbers of a vector."""
        return tuple(map(str, range(self.vectors.dimensions)))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The mean over the pictures."""
        vectors, extra = self.vectors.learning(self.normalized(batch.images))
        found = self._found(vectors, batch, extra)
        mean = found.each.mean()
        self._watch(found, mean.detach())
        return {self.loss: mean}

    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): of each picture among those of its batch; for ``cosine`` that of ``softmax``.

        Identities that are measured have no centre.
        """
        vectors, extra = self.vectors.learning(self.normalized(batch.images))
        return self._found(vectors, batch, None if self.loss == "cosine" else extra).each

    def _found(self, vectors: Tensor, batch: Batch, extra: Tensor | None) -> IdentityLosses:
        targets = batch.targets
        assert isinstance(targets, IdentityTargets)
        with torch.autocast(vectors.device.type, enabled=False):
            return identity_losses(vectors, targets.labels, extra, self.loss, self.margin, self.mining)

    @torch.no_grad()
    def _watch(self, found: IdentityLosses, loss: Tensor) -> None:
        """Keep what ``noticed`` will say."""
        if found.active is not None:
            self._active.append(found.active.detach())
        self._collapsed = (found.spread < EQUAL) & (loss > 0)

    def noticed(self) -> tuple[str, ...]:
        """The share of triplets with a loss since the last time, and whether all vectors became equal."""
        said = []
        if self._active:
            share = torch.stack(self._active).mean().item()
            said.append(f"active triplets: {percent(share, 1)} of all had a loss")
            self._active = []
        if self._collapsed is not None and bool(self._collapsed):
            said.append(f"the vectors collapsed: all pictures have nearly the same one; try {REMEDY}")
        return tuple(said)

    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[Embedding]:
        """Vectors (N, D) -> a record for each.

        Raises:
            SettingError: an option was given; there is none.
            ModelFileError: a vector is not finite.
        """
        if options:
            name = next(iter(options))
            raise SettingError(f"verification has no option {name!r}", "pictures alone", f"leave {name} out")
        assert isinstance(raw, Tensor)
        rows = self.unit(raw.float()).cpu()
        if not rows.isfinite().all():
            raise ModelFileError(
                "the vectors became NaN or infinite",
                "weights with which the network computes numbers",
                "a model from before its training went wrong",
            )
        return [Embedding(row) for row in rows]

    def unit(self, vectors: Tensor) -> Tensor:
        """Vectors of length 1, which a mean of two views is not; those of the Siamese loss as they are."""
        return vectors if self.vectors.siamese else F.normalize(vectors, dim=1)

    def metric(self) -> VerificationMetric:
        """EER and what goes with it."""
        return VerificationMetric(self.norm)

    def example_targets(self, count: int) -> IdentityTargets:
        """Two pictures of each identity."""
        return IdentityTargets(torch.arange(count) // 2)

    def mirrored(self, raw: Raw) -> Raw:
        """The same: an identity is nowhere."""
        return raw

    def postprocessing(self) -> dict[str, Any]:
        """How two vectors are compared."""
        return {"distance": "l1" if self.vectors.siamese else "euclidean", "losses": list(LOSSES)}
