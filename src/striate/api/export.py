"""Write a model for other programs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from torch import nn

from striate.api.networks import model_file
from striate.arguments import checked
from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.inputs import Input
from striate.data.python_data.from_python import once
from striate.data.trained_data import as_trained, unseen
from striate.tasks.evaluate import evaluate
from striate.tasks.model import TaskModel
from striate.train.run.export_samples import pictures_to_check
from striate.train.run.input_data import Data
from striate.train.run.run import Run
from striate.zoo.inference import export as files
from striate.zoo.inference.export import Exported, Format
from striate.zoo.inference.openvino_engine import Engine
from striate.zoo.inference.quantize import Measured, quantize
from striate.zoo.save_load import load as load_file
from striate.zoo.weights.pretrained import is_ready, ready

__all__ = ["export"]

BATCH = 8
"""Pictures that an engine measures at once."""


@checked
def export(
    model: TaskModel[Any] | Run | str | Path,
    to: Format,
    out: str | Path | None = None,
    *,
    check: Sequence[Input] | None = None,
    precision: Literal["exact", "int8"] = "exact",
    calibrate: Data | None = None,
    most_loss: float = 1.0,
    builder: Callable[[], nn.Module] | None = None,
) -> Exported:
    """Write a saved model for other programs; it takes its place after its scores were compared.

    Args:
        model: a saved file, a run or its folder, the name of a network with published weights, or a model.
        to: ``onnx``, ``torch`` or ``openvino``.
        out: the file; beside the model when left out, for a name or a model in the current folder.
        check: pictures on which the scores must agree; those of the run, or digits, when left out.
        precision: ``int8``, for OpenVINO, is calibrated and also becomes the model's own engine of that name.
        calibrate: labelled pictures for int8, as for ``train``.
        most_loss: points of accuracy on unseen pictures of these that int8 may cost.
        builder: as for ``load``, for the file of a network of your own.

    Raises:
        SettingError: there is no such format or precision, or int8 costs more than that, or has no file.
        ModelFileError: the file cannot be written, or gives other scores than the model.
    """
    if isinstance(model, Run):
        builder, model = builder or model.settings.parts.model, model.folder
    calibrate = once(calibrate)
    name = (model.name or "model") if isinstance(model, TaskModel) else str(model)
    filed = not isinstance(model, TaskModel) and not is_ready(name)
    file = model_file(name) if filed else Path(f"{name}.safetensors")
    path = Path(out or files.default_path(file, to, precision))
    files.require(to, path)
    if not filed and files.is_int8(to, precision, calibrate):
        raise files.needs_file(name)
    classifier = model if isinstance(model, TaskModel) else load_file(file, builder) if filed else ready(name)
    if not files.is_int8(to, precision, calibrate) or calibrate is None:
        pictures, words = pictures_to_check(file, classifier, check)
        return files.export(classifier, to, path, pictures, words)
    kinds, shapes = classifier.learns_from, classifier.learns_shapes
    parts, _ = as_trained(calibrate, classifier.trained_on, kinds=kinds, shapes=shapes)
    classifier.require(parts[unseen(parts)].annotations)
    seen = parts[unseen(parts)].remap(classifier.classes)
    found = quantize(classifier, parts["train"], seen, partial(_measured, classifier, seen), most_loss)
    return files.export_int8(classifier, file, path, found)


def _measured(model: TaskModel[Any], dataset: Dataset, engine: Engine) -> Measured:
    """The primary number of a model whose answers come from an engine."""
    loader = Loader(dataset, model.preprocess, BATCH)
    metrics = evaluate(model, loader, answer=partial(model.viewed, engine)).metrics
    assert metrics.per_image is not None  # it was measured just now
    return Measured(metrics.primary, metrics.per_image)
