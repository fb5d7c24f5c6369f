"""A model for other programs: ONNX, a torch program, or OpenVINO's format, checked before it is there.

    model --export--> temporary file --read back--> same outputs on real pictures? --rename--> model.onnx
                                                     no: refused, with the difference

Every file takes uint8 ``images`` (N, C, H, W), 0..255, any N, already of the model's size, and gives the raw
outputs of the model; those of a classifier are ``scores`` (N, K) before the softmax. The normalization is
inside. How a picture gets that size, the classes and the versions stand in its metadata as JSON, under
``striate``.
"""

import importlib.util
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from striate.data.preprocess import DECODING_RULE
from striate.errors import ModelFileError, SettingError
from striate.layers.eval_mode import evaluating
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.model import TaskModel
from striate.tasks.raw_outputs import Raw, flat, nested
from striate.zoo.inference.export_parts import write_parts
from striate.zoo.inference.graph_cache import digest, folder_of, write_graph
from striate.zoo.inference.openvino_engine import (
    INPUT,
    TRACING,
    Engine,
    compiled,
    converted,
    core,
    exported,
    names_of,
    openvino,
    output_names,
)
from striate.zoo.inference.quantize import Quantized
from striate.zoo.inference.torch_engine import has_bf16
from striate.zoo.save_load import versions

Format = Literal["onnx", "torch", "openvino"]
ENDINGS = {"onnx": ".onnx", "torch": ".pt2", "openvino": ".xml"}

KEY = "striate"
TORCH_KEY = "striate.json"

TOLERANCE = 1e-5
"""Of the largest score: what reordering float32 sums may change."""

BF16_BY_DEFAULT = (
    "OpenVINO computes in bf16 on this processor unless INFERENCE_PRECISION_HINT is f32, as it was here"
)


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Args:
        path: of the file.
        pictures: how many it was checked on.
        difference: the largest one of any score, as a share of the largest score; for int8 what it costs of
            the metric, as a share.
        notes: sentences for the user.
    """

    path: Path
    pictures: int
    difference: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """How far an exported file is from its model.

    Args:
        share: the largest difference of any output, as a share of the largest one.
        pixels: the largest one of a position; None for a model that gives none.

    >>> str(Difference(1e-6, 0.00004))
    'positions differ by 4.0e-05 pixels, outputs by 1.0e-06 of the largest'
    """

    share: float
    pixels: float | None = None

    def __str__(self) -> str:
        if self.pixels is None:
            return f"scores differ by {self.share:.1e} of the largest"
        return f"positions differ by {self.pixels:.1e} pixels, outputs by {self.share:.1e} of the largest"


def default_path(file: Path, to: str, precision: str = "exact") -> Path:
    """Beside the model's file: model.onnx, model.pt2, model.xml, model.int8.xml."""
    return file.with_suffix((".int8" if precision == "int8" else "") + ENDINGS.get(to, ""))


def needs_file(name: str) -> SettingError:
    """The error for int8 of a name: its engine is kept beside a file."""
    return SettingError(
        f"{name} has no file of its own beside which an int8 engine could be kept",
        "a saved model",
        f'striate.zoo.save_load.save(striate.load("{name}"), "{name}.safetensors") in Python, then that file',
    )


def export(
    model: TaskModel[Any], to: Format, path: str | Path, pictures: Tensor, words: str = "pictures"
) -> Exported:
    """Write a classifier for other programs; it is read back and compared before it takes its place.

    Args:
        model: stays as it is.
        to: ``onnx``, ``torch`` or ``openvino``.
        path: of the file; an old one is replaced. OpenVINO's weights go beside it, as .bin.
        pictures: uint8 (N, C, H, W), prepared, on which both must agree.
        words: for what they are.

    Raises:
        SettingError: there is no such format, or what it needs is not installed.
        ModelFileError: the file cannot be written, or gives other scores than the model.
    """
    path = Path(path)
    require(to, path)
    if isinstance(model.network, TwoStage):
        return _export_parts(model, to, path, pictures, words)
    writers: dict[str, Callable[[TaskModel[Any], Path], Engine]] = {
        "onnx": _write_onnx,
        "torch": _write_torch,
        "openvino": _write_openvino,
    }
    found = Difference(0.0)

    def write(temporary: Path) -> None:
        nonlocal found
        found = difference(model, writers[to](model, temporary), pictures)
        if not found.share <= TOLERANCE:
            raise ModelFileError(
                f"the {to} file gives other answers: {found}",
                f"at most {TOLERANCE:.0e}",
                "another format; a network of your own may do what the format cannot say",
            )

    write_then_rename(path, write)
    checked = f"checked on {_counted(len(pictures), words)}: {found} (allowed: {TOLERANCE:.0e})"
    notes = (BF16_BY_DEFAULT,) if to == "openvino" and has_bf16("cpu") else ()
    return Exported(path, len(pictures), found.share, (checked, *notes))


def _export_parts(model: TaskModel[Any], to: Format, path: Path, pictures: Tensor, words: str) -> Exported:
    """Write the parts of a detector that looks twice, each for itself."""
    share, names = 0.0, list[str]()

    def write(temporary: Path) -> None:
        nonlocal share, names
        share, names = write_parts(model, to, temporary, pictures, metadata(model))
        if not share <= TOLERANCE:
            raise ModelFileError(
                f"the {to} files give other numbers: {Difference(share)}",
                f"at most {TOLERANCE:.0e}",
                "another format",
            )

    write_then_rename(path, write)
    beside = f"beside it: {', '.join(names)}; proposals, pooling and suppression are left to your program"
    checked = f"checked on {_counted(len(pictures), words)}: {Difference(share)} (allowed: {TOLERANCE:.0e})"
    return Exported(path, len(pictures), share, (checked, beside))


def _counted(count: int, words: str) -> str:
    """``1 picture of its run``, ``16 pictures of its run``."""
    return f"{count} {words.replace('pictures', 'picture', 1) if count == 1 else words}"


def export_int8(model: TaskModel[Any], file: Path, path: str | Path, found: Quantized) -> Exported:
    """Write an int8 graph that was accepted, for OpenVINO, and keep it as the model's own int8 engine.

    Args:
        file: of the model; the engine is kept beside it.
        path: of the exported file.
        found: from ``quantize``.

    Raises:
        ModelFileError: one of them cannot be written.
    """
    path = Path(path)
    require("openvino", path)
    write_then_rename(path, lambda temporary: _save(found.graph, model, temporary))
    if not write_graph(found.graph, folder_of(file), "int8", digest(model)):
        raise ModelFileError(
            f"the int8 engine cannot be kept in {folder_of(file)}",
            "a folder beside the model that you may write to",
            f"the file {path}, which is complete, in a program of your own",
        )
    engine = "striate predict --precision int8 answers with it from now on"
    return Exported(path, found.count, found.loss, (str(found), engine))


def _save(graph: Any, model: TaskModel[Any], path: Path) -> None:
    """Write a graph with what belongs to the model, as .xml and .bin."""
    graph.set_rt_info(metadata(model), KEY)
    openvino().save_model(graph, path, compress_to_fp16=False)


def metadata(model: TaskModel[Any]) -> str:
    """What a program has to know to use the file, as JSON."""
    return json.dumps(
        {
            "network": model.name,
            "arguments": model.arguments,
            "classes": list(model.classes),
            "preprocess": asdict(model.preprocess),
            "decoding": DECODING_RULE,
            "input": "images: uint8 (N, C, H, W), 0..255, RGB, of preprocess.size; normalization is inside",
            "task": model.task,
            "outputs": outputs(model),
            **model.postprocessing(),
            "versions": versions(),
        }
    )


@torch.no_grad()
def outputs(model: TaskModel[Any]) -> dict[str, str]:
    """Names of the raw outputs, with dtype and shape, as in {"scores": "float32 (N, 10)"}.

    The task says what they mean: a classifier's are scores before the softmax.
    """
    shape = (1, model.preprocess.channels, *model.preprocess.size)
    with evaluating(model):
        raw = model(torch.zeros(shape, dtype=torch.uint8, device=model.device))
    kinds = [
        f"{str(one.dtype).removeprefix('torch.')} ({', '.join(map(str, ('N', *one.shape[1:])))})"
        for one in flat(raw)[0]
    ]
    return dict(zip(names_of(raw), kinds, strict=True))


@torch.no_grad()
def difference(model: TaskModel[Any], engine: Engine, pictures: Tensor) -> Difference:
    """The largest of any output, all pictures at once and one alone, as a share of its largest value; and
    that of the positions, if the model gives any.
    """
    with evaluating(model):
        wanted = model(pictures.to(model.device))
    places, shares, pixels = model.positions(wanted), [0.0], [0.0]
    for part in (pictures, pictures[:1]):
        answer = engine(part)
        for ours, theirs in zip(flat(wanted)[0], flat(answer)[0], strict=True):
            largest = ours.abs().max().double().clamp(min=torch.finfo(torch.float32).tiny).cpu()
            shares.append(float(_furthest(ours[: len(part)], theirs) / largest))
        found = model.positions(answer)
        if places is not None and found is not None:
            pixels.append(float(_furthest(places[: len(part)], found)))
    share = math.nan if any(map(math.isnan, shares)) else max(shares)
    return Difference(share, None if places is None else max(pixels))


def _furthest(ours: Tensor, theirs: Tensor) -> Tensor:
    """The largest difference of two numbers."""
    return (ours.double().cpu() - theirs.double().cpu()).abs().max()


def is_int8(to: str, precision: str, calibrate: object) -> bool:
    """Whether the file is to be in int8.

    Raises:
        SettingError: there is no such precision of a file, or int8 lacks its format or its pictures.
    """
    if precision not in ("exact", "int8"):
        raise SettingError(
            f"precision is {precision!r}",
            "exact or int8; bf16 is chosen when a model runs",
            "--precision exact",
        )
    if precision == "int8" and to != "openvino":
        raise SettingError(f"int8 is not written for {to}", "openvino", "--to openvino --precision int8")
    if precision == "int8" and calibrate is None:
        raise SettingError(
            "int8 has no pictures to calibrate on", "labelled pictures of your own", "--calibrate DATA"
        )
    if precision == "exact" and calibrate is not None:
        raise SettingError("there is nothing to calibrate", "precision int8 with it", "--precision int8")
    return precision == "int8"


def require(to: str, path: Path) -> None:
    """Refuse formats that do not exist, packages that are missing, and folders that cannot be written."""
    if to not in get_args(Format):
        raise SettingError(f"to is {to!r}", "one of: " + ", ".join(get_args(Format)), "--to onnx")
    needed = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "openvino": ("openvino",), "torch": ()}[to]
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            f"{', '.join(needed)} for {to} files",
            "pip install 'striate[export]'",
        )
    if path.suffix != ENDINGS[to]:
        raise SettingError(
            f"{path} is to be a file for {to}", f"a name in {ENDINGS[to]}", f"--out {path.stem}{ENDINGS[to]}"
        )
    if not path.parent.is_dir():
        raise ModelFileError(
            f"there is no folder {path.parent}", "a folder that exists", f"mkdir -p {path.parent}"
        )


def write_then_rename(path: Path, write: Callable[[Path], None]) -> None:
    """Have files written to a temporary folder under the path's own name, then renamed, the named one last.

    Raises:
        ModelFileError: the folder cannot be written.
    """
    temporary = path.parent / f".{path.name}.{token_hex(4)}"
    try:
        temporary.mkdir()
        write(temporary / path.name)
        for file in sorted(temporary.iterdir(), key=lambda file: file.name == path.name):
            os.replace(file, path.parent / file.name)
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be written: {error.strerror or error}",
            "a folder with room that you may write to",
            "another --out",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_onnx(model: TaskModel[Any], path: Path) -> Engine:
    import onnxruntime

    with TRACING:  # the exporter traces once more
        source = exported(model)
        names, structure = output_names(source)
        program = torch.onnx.export(
            source, input_names=[INPUT], output_names=names, dynamo=True, verbose=False
        )
    assert program is not None  # it is None only when a path is given
    shape = program.model.graph.inputs[0].shape
    assert shape is not None  # the input was given with one
    program.rename_axes({str(shape[0]): "N"})
    program.model.metadata_props[KEY] = metadata(model)
    program.save(path)
    onnxruntime.disable_telemetry_events()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def engine(images: Tensor) -> Raw:
        found = session.run(None, {INPUT: images.numpy()})
        return nested([torch.from_numpy(values) for values in found], structure)

    return engine


def _write_torch(model: TaskModel[Any], path: Path) -> Engine:
    torch.export.save(exported(model), path, extra_files={TORCH_KEY: metadata(model)})
    program = torch.export.load(path).module()
    return lambda images: program(images.to(model.device))


def _write_openvino(model: TaskModel[Any], path: Path) -> Engine:
    _save(converted(model), model, path)
    return compiled(core().read_model(path), "exact")
