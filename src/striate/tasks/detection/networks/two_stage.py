"""Two looks: the first says where there could be something, the second what each of these regions is.

    images --features--> maps --first stage--> regions --pool--> (R, C, P, P) --head--> scores, offsets
                          |                                                     (classes and boxes)
                          `---- pool ---- branches: masks, joints, captions of the objects that were kept

A detector is a short function that chooses the parts:

    Faster R-CNN   TwoStage(pyramid,    RegionProposals, RoiPool(strides), ClassAndBox(two_layers), ...)
    Fast R-CNN     TwoStage(one map,    boxes from the pixels, RoiPool((16,)), ClassAndBox(two_layers), ...)
    R-FCN          TwoStage(one map,    RegionProposals, position-sensitive pool, Vote, ...)
    SPPnet         TwoStage(one map,    boxes from the pixels, spatial pyramid, MachinesAndRidge, ...)
    R-CNN          TwoStage(the images, boxes from the pixels, crops by a backbone, MachinesAndRidge, ...)

Each part is a subclass of one in ``parts``: ``Features``, ``FirstStage``, ``RegionPool``,
``RegionHead``, ``Branch``. A training step looks at other regions than a prediction: at a balanced draw of
the proposals and the objects themselves. So ``training_raw`` is what losses are made of, and ``forward`` what
answers are made of. Neither asks for the mode of the network. Losses of ``forward``, of which the validation
loss is made, are those of a draw of its own proposals.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from striate.data.annotations.box_annotations import Carried
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.image_network import BACKBONE, HEAD, PROPOSALS
from striate.records import BoxTargets
from striate.tasks.detection.networks.detection_network import (
    Candidates,
    DetectionNetwork,
    map_sizes,
)
from striate.tasks.detection.parts.branch import Branch
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish, Found
from striate.tasks.detection.parts.first_stage import PIXELS, FirstStage, Layout
from striate.tasks.detection.parts.loss_sums import LossSums, of_images, together
from striate.tasks.detection.parts.machines_and_ridge import MachinesAndRidge
from striate.tasks.detection.parts.object_sizes import sizes_of_objects
from striate.tasks.detection.parts.priors import Pair, Priors
from striate.tasks.detection.parts.region_head import RegionHead
from striate.tasks.detection.parts.region_pool import RegionPool, without_numbers
from striate.tasks.detection.parts.region_sampling import Drawn, RegionSampler
from striate.tasks.detection.region_stages.fit_regions import (
    FeatureStage,
    MachineStage,
    RegionFeatures,
    RegressionStage,
)
from striate.tasks.raw_outputs import Raw
from striate.tasks.stage import Stage

SAMPLER = RegionSampler(512, 0.25, high=0.5, low=0.5, append_truth=True)
"""Of the second stage, as in torchvision; 128 regions of two images in Fast R-CNN."""

Head = Callable[[Tensor], dict[str, Tensor]]
"""Pooled regions (R, ...) -> ``scores`` and ``offsets``, a row for each."""

MAPS, DOT = "maps", "."
"""Keys of raw outputs: map 0 is ``maps.0``, the numbers of a branch are ``masks.scores``."""


@final
class TwoStage(DetectionNetwork):
    """(N, in_channels, H, W) -> raw numbers.

    Of ``forward``: those of the first stage; ``regions`` (N, R, 4), pixels; ``counts`` (N,), how many of them
    are regions of the image, the others fill up; ``scores`` and ``offsets`` (N, R, ...) of the head; the maps
    if there are branches.

    Args:
        features: images -> maps.
        first: proposes regions.
        pool: regions of maps -> bins.
        head: bins -> classes and boxes.
        finish: what is kept of the candidates.
        usual: what it expects of a picture.
        sampler: draws the regions of a training step.
        branches: further questions, by name.
    """

    learns_apart: ClassVar[bool] = True
    rows_stay: ClassVar[bool] = False
    two_graphs: ClassVar[bool] = True
    changeable: ClassVar[tuple[str, ...]] = ("proposals",)

    def __init__(
        self,
        features: Features,
        first: FirstStage,
        pool: RegionPool,
        head: RegionHead,
        *,
        finish: Finish,
        usual: Preprocess,
        sampler: RegionSampler = SAMPLER,
        branches: Mapping[str, Branch] | None = None,
    ) -> None:
        super().__init__()
        self.features, self.first, self.pool, self.head = features, first, pool, head
        self.branches = nn.ModuleDict(branches or {})
        self.finish, self.usual, self.sampler = finish, usual, sampler
        self.input_size, self.input_channels = usual.size, usual.channels
        self.least_side = features.least_side
        self._grids: dict[Pair, tuple[Pair, ...]] = {}

    @property
    def most_given(self) -> int:
        """As many as the first stage proposes."""
        return self.first.most

    @property
    def must_be_given(self) -> bool:
        """Whether the first stage finds nothing by itself."""
        return self.first.must_be_given

    @property
    def cautions(self) -> tuple[str, ...]:
        """Those of its head."""
        return self.head.cautions

    @property
    def backbone(self) -> Backbone:
        """The part whose weights other trainings can use; it sees the images, or crops of them."""
        owner: Any = self.features if hasattr(self.features, "backbone") else self.pool
        found: Backbone = owner.backbone
        return found

    def forward(self, images: Tensor, given: Sequence[Tensor] | None = None) -> dict[str, Tensor]:
        """Images, and boxes (P, 4) of each if they are given -> raw numbers of an answer.

        Raises:
            ShapeError: the images have other channels, a size that it cannot take, or whole numbers.
        """
        self.require_images(images)
        maps = self.features(images)
        return self.second_look(maps, self.first(images, maps), _size(images), self.head, given)

    def forward_in_parts(
        self, images: Tensor, given: Sequence[Tensor] | None = None
    ) -> Generator[str, None, dict[str, Tensor]]:
        """``forward``: the maps, the regions, their bins, and what is said of them."""
        self.require_images(images)
        maps = self.features(images)
        yield BACKBONE
        first = self.first(images, maps)
        regions = self._regions(maps, first, _size(images), given)
        yield PROPOSALS
        pooled = self.pool(maps, regions)
        yield self.pool.part
        raw = self._second_raw(maps, first, regions, self.head(pooled))
        yield HEAD
        return raw

    def second_look(
        self,
        maps: Sequence[Tensor],
        first: dict[str, Tensor],
        size: Pair,
        head: Head,
        given: Sequence[Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """The raw numbers of an answer, from those of the first stage.

        Args:
            maps: of the features.
            first: raw numbers of the first stage.
            size: (H, W) of the images, pixels.
            head: bins -> scores and offsets; the network's own, or an engine in its place.
            given: boxes (P, 4) of each image that are looked at in the place of those of the first stage.
        """
        regions = self._regions(maps, first, size, given)
        return self._second_raw(maps, first, regions, head(self.pool(maps, regions)))

    def _second_raw(
        self,
        maps: Sequence[Tensor],
        first: dict[str, Tensor],
        regions: list[Tensor],
        found: dict[str, Tensor],
    ) -> dict[str, Tensor]:
        """All raw numbers of an answer, from what the head found in the regions."""
        kept = {f"{MAPS}{DOT}{number}": one for number, one in enumerate(maps)} if self.branches else {}
        return {**without_pixels(first), **_answers(regions, found), **kept}

    def training_raw(self, images: Tensor, targets: BoxTargets) -> dict[str, Tensor]:
        """Images and their objects -> raw numbers of a step of training: other regions, and the branches."""
        self.require_images(images)
        maps = self.features(images)
        first = self.first(images, maps)
        proposed = self.first.propose(first, self.layout(_size(images)), targets)
        regions = self.sampler.chosen(proposed, targets)
        raw = {**without_pixels(first), **_answers(regions, self.head(self.pool(maps, regions)))}
        if self.branches:
            drawn = self.sampler.drawn(regions, targets)
            learning = [one[found.rows[: found.positives]] for one, found in zip(regions, drawn, strict=True)]
            raw |= self._asked(maps, learning)
        return raw

    def _regions(
        self, maps: Sequence[Tensor], first: dict[str, Tensor], size: Pair, given: Sequence[Tensor] | None
    ) -> list[Tensor]:
        """Those that are given, as many as the first stage proposes at most; else what it proposes."""
        if given is None:
            return self._proposed(maps, first, size)
        return [boxes[: self.first.most].to(maps[0].device) for boxes in given]

    def _proposed(self, maps: Sequence[Tensor], first: dict[str, Tensor], size: Pair) -> list[Tensor]:
        """The regions of a prediction; as many as can be of maps without numbers, by which costs are counted.

        Raises:
            SettingError: a graph is made of the network, and no graph knows how many regions there will be.
        """
        if torch.compiler.is_exporting():
            raise SettingError(
                "a detector with two stages looks at as many regions as it proposes, which no graph can say",
                "a detector that looks once: yolo, ssd",
                "striate predict, which makes two graphs of it and looks for regions between them",
            )
        if without_numbers(maps[0]):
            return [maps[0].new_zeros(self.first.most, 4) for _ in range(len(maps[0]))]
        return self.first.propose(first, self.layout(size))

    def _asked(self, maps: Sequence[Tensor], regions: list[Tensor]) -> dict[str, Tensor]:
        """The numbers of all branches for some regions, (N, most of an image, ...)."""
        counts = [len(one) for one in regions]
        return {
            f"{name}{DOT}{key}": padded(values, counts)
            for name, branch in self.branches.items()
            for key, values in branch(maps, regions).items()
        }

    def branch_raw(self, raw: Raw, boxes: list[Tensor]) -> dict[str, dict[str, Tensor]]:
        """What the branches say of objects that were kept.

        Args:
            raw: of ``forward``.
            boxes: (M, 4) of each image, pixels.

        Returns:
            {branch: {name: (all M, ...)}}, those of the first image first.
        """
        maps = [raw[f"{MAPS}{DOT}{number}"] for number in range(len(self.layout(self.input_size).grids))]
        return {name: branch(maps, boxes) for name, branch in self.branches.items()}

    def fields(self, raw: Raw, found: Sequence[Found], sizes: Sequence[Pair]) -> list[dict[str, Any]]:
        """What the branches say of the objects that were kept, in the words of the record."""
        result = super().fields(raw, found, sizes)
        if not self.branches:
            return result
        device = next(iter(raw.values())).device
        answers = self.branch_raw(raw, [one.boxes.to(device) for one in found])
        for name, branch in self.branches.items():
            assert isinstance(branch, Branch)
            for fields, own in zip(result, branch.fields(answers[name], found, sizes), strict=True):
                fields.update(own)
        return result

    def layout(self, size: Pair) -> Layout:
        """The maps of images of (H, W) pixels."""
        if size not in self._grids:
            shape = (1, self.input_channels, *size)
            self._grids[size] = map_sizes(self.features, lambda network, images: network(images), shape)
        return Layout(size, self._grids[size])

    def priors_of(self, size: Pair) -> Priors | None:
        """The anchors of the first stage for images of (H, W) pixels."""
        return self.first.priors(self.layout(size))

    def candidates(self, raw: Raw, size: Pair) -> Candidates:
        """The boxes and scores of all regions; what fills up has no score."""
        boxes = self.head.boxes(raw["offsets"].float(), raw["regions"].float())
        scores = self.head.probabilities(raw["scores"].float())
        numbers = torch.arange(scores.shape[1], device=scores.device)
        there = numbers < raw["counts"].to(scores.device)[:, None]
        return Candidates(boxes, scores * there[:, :, None])

    def sees(self, preprocess: Preprocess) -> None:
        """How images will be normalized."""
        self.first.sees(preprocess)

    def proposals_of(self, data: Dataset, preprocess: Preprocess) -> Carried | None:
        """Those of the first stage, if it finds them in pixels."""
        return self.first.proposals_of(data, preprocess)

    def example_proposals(self, count: int, size: Pair) -> BoxTargets | None:
        """Those of the first stage, if it finds them in pixels."""
        return self.first.example_proposals(count, size)

    def change(self, argument: str, value: int) -> None:
        """``proposals``: how many regions of an image a prediction looks at, at most."""
        if argument in self.changeable:
            self.first.limit(value)

    def stages(self, preprocess: Preprocess, normalized: Callable[[Tensor], Tensor]) -> tuple[Stage, ...]:
        """Those of a head whose scores are fitted, not learned by descent."""
        if not isinstance(self.head, MachinesAndRidge):
            return ()
        seen = RegionFeatures(self, self._seen, self.head, preprocess, normalized)
        return FeatureStage(seen), MachineStage(seen), RegressionStage(seen)

    def _seen(self, images: Tensor, regions: list[Tensor]) -> Tensor:
        """Features (R, D) of regions (r, 4) of each image."""
        assert isinstance(self.head, MachinesAndRidge)
        return self.head.seen(self.pool(self.features(images), regions))

    def fit_to(self, data: Dataset, preprocess: Preprocess) -> None:
        """Anchors get the typical sizes of the objects."""
        self.first.fit(sizes_of_objects(data, preprocess))

    def loss_sums(self, raw: Raw, targets: BoxTargets, size: Pair) -> LossSums:
        """The losses of each image, of both stages, and of the branches if they were asked."""
        layout, regions = self.layout(size), unpadded(raw["regions"], raw["counts"])
        first, drawn = self.first.loss_sums(raw, targets, layout), self.sampler.drawn(regions, targets)
        parts = [*([] if first is None else [first]), self._head_sums(raw, regions, drawn)]
        for name, branch in self.branches.items():
            own = {key.removeprefix(name + DOT): raw[key] for key in raw if key.startswith(name + DOT)}
            if own:
                parts.append(_branch_sums(branch, own, regions, drawn, targets))
        return together(parts)

    def _head_sums(self, raw: Raw, regions: list[Tensor], drawn: list[Drawn]) -> LossSums:
        """The losses of the second look."""
        return of_images(
            (
                self.head.losses({name: raw[name][image] for name in ("scores", "offsets")}, one, found),
                len(found.rows),
            )
            for image, (one, found) in enumerate(zip(regions, drawn, strict=True))
        )


def _answers(regions: list[Tensor], found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Regions of each image, and what the head found in all of them, as tables of images."""
    counts = [len(one) for one in regions]
    rows = {name: padded(values, counts) for name, values in found.items()}
    number = torch.tensor(counts, device=regions[0].device)
    return {"regions": pad_sequence(regions, batch_first=True), "counts": number, **rows}


def _branch_sums(
    branch: nn.Module,
    raw: dict[str, Tensor],
    regions: list[Tensor],
    drawn: list[Drawn],
    targets: BoxTargets,
) -> LossSums:
    """The losses of a branch, of the regions that learn an object."""
    assert isinstance(branch, Branch)
    rows = [
        {key: values[image, : one.positives] for key, values in raw.items()}
        for image, one in enumerate(drawn)
    ]
    learning = [one[found.rows[: found.positives]] for one, found in zip(regions, drawn, strict=True)]
    return branch.loss_sums(rows, learning, drawn, targets)


def without_pixels(raw: dict[str, Tensor]) -> dict[str, Tensor]:
    """What of the numbers of the first stage is part of an answer."""
    return {name: values for name, values in raw.items() if name != PIXELS}


def padded(rows: Tensor, counts: list[int]) -> Tensor:
    """Rows (R, ...) of images one after the other -> (N, most of an image, ...), zeros behind.

    >>> padded(torch.tensor([1, 2, 3]), [2, 0, 1]).tolist()
    [[1, 2], [0, 0], [3, 0]]
    """
    return pad_sequence(list(torch.split(rows, counts)), batch_first=True)


def unpadded(values: Tensor, counts: Tensor) -> list[Tensor]:
    """The rows of each image without those that fill up."""
    return [one[:count] for one, count in zip(values, counts.long().tolist(), strict=True)]


def _size(images: Tensor) -> Pair:
    return images.shape[-2], images.shape[-1]
