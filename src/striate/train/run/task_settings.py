"""The settings that one task has, or some tasks: the other part of the one list.

    setting                            tasks
    mixup cutmix label_smoothing ...   classification
    head distance                      localize, landmarks, pose
    box_weight overlap_weight          localize
    on_bad_box                         localize, detect, instances, caption, dense_captions
    proposals                          detect, instances, dense_captions
    normalize                          landmarks, pose
    joints                             landmarks, pose, instances
    pixel_loss classes                 segmentation
    embedding_loss mining margin ...   verification
    by                                 superresolution
    least_count longest_caption        caption, dense_captions
    balance                            classification, segmentation

``striate train --help`` shows those of a task when ``--task`` names it.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, Field

from striate.errors import SettingError

PROPOSERS, PROPOSALS_ENDING = ("selective", "quality", "windows", "rpn"), ".jsonl"
POINTS, NUMBERS = ("landmarks", "pose"), ("localize", "landmarks", "pose")
REGIONS = "dense_captions"
CAPTIONS = ("caption", REGIONS)
TASKS_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("label_smoothing", "mixup", "cutmix"), ("classification",)),
    **dict.fromkeys(("pixel_loss", "classes"), ("segmentation",)),
    "balance": ("classification", "segmentation"),
    **dict.fromkeys(("head", "distance"), NUMBERS),
    "normalize": POINTS,
    "joints": (*POINTS, "instances"),
    **dict.fromkeys(("box_weight", "overlap_weight"), ("localize",)),
    "on_bad_box": ("localize", "detect", "instances", *CAPTIONS),
    "proposals": ("detect", "instances", REGIONS),
    **dict.fromkeys(("embedding_loss", "mining", "margin", "dimensions"), ("verification",)),
    **dict.fromkeys(("per_identity", "identity_run"), ("verification",)),
    "by": ("superresolution",),
    **dict.fromkeys(("least_count", "longest_caption"), CAPTIONS),
}
"""Setting -> the tasks that have it. A setting that is not here is common to all."""


class TaskSettings(BaseModel):
    """What some tasks add to the common settings."""

    head: Literal["map", "vector"] = Field(
        "map",
        description="what points and boxes are read from: maps of positions, or one vector as the last layer "
        "of a classifier sees it",
    )
    distance: Literal["l1", "l2", "smooth_l1"] = Field(
        "l1", description="how predicted numbers are compared with the true ones in the loss"
    )
    box_weight: float = Field(
        5.0,
        ge=0,
        le=1e6,
        description="of the loss of the box against presence and class; compare --sweep box_weight=1,5,25 "
        "chooses it by the metric",
    )
    overlap_weight: float = Field(
        2.0, ge=0, le=1e6, description="of 1 - GIoU of the box against presence and class; 0 leaves it out"
    )
    on_bad_box: Literal["stop", "clip", "drop", "drop-image"] = Field(
        "stop",
        description="what becomes of boxes that are NaN, without an area, outside of their picture or with "
        "swapped corners: they stop the training, are clipped or dropped, or their pictures are dropped",
    )
    proposals: str | None = Field(
        None,
        description="who finds the regions of a detector with two stages: selective, quality (selective "
        "search in its thorough mode), windows, rpn, or a .jsonl file of boxes; by default what the network "
        "is known for",
    )
    normalize: str = Field(
        "box",
        description="what divides the error of a point: box, or the distance of two points, as in "
        "left_eye,right_eye",
    )
    pixel_loss: str = Field(
        "cross_entropy",
        description="of every pixel: cross_entropy, dice or focal, or a sum as in cross_entropy+dice",
    )
    classes: str | None = Field(
        None,
        description="what the values of masks mean: sky,road,car for 0, 1, 2; 7=car or #800000=car; a file "
        "with a class a line; camvid or voc. Pixels of a class called void or ignore do not count",
    )
    joints: str | None = Field(
        None,
        description="a JSON file with names, mirror pairs and skeleton of the points, or face68, lsp14; by "
        "default what the data or the names tell",
    )

    embedding_loss: Literal["softmax", "cosine", "triplet", "contrastive", "siamese"] = Field(
        "softmax",
        description="what brings pictures of one identity together: softmax over the batch, cosine (a "
        "softmax over identities with a margin), triplet, contrastive, or siamese (a weighted distance)",
    )
    mining: Literal["batch-hard", "semi-hard", "hard", "all", "random"] = Field(
        "batch-hard",
        description="which triplets are learned from, for embedding_loss triplet",
    )
    margin: float | None = Field(
        None,
        ge=0,
        le=100,
        description="of triplet (by default 0.2, of squared distances), contrastive (1) and cosine (0.2)",
    )
    dimensions: int = Field(128, ge=1, le=65_536, description="numbers of the vector of a picture")
    per_identity: int = Field(
        2,
        ge=2,
        le=10_000,
        description="pictures of each identity in a batch; more where a batch is larger than so many of all",
    )
    identity_run: int = Field(
        1,
        ge=1,
        le=10_000,
        description="identities of a batch that follow each other in the order of their names, where "
        "neighbours are alike, such as the letters of an alphabet; 1 draws each at random",
    )
    by: Literal[2, 3, 4] | None = Field(
        None,
        description="factor by which a network enlarges both sides: 2, 3 or 4; by default 2",
    )
    least_count: int = Field(
        1,
        ge=1,
        le=1_000_000,
        description="how often a word must stand in the training captions to be known",
    )
    longest_caption: int = Field(
        15, ge=1, le=1_000, description="words of a caption at most; of longer ones the first are learned"
    )

    @property
    def proposals_file(self) -> str | None:
        """The file of proposals, if there is one.

        >>> TaskSettings(proposals="boxes.jsonl").proposals_file, TaskSettings(proposals="rpn").proposals_file
        ('boxes.jsonl', None)
        """
        return self.proposals if self.proposals not in (None, *PROPOSERS) else None

    @property
    def proposer(self) -> dict[str, str]:
        """The argument of the network that ``proposals`` stands for.

        >>> TaskSettings(proposals="boxes.jsonl").proposer, TaskSettings(proposals="rpn").proposer
        ({'proposer': 'file'}, {'proposer': 'rpn'})
        """
        if self.proposals is None:
            return {}
        return {"proposer": self.proposals if self.proposals_file is None else "file"}


def require_proposals(settings: TaskSettings, arguments: Mapping[str, object]) -> None:
    """There is such a proposer, and the arguments of the network name no other.

    Raises:
        SettingError: there is none, or they do.
    """
    file = settings.proposals_file
    if file is not None and not file.lower().endswith(PROPOSALS_ENDING):
        expected = f"{', '.join(PROPOSERS)}, or a {PROPOSALS_ENDING} file"
        raise SettingError(f"proposals is {file!r}", expected, "leave proposals out")
    both = {settings.proposer.get("proposer"), arguments.get("proposer")} - {None}
    if len(both) > 1:
        raise SettingError(
            f"proposals is {settings.proposals!r} and the argument proposer {arguments['proposer']!r}",
            "one of them",
            "leave proposer out of the arguments",
        )


def require_own(
    values: dict[str, object], defaults: dict[str, object], names: Iterable[str], task: str
) -> None:
    """Refuse what another task has: it would do nothing.

    Args:
        values: of all settings.
        defaults: of all settings.
        names: of the settings that somebody wrote.
        task: that is learned.

    Raises:
        SettingError: a setting of another task differs from its default.
    """
    for name in names:
        tasks = TASKS_OF.get(name)
        if tasks and task not in tasks and values[name] != defaults[name]:
            raise SettingError(
                f"{name} is {values[name]!r}, and the task is {task}",
                f"a setting of {task}; {name} belongs to {', '.join(tasks)}",
                f"leave {name} out",
            )
