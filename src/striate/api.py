"""The verbs: what striate does, one function each. The command line is a thin reader of these.

data --check--> findings
data --train--> Run: .model .metrics .history .folder --load--> model --predict | evaluate | explain-->
"""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from torch import nn

from striate.data.batches.loader import Loader
from striate.data.class_mapping import part_of, translated
from striate.data.dataset import Splits
from striate.data.inputs import Input
from striate.data.read_dataset import read
from striate.errors import ModelFileError, SettingError
from striate.explain.embeddings.embed import embed
from striate.explain.embeddings.embedding_map import map_pictures as map
from striate.explain.embeddings.neighbours import neighbours
from striate.explain.evaluation.benchmark import benchmark_explanations
from striate.explain.synthesis.invert import invert
from striate.explain.synthesis.visualize import visualize
from striate.records import Classification
from striate.style.networks.apply_style import apply_style
from striate.style.networks.train_style import train_style
from striate.style.painting.stylize import stylize
from striate.style.painting.texture import texture
from striate.tasks.classification.classifier import Classifier
from striate.tasks.classification.metrics import Metrics
from striate.train.run.headline import unseen
from striate.train.run.input_data import Data, to_train_on
from striate.train.run.settings import Settings
from striate.zoo.cost.meta_network import outline
from striate.zoo.networks import create, models
from striate.zoo.save_load import load as load_file
from striate.zoo.save_load import read_header

if TYPE_CHECKING:
    from striate.compare.table import Comparison
    from striate.data.checks.check import CheckReport
    from striate.explain.attribution.explanation import Explanation
    from striate.explain.attribution.target import Target
    from striate.train.profile.lr_finder import RateCurve
    from striate.train.run.run import Run
    from striate.train.session.events import Event
    from striate.zoo.cost.summary import Summary
    from striate.zoo.inference.export import Exported, Format
    from striate.zoo.inference.inference import EngineName, Precision

__all__ = [
    "apply_style",
    "benchmark_explanations",
    "check",
    "compare",
    "create",
    "embed",
    "evaluate",
    "explain",
    "export",
    "find_rate",
    "invert",
    "load",
    "map",
    "models",
    "neighbours",
    "predict",
    "stylize",
    "summary",
    "texture",
    "train",
    "train_style",
    "visualize",
]

Model = Classifier | str | Path

BATCH = 64
"""Images that go through a network at once when nothing is learned."""


def load(path: str | Path, engine: "EngineName" = "auto", precision: "Precision" = "exact") -> Classifier:
    """Read a saved model, ready to predict.

    Args:
        path: a .safetensors file; the folder of a run, whose best model is meant; or the name of a network
            with published weights, such as ``resnet50``, which tells the 1,000 classes of ImageNet apart.
        engine: what computes its predictions: ``openvino``, ``torch``, or ``auto``, which leaves small jobs
            to PyTorch as it is and takes OpenVINO for large ones.
        precision: ``exact``; ``bf16``, faster, scores within 0.02; or ``int8``, after
            ``striate export MODEL --to openvino --precision int8 --calibrate DATA``.

    Raises:
        ModelFileError: there is no such file, it is truncated, foreign or misshapen, or cannot be fetched.
        SettingError: there is no such engine or precision, or they do not go together.
    """
    from striate.zoo.inference.inference import InferenceEngine
    from striate.zoo.weights.pretrained import is_ready, ready

    if is_ready(path):
        model = ready(str(path))
        model.engine = InferenceEngine(model, engine, precision)
        return model
    path = _model_file(path)
    model = load_file(path)
    model.engine = InferenceEngine(model, engine, precision, path)
    return model


def check(
    data: str | Path, format: str | None = None, *, progress: Callable[[int, int], None] | None = None
) -> "CheckReport":
    """Read a data set once and list what is wrong, odd or worth knowing.

    Args:
        data: a folder, a .csv, .npz or idx file, or ``"digits"``.
        format: ``folder``, ``csv``, ``idx``, ``npz`` or ``digits``; recognised by looking when left out.
        progress: called now and then with (pictures done, pictures in all).

    Returns:
        ``.findings`` by file name, ``.facts``, and ``.blocking()``: those that training would refuse.

    Raises:
        DataError: there is nothing that can be read.
    """
    from striate.data.checks.check import check

    return check(data, format, progress=progress)


def train(
    data: Data | None = None,
    *,
    model: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    fit_batch: bool = False,
    on_event: "Callable[[Event], None] | None" = None,
    **settings: Any,
) -> "Run":
    """Train a classifier, and write a run folder with the best model and a report.

    Args:
        data: a folder, a .csv, .npz or idx file, ``"digits"``, or splits; a resumed run knows it.
        model: one of ``models()``; chosen from the data when left out.
        out: the run folder; ``runs/<data>-<model>`` when left out, with a number if that exists.
        resume: go on with an interrupted run, or start it if there is none.
        force: replace the run folder.
        fit_batch: if the batch does not fit into memory, begin again with one that does.
        on_event: called with every event of the training.
        settings: fields of ``striate.train.run.settings.Settings``, which are the flags of ``striate train``.

    Returns:
        the run: ``.model``, ``.metrics``, ``.history`` by epoch, ``.folder``.

    Raises:
        SettingError: there is no such setting, or it has no such value.
        DataError: the data cannot be read, or would silently spoil the training.
        RunError: the run folder exists, or cannot be written.
        TrainingError: the loss is not a number.
        Interrupted: a signal ended the run; it can be resumed.
    """
    from striate.train.run.run import train as once
    from striate.train.run.run_names import last_folder, own_folder, restarted_in
    from striate.train.session.oom_retry import train_fitting

    given = Settings(**settings) if model is None else Settings(model=model, **settings)
    folder = None if out is None else Path(out)
    resume = resume or restarted_in(folder)
    folder = folder or (last_folder(data, given) if resume else None)
    splits = to_train_on(data, given, folder if resume else None)
    folder = folder or own_folder(splits, given)
    events = (train_fitting if fit_batch else once)(splits, given, folder, resume=resume, force=force)
    run: Run = _last(events, on_event).run
    _report(run, splits)
    return run


def compare(
    data: Data,
    models: Sequence[str],
    budget: str | None = None,
    *,
    seeds: int = 1,
    costs_only: bool = False,
    fit_batch: bool = False,
    out: str | Path | None = None,
    on_event: "Callable[[Event], None] | None" = None,
    **settings: Any,
) -> "Comparison":
    """Train several networks on the same data, measure what each costs here, and write compare.html.

    Args:
        data: as for ``train``.
        models: names among ``models()``.
        budget: most time for each training, as in ``10m``.
        seeds: trainings of each network, counted up from ``seed``.
        costs_only: measure time and memory, and train nothing.
        fit_batch: where a batch does not fit into memory, go on with one that does.
        out: a new folder, or that of a comparison that shall go on; ``runs/compare-<data>`` when left out.
        on_event: called with every event.
        settings: as for ``train``, the same for all networks.

    Returns:
        ``.rows`` in order, ``.frontier()``, ``.chart()``, ``.folder``; prints as a table.

    Raises:
        SettingError: a name or a setting does not exist. A network that fails later says why in its row.
        RunError: the folder holds something else.
        Interrupted: a signal ended it; the same call goes on.
    """
    from striate.compare.compare import Plan, default_folder
    from striate.compare.compare import compare as events
    from striate.report.compare import write_comparison
    from striate.train.session.events import Finished

    plan = Plan(tuple(models), Settings(budget=budget, **settings), seeds, costs_only, fit_batch)
    splits = {plan.settings.seed: to_train_on(data, plan.settings, None)}

    def reading(seed: int) -> Splits:
        if seed not in splits:
            splits[seed] = to_train_on(data, plan.of("", seed), None)
        return splits[seed]

    def hearing(event: "Event") -> None:
        if isinstance(event, Finished):
            _report(event.run, splits[event.run.settings.seed])
        if on_event:
            on_event(event)

    first = splits[plan.settings.seed]
    folder = default_folder(plan, first) if out is None else Path(out)
    found: Comparison = _last(events(reading, plan, folder), hearing).comparison
    write_comparison(found, first)
    return found


def find_rate(data: Data, *, model: str | None = None, **settings: Any) -> "RateCurve":
    """The loss by learning rate, and a good highest one. Nothing is trained for good, and no folder made.

    Args:
        data: as for ``train``.
        model: one of ``models()``; chosen from the data when left out.
        settings: those of the training to come.

    Returns:
        ``.suggestion``, to be passed to ``train`` as ``lr``; ``.rates`` and ``.losses``.

    Raises:
        SettingError: there is no such setting, or it has no such value.
        DataError: the data cannot be read, or would silently spoil the training.
        TrainingError: the loss does not fall at any rate.
    """
    from striate.train.profile.lr_finder import find_rate

    given = Settings(**settings) if model is None else Settings(model=model, **settings)
    return find_rate(to_train_on(data, given, None), given)


def evaluate(
    model: "Model | Run",
    data: Data,
    split: str | None = None,
    *,
    format: str | None = None,
    seed: int | None = None,
    validation: float | None = None,
) -> Metrics:
    """Measure a model on labelled images.

    Args:
        model: a classifier, a saved file, a run or its folder.
        data: as for ``train``; its classes are matched with those of the model by name.
        split: ``train``, ``val``, ``test`` or ``all``; when left out ``test``, or ``val`` if there is none.
        format: of the data; recognised by looking when left out.
        seed: of the split; the one of the training when left out, so that no image of ``val`` was trained on.
        validation: share that is held out; the one of the training when left out.

    Raises:
        SettingError: the data have no such split.
        LabelError: the data have a class that the model does not know.
    """
    from striate.train.run.evaluate import evaluate as measure

    classifier, _ = _with_settings(model)
    if not isinstance(data, Splits):
        data = splits_for(model, data, format=format, seed=seed, validation=validation)
    dataset = translated(part_of(data, split or unseen(data)), classifier.classes)
    return measure(classifier, Loader(dataset, classifier.preprocess, BATCH)).metrics


def splits_for(
    model: "Model | Run",
    data: str | Path,
    *,
    format: str | None = None,
    seed: int | None = None,
    validation: float | None = None,
) -> Splits:
    """The splits of data as a model met them in its training; arguments as for ``evaluate``."""
    _, trained = _with_settings(model)
    said = {"seed": seed, "validation": validation}
    kept: dict[str, Any] = {
        name: trained.get(name) if value is None else value for name, value in said.items()
    }
    return read(data, format, **{name: value for name, value in kept.items() if value is not None})


@overload
def predict(model: Model, images: Input) -> Classification: ...  # type: ignore[overload-overlap]
@overload
def predict(model: Model, images: Sequence[Input]) -> list[Classification]: ...
def predict(model: Model, images: Input | Sequence[Input]) -> Classification | list[Classification]:
    """Classify one picture, or a list of them: ``load(model).predict(images)``."""
    return _classifier(model).predict(images)


def explain(
    model: "Model | nn.Module",
    images: Input | Sequence[Input],
    method: str = "saliency",
    *,
    layer: str | Sequence[str] | None = None,
    target: "Target" = None,
    **options: Any,
) -> "Explanation | tuple[Explanation, ...]":
    """Why did the model say so? The model is bit by bit the same afterwards.

    Args:
        model: a classifier, a saved file or the folder of a run; or any module, for a tensor of images.
        images: one picture or several, as for ``predict``.
        method: ``saliency gradient_x_input smoothgrad integrated_gradients guided_backprop deconvnet gradcam
            guided_gradcam occlusion``, or ``activations``, ``filters``.
        layer: dotted name of the layer that a method looks at; several give as many explanations; the last
            one that gives maps when left out.
        target: class name or number, or one for each picture; the predicted class when left out; or a
            function of the model's output.
        options: of the method, such as ``samples`` and ``seed`` of smoothgrad.

    Raises:
        SettingError: there is no such method, layer or option, or the method needs a ReLU and there is none.
        LabelError: there is no such class.
        ImageError: a file cannot be read.
        ShapeError: targets, outputs or gradients are not what the method needs.
    """
    from striate.explain.attribution.methods import explain

    network = load(model) if isinstance(model, str | Path) else model
    return explain(network, images, method, layer=layer, target=target, **options)


def export(
    model: str | Path,
    to: "Format",
    out: str | Path | None = None,
    *,
    check: Sequence[Input] | None = None,
    precision: Literal["exact", "int8"] = "exact",
    calibrate: str | Path | None = None,
    most_loss: float = 1.0,
) -> "Exported":
    """Write a saved model for other programs; it takes its place after its scores were compared.

    Args:
        model: a saved file, the folder of a run, or the name of a network with published weights.
        to: ``onnx``, ``torch`` or ``openvino``.
        out: the file; beside the model when left out, for a name in the current folder.
        check: pictures on which the scores must agree; those of the run, or digits, when left out.
        precision: ``int8``, for OpenVINO, is calibrated and also becomes the model's own engine of that name.
        calibrate: labelled pictures for int8, as for ``train``.
        most_loss: points of accuracy on unseen pictures of these that int8 may cost.

    Raises:
        SettingError: there is no such format or precision, or int8 costs more than that, or has no file.
        ModelFileError: the file cannot be written, or gives other scores than the model.
    """
    from striate.train.run.export_samples import pictures_to_check
    from striate.zoo.inference import export as files
    from striate.zoo.inference.quantize import quantize
    from striate.zoo.weights.pretrained import is_ready, ready

    named = is_ready(model)
    file = Path(f"{model}.safetensors") if named else _model_file(model)
    path = Path(out or files.default_path(file, to, precision))
    files.require(to, path)
    if named and files.is_int8(to, precision, calibrate):
        raise files.needs_file(str(model))
    classifier = ready(str(model)) if named else load_file(file)
    if not files.is_int8(to, precision, calibrate) or calibrate is None:
        pictures, words = pictures_to_check(file, classifier.preprocess, check)
        return files.export(classifier, to, path, pictures, words)
    parts = splits_for(model, calibrate)
    seen = translated(parts[unseen(parts)], classifier.classes)
    return files.export_int8(classifier, file, path, quantize(classifier, parts["train"], seen, most_loss))


def summary(
    model: nn.Module | str | Path,
    input_size: tuple[int, ...] | None = None,
    *,
    classes: int | None = None,
    set: Mapping[str, Any] | None = None,
) -> "Summary":
    """A network's layers: activations, parameters, multiplications, receptive fields and strides.

    Args:
        model: any network, one of ``models()``, a saved file or the folder of a run.
        input_size: (C, H, W) of one image; that of the model when left out.
        classes: K, for a name; when left out 10 for networks of small pictures, else 1000.
        set: arguments of the network's own, for a name, as in ``{"width": 0.5}``.

    Raises:
        SettingError: there is no network of that name, or it has no such argument.
        ModelFileError: there is no such file, or it is none of ours.
        ShapeError: the network cannot take such an image.
    """
    from striate.zoo.cost.summary import summary as table

    if isinstance(model, str) and not Path(model).exists() and not _names_file(model):
        model = outline(model, input_size[0] if input_size else 3, classes, set)
    elif set or classes is not None:
        own = "set" if set else "classes"
        raise SettingError(f"{own} was given with {model}", "a network's name", f"leave {own} out")
    elif isinstance(model, str | Path):
        model = load(model)
    return table(model, input_size)


# ---- models


def _names_file(text: str) -> bool:
    """Whether a file is meant, and not a network."""
    return text.endswith(".safetensors") or "/" in text or os.sep in text


def _model_file(path: str | Path) -> Path:
    """The file of a saved model; a run's folder stands for its best one."""
    from striate.zoo.weights.pretrained import spelling

    path = Path(path)
    if not path.exists():
        raise ModelFileError(
            f"there is no {path}",
            "a .safetensors file, the folder of a run, or a network with published weights, as resnet50",
            spelling(path),
        )
    return path / "model.safetensors" if path.is_dir() else path


def _classifier(model: Model) -> Classifier:
    return load(model) if isinstance(model, str | Path) else model


def _with_settings(model: "Model | Run") -> tuple[Classifier, dict[str, Any]]:
    """The classifier, and the settings that it was trained with, if they are known."""
    if isinstance(model, str | Path):
        classifier = load(model)
        known = read_header(_model_file(model)).get("settings") if Path(model).exists() else None
        return classifier, known or {}
    return (model, {}) if isinstance(model, Classifier) else (model.model, model.settings.to_dict())


# ---- runs


def _last(events: "Generator[Event]", on_event: "Callable[[Event], None] | None") -> Any:
    """Pass every event on; the last one brings the result."""
    from striate.train.session.interrupt import Impatience

    event = None
    try:
        with closing(events):  # also when the listener raises: signals and loggers are given back
            for event in events:
                if on_event:
                    on_event(event)
    except Impatience as late:  # it came while the listener was at work
        raise late.interrupted from None
    return event


def _report(run: "Run", splits: Splits) -> None:
    """Write the report of a run; of several processes the first one does."""
    from striate.report.page import write_report
    from striate.train.fabric.fabric import rank

    if rank() == 0 and run.evaluation is not None:
        write_report(run, splits, run.evaluation)
