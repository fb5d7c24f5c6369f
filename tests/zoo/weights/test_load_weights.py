"""Weights from elsewhere: whose names, what differs, what is adapted, and what is refused."""

import argparse
import copy
import hashlib
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

import striate
from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.layers.backbone import Backbone
from striate.zoo.build import build
from striate.zoo.networks import create
from striate.zoo.save_load import save
from striate.zoo.weights.checkpoint_reader import read_checkpoint
from striate.zoo.weights.load_weights import adapted, load_weights
from striate.zoo.weights.published_weights import PUBLISHED, Published

CLASSES = 5


@pytest.fixture(scope="module")
def theirs() -> torch.nn.Module:
    """A ResNet-18 of torchvision."""
    from torchvision.models import resnet18

    torch.manual_seed(0)
    return resnet18(num_classes=CLASSES).eval()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def state(network: torch.nn.Module) -> dict[str, Tensor]:
    return {key: tensor.clone() for key, tensor in network.state_dict().items()}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


# ---- formats


def bare(tensors: dict[str, Tensor], path: Path) -> None:
    torch.save(tensors, path)


def checkpoint(tensors: dict[str, Tensor], path: Path) -> None:
    torch.save({"state_dict": {f"module.{key}": value for key, value in tensors.items()}, "epoch": 90}, path)


def compiled(tensors: dict[str, Tensor], path: Path) -> None:
    torch.save({"model": {f"_orig_mod.{key}": value for key, value in tensors.items()}}, path)


def of_2017(tensors: dict[str, Tensor], path: Path) -> None:
    old = {key: value for key, value in tensors.items() if not key.endswith("num_batches_tracked")}
    torch.save(old, path, _use_new_zipfile_serialization=False)


def as_safetensors(tensors: dict[str, Tensor], path: Path) -> None:
    safetensors.torch.save_file(tensors, path)


@pytest.mark.parametrize("write", [bare, checkpoint, compiled, of_2017, as_safetensors])
def test_a_file_is_known_by_its_content(
    write: Callable[[dict[str, Tensor], Path], None], theirs: torch.nn.Module, images: Tensor, tmp_path: Path
) -> None:
    write(theirs.state_dict(), tmp_path / "weights")
    network = create("resnet18", CLASSES, weights=tmp_path / "weights").eval()
    assert network.notes == ("weights: weights, with the names of torchvision and timm",)
    with torch.no_grad():
        assert torch.allclose(network(images), theirs(images), atol=1e-5)


def test_our_own_files_come_back(tmp_path: Path) -> None:
    model = build("lenet5", ["a", "b"], Preprocess((32, 32)))
    save(model, tmp_path / "model.safetensors")
    network = create("lenet5", 2, weights=str(tmp_path / "model.safetensors"))
    assert network.notes == ("weights: model.safetensors, with the names of striate",)
    assert equal(state(network), state(model.network))


def test_a_network_keeps_its_dtype(theirs: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(copy.deepcopy(theirs).bfloat16().state_dict(), tmp_path / "half.pth")
    network = create("resnet18", CLASSES, weights=tmp_path / "half.pth")
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


# ---- what is adapted


def test_other_classes_leave_the_last_layer_new(theirs: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "five.pth")
    network = create("resnet18", 3)
    before = state(network)
    said = load_weights(network, "resnet18", tmp_path / "five.pth")
    assert said[1:] == ("the last layer is new: the file has 5 classes, the network 3",)
    after = state(network)
    same = {key for key in after if torch.equal(after[key], before[key])}
    assert {"head.output.weight", "head.output.bias"} <= same
    assert torch.equal(after["stem.conv.weight"], theirs.conv1.weight)


@pytest.mark.parametrize(
    ("channels", "how"),
    [(1, "summed"), (2, "repeated in turn, times 3/2"), (5, "repeated in turn, times 3/5")],
)
def test_first_filters_are_adapted_to_other_channels(
    channels: int, how: str, theirs: torch.nn.Module, tmp_path: Path
) -> None:
    torch.save(theirs.state_dict(), tmp_path / "color.pth")
    network = create("resnet18", CLASSES, in_channels=channels, weights=tmp_path / "color.pth").eval()
    assert network.notes[1:] == (f"the first filters were adapted from 3 to {channels} channels: {how}",)
    assert network.stem.conv.weight.shape[1] == channels


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_adapted_filters_answer_equal_channels_as_before(channels: int) -> None:
    filters, image = torch.randn(8, 3, 5, 5), torch.randn(1, 1, 9, 9)
    before = torch.conv2d(image.expand(-1, 3, -1, -1), filters)
    now = torch.conv2d(image.expand(-1, channels, -1, -1), adapted(filters, channels))
    assert torch.allclose(now, before, atol=1e-4)


def test_grey_filters_become_color_filters() -> None:
    assert adapted(torch.tensor([[6.0]]), 3).tolist() == [[2.0, 2.0, 2.0]]  # 6 / 3


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_come_and_go(name: str, tmp_path: Path) -> None:
    full = create(name, CLASSES, auxiliary=True)
    torch.save(full.state_dict(), tmp_path / "full.pth")
    plain = create(name, CLASSES, weights=tmp_path / "full.pth")
    assert plain.notes[1:] == ("the auxiliary heads of the file were left out",)
    torch.save(plain.state_dict(), tmp_path / "plain.pth")
    again = create(name, 3, auxiliary=True)
    before = state(again.auxiliaries)
    said = load_weights(again, name, tmp_path / "plain.pth")
    assert said[1:] == (
        "the last layer is new: the file has 5 classes, the network 3",
        "the auxiliary heads start from random weights: the file has none",
    )
    assert equal(state(again.auxiliaries), before)
    assert equal(state(again.stages), state(full.stages))
    assert len(load_weights(again, name, tmp_path / "full.pth")) == 2  # theirs come, but for the last layers
    assert not equal(state(again.auxiliaries), before)


# ---- what is refused


def refused(network: Backbone, name: str, path: Path) -> ModelFileError:
    """The error of loading, checked for its three parts and for a network that is as it was."""
    before = state(network)
    with pytest.raises(ModelFileError) as caught:
        load_weights(network, name, path)
    assert all((caught.value.wrong, caught.value.expected, caught.value.attempt))
    assert path.name in caught.value.wrong
    assert equal(state(network), before)
    return caught.value


def test_another_network_is_refused_with_its_first_five_tensors(
    theirs: torch.nn.Module, tmp_path: Path
) -> None:
    torch.save(theirs.state_dict(), tmp_path / "resnet.pth")
    error = refused(create("resnet34", CLASSES), "resnet34", tmp_path / "resnet.pth")
    # 16 blocks of 12 tensors (2 convolutions, 2 norms of 5) instead of 8 of them; of these every eighth and
    # ninth is a counter, which may be missing: 8 * (2 + 2 * 4) = 80
    assert "80 tensors differ" in error.wrong
    assert error.wrong.count("is missing") == 5
    assert "and 75 more" in error.wrong
    assert "torchvision's" in error.expected


def test_a_few_tensors_of_another_shape_are_enough(theirs: torch.nn.Module, tmp_path: Path) -> None:
    tensors = theirs.state_dict()
    torch.save({**tensors, "layer1.0.bn1.weight": torch.ones(63)}, tmp_path / "odd.pth")
    error = refused(create("resnet18", CLASSES), "resnet18", tmp_path / "odd.pth")
    assert "1 tensor differs" in error.wrong
    assert "--model" in error.attempt
    assert "63 instead of 64" in error.wrong


def test_the_same_tensors_of_another_network_are_refused(tmp_path: Path) -> None:
    save(build("lenet5_1998", ["a", "b"], Preprocess((32, 32))), tmp_path / "model.safetensors")
    error = refused(create("lenet5", 2), "lenet5", tmp_path / "model.safetensors")
    assert "is of lenet5_1998, not of lenet5" in error.wrong


def test_the_same_network_with_other_arguments_is_refused_with_those_of_the_file(tmp_path: Path) -> None:
    save(build("resnet18", ["a", "b"], Preprocess((32, 32)), stem="small"), tmp_path / "model.safetensors")
    error = refused(create("resnet18", 2), "resnet18", tmp_path / "model.safetensors")
    # the small stem's filters are 3x3 instead of 7x7; nothing else has a shape of its own
    assert "is of resnet18, and does not fit this one: 1 tensor differs: stem.conv" in error.wrong
    assert error.attempt == "the arguments that the file was made with: stem='small'"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused_by_the_first_tensor(value: float, tmp_path: Path) -> None:
    network = create("lenet5", 2)
    first, *_, last = names = [key for key in network.state_dict() if key.endswith("weight")]
    tensors = state(network)
    for key in names[1:]:
        tensors[key].view(-1)[3] = value
    torch.save(tensors, tmp_path / "broken.pth")
    wrong = refused(network, "lenet5", tmp_path / "broken.pth").wrong
    assert names[1] in wrong
    assert first not in wrong
    assert last not in wrong


@pytest.mark.parametrize("strange", [Tensor.to_sparse, lambda one: one.to("meta")])
def test_tensors_that_are_not_dense_are_refused(strange: Callable[[Tensor], Tensor], tmp_path: Path) -> None:
    network = create("lenet5", 2)
    tensors = state(network)
    odd = strange(tensors["head.output.weight"])
    torch.save({**tensors, "head.output.weight": odd}, tmp_path / "odd.pth")
    assert "holds head.output.weight" in refused(network, "lenet5", tmp_path / "odd.pth").wrong


def test_the_folder_of_a_run_means_its_model(tmp_path: Path) -> None:
    model = build("lenet5", ["a", "b"], Preprocess((32, 32)))
    save(model, tmp_path / "model.safetensors")
    assert equal(state(create("lenet5", 2, weights=tmp_path)), state(model.network))


@pytest.mark.parametrize("word", ["imagnet", "ImageNet", "image-net"])
def test_a_misspelt_imagenet_is_recognised(word: str) -> None:
    with pytest.raises(ModelFileError, match=f"there is no file {word}") as caught:
        create("resnet18", weights=word)
    assert caught.value.attempt == "weights imagenet, or check the path"


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_a_pickle_runs_no_code(write: Callable[[Any, Path], None], tmp_path: Path) -> None:
    write(
        {"state_dict": {"fc.weight": torch.ones(2)}, "more": Trap(tmp_path / "sprung")}, tmp_path / "trap.pth"
    )
    error = refused(create("lenet5", 2), "lenet5", tmp_path / "trap.pth")
    assert "could run a stranger's code" in error.wrong
    assert not (tmp_path / "sprung").exists()


def test_a_checkpoint_with_its_arguments_is_refused_by_their_name(tmp_path: Path) -> None:
    torch.save(
        {"model": create("lenet5", 2).state_dict(), "args": argparse.Namespace(lr=1)}, tmp_path / "a.pth"
    )
    assert "argparse.Namespace" in refused(create("lenet5", 2), "lenet5", tmp_path / "a.pth").wrong


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused(suffix: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / f"whole.{suffix}"
    write = as_safetensors if suffix == "safetensors" else bare
    write(create("lenet5", 2).state_dict(), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused(create("lenet5", 2), "lenet5", path)


def test_what_is_no_file_of_tensors_is_refused(tmp_path: Path) -> None:
    network = create("lenet5", 2)
    torch.save([torch.ones(2)], tmp_path / "list.pth")
    torch.save({"epoch": 3}, tmp_path / "empty.pth")
    (tmp_path / "words.pth").write_text("not weights, words")
    (tmp_path / "folder.pth").mkdir()
    for name in ("list.pth", "empty.pth", "words.pth", "folder.pth", "missing.pth"):
        refused(network, "lenet5", tmp_path / name)
    assert "no tensors by name" in refused(network, "lenet5", tmp_path / "list.pth").wrong
    assert "check the path" in refused(network, "lenet5", tmp_path / "missing.pth").attempt


def test_names_that_are_wrapped_twice_are_unwrapped(tmp_path: Path) -> None:
    torch.save({"model": {"state_dict": {"module._orig_mod.a": torch.ones(2)}}}, tmp_path / "twice.pth")
    assert read_checkpoint(tmp_path / "twice.pth").tensors.keys() == {"a"}


# ---- published weights


@pytest.fixture
def as_published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> torch.nn.Module:
    """The small MobileNet of torchvision with random weights, in the cache as if they had been fetched."""
    from torchvision.models import mobilenet_v3_small

    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    network = mobilenet_v3_small().eval()
    torch.save(network.state_dict(), folder / "net.pth")
    digits = hashlib.sha256((folder / "net.pth").read_bytes()).hexdigest()[:8]
    (folder / "net.pth").rename(folder / f"net-{digits}.pth")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(PUBLISHED, "mobilenet_v3_small", Published(f"net-{digits}.pth"))
    return network


def test_imagenet_is_a_word_for_published_weights(as_published: torch.nn.Module, images: Tensor) -> None:
    network = create("mobilenet_v3_small", weights="imagenet").eval()
    assert "with the names of torchvision" in network.notes[0]
    with torch.no_grad():
        assert torch.allclose(network(images), as_published(images), atol=1e-5)


def test_a_name_loads_a_classifier_with_published_weights(as_published: torch.nn.Module) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    image = torch.from_numpy(pixels[16:240, 16:240]).permute(2, 0, 1)  # the middle 224 of 256
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        scores = as_published(((image / 255 - mean.view(3, 1, 1)) / std.view(3, 1, 1))[None])[0]
    found = striate.predict("mobilenet_v3_small", pixels)
    assert torch.allclose(found.scores, scores.softmax(0), atol=1e-6)
    assert found.classes[281] == "tabby"


def test_a_ready_classifier_is_saved_like_any_other(as_published: torch.nn.Module, tmp_path: Path) -> None:
    model = striate.load("mobilenet_v3_small")
    save(model, tmp_path / "model.safetensors")
    again = striate.load(tmp_path / "model.safetensors")
    assert again.preprocess == model.preprocess
    assert equal(state(again.network), state(model.network))


def test_a_folder_comes_before_a_name(
    as_published: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mobilenet_v3_small").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelFileError, match=r"mobilenet_v3_small/model\.safetensors"):
        striate.load("mobilenet_v3_small")


def test_imagenet_needs_published_weights() -> None:
    with pytest.raises(SettingError, match="no published weights for lenet5"):
        create("lenet5", weights="imagenet")


def test_a_network_by_name_is_exported_into_the_current_folder(
    as_published: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = striate.export("mobilenet_v3_small", "torch")
    assert done.path == Path("mobilenet_v3_small.pt2")
    assert done.path.stat().st_size > 0
    with pytest.raises(SettingError, match="no file of its own") as caught:
        striate.export("mobilenet_v3_small", "openvino", precision="int8", calibrate=tmp_path)
    assert "mobilenet_v3_small.safetensors" in caught.value.attempt


def test_weights_of_somebody_else_are_no_model_and_the_error_says_what_they_are_good_for(
    theirs: torch.nn.Module, tmp_path: Path
) -> None:
    torch.save(theirs.state_dict(), tmp_path / "net.pth")
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "net.safetensors")
    for name in ("net.pth", "net.safetensors"):
        with pytest.raises(ModelFileError, match=name) as caught:
            striate.predict(tmp_path / name, np.zeros((32, 32, 3), dtype=np.uint8))
        assert "striate train DATA --model NAME --weights FILE" in caught.value.attempt
        assert "striate.create(NAME, weights=FILE)" in caught.value.attempt


# ---- what is in the way


@pytest.mark.parametrize("prefix", ["model.", "backbone.", "module.net.body."])
def test_what_is_before_all_names_is_left_out(
    prefix: str, theirs: torch.nn.Module, images: Tensor, tmp_path: Path
) -> None:
    torch.save({prefix + key: value for key, value in theirs.state_dict().items()}, tmp_path / "w.pth")
    network = create("resnet18", CLASSES, weights=tmp_path / "w.pth").eval()
    assert network.notes[0].endswith(f"torchvision and timm after {prefix.removeprefix('module.')!r}")
    with torch.no_grad():
        assert torch.allclose(network(images), theirs(images), atol=1e-5)


def test_a_misfit_shows_names_of_the_file(tmp_path: Path) -> None:
    torch.save({"encoder.a": torch.ones(2), "decoder.b": torch.ones(2)}, tmp_path / "other.pth")
    error = refused(create("resnet18", 2), "resnet18", tmp_path / "other.pth")
    assert error.wrong.endswith("; the file has encoder.a, decoder.b")
    assert error.expected == "weights of resnet18, in our names, torchvision's or timm's"


def test_arguments_that_fit_every_tensor_and_change_the_network_are_told(tmp_path: Path) -> None:
    torch.save(create("mobilenet_v2", CLASSES).state_dict(), tmp_path / "w.pth")
    said = create("mobilenet_v2", CLASSES, weights=tmp_path / "w.pth", stem="small").notes
    assert any("stem is 'small' here" in one and "the network differs" in one for one in said)


@pytest.mark.parametrize(
    ("weights", "wrong", "attempt"),
    [
        (5, "weights is 5", "weights='imagenet'"),
        ({"fc.weight": torch.ones(2)}, "weights is a dictionary of tensors", "load_state_dict"),
        ("nowhere", "there is no file nowhere", "check the path"),
    ],
)
def test_what_names_no_weights_is_refused(weights: Any, wrong: str, attempt: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        create("resnet18", weights=weights)
    assert caught.value.wrong == wrong
    assert caught.value.expected == "imagenet, striate, a file of weights, or the folder of a run"
    assert attempt in caught.value.attempt


def test_a_folder_that_is_no_run_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is no run: it has no model"):
        create("resnet18", weights=tmp_path)


def test_a_misspelt_ready_network_is_recognised() -> None:
    with pytest.raises(ModelFileError, match="there is no resnet5\n") as caught:
        striate.load("resnet5")
    assert "resnet50" in caught.value.attempt
