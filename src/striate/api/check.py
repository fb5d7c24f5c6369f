"""A data set, read once for what is wrong with it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.api.networks import load
from striate.arguments import checked
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.checks.check import CheckReport, report_of, with_findings
from striate.data.checks.detector_fit import DetectorFit, detector_fit
from striate.data.checks.findings import Finding
from striate.data.checks.statistics import facts
from striate.data.class_mapping import ALL, part_of
from striate.data.dataset import Splits
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError
from striate.explain.embeddings.embed import embed
from striate.explain.embeddings.odd_pictures import searched_in_itself, suspects
from striate.formatting import percent
from striate.tasks.detection.networks.detection_network import DetectionNetwork
from striate.tasks.detection.object_detector import ObjectDetector
from striate.train.run.defaults import decide, preprocessing
from striate.train.run.input_data import Data
from striate.train.run.settings import Settings
from striate.zoo.build import DETECT, build, model_of
from striate.zoo.networks import DETECTORS, MODELS, made_for

__all__ = ["check"]

LABELLED = (ClassAnnotations, IdentityAnnotations)


@checked
def check(
    data: Data,
    format: str | None = None,
    *,
    task: str | None = None,
    group: str | None = None,
    classes: str | None = None,
    model: str | Path | None = None,
    size: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
    reading: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Read a data set once and list what is wrong, odd or worth knowing.

    Args:
        data: a folder, a .csv, .npz or idx file, or ``"digits"``; or a Python object, as for ``train``.
        format: ``folder``, ``csv``, ``voc``, ...; recognised by looking when left out.
        task: that shall be learned, as for ``train``, where the data can teach several.
        group: a column of a table, as for ``train``: pictures that belong together.
        classes: what the values of masks mean, as for ``train``.
        model: a detector by name, or a saved one: whether its priors, cells and suppression suit the boxes;
            or any other saved model, by whose vectors pictures under a suspicious class are found.
        size: pixels that the detector sees, as for ``train``, where it is named.
        arguments: of the detector's own, as for ``train``, where it is named: ``{"backbone": "resnet34"}``.
        progress: called now and then with (pictures done, pictures in all).
        reading: called before with (bytes read, bytes in all) of a large file of annotations.

    Returns:
        ``.findings`` by file name, ``.facts``, ``.blocking()``: those that training would refuse; and with a
        detector ``.fit``, what it can reach on these boxes.

    Raises:
        DataError: there is nothing that can be read, or a detector is named and there are no boxes.
        SettingError: the model is no detector with priors, or there is no such task or size.
        ModelFileError: there is no such model.
    """
    for name, value in (("size", size), ("arguments", arguments or None)):
        if value is not None and model is None:
            wrong = f"{name} is {value!r}, and no model is named"
            raise SettingError(wrong, "model with it", f"leave {name} out")
    detects = model is not None and is_detector(model)
    asked = task or (made_for(str(model)) or DETECT if detects else None)
    kinds = model_of(asked).learns_from if asked else ()
    splits = read(data, format, kinds=kinds, group=group, classes=classes, reading=reading)
    name = str(data) if isinstance(data, str | Path) else str(splits.root)
    report = report_of(splits, name, progress)
    if model is None:
        return report
    if detects or not all(isinstance(part.annotations, LABELLED) for part in splits.values()):
        return report.with_fit(fit_of(splits, model, size, arguments))
    if size or arguments:
        wrong = f"{model} is no detector, and its size and arguments are saved with it"
        raise SettingError(wrong, "a detector with them", "leave size and arguments (--set) out")
    unreadable = {finding.source for finding in report.findings if finding.kind == "unreadable"}
    return with_findings(report, suspect_findings(splits, model, unreadable))


def is_detector(model: str | Path) -> bool:
    """Whether a model is named, which has to be a detector, or a saved one is a detector."""
    named = str(model) in MODELS or str(model) in DETECTORS
    return named or isinstance(load(model, engine="torch"), ObjectDetector)


def suspect_findings(splits: Splits, model: str | Path, unreadable: Collection[str] = ()) -> list[Finding]:
    """Pictures of whose nearest ten, by the vectors of a model, at least eight have one other class.

    Args:
        splits: with classes or identities; pictures of all splits are compared.
        model: a saved file, or the folder of a run.
        unreadable: names of pictures that are left out.
    """
    good = {
        name: [index for index in range(len(part)) if part.name(index) not in unreadable]
        for name, part in splits.items()
    }
    if sum(map(len, good.values())) < 2:
        return []
    parts = {name: splits[name].subset(indices) for name, indices in good.items() if indices}
    vectors = embed(model, replace(splits, parts=parts))
    return [
        Finding(
            "suspect", one.name, f"is {one.label!r}, {percent(one.share, 0)} of the nearest {one.likely!r}"
        )
        for one in suspects(vectors, searched_in_itself(vectors))
    ]


def fit_of(
    splits: Splits,
    model: str | Path,
    size: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> DetectorFit:
    """What a detector can reach on the boxes of a data set.

    Args:
        splits: with boxes; anchors of a named detector are fitted to ``train``.
        model: as ``check``.
        size: as ``check``.
        arguments: as ``check``.

    Raises:
        DataError, SettingError, ModelFileError: as ``check``.
    """
    if str(model) in DETECTORS:
        detector = named_detector(splits, str(model), size, arguments or {})
    else:
        detector = saved_detector(model, arguments or {})
    boxes, network = part_of(splits, ALL).annotations, detector.network
    if not isinstance(boxes, BoxAnnotations) or "size" not in boxes.pictures:
        wrong = f"{splits.root} does not say the sizes of its pictures"
        raise DataError(wrong, "boxes of coco, voc or yolo", "striate convert it first")
    assert isinstance(network, DetectionNetwork)
    priors = network.priors_of(detector.preprocess.size)
    if priors is None:
        raise SettingError(
            f"{model} has no priors",
            "a detector that derives its boxes from some, such as yolo, ssd or faster_rcnn",
            "--model yolo",
        )
    limit = network.finish.iou_threshold
    return detector_fit(boxes, detector.preprocess, priors.boxes, priors.cells, limit)


def named_detector(
    splits: Splits, name: str, size: str | None, arguments: Mapping[str, Any]
) -> ObjectDetector:
    """A detector as a training would begin with it."""
    train, own = splits[next(iter(splits))], dict(arguments)
    task = made_for(name) or DETECT
    settings = decide(Settings(task=task, model=name, size=size, arguments=own), facts(train))
    made = build(name, train.classes, preprocessing(train, settings), task=task, **own)
    assert isinstance(made, ObjectDetector)
    made.fit_to(train, settings)
    return made


def saved_detector(model: str | Path, arguments: Mapping[str, Any]) -> ObjectDetector:
    """A detector from a file or a run.

    Raises:
        SettingError: the model is none, or arguments are given, which it has already.
    """
    if str(model) in MODELS:
        raise SettingError(f"{model} is no detector", "one of: " + ", ".join(DETECTORS), "--model yolo")
    if arguments:
        wrong = f"arguments are {dict(arguments)}, and {model} is saved with its own"
        raise SettingError(wrong, "the name of a detector with them", "leave the arguments (--set) out")
    loaded = load(model, engine="torch")
    if not isinstance(loaded, ObjectDetector):
        names = ", ".join(DETECTORS)
        raise SettingError(
            f"{model} is a model for {loaded.task}", f"a detector: {names}, or a saved one", "yolo"
        )
    return loaded
