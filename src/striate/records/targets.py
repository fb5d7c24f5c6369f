"""What is known of the images of a batch, one class for each kind of knowledge.

    ClassTargets    labels (N,) or (N, K)                       which class
    IdentityTargets labels (N,)                                 whom each shows; equal numbers are the same
    PointTargets    points (N, L, 2), visible (N, L)            where L named points are
    BoxTargets      boxes (M, 4), labels (M,), counts (N,)      M boxes on N images, none on some of them;
                    masks and joints of them where they are known
    MaskTargets     masks (N, H, W)                             the class of every pixel
    PictureTargets  pictures (N, C, H, W)                       what the pictures themselves shall become

Whatever moves pixels gives the affine map that it applied, and ``moved`` takes the targets along.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.records.affine import (
    clipped_boxes,
    determinant,
    inverse,
    moved_boxes,
    moved_points,
    stays_inside,
)
from striate.records.mask_crops import MaskCrops

IGNORED = 255
"""The value of a mask's pixels that nobody has named."""


class Targets(ABC):
    """What is known of N images.

    Attributes:
        spatial: whether there are places in the picture; ``moved`` gives back the same targets if not.
    """

    spatial: ClassVar[bool] = True

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors, always as many: what is passed to other devices and through wrapped modules."""

    @abstractmethod
    def like(self, tensors: Sequence[Tensor]) -> Self:
        """The same kind of targets with other tensors, in the order of ``tensors``."""

    @abstractmethod
    def moved(self, affine: Tensor, size: tuple[int, int]) -> Self:
        """Where the targets are in pictures that were moved.

        Args:
            affine: (N, 2, 3), from places in the old pictures to places in the new ones.
            size: (H, W) of the new pictures, pixels.
        """

    @property
    def given(self) -> tuple[Sequence[Tensor], ...]:
        """What goes into a network beside the images, a tensor for each of them; nothing as a rule."""
        return ()

    def to(self, device: torch.device) -> Self:
        """The same targets on another device."""
        return self.like([tensor.to(device, non_blocking=True) for tensor in self.tensors()])


@final
@dataclass(frozen=True)
class ClassTargets(Targets):
    """One class for each image.

    Args:
        labels: int64 (N,) class numbers, or float (N, K) shares of every class (mixup, cutmix).
    """

    labels: Tensor
    spatial: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.labels)

    def tensors(self) -> tuple[Tensor, ...]:
        """The labels."""
        return (self.labels,)

    def like(self, tensors: Sequence[Tensor]) -> "ClassTargets":
        """Other labels."""
        (labels,) = tensors
        return ClassTargets(labels)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "ClassTargets":
        """The same: a class is nowhere."""
        return self


@final
@dataclass(frozen=True)
class IdentityTargets(Targets):
    """Whom or what each image shows.

    Args:
        labels: int64 (N,), equal numbers for images of one identity.
    """

    labels: Tensor
    spatial: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.labels)

    def tensors(self) -> tuple[Tensor, ...]:
        """The numbers."""
        return (self.labels,)

    def like(self, tensors: Sequence[Tensor]) -> "IdentityTargets":
        """Other numbers."""
        (labels,) = tensors
        return IdentityTargets(labels)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "IdentityTargets":
        """The same: an identity is nowhere."""
        return self


@final
@dataclass(frozen=True)
class PointTargets(Targets):
    """L named points on each image.

    Args:
        points: float32 (N, L, 2), x and y, pixels; anything where a point is not visible.
        visible: bool (N, L); other points are left out of losses and metrics.
        scale: float32 (N,), the length in pixels by which errors are divided.
        pairs: numbers of points that are left and right of each other; they change places in a mirror.

    Raises:
        ShapeError: the shapes do not belong together.
    """

    points: Tensor
    visible: Tensor
    scale: Tensor
    pairs: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        shape = tuple(self.points.shape)
        if (
            len(shape) != 3
            or shape[2] != 2
            or self.visible.shape != shape[:2]
            or self.scale.shape != shape[:1]
        ):
            raise ShapeError(
                f"points are {shape}, visible {tuple(self.visible.shape)}, scale {tuple(self.scale.shape)}",
                "(N, L, 2), (N, L) and (N,)",
                "one row for each image",
            )

    def __len__(self) -> int:
        return len(self.points)

    def tensors(self) -> tuple[Tensor, ...]:
        """Points, visible, scale."""
        return self.points, self.visible, self.scale

    def like(self, tensors: Sequence[Tensor]) -> "PointTargets":
        """Other points with the same pairs."""
        points, visible, scale = tensors
        return PointTargets(points, visible, scale, self.pairs)

    def joined(self, others: Sequence["PointTargets"]) -> "PointTargets":
        """These rows, and then those of others with the same points."""
        every = [one.tensors() for one in (self, *others)]
        return self.like([torch.cat(column) for column in zip(*every, strict=True)])

    def where(self, chosen: Tensor) -> "PointTargets":
        """Some of the rows."""
        return self.like([tensor[chosen] for tensor in self.tensors()])

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "PointTargets":
        """The points where they are now; outside the picture they are not visible.

        >>> points = torch.tensor([[[1.0, 2.0], [4.0, 2.0]]])
        >>> one = PointTargets(points, torch.ones(1, 2) > 0, torch.ones(1), ((0, 1),))
        >>> one.moved(torch.tensor([[[-1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]]), (10, 10)).points.tolist()
        [[[6.0, 2.0], [9.0, 2.0]]]
        """
        points, visible = moved_points(self.points, affine), self.visible
        area = determinant(affine.to(points))
        if self.pairs:
            order = torch.arange(points.shape[1], device=points.device)
            left, right = torch.tensor(self.pairs, device=points.device).T
            order[left], order[right] = right, left
            mirrored = area < 0
            points = torch.where(mirrored[:, None, None], points[:, order], points)
            visible = torch.where(mirrored[:, None], visible[:, order], visible)
        height, width = size
        inside = ((points >= 0) & (points <= points.new_tensor([width, height]))).all(2)
        return replace(self, points=points, visible=visible & inside, scale=self.scale * area.abs().sqrt())


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
        for name, part in (("masks", self.masks), ("joints", self.joints)):
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
    def _parts(self) -> "dict[str, MaskCrops | PointTargets | BoxTargets]":
        """Masks, joints and proposals, as far as there are any."""
        named = {"masks": self.masks, "joints": self.joints, "proposals": self.proposals}
        return {name: part for name, part in named.items() if part is not None}

    def tensors(self) -> tuple[Tensor, ...]:
        """Boxes, labels, counts, ignored; then those of masks, joints and proposals, if there are any."""
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


@final
@dataclass(frozen=True)
class MaskTargets(Targets):
    """The class of every pixel.

    Args:
        masks: uint8 (N, H, W), class numbers, or ``IGNORED``; int16 for more classes than uint8 has numbers,
            where -1 is ignored.

    Raises:
        ShapeError: the masks are not (N, H, W).
    """

    masks: Tensor

    def __post_init__(self) -> None:
        if self.masks.ndim != 3 or self.masks.is_floating_point():
            wrong = f"masks are {self.masks.dtype} {tuple(self.masks.shape)}"
            raise ShapeError(wrong, "whole numbers (N, H, W)", "one number for each pixel")

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def ignored(self) -> int:
        """The value of pixels that nobody has named."""
        return ignored_in(self.masks.dtype)

    def tensors(self) -> tuple[Tensor, ...]:
        """The masks."""
        return (self.masks,)

    def like(self, tensors: Sequence[Tensor]) -> "MaskTargets":
        """Other masks."""
        (masks,) = tensors
        return MaskTargets(masks)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "MaskTargets":
        """Every new pixel has the class of the old pixel at its middle; what comes from outside is ignored.

        >>> mirror = torch.tensor([[[-1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]])
        >>> MaskTargets(torch.tensor([[[1, 2]]])).moved(mirror, (1, 2)).masks.tolist()
        [[[2, 1]]]
        """
        back = inverse(affine.to(self.masks.device, torch.float32))
        if not back[:, 0, 1].any() and not back[:, 1, 0].any():  # scaled, shifted or mirrored, never turned
            return MaskTargets(self._picked(back, size))
        y, x = (torch.arange(side, device=back.device) + 0.5 for side in size)
        middles = torch.stack([x.repeat(size[0]), y.repeat_interleave(size[1])], dim=1)
        old = moved_points(middles.expand(len(back), -1, -1), back)
        height, width = self.masks.shape[1:]
        return self.sampled((old / old.new_tensor([width, height]) * 2 - 1).view(-1, *size, 2))

    def _picked(self, back: Tensor, size: tuple[int, int]) -> Tensor:
        """(N, *size): rows and columns of the masks, for maps under which they stay rows and columns."""
        chosen, outside = [], []
        for axis, side in ((1, size[0]), (0, size[1])):
            middles = torch.arange(side, device=back.device) + 0.5
            old = (middles * back[:, axis, axis, None] + back[:, axis, 2, None]).floor().long()
            most = self.masks.shape[1 if axis else 2] - 1
            chosen.append(old.clamp(0, most))
            outside.append((old < 0) | (old > most))
        images = torch.arange(len(self), device=back.device)[:, None, None]
        result = self.masks[images, chosen[0][:, :, None], chosen[1][:, None]]
        return result.masked_fill_(outside[0][:, :, None] | outside[1][:, None], self.ignored)

    def sampled(self, grid: Tensor, *, align_corners: bool = False) -> "MaskTargets":
        """The class of the nearest pixel at each position; positions outside are ignored.

        Args:
            grid: (N, H, W, 2), x and y in -1..1, as of ``torch.nn.functional.grid_sample``.
            align_corners: whether -1 and 1 are the middles of the outermost pixels, not their edges.
        """
        known = self.masks.float()[:, None]
        if self.ignored == IGNORED:
            known = torch.where(known == IGNORED, -1.0, known)
        found = F.grid_sample(known + 1, grid, mode="nearest", align_corners=align_corners)[:, 0].round()
        return MaskTargets(torch.where(found > 0, found - 1, self.ignored).to(self.masks.dtype))


@final
@dataclass(frozen=True)
class PictureTargets(Targets):
    """A picture for each image, as large as the answer.

    Args:
        pictures: uint8 or float 0..1 (N, C, H, W); (N, 0, 0, 0) as long as the images are the pictures.

    Raises:
        ShapeError: the pictures are not (N, C, H, W).
    """

    pictures: Tensor
    spatial: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.pictures.ndim != 4:
            wrong = f"pictures are {tuple(self.pictures.shape)}"
            raise ShapeError(wrong, "(N, C, H, W)", "one picture for each image")

    @classmethod
    def of_images(cls, count: int) -> "PictureTargets":
        """Those of so many images that are the pictures themselves."""
        return cls(torch.empty(count, 0, 0, 0, dtype=torch.uint8))

    def __len__(self) -> int:
        return len(self.pictures)

    def tensors(self) -> tuple[Tensor, ...]:
        """The pictures."""
        return (self.pictures,)

    def like(self, tensors: Sequence[Tensor]) -> "PictureTargets":
        """Other pictures."""
        (pictures,) = tensors
        return PictureTargets(pictures)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "PictureTargets":
        """The same: they are made of the images after these were moved."""
        return self


def ignored_in(dtype: torch.dtype) -> int:
    """The value of the pixels that nobody has named, in masks of a type.

    >>> ignored_in(torch.uint8), ignored_in(torch.int16)
    (255, -1)
    """
    return -1 if dtype == torch.int16 else IGNORED


def class_labels(targets: Targets) -> Tensor:
    """The labels of classified pictures, (N,) or (N, K).

    Raises:
        ShapeError: the targets are of another kind.
    """
    if isinstance(targets, ClassTargets):
        return targets.labels
    wrong = f"the batch has {type(targets).__name__}"
    raise ShapeError(wrong, "ClassTargets, a class for each picture", "data for classification")
