"""A detector that looks twice for other programs: a file for each part, with the raw numbers of each.

    model.onnx           uint8 images --> numbers of the first stage, maps.0, maps.1, ...
    model.head.onnx      bins (R, C, 7, 7) of proposals --> scores, offsets
    model.masks.onnx     bins (R, C, 14, 14) of objects --> masks before the sigmoid
    model.joints.onnx    bins (R, C, 14, 14) of objects --> heat maps of joints

Proposals, RoI align and suppression lie between them and are left to the program that reads the files: no
graph can say how many regions there will be. Each part is read back and compared before it is there.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.eval_mode import evaluating
from striate.tasks.detection.networks.two_stage import TwoStage, without_pixels
from striate.tasks.detection.parts.region_pool import RoiPool
from striate.zoo.inference.openvino_engine import INPUT, TRACING, core, openvino

if TYPE_CHECKING:
    from striate.tasks.model import TaskModel

BINS = "bins"
"""Name of what a part of the second look is given."""

Run = Callable[[Tensor], list[Tensor]]
To = Literal["onnx", "torch", "openvino"]


class FirstPart(nn.Module):
    """uint8 images -> raw numbers of the first stage, then maps (N, C, H', W')."""

    def __init__(self, model: "TaskModel[Any]", network: TwoStage) -> None:
        super().__init__()
        self.model, self.network = model, network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Images -> numbers."""
        seen = self.model.normalized(images)
        maps = self.network.features(seen)
        return (*without_pixels(self.network.first(seen, maps)).values(), *maps)


class BinsPart(nn.Module):
    """Bins -> the numbers of a head, or of a branch, in the order of their names."""

    def __init__(self, owner: nn.Module) -> None:
        super().__init__()
        self.owner = owner

    def forward(self, bins: Tensor) -> tuple[Tensor, ...]:
        """Bins -> numbers."""
        head: Any = getattr(self.owner, "head", self.owner)
        return tuple(head(bins).values())


class Part(NamedTuple):
    """One file.

    Args:
        name: ``head`` in model.head.onnx; "" for the first look.
        module: what it computes.
        example: of what it is given, two rows or more.
        outputs: names of its numbers.
        about: for a program that reads it.
    """

    name: str
    module: nn.Module
    example: Tensor
    outputs: tuple[str, ...]
    about: dict[str, Any]


@torch.no_grad()
def parts_of(model: "TaskModel[Any]", network: TwoStage, pictures: Tensor) -> list[Part]:
    """The parts with examples from pictures.

    Args:
        model: in evaluation mode.
        network: its own.
        pictures: uint8 (N, C, H, W), prepared.

    Raises:
        SettingError: its second look is not at maps.
    """
    if not isinstance(network.pool, RoiPool):
        raise SettingError(
            "the second look of this detector is not at bins of maps",
            "a network such as faster_rcnn or mask_rcnn",
            "striate predict, which computes it",
        )
    seen = model.normalized(pictures)
    maps = network.features(seen)
    first = without_pixels(network.first(seen, maps))
    names = (*first, *(f"maps.{number}" for number in range(len(maps))))
    parts = [Part("", FirstPart(model, network), pictures, names, {"input": f"{INPUT}: uint8 (N, C, H, W)"})]
    regions = [_regions(pictures.shape[2], pictures.shape[3])] * len(pictures)
    owners = {"head": (network.pool, network.head)}
    owners |= {name: (branch.pool, branch) for name, branch in network.branches.items()}  # type: ignore[misc]
    for name, (pool, owner) in owners.items():
        bins = pool(maps, regions)
        numbers: Any = getattr(owner, "head", owner)
        about = {
            "input": f"{BINS}: float32 (R, {', '.join(map(str, bins.shape[1:]))}), RoI align of the maps",
            "roi_align": {"strides": list(pool.strides), "samples": 2, "aligned": False},
        }
        parts.append(Part(name, BinsPart(owner), bins, tuple(numbers(bins)), about))
    return parts


def _regions(height: int, width: int) -> Tensor:
    """Regions on which the parts of the second look are compared: from (0, 0) to shares of a picture.

    >>> _regions(64, 128).tolist()[0]
    [0.0, 0.0, 16.0, 8.0]
    """
    shares = torch.tensor([1 / 8, 1 / 4, 1 / 2, 1.0])
    ends = torch.stack([shares * width, shares * height], 1)
    return torch.cat([torch.zeros_like(ends), ends], 1)


def write_parts(
    model: "TaskModel[Any]", to: To, path: Path, pictures: Tensor, metadata: str
) -> tuple[float, list[str]]:
    """Write all files and read them back.

    Args:
        model: whose network has two stages.
        to: the format.
        path: of the first one; the others lie beside it.
        pictures: uint8 (N, C, H, W), prepared, on which they are compared.
        metadata: of the model, JSON, which each file gets with what it is given and gives.

    Returns:
        the largest difference of any number, as a share of the largest one of its output; the names of the
        other files.
    """
    network, worst, names = model.network, 0.0, list[str]()
    assert isinstance(network, TwoStage)
    with torch.inference_mode(False), torch.no_grad(), evaluating(model):
        for part in parts_of(model, network, pictures):
            file = path.with_name(f"{path.stem}.{part.name}{path.suffix}") if part.name else path
            about = {**json.loads(metadata), "part": part.name or "first look", **part.about}
            about["outputs"] = list(part.outputs)
            run = WRITERS[to](part, file, json.dumps(about))
            worst = max(worst, _difference(part.module(part.example), run(part.example)))
            names += [file.name] if part.name else []
    return worst, names


def _difference(wanted: Sequence[Tensor], found: Sequence[Tensor]) -> float:
    """The largest difference, as a share of the largest number of an output."""
    least = torch.finfo(torch.float32).tiny
    pairs = [(ours, theirs) for ours, theirs in zip(wanted, found, strict=True) if ours.numel()]
    shares = [
        float((ours - theirs).abs().max() / ours.abs().max().clamp(min=least)) for ours, theirs in pairs
    ]
    return max(shares, default=0.0)


def _program(part: Part) -> torch.export.ExportedProgram:
    """The part as a program for any number of rows."""
    example = part.example if len(part.example) > 1 else part.example.repeat(2, 1, 1, 1)
    rows = torch.export.Dim("rows", min=1)
    return torch.export.export(part.module, (example.contiguous(),), dynamic_shapes=({0: rows},))


def _onnx(part: Part, path: Path, metadata: str) -> Run:
    import onnxruntime

    given = BINS if part.name else INPUT
    with TRACING:
        source = _program(part)
        names = list(part.outputs)
        program = torch.onnx.export(
            source, input_names=[given], output_names=names, dynamo=True, verbose=False
        )
    assert program is not None  # it is None only when a path is given
    shape = program.model.graph.inputs[0].shape
    assert shape is not None  # the input was given with one
    program.rename_axes({str(shape[0]): "R" if part.name else "N"})
    program.model.metadata_props["striate"] = metadata
    program.save(path)
    onnxruntime.disable_telemetry_events()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda rows: [torch.from_numpy(one) for one in session.run(None, {given: rows.numpy()})]


def _torch(part: Part, path: Path, metadata: str) -> Run:
    with TRACING:
        torch.export.save(_program(part), path, extra_files={"striate.json": metadata})
    program = torch.export.load(path).module()
    return lambda rows: list(program(rows))


def _openvino(part: Part, path: Path, metadata: str) -> Run:
    with TRACING:
        graph = openvino().convert_model(_program(part))
    graph.reshape([-1, *part.example.shape[1:]])
    graph.inputs[0].get_tensor().set_names({BINS if part.name else INPUT})
    for output, name in zip(graph.outputs, part.outputs, strict=True):
        output.get_tensor().set_names({name})
    graph.set_rt_info(metadata, "striate")
    openvino().save_model(graph, path, compress_to_fp16=False)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    request = core().compile_model(core().read_model(path), "CPU", exact).create_infer_request()

    def run(rows: Tensor) -> list[Tensor]:
        found = request.infer([rows.contiguous().numpy()])
        return [torch.from_numpy(found[number].copy()) for number in range(len(found))]

    return run


WRITERS: dict[str, Callable[[Part, Path, str], Run]] = {
    "onnx": _onnx,
    "torch": _torch,
    "openvino": _openvino,
}
