"""A network with its task: what it answers, what it is taught by, how it is measured.

    images --forward--> raw --decode--> [Record, ...]       predict: from files to records in their own pixels
    Batch  --losses--> {name: scalar}                        raw, Batch --metric--> Metrics

One final class for each task. Nobody outside of its room asks which task it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar, overload

import torch
from torch import Tensor, nn

from striate.arguments import checked
from striate.data.annotations.annotations import Annotations
from striate.data.batches.collate import Collate
from striate.data.dataset import Dataset
from striate.data.inputs import Input, InputBatch, one_or_many, prepared_inputs, with_names
from striate.data.preprocess import Preprocess
from striate.data.trained_data import TrainedOn
from striate.errors import DataError, SettingError
from striate.layers.backbone import Backbone
from striate.layers.eval_mode import evaluating
from striate.layers.image_network import FINISH, LISTED, WHOLE, ImageNetwork
from striate.layers.memory_format import fastest_format
from striate.records import Batch, Record, Targets
from striate.records.affine import inverse
from striate.tasks.memory import in_parts
from striate.tasks.metric import Metric
from striate.tasks.raw_outputs import Raw, mean_of, rows_of
from striate.tasks.stage import Stage
from striate.tasks.user_loss import UserLoss
from striate.tasks.user_metric import Make

R = TypeVar("R", bound=Record)

Scores = Callable[..., Raw]
"""uint8 images (N, C, H, W), and what is given with them -> what ``forward`` gives, by one way to it."""

Given = tuple[Sequence[Tensor], ...]
"""What goes into a network beside the images of a batch: nothing, or a tensor for each image, as boxes."""

Giving = Callable[[InputBatch, Sequence[str]], Given]
"""Prepared pictures and their names -> what goes into the network beside them."""

Scoring = Callable[[int], Scores | None]
"""Asked before so many pictures are answered: a faster way to their scores, or None where there is none."""

BatchTransform = Callable[[Batch, torch.Generator, int], Batch]
"""(batch on its device, a generator of the CPU, number of the step) -> the batch that is learned from."""


class TaskModel(nn.Module, ABC, Generic[R]):
    """A network with its classes and its preprocessing.

    Everything that is learned lies in ``network``: its tensors are what a saved file holds.

    Args:
        network: normalized images (N, C, H, W) -> raw scores.
        classes: K names.
        preprocess: what the network expects of a picture.

    Attributes:
        task: the name of the task.
        learns_from: the kinds of annotations that it is taught by.
        learns_shapes: whether it learns masks or joints of boxes, so that data are read with them.
        spatial: whether its records have places in the picture.
        network_calls: methods of the network that its losses call in the place of ``forward``.
        usual_network: that is trained when nobody names one; None for what the pictures suggest.
        usual_settings: of a training, by name, where the common defaults do not serve; those that somebody
            wrote go first.
        most_batch: pictures of a step at most, when nobody says.
        evaluation_batch: pictures that go through the network at once when nothing is learned.
        time_varies: whether the time of an answer depends on the weights and on the picture.
        guess_loss: the loss of guessing, as far as it is known.
        name: of the network among ``striate.models()``, or of the class of a network of your own; None where
            nobody said.
        own: whether the network is none of ours, so that a file cannot say how it is built.
        builder: ``module:function`` of what builds such a network; a file names it, and nobody imports it.
        arguments: with which the network was built by that name.
        options: plain values that its class was built with besides network, classes and preprocessing.
        trained_on: what is known of the data of its training; None for nothing.
        user_loss: that is learned in the place of the task's; None for the task's.
        user_metric: puts another primary number around the task's metric; None for the task's.
        engine: computes the scores of predictions in another way than ``forward``; None for ``forward``.
        notes: what was taken from the training data, sentences for the user; see ``fit_to``.
    """

    task: ClassVar[str]
    learns_from: ClassVar[tuple[type[Annotations], ...]]
    learns_shapes: ClassVar[bool] = False
    spatial: ClassVar[bool] = False
    network_calls: ClassVar[tuple[str, ...]] = ()
    usual_network: ClassVar[str | None] = None
    usual_settings: ClassVar[Mapping[str, Any]] = {}
    most_batch: ClassVar[int] = 128
    evaluation_batch: ClassVar[int] = 64  # larger ones leave the cache of a processor, and take twice as long
    time_varies: ClassVar[bool] = False
    guess_loss: float = 0.0
    builder: str | None
    mean: Tensor
    std: Tensor

    def __init__(
        self, network: nn.Module, classes: Sequence[str], preprocess: Preprocess, **options: Any
    ) -> None:
        super().__init__()
        self.network = network
        self.classes = tuple(classes)
        self.preprocess = preprocess
        self.options = options
        self.name: str | None = None
        self.own, self.builder = False, None
        self.user_loss: UserLoss | None = None
        self.user_metric: Make | None = None
        self.arguments: dict[str, Any] = {}
        self.trained_on: TrainedOn | None = None
        self.engine: Scoring | None = None
        self.notes: tuple[str, ...] = ()
        for name in ("mean", "std"):
            values = torch.tensor(getattr(preprocess, name)).view(-1, 1, 1)
            self.register_buffer(name, values, persistent=False)

    # ---- what a task says

    @classmethod
    def width(cls, classes: Sequence[str], **options: Any) -> int:
        """How many numbers the last layer of a network gives for this task; K as a rule."""
        return len(classes)

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The options of a model that shall learn from some annotations, such as the names of its points."""
        return {}

    @classmethod
    def size_for(cls, network: ImageNetwork, size: tuple[int, int]) -> tuple[int, int] | None:
        """(H, W) that a network shall see of pictures of a size; None for what serves most tasks."""
        return None

    @classmethod
    def require(cls, annotations: Annotations) -> None:
        """The annotations are of a kind that the task is taught and measured by.

        Raises:
            DataError: they are not.
        """
        if not isinstance(annotations, cls.learns_from):
            wanted = " or ".join(kind.shown for kind in cls.learns_from)
            raise DataError(
                f"the data are annotated for {annotations.task}, and the model is for {cls.task}",
                f"data with {wanted}",
                f"other data, or a model of: striate train DATA --task {annotations.task}",
            )

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """{name: scalar}; their sum is minimized. The same in training and evaluation mode."""

    @abstractmethod
    def sample_losses(self, batch: Batch) -> Tensor:
        """(N,): the loss of each image, which names the one that spoiled a step."""

    @abstractmethod
    def decode(self, raw: Raw, sizes: Tensor, **options: Any) -> list[R]:
        """Records of what ``forward`` gave, in the pixels of the prepared images, without sources.

        Args:
            raw: of N images, on any device.
            sizes: int64 (N, 2), H and W of the pictures inside the images, see ``Batch.sizes``.
            options: of the task, such as thresholds.
        """

    @abstractmethod
    def metric(self) -> Metric:
        """A new one, that has seen nothing."""

    @abstractmethod
    def example_targets(self, count: int) -> Targets:
        """Made-up targets of so many images, to measure what a step of training costs."""

    def transforms(self, settings: Any) -> BatchTransform | None:
        """What training does to whole batches after augmentation (mixup, mosaic, ...); None for nothing."""
        return None

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Take from the training data what the task wants to know, such as weights of rare classes.

        What the user should know of it becomes ``notes``.
        """

    def prepared(self, data: Dataset) -> Dataset:
        """The same pictures with what the task adds to their annotations before it learns from them."""
        return data

    @classmethod
    def pictures_an_epoch(cls, count: int) -> int:
        """How many pictures ``prepared`` gives of so many; as many for most tasks."""
        return count

    def view_in_training(self, preprocess: Preprocess) -> Preprocess:
        """How the pictures of ``prepared`` become what augmentation takes; as all pictures for most tasks."""
        return preprocess

    def question(self, batch: Batch) -> Batch:
        """Pictures as they are read -> what the network is asked, with its targets; the same as a rule."""
        return batch

    @classmethod
    def with_proposals(
        cls, parts: Mapping[str, Dataset], proposals: Any, preprocess: Preprocess | None = None
    ) -> tuple[dict[str, Dataset], tuple[str, ...]]:
        """Pictures with the boxes that somebody names for them, and sentences on these.

        Args:
            parts: pictures, by the name of the split.
            proposals: who proposes, as ``predict`` takes it; None for nobody.
            preprocess: how the network sees a picture, for methods that look at pixels.

        Raises:
            SettingError: the task takes none, or there is no such method.
            DataError: the boxes cannot be read, or are of other pictures.
        """
        if proposals is not None:
            raise not_taken(f"the task is {cls.task}")
        return dict(parts), ()

    def example_given(self, count: int) -> Given:
        """Made-up things of so many images, for a network that cannot answer images alone."""
        return ()

    def require_taking(self) -> None:
        """The network takes boxes beside the images.

        Raises:
            SettingError: it takes none.
        """
        raise not_taken(f"the task is {self.task}")

    def giving(self, options: Mapping[str, Any]) -> tuple[Giving, dict[str, Any]]:
        """What gives a network more than the images of a prediction, and the options of ``decode``.

        Raises:
            SettingError: the network takes nothing more.
        """
        return nothing_more, dict(options)

    def taken_over(
        self, tensors: Mapping[str, Tensor], options: Mapping[str, Any]
    ) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """The tensors of a saved model of the same task, as this one begins with them, and sentences on that.

        Args:
            tensors: of the network, by name.
            options: of the saved model, as far as anybody knows them.
        """
        return dict(tensors), ()

    def stages(self) -> tuple[Stage, ...]:
        """What is fitted after the gradient descent, in this order; nothing for most tasks."""
        return ()

    def on_features(self) -> "TaskModel[R] | None":
        """The same task for features (N, D, 1, 1) of ``backbone.embed`` in the place of images.

        Its network is the last layer, under the names that its tensors have in the whole one. None where that
        cannot be.
        """
        return None

    def from_network(self, numbers: Raw) -> Raw:
        """What ``forward`` gives, from what the network gives; the same for most tasks."""
        return numbers

    def positions(self, raw: Raw) -> Tensor | None:
        """The positions that raw outputs give, (N, ...), pixels of the image; None where they give none."""
        return None

    def mirrored(self, raw: Raw) -> Raw:
        """What is known of a picture from the raw scores of its mirror image.

        Raises:
            SettingError: the task cannot say.
        """
        raise SettingError(
            f"a model for {self.task} does not answer by mirrored views", "tta none", "leave tta out"
        )

    def noticed(self) -> tuple[str, ...]:
        """Sentences on what its losses saw since the last time, for the end of an epoch of training."""
        return ()

    def postprocessing(self) -> dict[str, Any]:
        """What a program without torch must know to make answers of the outputs, plain values for JSON."""
        return {}

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences on what the answers lack as the model is now, as where a part is not fitted yet."""
        return ()

    # ---- what all tasks share

    def training_losses(self, batch: Batch) -> dict[str, Tensor]:
        """``losses``, or the loss of somebody's own."""
        if self.user_loss is None:
            return self.losses(batch)
        return {self.user_loss.name: self.user_loss(self(batch.images), batch.targets)}

    def losses_of_images(self, batch: Batch) -> Tensor:
        """``sample_losses``, or (N,) of the loss of somebody's own."""
        if self.user_loss is None:
            return self.sample_losses(batch)
        return self.user_loss.of_each(self(batch.images), batch.targets)

    def measuring(self) -> Metric:
        """``metric``, or the one of somebody's own around it."""
        own = self.metric()
        return own if self.user_metric is None else self.user_metric(own)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the numbers that ``forward`` gives for an image, for targets of explanations."""
        return self.classes

    @property
    def collate(self) -> Collate:
        """Samples -> a batch of this model: ``DataLoader(data, batch_size=8, collate_fn=model.collate)``."""
        return Collate(self.preprocess)

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self.mean.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the network's weights; that of the mean if it has none."""
        weights = (one for one in self.network.parameters() if one.is_floating_point())
        return next(weights, self.mean).dtype

    @property
    def backbone(self) -> Backbone:
        """The part whose weights other trainings can use.

        Raises:
            SettingError: the network is none of ours.
        """
        found = getattr(self.network, "backbone", self.network)
        if isinstance(found, Backbone):
            return found
        wrong = f"the network is a {type(self.network).__name__}, which has no stem, stages and head"
        raise SettingError(wrong, LISTED, "build the model by a name")

    def forward(self, images: Tensor, *given: Sequence[Tensor]) -> Raw:
        """uint8 0..255 or float 0..1 images (N, C, H, W), and what is given with them -> raw scores."""
        return self.from_network(self.network(self.normalized(images), *given))

    def normalized(self, images: Tensor) -> Tensor:
        """uint8 0..255 or float 0..1 images (N, C, H, W) -> what the network sees of them, in its dtype."""
        pixels = images if images.is_floating_point() else images / 255
        seen, dtype = (pixels - self.mean) / self.std, self.dtype
        return seen if seen.dtype == dtype else seen.to(dtype)

    def answer(self, images: Tensor, *given: Sequence[Tensor]) -> Raw:
        """The scores that predictions are made of: with mirrored views, the mean of both sides.

        Channels-last images take the convolutions of a processor through their faster kernels.
        """
        return self.viewed(self.forward, fastest_format(self.network, images), *given)

    def answer_in_parts(self, images: Tensor, sizes: Tensor) -> Iterator[str]:
        """``answer`` and ``decode``, part by part, to see how long each takes: its name when it is done.

        Args:
            images: uint8 (N, C, H, W), on the device of the model.
            sizes: int64 (N, 2), as for ``decode``.
        """
        images, parts = fastest_format(self.network, images), getattr(self.network, "forward_in_parts", None)
        if parts is None or type(self).forward is not TaskModel.forward:
            raw = self.forward(images)
            yield WHOLE
        else:
            given = self.example_given(len(images))
            raw = self.from_network((yield from parts(self.normalized(images), *given)))
        self.decode(raw, sizes)
        yield FINISH

    def answering(self, pictures: int) -> Scores:
        """What answers so many pictures: ``answer``, or the engine in its place where there is one.

        An engine of one graph is built for one size; pictures that keep sizes of their own are answered by
        ``answer``.
        """
        takes_any = self.preprocess.one_size or getattr(self.network, "two_graphs", False)
        scores = self.engine(pictures) if self.engine and takes_any else None
        return self.answer if scores is None else partial(self.viewed, scores)

    def viewed(self, scores: Scores, images: Tensor, *given: Sequence[Tensor]) -> Raw:
        """The scores of a picture by one way to them; with mirrored views, the mean of both sides.

        No network that is given more than images has mirrored views.
        """
        if self.preprocess.tta == "none":
            return scores(images, *given)
        return mean_of(scores(images), self.mirrored(scores(images.flip(-1))))

    @overload  # a str is a path, never a sequence of paths
    def predict(self, images: Input, batch: int = 32, **options: Any) -> R: ...
    @overload
    def predict(self, images: Iterable[Input], batch: int = 32, **options: Any) -> list[R]: ...
    @checked
    def predict(self, images: Input | Iterable[Input], batch: int = 32, **options: Any) -> R | list[R]:
        """Answer one picture, or a list of them.

        Args:
            images: a path, bytes, an open file, a PIL picture, a uint8 array (H, W[, 3]) or tensor (C, H, W);
                or many of them: a list, any other iterable, an array (N, H, W, 3), a tensor (N, C, H, W).
            batch: pictures that go through the network at once.
            options: of the task, such as thresholds; see ``decode``.

        Returns:
            one record, or one per picture in the same order; places are pixels of the pictures as given.

        Raises:
            ImageError: a file cannot be read.
            ShapeError: an array or a tensor is no picture.
            SettingError: it is no picture at all, or not even one picture at a time fits into memory.
        """
        pictures, alone = one_or_many(images)
        records = self._predict(pictures, batch, options)
        return records[0] if alone else records

    @torch.inference_mode()
    def _predict(self, images: Iterable[Input], batch: int, options: dict[str, Any]) -> list[R]:
        names, records, (giving, rest) = list[str](), list[R](), self.giving(options)
        batches = prepared_inputs(with_names(images, names), self.preprocess, batch)
        answer = self.answering(len(images) if isinstance(images, Sized) else batch)
        with evaluating(self):
            for prepared in batches:
                found, given = list[R](), giving(prepared, names[len(records) :][: len(prepared.own)])
                for raw in in_parts(answer, prepared.images.to(self.device), *given):
                    part = slice(len(found), len(found) + rows_of(raw))
                    found += self.records_of(raw, prepared.sizes[part], prepared.own[part], **rest)
                records += found
        pairs = zip(records, names, strict=True)
        return [replace(record, source=name) for record, name in pairs]  # type: ignore[type-var]

    def records_of(self, raw: Raw, sizes: Tensor, own: Sequence[tuple[int, int]], **options: Any) -> list[R]:
        """Records of what ``forward`` gave, in the pixels of the pictures as they were given.

        Args:
            raw: of N images.
            sizes: int64 (N, 2), as for ``decode``.
            own: (H, W) of the pictures before they were prepared.
            options: as for ``decode``.
        """
        found = self.decode(raw, sizes, **options)
        return [self._back(record, *size) for record, size in zip(found, own, strict=True)]

    def _back(self, record: R, height: int, width: int) -> R:
        """A record in the pixels of the picture that was given."""
        if not self.spatial:
            return record
        return record.moved(inverse(self.preprocess.affine((height, width))), (height, width))


def nothing_more(prepared: InputBatch, names: Sequence[str]) -> Given:
    """Images are all that most networks are given."""
    return ()


def not_taken(wrong: str) -> SettingError:
    """Boxes are named for a network that takes none."""
    return SettingError(
        f"proposals are given, and {wrong}",
        "a detector with two stages, such as fast_rcnn",
        "leave proposals out",
    )
