"""The scores of segmentation_models.pytorch's Unet(resnet18), with weights that a formula gives.

The case needs no such package to be tested: only to be recorded anew, by

    python tests/zoo/weights/unet_smp_case.py
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

CASE = Path(__file__).with_suffix(".json")
CLASSES, SIZE, STEP = 4, (64, 96), 13


def waves(count: int, number: int) -> Tensor:
    """float64 (count,), between -1 and 1."""
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7 + number)


def weights(shapes: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    """Tensors of those shapes: variances about 1, filters by the size of what they see, small biases."""
    found = {}
    for number, (name, shape) in enumerate(shapes.items()):
        values = waves(max(torch.Size(shape).numel(), 1), number).view(list(shape)).float()
        if name.endswith("num_batches_tracked"):
            values = torch.zeros([], dtype=torch.int64)
        elif len(shape) > 1:
            values = values * (4 / torch.Size(shape[1:]).numel()) ** 0.5
        elif name.endswith(("running_var", "weight")):
            values = 1 + 0.3 * values
        else:
            values = 0.1 * values
        found[name] = values
    return found


def images() -> Tensor:
    """float32 (2, 3, 64, 96)."""
    return waves(2 * 3 * SIZE[0] * SIZE[1], 0).view(2, 3, *SIZE).float() * 2


def main() -> None:
    import segmentation_models_pytorch as smp

    network = smp.Unet("resnet18", encoder_weights=None, classes=CLASSES).eval()
    shapes = {name: list(one.shape) for name, one in network.state_dict().items()}
    network.load_state_dict(weights(shapes))
    with torch.no_grad():
        scores = network(images())
    versions = {"segmentation_models_pytorch": smp.__version__, "torch": torch.__version__.split("+")[0]}
    case = {"recorded_with": versions, "shapes": shapes, "scores": scores[..., ::STEP, ::STEP].tolist()}
    CASE.write_text(json.dumps(case) + "\n")


if __name__ == "__main__":
    main()
