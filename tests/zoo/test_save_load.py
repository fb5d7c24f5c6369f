import io
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError, SettingError
from striate.tasks.classification.classifier import Classifier
from striate.zoo import model_file as file
from striate.zoo.build import build
from striate.zoo.model_file import write_file
from striate.zoo.save_load import load, read_header, save

PREPROCESS = Preprocess((32, 34), channels=1, mean=(0.1,), std=(1 / 3,), resize_mode="pad")
NOTES = {"scores": {"accuracy": 0.995}, "settings": {"epochs": 3}, "licence": "CC0-1.0"}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build("lenet5", ["cat", "شجرة", "a/b c"], PREPROCESS).eval()


@pytest.fixture
def path(model, tmp_path):
    save(model, tmp_path / "model.safetensors", **NOTES)
    return tmp_path / "model.safetensors"


def rewrite(path, change_header=lambda header: header, change_tensors=lambda tensors: tensors):
    """The same file with another header or other tensors."""
    header = change_header(read_header(path))
    tensors = change_tensors(safetensors.torch.load_file(path))
    safetensors.torch.save_file(tensors, path, metadata={"striate": json.dumps(header)})


def refused(path) -> ModelFileError:
    """The error of loading, checked for its three parts."""
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert all((caught.value.wrong, caught.value.expected, caught.value.attempt))
    assert str(path) in caught.value.wrong
    return caught.value


def test_a_model_comes_back_bit_by_bit(model, path):
    again = load(path)
    assert (again.name, again.arguments, again.classes) == (model.name, model.arguments, model.classes)
    assert again.preprocess == PREPROCESS
    assert not again.training
    tensors = again.state_dict()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in model.state_dict().items())


def test_a_loaded_model_saves_to_the_same_bytes(path, tmp_path):
    again = load(path)
    save(again, tmp_path / "b", **NOTES)
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_the_header_says_what_the_file_is(path):
    header = read_header(path)
    assert (header["format"], header["task"], header["options"]) == (2, "classification", {})
    assert (header["network"], header["arguments"]) == ("lenet5", {"in_channels": 1})
    assert header["classes"] == ["cat", "شجرة", "a/b c"]
    seen = {
        "size": [32, 34],
        "channels": 1,
        "mean": [0.1],
        "std": [1 / 3],
        "resize_mode": "pad",
        "tta": "none",
    }
    assert header["preprocess"] == seen | {"crop_ratio": None, "interpolation": "bilinear"}
    assert {key: header[key] for key in NOTES} == NOTES
    assert set(header["versions"]) == {"striate", "torch", "python"}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_dtypes_are_kept(model, tmp_path, dtype):
    model.network.to(dtype)
    save(model, tmp_path / "m")
    assert torch.equal(load(tmp_path / "m").network.stem.conv1.weight, model.network.stem.conv1.weight)
    assert load(tmp_path / "m").network.stem.conv1.weight.dtype == dtype


def test_channels_last_and_batch_norm_survive(tmp_path):
    model = build("resnet20", ["a", "b"], Preprocess((32, 32))).to(memory_format=torch.channels_last)
    model(torch.rand(4, 3, 32, 32))  # moves the statistics
    save(model, tmp_path / "m")
    again = load(tmp_path / "m").state_dict()
    assert int(again["network.stem.norm.num_batches_tracked"]) == 1
    assert all(torch.equal(tensor, again[name]) for name, tensor in model.state_dict().items())


def test_a_loaded_model_can_be_trained_on(path):
    model = load(path).train()
    model(torch.rand(2, 1, 32, 34)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_loading_leaves_the_random_numbers_alone(path):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load(path)
    assert torch.equal(before, torch.get_rng_state())


def test_a_loaded_model_does_not_lean_on_the_file(path):
    model = load(path)
    weights = model.network.stem.conv1.weight.clone()
    path.write_bytes(b"")
    assert torch.equal(model.network.stem.conv1.weight, weights)


def test_a_network_of_ones_own_has_no_name_to_save(tmp_path):
    model = Classifier(nn.Flatten(), ["a"], PREPROCESS)
    with pytest.raises(ModelFileError, match="Flatten, is not known by a name"):
        save(model, tmp_path / "m")


@pytest.mark.parametrize("scores", [{"loss": float("nan")}, {"confusion": torch.zeros(2)}])
def test_scores_that_are_no_plain_values_are_refused(model, tmp_path, scores):
    with pytest.raises(SettingError):
        save(model, tmp_path / "m", scores=scores)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_while_writing_leaves_the_old_file(model, path, monkeypatch):
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelFileError, match="No space left on device"):
        save(model, path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("place", ["missing/model.safetensors", "."])
def test_a_place_that_cannot_be_written_is_named(model, tmp_path, place):
    with pytest.raises(ModelFileError, match="cannot be written"):
        save(model, tmp_path / place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0, 3, 8, 200, 0.3, 0.9, 0.999999])
def test_a_truncated_file_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: share if isinstance(share, int) else int(share * len(content))])
    assert "truncated" in refused(path).wrong


def test_bytes_after_the_end_are_refused(path):
    path.write_bytes(path.read_bytes() + b"more")
    refused(path)


def test_a_pickle_is_refused_and_not_opened(path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(path.parent / "it ran"),)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path.write_bytes(pickle.dumps(Bomb(), protocol=protocol))
        refused(path)
    assert not (path.parent / "it ran").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_torch_checkpoint_is_refused_by_name(path, zipped):
    buffer = io.BytesIO()
    torch.save({"a": torch.zeros(2)}, buffer, _use_new_zipfile_serialization=zipped)
    path.write_bytes(buffer.getvalue())
    assert "pickle" in refused(path).wrong


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "No such file" in refused(tmp_path / "nothing").wrong
    assert "Is a directory" in refused(tmp_path).wrong


@pytest.mark.parametrize("number", [0, 3, "1", None, [1]])
def test_another_format_number_is_refused(path, number):
    rewrite(path, lambda header: header | {"format": number})
    assert f"format number {number!r}" in refused(path).wrong


def test_a_header_of_absurd_size_is_refused(path):
    path.write_bytes((2**62).to_bytes(8, "little") + path.read_bytes()[8:])
    assert "4,611,686,018,427,387,904 bytes" in refused(path).wrong


@pytest.mark.parametrize("text", [b"not json", b"[1, 2]", b"\xff\xfe\x00", b"[" * 100_000, b"{}"])
def test_a_header_that_is_no_json_object_is_refused(path, text):
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    refused(path)


def test_a_file_of_format_1_loads_as_a_classifier_with_the_names_of_now(path):
    def before(header):
        old = {"resize_mode": "fit", "tta": "views", "crop_ratio": "share"}
        seen = {old.get(name, name): value for name, value in header["preprocess"].items()}
        kept = {name: value for name, value in header.items() if name not in ("task", "options")}
        trained = {"settings": {"grow": 0.5, "views": "mirrored", "fit": "pad", "set": {"width": 0.5}}}
        return kept | trained | {"format": 1, "preprocess": seen | {"views": "mirrored"}}

    new = load(path)
    rewrite(path, before)
    old = load(path)
    assert isinstance(old, type(new))
    assert old.preprocess == replace(new.preprocess, tta="mirror")
    assert all(torch.equal(one, old.state_dict()[name]) for name, one in new.state_dict().items())
    names = {"progressive_resizing": 0.5, "tta": "mirror", "resize_mode": "pad", "arguments": {"width": 0.5}}
    assert read_header(path)["settings"] == names


def test_a_task_that_is_not_known_is_refused(path):
    rewrite(path, lambda header: header | {"task": "divination"})
    assert "there is no task 'divination'" in refused(path).wrong


@pytest.mark.parametrize("text", ["no json", "[]", "7", '{"format": 1}'])
def test_metadata_that_is_not_ours_is_refused(path, text):
    safetensors.torch.save_file({"a": torch.zeros(1)}, path, metadata={"striate": text})
    refused(path)


def test_tensors_of_somebody_else_are_refused(path):
    safetensors.torch.save_file({"a": torch.zeros(1)}, path, metadata={"format": "pt"})
    assert "does not say of which network" in refused(path).wrong


@pytest.mark.parametrize(
    "change",
    [
        {"network": "alexnet9"},
        {"network": None},
        {"arguments": {"in_channels": 3}},
        {"arguments": None},
        {"network": ["lenet5"]},
        {"classes": []},
        {"classes": ["a", "a", "b"]},
        {"classes": None},
        {"classes": {"a": 1}},
        {"preprocess": None},
        {"preprocess": {"size": [32, 32]}},
        {"preprocess": {"size": ["x", 32], "mean": [0.1], "std": [0.1], "channels": 1}},
        {"preprocess": {"size": [32], "mean": [0.1], "std": [0.1], "channels": 1}},
        {"preprocess": {"size": [32, 32], "mean": [0.1], "std": [0.1], "channels": 10**30}},
        {"preprocess": {"size": [32, 32], "mean": [0.1], "std": [0.1], "channels": 1, "resize_mode": "melt"}},
        {"preprocess": {"size": [32, 32], "mean": [0.1], "std": [0.1], "channels": 1, "colour": 1}},
        {"preprocess": {"size": [32, 32], "mean": [float("nan")], "std": [0.1], "channels": 1}},
        {"preprocess": {"size": [32, 32], "mean": [0.1], "std": [0.0], "channels": 1}},
        {"preprocess": {"size": [32, 32], "mean": [0.5] * 3, "std": [0.5] * 3, "channels": 2**40}},
    ],
)
def test_a_header_that_names_no_model_is_refused(path, change):
    rewrite(path, lambda header: header | change)
    refused(path)


@pytest.mark.parametrize("part", ["network", "arguments", "classes", "preprocess"])
def test_a_header_without_a_part_says_which(path, part):
    rewrite(path, lambda header: {key: value for key, value in header.items() if key != part})
    assert f"no '{part}'" in refused(path).wrong


def test_classes_that_do_not_fit_the_head_are_named(path):
    rewrite(path, lambda header: header | {"classes": ["a", "b"]})
    assert "head.output.weight is 3x84 instead of 2x84" in refused(path).wrong


def test_the_first_five_wrong_tensors_are_named(path):
    def spoil(tensors):
        return {name + "x": tensor for name, tensor in tensors.items()}

    rewrite(path, change_tensors=spoil)
    wrong = refused(path).wrong
    assert "stem.conv1.weight is missing" in wrong
    assert wrong.count("is missing") == 5
    assert "and 15 more" in wrong  # ten tensors are missing, and ten are not known


def test_surplus_misshapen_and_whole_number_tensors_are_named(path):
    def spoil(tensors):
        bias, output = tensors["stem.conv1.bias"], tensors["head.output.bias"]
        wrong = {"extra": bias.clone(), "stem.conv1.bias": bias[:5].clone(), "head.output.bias": output.int()}
        return tensors | wrong

    rewrite(path, change_tensors=spoil)
    wrong = refused(path).wrong
    assert "extra is not known" in wrong
    assert "stem.conv1.bias is 5 instead of 6" in wrong
    assert "head.output.bias is torch.int32 instead of torch.float32" in wrong


def test_nothing_is_loaded_when_one_tensor_is_wrong(path, model):
    rewrite(path, change_tensors=lambda tensors: tensors | {"head.output.bias": torch.zeros(9)})
    before = model.network.stem.conv1.weight.clone()
    with file.open_model(path) as opened, pytest.raises(ModelFileError):
        opened.load_into(model.network)
    assert torch.equal(model.network.stem.conv1.weight, before)


@pytest.mark.parametrize(
    "arguments",
    [{"weights": "imagenet"}, {"weights": "/dev/zero"}, {"depth": 1e9}, {"width": 1e9}, {"depth": "deep"}],
)
def test_a_header_can_neither_fetch_nor_read_nor_fill_the_memory(tmp_path, monkeypatch, arguments):
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("weights were looked for")

    monkeypatch.setattr("striate.zoo.weights.load_weights.load_weights", forbidden)
    header = {
        "network": "mobilenet_v2",
        "arguments": {"in_channels": 3, **arguments},
        "classes": ["a", "b"],
        "task": "classification",
        "options": {},
        "preprocess": {
            "size": [32, 32],
            "channels": 3,
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
            "resize_mode": "crop",
        },
    }
    write_file(tmp_path / "m", {"x": torch.zeros(1)}, header)
    with pytest.raises(ModelFileError, match="names no network of ours"):
        load(tmp_path / "m")


@pytest.mark.parametrize("ending", ["onnx", "xml", "pt2"])
def test_an_export_is_told_from_a_model(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{ending}"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelFileError, match="is an export") as caught:
        load(path)
    assert "model.safetensors" in caught.value.expected


def test_a_refusal_without_words_is_told_all_the_same(path, monkeypatch):  # MemoryError has none
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("striate.zoo.save_load.build", refuse)
    assert "names no network of ours: MemoryError" in refused(path).wrong


def test_a_named_pipe_is_no_model(tmp_path):
    os.mkfifo(tmp_path / "m.safetensors")
    assert "it is a named pipe" in refused(tmp_path / "m.safetensors").wrong


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["stem.conv1.bias", "head.output.bias"])
def test_weights_that_give_nothing_but_nan_are_refused(path, name, value):
    def spoil(tensors):
        tensors[name][0] = value
        return tensors

    rewrite(path, change_tensors=spoil)
    assert f"holds {name}, with values that are infinite or no number" in refused(path).wrong


def test_a_negative_variance_is_refused(tmp_path):
    model = build("resnet20", ["a", "b"], Preprocess((32, 32)))
    model.network.stem.norm.running_var[0] = -1
    save(model, tmp_path / "m")
    assert "stem.norm.running_var, a variance that is negative" in refused(tmp_path / "m").wrong


def test_a_file_that_claims_more_bytes_than_it_has_is_not_read(path, monkeypatch):
    with open(path, "ab") as file:
        file.truncate(2**40)  # sparse: reading it would fill the memory
    assert "bytes of tensors instead of" in refused(path).wrong


def test_a_file_that_is_replaced_while_it_is_open_gives_the_old_model(path, model, tmp_path):
    other = build("lenet5", ["x", "y", "z"], PREPROCESS)
    with file.open_model(path) as opened:
        save(other, path)
        opened.load_into(model.network)
        assert opened.header["classes"] == ["cat", "شجرة", "a/b c"]
    assert not torch.equal(model.network.stem.conv1.weight, other.network.stem.conv1.weight)


def test_a_file_that_is_changed_while_it_is_open_is_refused(path, model, tmp_path):
    other = build("lenet5", ["cat", "شجرة", "a/b c"], PREPROCESS)
    save(other, tmp_path / "other", **NOTES)
    with file.open_model(path) as opened:
        path.write_bytes((tmp_path / "other").read_bytes())  # as cp does: the same file with other bytes
        with pytest.raises(ModelFileError, match="changed while it was read"):
            opened.load_into(model.network)
