"""A training from beginning to end, and what it leaves behind.

Splits + Settings --decide--> model, engine, loaders --fit--> events ... --> Run
"""

from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from striate.arguments import checked_methods
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.augment.augment_recipe import augmentation
from striate.data.batches.loader import Loader
from striate.data.checks.statistics import Facts, facts
from striate.data.dataset import Dataset, Splits
from striate.data.trained_data import TrainedOn, unseen
from striate.errors import DataError, OutOfMemory, RunError, SettingError, StriateError
from striate.files.regular import reason_of
from striate.formatting import plural
from striate.tasks.evaluate import Evaluation, evaluate
from striate.tasks.metric import Metrics
from striate.tasks.model import TaskModel
from striate.tasks.user_metric import metrics_from
from striate.train.fabric.fabric import Executor, rank, require_machine, restarted
from striate.train.fabric.hardware import require_processes
from striate.train.finetune.finetune import begin, require_weights
from striate.train.finetune.frozen_features import embedding, last_layer
from striate.train.profile.profile import foresee_memory, memory_explained
from striate.train.profile.small_batch import require_batch
from striate.train.run.defaults import clamped, decide, preprocessing, sentences
from striate.train.run.headline import headline
from striate.train.run.input_data import learned_from, read_options
from striate.train.run.loggers import readers, require_packages
from striate.train.run.own_parts import give, user_augment
from striate.train.run.run_folder import RunFolder, describe_splits
from striate.train.run.settings import FREE, Settings, resumed
from striate.train.run.stages import stages
from striate.train.run.stored import require_said_again, stored_data, stored_settings
from striate.train.session.batch_transforms import BatchTransforms
from striate.train.session.checkpoint import load_checkpoint, require_settings
from striate.train.session.events import Event, Finished, Loading, Noted, Started
from striate.train.session.interrupt import StopRequest
from striate.train.session.loop import fit
from striate.train.session.session import TrainingSession
from striate.train.session.time_budget import bound_time, within_budget
from striate.zoo.build import model_of
from striate.zoo.save_load import load

TOLD_EVERY = 0.3
"""Seconds between two events while pictures are decoded."""


@checked_methods
@dataclass(frozen=True)
class Run:
    """What a training left behind.

    Args:
        folder: where its files are.
        settings: all of them, as they were decided.
        model: the best one, ready to predict.
        history: one dictionary for each epoch, as in metrics.csv.
        metrics: of the model on ``split``.
        split: ``test`` if there is one, else ``val``, else ``train``.
        evaluation: the answers behind the metrics; None in a run that was opened later.
    """

    folder: Path
    settings: Settings
    model: TaskModel[Any]
    history: list[dict[str, Any]]
    metrics: Metrics
    split: str
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return (
            f"{self.folder}: {self.settings.model}, {plural(len(self.history), 'epoch')}; {self.headline()}"
        )

    @classmethod
    def open(cls, folder: str | Path, builder: Any = None) -> "Run":
        """A complete run from its folder.

        Args:
            folder: of the run.
            builder: as of ``striate.load``, for a network of your own.

        Raises:
            RunError: there is no complete run.
            ModelFileError: its model cannot be read.
        """
        files = RunFolder(folder)
        judged = files.read_json(files.metrics)
        settings, model = stored_settings(files), load(files.model, builder)
        try:
            own, split = "metric" in settings.own, str(judged["split"])
            metrics = metrics_from(judged["metrics"], model.metric().kind, own=own)
        except (StriateError, KeyError, TypeError, ValueError, AttributeError) as reason:
            raise RunError(
                f"{files.metrics} holds no metrics: {reason_of(reason)}",
                "the file as the run wrote it",
                "a copy",
            ) from reason
        return cls(files.path, settings, model, files.read_history(), metrics, split)

    def headline(self) -> str:
        """How good the model is in a sentence, with the interval and what else the pictures were used for."""
        return headline(self.metrics, self.split)


def train(
    splits: Splits,
    settings: Settings,
    folder: str | Path | RunFolder,
    *,
    resume: bool = False,
    force: bool = False,
) -> Generator[Event]:
    """Train a network. Nothing happens before the first event is asked for; the last carries the ``Run``.

    Of several processes only the first yields events on the way, and writes; all yield ``Finished``.

    Args:
        splits: the data; ``val`` chooses the best epoch, ``test`` is never looked at before the end.
        settings: what is left open is decided from the data.
        folder: a new one; or a ``RunFolder``, which may choose its name as it is made.
        resume: go on with the run in the folder; start it if there is none.
        force: replace a run that is there.

    Raises:
        RunError: the folder holds something else, or cannot be written.
        SettingError: the settings do not go together, with the machine, or with the run to be resumed.
        DataError: there is nothing to learn from, or files cannot be read.
        TrainingError: the loss is not a number.
        OutOfMemory: the batch does not fit; ``train_fitting`` goes on with one that does.
        Interrupted: a signal ended it; it can be resumed.
    """
    files = folder if isinstance(folder, RunFolder) else RunFolder(folder)
    resume, began = resume or restarted(), perf_counter()
    require_classes(splits)
    splits = learned_from(splits, stored_settings(files) if resume and files.settings.exists() else settings)
    found = facts(splits["train"])
    chosen = decide(continued(settings, found, files) if resume else settings, found)
    require_augmentation(chosen, found, splits["train"])  # what is wrong is said before a folder is made
    require_packages(chosen)
    require_validation(chosen, splits)
    require_machine(chosen)
    require_processes(chosen)
    require_weights(chosen, found, named=settings.model is not None)
    require_batch(chosen, found)
    if not (resume and files.settings.exists()):
        foresee_memory(chosen, found)
        with memory_explained(chosen, found):
            chosen = within_budget(
                chosen, splits, lambda few, some: set_up(few, some, files, StopRequest(""))
            )
        if chosen.budget and chosen.unfreeze:  # it may have taken the epochs in which the lowest layers learn
            require_weights(chosen, found)
    if rank() == 0:
        files.claim(resume=resume, force=force)
    random_state = torch.get_rng_state()
    try:
        with (
            memory_explained(chosen, found),
            StopRequest(str(files.path)) as stop,
        ):
            yield from _train(splits, chosen, files, stop, sentences(settings, chosen, found), began)
    except StriateError as error:
        if rank() == 0 and not resume:
            if isinstance(error, OutOfMemory):
                files.checkpoint.unlink(missing_ok=True)  # a run cannot go on with another batch
            files.abandon()
        raise
    finally:
        files.release()
        torch.set_rng_state(random_state)


def require_augmentation(settings: Settings, found: Facts, data: Dataset) -> None:
    """There is such an augmentation, and it moves what is known of the pictures; one's own is tried.

    Raises:
        SettingError: there is none, or a part does not go with such data.
    """
    user_augment(settings, data)
    known = found.annotations
    augment = augmentation(settings.augment or "none")
    spatial = known is not None and known.spatial
    masks = isinstance(known, MaskAnnotations)
    augment.require(spatial, boxes=isinstance(known, BoxAnnotations), masks=masks)


def require_validation(settings: Settings, splits: Splits) -> None:
    """Patience needs pictures that are held out.

    Raises:
        SettingError: there are none.
    """
    if settings.patience and not len(splits.parts.get("val", ())):
        raise SettingError(
            f"patience is {settings.patience}, and no pictures are held out",
            "a val split, to see whether an epoch was better",
            "leave patience out, or set validation to 0.1",
        )


def continued(settings: Settings, found: Facts, files: RunFolder) -> Settings:
    """The settings of the run in a folder, changed where they may be; the given ones if there is no run.

    Raises:
        SettingError: a given setting differs from the run's.
    """
    if not files.settings.exists():
        return settings
    saved = stored_settings(files)
    stored_state(
        files, saved
    )  # refuses settings that somebody edited before anything is read or built by them
    require_said_again(settings, saved)
    pictures = model_of(settings.task or found.task).pictures_an_epoch(found.count)
    chosen = clamped(settings, pictures) if settings.batch else settings
    return resumed(chosen, saved.to_dict())


def _train(
    splits: Splits,
    settings: Settings,
    files: RunFolder,
    stop: StopRequest,
    notes: tuple[str, ...],
    began: float,
) -> Generator[Event]:
    """The part of ``train`` in which signals are caught; it began at a time of ``perf_counter``."""
    state = stored_state(files, settings)
    if rank() == 0:
        record(splits, settings, files)
    work = set_up(splits, settings, files, stop)
    files.move(Path(work.engine.broadcast(str(files.path))))  # the first process chose the name
    bound_time(work, began)
    work.best.trained_on = TrainedOn.of(splits, settings.accept, read_options(settings))
    main = work.engine.rank == 0
    reading = readers(settings, files) if main else []
    try:
        events = _events(work, splits, notes, state)
        state = None  # it has the size of the network
        for event in events:
            for reader in reading:
                reader.read(event)
            if main or isinstance(event, Finished):
                yield event
    finally:
        for reader in reading:
            reader.close()
        if work.cores:
            work.cores.restore()
        work.engine.close()


def stored_state(files: RunFolder, settings: Settings) -> dict[str, Any] | None:
    """The checkpoint of a run that goes on; None for a new run.

    Raises:
        RunError: it cannot be read, or was made with other settings.
    """
    if not files.checkpoint.exists():
        return None
    state = load_checkpoint(files.checkpoint)
    require_settings(files.checkpoint, state, settings.to_dict(), FREE, Settings().to_dict())
    return state


def _events(
    work: TrainingSession, splits: Splits, notes: tuple[str, ...], state: dict[str, Any] | None
) -> Generator[Event]:
    """Set out from the checkpoint, or make the first one; then the loop."""
    if state is not None:
        work.load(state)
        state = None
        work.folder.write_history(work.state.rows)
    yield Started(
        folder=str(work.folder.path),
        settings=work.settings.to_dict(),
        notes=(*splits.notes, *notes, *work.notes),
        counts={name: len(part) for name, part in splits.items()},
        parameters=sum(p.numel() for p in work.engine.task.parameters() if p.requires_grad),
        parameters_in_all=sum(p.numel() for p in work.best.parameters()),
        steps=work.steps,
        resumed=work.state.step,
        device=str(work.engine.device),
    )
    loaders = [loader for loader in (work.train, work.validation) if loader is not None and loader.cached]
    yield from _loading(loaders)
    work.start()
    yield from fit(work)
    yield from stages(work, work.train.dataset)
    yield from map(Noted, work.train.dataset.annotations.notes)
    yield finish(work, splits)


def _loading(loaders: list[Loader]) -> Generator[Event]:
    """Fill the memory, telling now and then how far it is."""
    images, before, last = sum(len(loader.dataset) for loader in loaders), 0, perf_counter()
    yield Loading(images)
    for loader in loaders:
        for done, _ in loader.loading():
            if perf_counter() - last > TOLD_EVERY:
                yield Loading(images, before + done)
                last = perf_counter()
        before += len(loader.dataset)


def set_up(splits: Splits, settings: Settings, files: RunFolder, stop: StopRequest) -> TrainingSession:
    """Model, engine and loaders; the random weights are those of the seed."""
    data = splits["train"]
    preprocess = preprocessing(data, settings)
    model, best, notes = begin(settings, data.annotations, preprocess)
    own = user_augment(settings, data)
    notes = (*notes, *(own.notes if own else ()))
    recipe = augmentation(settings.augment or "none", grey=preprocess.channels == 1).fitted(data)
    alone = last_layer(settings, model, len(data))
    learning = alone or model
    learning.fit_to(data, settings)
    for one in (learning, model, best):
        give(one, settings)
    notes = (*notes, *learning.notes)
    data = learning.prepared(data)
    engine = Executor(learning, settings)
    share = {"rank": engine.rank, "world": engine.world, "balance": settings.balance == "sampling"}
    share |= {"per_identity": settings.per_identity, "run": settings.identity_run}
    options: dict[str, Any] = {"seed": settings.seed, "workers": settings.workers}
    seen = learning.view_in_training(preprocess)
    shuffled = Loader(data, seen, settings.batch or 1, shuffle=True, **share, **options)
    held_out = None
    if len(splits.parts.get("val", ())):
        held_out = Loader(splits["val"], model.preprocess, model.evaluation_batch, **options)
    if alone:
        best.to(engine.device)
        shuffled = embedding(shuffled, best, engine.arithmetic)
        held_out = held_out and embedding(held_out, best, engine.arithmetic)
    prepare = BatchTransforms(
        own or recipe,
        settings,
        learning.transforms(settings),
        device=engine.device,
        rank=engine.rank,
        steps=(settings.epochs or 1) * len(shuffled),
    )
    return TrainingSession(engine, settings, files, shuffled, held_out, prepare, stop, best, notes)


def finish(work: TrainingSession, splits: Splits) -> Finished:
    """The best model, and its figures in float32 on what it has never seen."""
    files, settings = work.folder, work.settings
    split = unseen(splits)
    model = load(files.model, settings.parts.model).to(work.engine.device)
    give(model, settings)
    loader = Loader(splits[split], model.preprocess, model.evaluation_batch, workers=settings.workers)
    evaluation = evaluate(model, loader)
    metrics = evaluation.metrics
    if work.engine.rank == 0:
        sentence = headline(metrics, split)
        files.write_json(
            files.metrics,
            {
                "split": split,
                "headline": sentence,
                "primary": asdict(metrics.primary),
                "metrics": metrics.to_dict(),
                "stage_seconds": work.stage_seconds,
            },
        )
    run = Run(files.path, settings, model.cpu(), work.state.rows, metrics, split, evaluation)
    return Finished(str(files.path), split, metrics.summary(), run)


def record(splits: Splits, settings: Settings, files: RunFolder) -> None:
    """Write what the run is about.

    Raises:
        RunError: the run was started with other data.
    """
    description = describe_splits(splits)
    if files.splits.exists() and stored_data(files)[1] != description["fingerprint"]:
        raise RunError(
            f"the data at {splits.root} are not those that the run in {files.path} was started with",
            "the same pictures, labels and splits",
            "resume with the data as they were, or start a new run in another folder",
        )
    files.write_json(files.splits, description)
    files.write_json(files.settings, settings.to_dict())


def require_classes(splits: Splits) -> None:
    """There is something to tell apart, and something to learn it from.

    Raises:
        DataError: there are no training pictures, or only one class.
    """
    if not len(splits.parts.get("train", ())):
        raise DataError(
            f"{splits.root} has no training pictures", "one picture or more", "`striate check` tells more"
        )
    if 0 < len(splits.classes) < splits["train"].annotations.least_classes:
        raise DataError(
            f"{splits.root} has only one class, {splits.classes[0]!r}",
            "two classes or more",
            "`striate check` shows what was read: a class is a folder, a name of a table, a value of masks",
        )
