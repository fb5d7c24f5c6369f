"""Which objects are on the images of a batch, and where: boxes, and what is known of each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.affine import clipped_boxes, moved_boxes, stays_inside
from striate.records.mask_crops import MaskCrops
from striate.records.targets.caption_targets import CaptionTargets
from striate.records.targets.point_targets import PointTargets
from striate.records.targets.targets import Targets


@final
@dataclass(frozen=True)
class BoxTargets(Targets):
    """Any number of boxes on each image, all in one table.

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2, pixels; those of the first image first, and so on.
        labels: int64 (M,), class numbers 0..K-1.
        counts: int64 (N,), boxes of each image; they sum to M.
        ignored: bool (M,), crowds and difficult objects: neither right nor wrong; none when left out.
        proposals: boxes of the same images that may hold an object, for detectors that are given them;
            all of class 0.
        masks: of the boxes, cut out; None where nobody asks for them.
        joints: L named points of each box, a row for each; None likewise.
        captions: sentences on what is in each box; None likewise.

    Raises:
        ShapeError: the shapes do not belong together.
    """

    boxes: Tensor
    labels: Tensor
    counts: Tensor
    ignored: Tensor | None = None
    proposals: "BoxTargets | None" = None
    masks: MaskCrops | None = None
    joints: PointTargets | None = None
    captions: CaptionTargets | None = None

    def __post_init__(self) -> None:
        boxes, labels, unclear = tuple(self.boxes.shape), tuple(self.labels.shape), self.unclear
        fits = labels == boxes[:1] == tuple(unclear.shape)
        if len(boxes) != 2 or boxes[1] != 4 or not fits or self.counts.ndim != 1:
            raise ShapeError(
                f"boxes are {boxes}, labels {labels}, ignored {tuple(unclear.shape)}, "
                f"counts {tuple(self.counts.shape)}",
                "(M, 4), (M,), (M,) and (N,)",
                "one row for each box, and the number of boxes of each image",
            )
        for name, part in (("masks", self.masks), ("joints", self.joints), ("captions", self.captions)):
            if part is not None and len(part) != boxes[0]:
                wrong = f"there are {name} of {len(part)} boxes, and {boxes[0]} boxes"
                raise ShapeError(wrong, "a row for each box", "mark those that are not known")
        if self.proposals is not None and len(self.proposals) != len(self.counts):
            wrong = f"proposals are of {len(self.proposals)} images, boxes of {len(self.counts)}"
            raise ShapeError(wrong, "the same images", "a count for each image, 0 where there are none")

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def images(self) -> Tensor:
        """int64 (M,): which image of the batch each box is on.

        >>> BoxTargets(torch.zeros(3, 4), torch.zeros(3).long(), torch.tensor([1, 0, 2])).images.tolist()
        [0, 2, 2]
        """
        numbers = torch.arange(len(self.counts), device=self.counts.device)
        return numbers.repeat_interleave(self.counts)

    @property
    def unclear(self) -> Tensor:
        """bool (M,): which boxes are ignored."""
        return torch.zeros_like(self.labels, dtype=torch.bool) if self.ignored is None else self.ignored

    @property
    def given(self) -> tuple[Sequence[Tensor], ...]:
        """The boxes of the proposals, (P, 4) of each image, if there are any."""
        return () if self.proposals is None else ([boxes for boxes, _ in self.proposals.split()],)

    def split(self) -> list[tuple[Tensor, Tensor]]:
        """For each image its boxes (m, 4) and labels (m,)."""
        ends = self.counts.cumsum(0)[:-1].cpu()
        pairs = zip(self.boxes.tensor_split(ends), self.labels.tensor_split(ends), strict=True)
        return list(pairs)

    @property
    def _parts(self) -> "dict[str, MaskCrops | PointTargets | CaptionTargets | BoxTargets]":
        """Masks, joints, captions and proposals, as far as there are any."""
        named = {
            "masks": self.masks,
            "joints": self.joints,
            "captions": self.captions,
            "proposals": self.proposals,
        }
        return {name: part for name, part in named.items() if part is not None}

    def tensors(self) -> tuple[Tensor, ...]:
        """Boxes, labels, counts, ignored; then those of masks, joints, captions and proposals."""
        more = (tensor for part in self._parts.values() for tensor in part.tensors())
        return (self.boxes, self.labels, self.counts, self.unclear, *more)

    def like(self, tensors: Sequence[Tensor]) -> "BoxTargets":
        """Other boxes."""
        boxes, labels, counts, ignored, *others = tensors
        more: dict[str, Any] = {}
        for name, part in self._parts.items():
            own = len(part.tensors())
            more[name], others = part.like(others[:own]), others[own:]
        return BoxTargets(boxes, labels, counts, ignored, **more)

    def joined(self, others: Sequence["BoxTargets"]) -> "BoxTargets":
        """These images, and then those of other targets of the same kind."""
        every = (self, *others)
        more: dict[str, Any] = {}
        for name, part in self._parts.items():
            rest = [getattr(one, name) for one in others]
            more[name] = part.joined(rest)
        return BoxTargets(
            torch.cat([one.boxes for one in every]),
            torch.cat([one.labels for one in every]),
            torch.cat([one.counts for one in every]),
            torch.cat([one.unclear for one in every]),
            **more,
        )

    def row(self, number: int) -> "BoxTargets":
        """The boxes of one image."""
        own = self.where(self.images == number)
        proposals = None if self.proposals is None else self.proposals.row(number)
        return replace(own, counts=own.counts[number : number + 1], proposals=proposals)

    def where(self, kept: Tensor) -> "BoxTargets":
        """The same images with some of the boxes, bool (M,)."""
        return BoxTargets(
            self.boxes[kept],
            self.labels[kept],
            torch.bincount(self.images[kept], minlength=len(self.counts)),
            self.unclear[kept],
            self.proposals,
            None if self.masks is None else self.masks.where(kept),
            None if self.joints is None else self.joints.where(kept),
            None if self.captions is None else self.captions.where(kept),
        )

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "BoxTargets":
        """The upright boxes around where they are now, clipped to the picture; masks and joints with them.

        A box is dropped when less than a fifth of it is left inside, or less than a pixel of a side: see
        ``stays_inside``.

        >>> one = BoxTargets(torch.tensor([[1.0, 2.0, 4.0, 6.0]]), torch.tensor([0]), torch.tensor([1]))
        >>> one.moved(torch.tensor([[[-1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]]), (10, 10)).boxes.tolist()
        [[6.0, 2.0, 9.0, 6.0]]
        """
        own = affine.to(self.boxes)[self.images]
        moved = moved_boxes(self.boxes, own)
        inside = clipped_boxes(moved, size)
        kept = stays_inside(moved, inside)
        proposals = None if self.proposals is None else self.proposals.moved(affine, size)
        left = replace(self, boxes=inside, proposals=proposals).where(kept)
        masks = None if left.masks is None else left.masks.moved(own[kept], size)
        joints = None if left.joints is None else left.joints.moved(own[kept], size)
        return replace(left, masks=masks, joints=joints)
