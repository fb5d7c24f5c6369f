"""A detector that looks twice for other programs: a file for each part, with the raw numbers of each.

    model.onnx           uint8 images --> numbers of the first stage, maps.0, maps.1, ...
    model.head.onnx      bins (R, C, 7, 7) of proposals --> scores, offsets
    model.masks.onnx     bins (R, C, 14, 14) of objects --> masks before the sigmoid
    model.joints.onnx    bins (R, C, 14, 14) of objects --> heat maps of joints
    model.captions.onnx  bins (R, C, 7, 7) of objects   --> codes; .begin and .word write captions of them

Proposals, pooling of regions and suppression lie between them and are left to the program that reads the
files: no graph can say how many regions there will be. Each part is read back and compared before it is
there.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.eval_mode import evaluating
from striate.tasks.detection.networks.two_stage import TwoStage, without_pixels
from striate.tasks.detection.parts.branch import Branch, Graph, Numbers
from striate.zoo.inference.openvino_engine import INPUT, TRACING, core, openvino

if TYPE_CHECKING:
    from striate.tasks.model import TaskModel

BINS = "bins"
"""Name of what a part of the second look is given."""

Run = Callable[[Sequence[Tensor]], list[Tensor]]
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


@torch.no_grad()
def parts_of(model: "TaskModel[Any]", network: TwoStage, pictures: Tensor) -> list[Graph]:
    """The parts with examples from pictures.

    Args:
        model: in evaluation mode.
        network: its own.
        pictures: uint8 (N, C, H, W), prepared.

    Raises:
        SettingError: its second look is not at maps.
    """
    if not network.pool.described():
        raise SettingError(
            "the second look of this detector is not at bins of maps",
            "a network such as faster_rcnn, mask_rcnn or densecap",
            "striate predict, which computes it",
        )
    seen = model.normalized(pictures)
    maps = network.features(seen)
    first = without_pixels(network.first(seen, maps))
    names = (*first, *(f"maps.{number}" for number in range(len(maps))))
    parts = [Graph("", FirstPart(model, network), {INPUT: pictures}, names, {})]
    regions = [_regions(pictures.shape[2], pictures.shape[3])] * len(pictures)
    bins = network.pool(maps, regions)
    head = Graph(
        "head", Numbers(network.head), {BINS: bins}, tuple(network.head(bins)), network.pool.described()
    )
    parts.append(head)
    for name, branch in network.branches.items():
        assert isinstance(branch, Branch)
        pool: Any = branch.pool
        found = branch.graphs(name, pool(maps, regions))
        parts += [
            one._replace(about=one.about | (pool.described() if BINS in one.inputs else {})) for one in found
        ]
    return parts


def _in_words(part: Graph) -> str:
    """What a part is given.

    >>> _in_words(Graph("head", nn.Identity(), {"bins": torch.zeros(2, 8, 7, 7)}, (), {}))
    'bins: float32 (R, 8, 7, 7)'
    """
    rows = "R" if part.name else "N"
    shapes = ((name, one, ", ".join((rows, *map(str, one.shape[1:])))) for name, one in part.inputs.items())
    return "; ".join(
        f"{name}: {str(one.dtype).removeprefix('torch.')} ({shape})" for name, one, shape in shapes
    )


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
            about |= {"input": _in_words(part), "outputs": list(part.outputs)}
            given = list(part.inputs.values())
            run = WRITERS[to](part, file, json.dumps(about))
            found = part.module(*given)
            worst = max(worst, _difference(found if isinstance(found, tuple) else [found], run(given)))
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


def _program(part: Graph) -> torch.export.ExportedProgram:
    """The part as a program for any number of rows."""
    rows, given = torch.export.Dim("rows", min=1), list(part.inputs.values())
    if len(given[0]) == 1:  # one row would be taken for a number that is always one
        given = [torch.cat([one, one]) for one in given]
    free = tuple({0: rows} for _ in given)
    return torch.export.export(part.module, tuple(one.contiguous() for one in given), dynamic_shapes=free)


def _onnx(part: Graph, path: Path, metadata: str) -> Run:
    import onnxruntime

    given = list(part.inputs)
    with TRACING:
        source = _program(part)
        names = list(part.outputs)
        program = torch.onnx.export(source, input_names=given, output_names=names, dynamo=True, verbose=False)
    assert program is not None  # it is None only when a path is given
    shape = program.model.graph.inputs[0].shape
    assert shape is not None  # the input was given with one
    program.rename_axes({str(shape[0]): "R" if part.name else "N"})
    program.model.metadata_props["striate"] = metadata
    program.save(path)
    onnxruntime.disable_telemetry_events()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(values: Sequence[Tensor]) -> list[Tensor]:
        rows = {name: one.numpy() for name, one in zip(given, values, strict=True)}
        return [torch.from_numpy(one) for one in session.run(None, rows)]

    return run


def _torch(part: Graph, path: Path, metadata: str) -> Run:
    with TRACING:
        torch.export.save(_program(part), path, extra_files={"striate.json": metadata})
    program = torch.export.load(path).module()

    def run(values: Sequence[Tensor]) -> list[Tensor]:
        found = program(*values)
        return [found] if isinstance(found, Tensor) else list(found)

    return run


def _openvino(part: Graph, path: Path, metadata: str) -> Run:
    with TRACING:
        graph = openvino().convert_model(_program(part))
    for port, (name, one) in zip(graph.inputs, part.inputs.items(), strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_partial_shape(openvino().PartialShape([-1, *one.shape[1:]]))
    graph.validate_nodes_and_infer_types()
    for output, name in zip(graph.outputs, part.outputs, strict=True):
        output.get_tensor().set_names({name})
    graph.set_rt_info(metadata, "striate")
    openvino().save_model(graph, path, compress_to_fp16=False)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    request = core().compile_model(core().read_model(path), "CPU", exact).create_infer_request()

    def run(values: Sequence[Tensor]) -> list[Tensor]:
        found = request.infer([one.contiguous().numpy() for one in values])
        return [torch.from_numpy(found[number].copy()) for number in range(len(found))]

    return run


WRITERS: dict[str, Callable[[Graph, Path, str], Run]] = {
    "onnx": _onnx,
    "torch": _torch,
    "openvino": _openvino,
}
