"""Weights files of other programs: several sets of weights in one, parts of other things, no files."""

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from striate.errors import ModelFileError
from striate.zoo.networks import create

CLASSES = 5


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def several(tmp_path: Path, extra: dict[str, Tensor] | None = None) -> tuple[Path, dict[str, Tensor]]:
    """A checkpoint as timm writes it: the weights, and their average, which is 1 higher."""
    tensors = create("resnet20", CLASSES).state_dict()
    average = {
        f"module.{key}": value + 1 if value.is_floating_point() else value for key, value in tensors.items()
    }
    torch.save(
        {"epoch": 3, "state_dict": tensors, "state_dict_ema": average | (extra or {})}, tmp_path / "both.pth"
    )
    return tmp_path / "both.pth", tensors


def test_of_several_sets_of_weights_it_is_said_which_was_taken_and_how_to_take_another(
    tmp_path: Path,
) -> None:
    path, tensors = several(tmp_path)
    network = create("resnet20", CLASSES, weights=path)
    assert equal(network.state_dict(), tensors)
    assert f"--weights {path}#state_dict_ema takes the other" in network.notes[1]
    averaged = create("resnet20", CLASSES, weights=f"{path}#state_dict_ema")
    assert torch.equal(averaged.state_dict()["stem.conv.weight"], tensors["stem.conv.weight"] + 1)
    with pytest.raises(ModelFileError, match="has no part 'model'") as caught:
        create("resnet20", CLASSES, weights=f"{path}#model")
    assert caught.value.expected == "state_dict, state_dict_ema"


def test_an_optimizer_and_a_criterion_are_no_other_set_of_weights(tmp_path: Path) -> None:
    tensors = create("resnet20", CLASSES).state_dict()
    more = {"optimizer": {"state": {0: {"momentum": torch.ones(3)}}}, "criterion": {"weight": torch.ones(2)}}
    torch.save({"state_dict": tensors, **more}, tmp_path / "a.pth")
    assert len(create("resnet20", CLASSES, weights=tmp_path / "a.pth").notes) == 1


@pytest.mark.parametrize("prefix", ["", "net."])
def test_weights_of_other_parts_of_a_program_are_left_out_and_named(tmp_path: Path, prefix: str) -> None:
    tensors = create("resnet20", CLASSES).state_dict()
    stored = {prefix + key: value for key, value in tensors.items()} | {"criterion.weight": torch.ones(2)}
    torch.save({"state_dict": stored}, tmp_path / "a.ckpt")
    network = create("resnet20", CLASSES, weights=tmp_path / "a.ckpt")
    assert equal(network.state_dict(), tensors)
    assert network.notes[-1] == "left out of the file, as resnet20 has no such part: criterion.weight"


def test_a_deeper_network_is_not_cut_to_fit(tmp_path: Path) -> None:
    torch.save(create("resnet32", CLASSES).state_dict(), tmp_path / "deep.pth")
    with pytest.raises(ModelFileError, match="tensors differ"):
        create("resnet20", CLASSES, weights=tmp_path / "deep.pth")


def test_weights_that_were_cast_to_half_load_with_their_counters(tmp_path: Path) -> None:
    network = create("resnet20", CLASSES)
    torch.save({key: value.half() for key, value in network.state_dict().items()}, tmp_path / "half.pth")
    again = create("resnet20", CLASSES, weights=tmp_path / "half.pth")
    assert torch.equal(
        again.state_dict()["head.output.weight"], network.state_dict()["head.output.weight"].half()
    )


def test_a_pipe_is_no_file_of_weights(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(ModelFileError):
        create("lenet5", 2, weights=tmp_path / "pipe.pth")
