"""Begin with weights: what learns, what stands still, what is decided and said."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.statistics import Facts
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.errors import Interrupted, ModelFileError, SettingError
from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence
from striate.train.finetune.finetune import begin, require_thawing
from striate.train.finetune.freeze import first_thawed, layer_numbers
from striate.train.run.defaults import decide
from striate.train.run.run import Run, train
from striate.train.run.settings import Settings
from striate.train.session.checkpoint import load_checkpoint
from striate.train.session.events import Finished, Started
from striate.train.session.session import TrainingSession
from striate.zoo.networks import MODELS, create
from striate.zoo.save_load import load

QUICK: dict[str, Any] = {"accelerator": "cpu", "epochs": 2, "batch": 16, "augment": "none", "precision": "32"}
STRIPED = 8
"""Columns between two bright ones in the second problem."""


@pytest.fixture(scope="module")
def known(tiny: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a ResNet-20 that tells dark pictures from striped ones."""
    folder = tmp_path_factory.mktemp("known") / "run"
    list(train(tiny, Settings(**{**QUICK, "model": "resnet20", "epochs": 4}), folder))
    return folder / "model.safetensors"


@pytest.fixture(scope="module")
def other(tiny: Splits) -> Splits:
    """Another problem of three classes: no stripes, standing ones, lying ones; the last one is rare."""
    random = np.random.default_rng(5)
    images = random.integers(0, 60, (60, 32, 32), dtype=np.uint8)
    labels = np.array([0, 1] * 24 + [2] * 12)
    images[labels == 1, :, ::STRIPED] += 150
    images[labels == 2, ::STRIPED] += 150
    data = Dataset.whole(Array(images, "other"), labels, ("none", "standing", "lying"))
    return Splits({"train": data, "val": data.subset(range(0, 60, 4))}, "npz", Path("other"))


def heard(splits: Splits, folder: Path, **values: Any) -> tuple[Started, Run]:
    events = list(train(splits, Settings(**{**QUICK, **values}), folder))
    started = next(event for event in events if isinstance(event, Started))
    assert isinstance(events[-1], Finished)
    return started, events[-1].run


def frozen_bytes(path: Path, finetune: str) -> dict[str, bytes]:
    """The tensors, with statistics and counters, of the layers that must stand still."""
    network = load(path).network
    numbers, first = layer_numbers(network), first_thawed(network, finetune)
    names = {name: numbers[module] for name, module in network.named_modules()}
    return {
        key: tensor.numpy().tobytes()
        for key, tensor in network.state_dict().items()
        if names[key.rpartition(".")[0]] < first
    }


@pytest.mark.parametrize(
    "values",
    [
        {"finetune": "head"},
        {"finetune": "head", "augment": "light", "ema": 0.9},
        {"finetune": "last:7", "ema": 0.9, "optimizer": "adamw"},
        {"finetune": "last:7", "clip": 1.0, "layer_decay": 0.7, "label_smoothing": 0.1},
        {"finetune": "last:7", "unfreeze": 1, "epochs": 3},
        {"finetune": "last:8", "precision": "bf16"},
    ],
    ids=str,
)
def test_frozen_is_frozen_to_the_last_byte(
    known: Path, other: Splits, tmp_path: Path, values: dict[str, Any]
) -> None:
    _, run = heard(other, tmp_path / "run", weights=known, **values)
    before, after = (
        frozen_bytes(path, values["finetune"]) for path in (known, run.folder / "model.safetensors")
    )
    assert len(before) > 60
    assert before == after
    ours, theirs = run.model.network.state_dict(), load(known).network.state_dict()
    learned = [name for name in ours if name not in before and "num_batches" not in name]
    assert not any(
        torch.equal(ours[name], theirs[name]) for name in learned if ours[name].shape == theirs[name].shape
    )


def test_the_last_layer_is_new_and_the_preprocessing_is_that_of_the_weights(
    known: Path, other: Splits, tmp_path: Path
) -> None:
    started, run = heard(other, tmp_path / "run", weights=known, finetune="head")
    assert started.settings["model"] == "resnet20"
    assert started.parameters == 64 * 3 + 3
    assert any(
        "the last layer is new: the file has 2 classes, the network 3" in said for said in started.notes
    )
    theirs = load(known).preprocess
    assert (run.model.preprocess.mean, run.model.preprocess.std) == (theirs.mean, theirs.std)
    assert run.model.classes == ("none", "standing", "lying")


@pytest.mark.parametrize("finetune", ["head", "last:7", "all"])
@pytest.mark.parametrize("names", [("no", "yes"), "swapped", "same"])
def test_as_many_other_classes_get_a_new_last_layer(
    known: Path, tiny: Splits, finetune: str, names: Any
) -> None:
    theirs = load(known)
    classes = {"swapped": theirs.classes[::-1], "same": theirs.classes}.get(names, names)
    settings = Settings(**QUICK, weights=str(known), finetune=finetune, model="resnet20", lr=0.1)
    model, best, said = begin(settings, ClassAnnotations(np.array([0, 1]), classes), theirs.preprocess)
    old = theirs.network.head.output.weight  # type: ignore[union-attr]
    kept = [torch.equal(one.network.head.output.weight, old) for one in (model, best)]  # type: ignore[union-attr]
    assert kept == [names == "same"] * 2
    sentence = (
        f"the last layer is new: class 0 of the weights is {theirs.classes[0]!r}, of the data {classes[0]!r}"
    )
    assert (sentence in said) == (names != "same")
    assert torch.equal(model.network.stem.conv.weight, theirs.network.stem.conv.weight)  # type: ignore[union-attr]


def test_weights_that_name_no_classes_keep_their_last_layer(known: Path, tmp_path: Path) -> None:
    theirs = load(known)
    torch.save(theirs.network.state_dict(), tmp_path / "bare.pth")
    settings = Settings(**QUICK, weights=str(tmp_path / "bare.pth"), finetune="all", model="resnet20")
    model, _, said = begin(settings, ClassAnnotations(np.array([0, 1]), ("no", "yes")), theirs.preprocess)
    assert torch.equal(model.network.head.output.weight, theirs.network.head.output.weight)  # type: ignore[union-attr]
    assert not any("last layer" in one for one in said)


@pytest.mark.parametrize(
    ("finetune", "unfreeze", "epochs", "needed", "attempt"),
    [  # ResNet-20 thaws from its last layer, then stage by stage, then the stem: four steps more, or two
        ("all", 1, 4, 5, "epochs 5, or leave unfreeze out"),
        ("all", 6, 9, 25, "epochs 25, or unfreeze 2"),
        ("last:13", 2, 4, 5, "epochs 5, or unfreeze 1"),
        ("all", 1, 5, None, ""),
        ("last:13", 2, 5, None, ""),
    ],
)
def test_a_run_that_would_end_before_it_has_thawed_is_refused(
    finetune: str, unfreeze: int, epochs: int, needed: int | None, attempt: str
) -> None:
    settings = Settings(weights="x", finetune=finetune, unfreeze=unfreeze, epochs=epochs)
    if needed is None:
        require_thawing(settings, create("resnet20"))
        return
    with pytest.raises(SettingError, match=f"learn from epoch {needed} of {epochs}") as caught:
        require_thawing(settings, create("resnet20"))
    assert f"{needed} epochs or more" in caught.value.expected
    assert caught.value.attempt == attempt


def test_a_budget_that_leaves_layers_frozen_is_refused_before_a_folder_is_made(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys.modules["striate.train.session.time_budget"], "seconds_of_an_epoch", lambda *_: 20.0
    )
    settings = Settings(
        **{**QUICK, "epochs": 50}, weights=str(known), finetune="all", unfreeze=1, budget="60s"
    )
    with pytest.raises(
        SettingError, match="from epoch 5 of 2"
    ):  # 60 s are less than three epochs, with a rest
        list(train(other, settings, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_weights_in_color_make_color_of_grey_pictures(tiny: Splits, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (16, 32, 32, 3), dtype=np.uint8)
    color = Splits({"train": Dataset.whole(Array(images, "c"), [0, 1] * 8, ("a", "b"))}, "npz", Path("c"))
    _, base = heard(color, tmp_path / "base", model="resnet20", epochs=1)
    _, run = heard(
        tiny, tmp_path / "run", weights=base.folder / "model.safetensors", finetune="head", epochs=1
    )
    assert run.model.preprocess.channels == 3
    assert run.model.preprocess.mean == base.model.preprocess.mean


def test_training_on_kept_embeddings_is_training_through_the_network(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, kept = heard(other, tmp_path / "kept", weights=known, finetune="head", ema=0.9, epochs=3)
    names = list(load_checkpoint(kept.folder / "checkpoints" / "last.pt")["model"])
    assert names == ["network.head.output.weight", "network.head.output.bias"]
    monkeypatch.setattr(sys.modules["striate.train.run.run"], "last_layer", lambda *_: None)
    _, through = heard(other, tmp_path / "through", weights=known, finetune="head", ema=0.9, epochs=3)
    ours, theirs = kept.model.state_dict(), through.model.state_dict()
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in theirs)
    losses = [[row["val_loss"] for row in run.history] for run in (kept, through)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_the_trunk_sees_every_picture_once(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, embed = [], Backbone.embed

    def counted(network: Backbone, images: Tensor) -> Tensor:
        seen.append(len(images))
        return embed(network, images)

    monkeypatch.setattr(Backbone, "embed", counted)
    heard(other, tmp_path / "run", weights=known, finetune="head", epochs=5)
    assert sum(seen) == 60 + 15


def test_embeddings_of_pictures_too_large_for_memory_are_kept_too(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("striate.data.batches.loader.cache_size", lambda *_: 10**12)
    _, run = heard(other, tmp_path / "run", weights=known, finetune="head", budget="5m")
    assert len(run.history) == 2
    assert run.model.preprocess.size == (32, 32)


@pytest.mark.parametrize(
    "values",
    [
        {"finetune": "head", "ema": 0.9},
        {"finetune": "last:7", "layer_decay": 0.8, "augment": "digits"},
        {"finetune": "last:13", "unfreeze": 1, "balance": "sampling"},
    ],
    ids=str,
)
def test_an_interrupted_run_goes_on_bit_by_bit(
    known: Path, other: Splits, tmp_path: Path, values: dict[str, Any]
) -> None:
    settings = Settings(**{**QUICK, "weights": str(known), "epochs": 4, **values})
    *_, whole = train(other, settings, tmp_path / "whole")

    def stop(work: TrainingSession) -> None:
        if work.state.step == 7:  # of 12: three in an epoch
            os.kill(os.getpid(), signal.SIGINT)

    watched(train(other, settings, tmp_path / "run"), stop)
    *_, finished = train(other, settings, tmp_path / "run", resume=True)
    ours, theirs = (event.run.model.state_dict() for event in (finished, whole))  # type: ignore[attr-defined]
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    states = [load_checkpoint(tmp_path / name / "checkpoints" / "last.pt") for name in ("run", "whole")]
    assert all(torch.equal(states[0]["model"][name], tensor) for name, tensor in states[1]["model"].items())


def watched(events: Any, look: Callable[[TrainingSession], None]) -> None:
    """Run to the interruption that ``look`` asks for after some step."""
    update = TrainingSession.pulse

    def pulse(work: TrainingSession) -> Any:
        look(work)
        return update(work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingSession, "pulse", pulse)
        with pytest.raises(Interrupted):
            list(events)


def test_layers_thaw_step_by_step(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning, begin = [], TrainingSession.batches

    def batches(work: TrainingSession) -> Any:
        found = begin(work)
        parameters = dict(work.engine.task.network.named_parameters())
        learning.append(next(name for name, one in parameters.items() if one.requires_grad))
        return found

    monkeypatch.setattr(TrainingSession, "batches", batches)
    started, _ = heard(other, tmp_path / "run", weights=known, finetune="last:13", unfreeze=2, epochs=6)
    assert learning == [
        *("head.output.weight",) * 2,
        *("stages.2.0.conv1.weight",) * 2,
        *("stages.1.0.conv1.weight",) * 2,
    ]
    assert (
        "layers learn step by step: 20 to 20 from epoch 1, 14 to 20 from epoch 3, 8 to 20 from epoch 5"
        in started.notes
    )


def test_rates_fall_from_the_last_layer_down(
    known: Path, other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(
        TrainingSession, "pulse", lambda work: groups.append(work.engine.optimizer.param_groups) or ()
    )
    _, run = heard(other, tmp_path / "run", weights=known, finetune="last:3", layer_decay=0.5, epochs=1)
    rates = [group["lr"] / groups[-1][0]["lr"] for group in groups[-1]]
    assert rates == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])  # weights, biases and norms of each layer
    assert [group["weight_decay"] for group in groups[-1]] == [5e-4, 0] * 3
    assert run.history[-1]["lr"] == groups[-1][0]["lr"]


# ---- what is decided


@pytest.mark.parametrize(
    ("count", "finetune"), [(2, "head"), (9, "head"), (10, "last:10"), (999, "last:10"), (1000, "all")]
)
def test_auto_decides_by_the_pictures_of_a_class(known: Path, count: int, finetune: str) -> None:
    found = Facts(True, (32, 32), True, (count, count), 2 * count)
    for asked in (None, "auto"):
        assert decide(Settings(weights=str(known), finetune=asked), found).finetune == finetune


def test_the_decision_and_its_reason_are_said(known: Path, other: Splits, tmp_path: Path) -> None:
    few = other["train"].subset([*range(12), *range(48, 54)])
    data = Splits({"train": few, "val": other["val"]}, "npz", other.root)
    started, _ = heard(data, tmp_path / "run", weights=known, epochs=1, augment=None)
    assert any(said.startswith("finetune head: 6 pictures of a class are few") for said in started.notes)
    assert any(said.startswith("augment none") for said in started.notes)
    assert started.settings["augment"] == "none"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"finetune": "head"}, "finetune is 'head', and there are no weights"),
        ({"layer_decay": 0.5}, "layer_decay is 0.5, and there are no weights"),
        ({"unfreeze": 2}, "unfreeze is 2, and there are no weights"),
        ({"weights": "x", "finetune": "tail"}, "finetune is 'tail'"),
        ({"weights": "x", "finetune": "last:0"}, "finetune is 'last:0'"),
        ({"weights": "x", "finetune": "head", "unfreeze": 2}, "unfreeze is 2, and finetune is 'head'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(values: dict[str, Any], wrong: str) -> None:
    with pytest.raises(SettingError, match=wrong) as error:
        Settings(**values)
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("values", "kind", "wrong"),
    [
        ({"finetune": "last:21"}, SettingError, "the network has 20 layers"),
        ({"model": "lenet5"}, ModelFileError, "is of resnet20, not of lenet5"),
        ({"weights": "nowhere.pth"}, ModelFileError, "there is no file nowhere.pth"),
        ({"weights": "imagenet", "model": "lenet5"}, SettingError, "no published weights for lenet5"),
        ({"stem": "small"}, SettingError, "resnet20 has no argument 'stem'"),
        ({"finetune": "all", "unfreeze": 1}, SettingError, "the lowest layers would learn from epoch 5 of 2"),
    ],
    ids=str,
)
def test_a_mistake_is_found_before_a_run_is_replaced(
    known: Path, other: Splits, tmp_path: Path, values: dict[str, Any], kind: type[Exception], wrong: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").write_text("a night's work")
    settings = Settings(**{**QUICK, "weights": str(known), **values})
    with pytest.raises(kind, match=wrong):
        list(train(other, settings, tmp_path / "run", force=True))
    assert (tmp_path / "run" / "model.safetensors").read_text() == "a night's work"


def test_weights_of_another_network_than_the_default_ask_for_its_name(other: Splits, tmp_path: Path) -> None:
    torch.save(create("resnet20", 3).state_dict(), tmp_path / "w.pth")
    settings = Settings(**QUICK, weights=str(tmp_path / "w.pth"))
    with pytest.raises(ModelFileError, match="lenet5 is only the default") as caught:
        list(train(other, settings.model_copy(update={"model": None}), tmp_path / "run"))
    assert caught.value.attempt.startswith("--model NAME")
    with pytest.raises(ModelFileError, match="not of lenet5") as caught:
        list(train(other, settings.model_copy(update={"model": "lenet5"}), tmp_path / "run"))
    assert "default" not in caught.value.wrong


# ---- stand-ins: two stems, and a head that only training looks at


class Forked(Backbone):
    """One convolution, a paper's stem of stride 2 or a small one, and a second head if asked for."""

    input_size = (64, 64)

    def __init__(
        self, classes: int = 2, in_channels: int = 3, *, stem: str = "paper", auxiliary: bool = False
    ) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(conv=nn.Conv2d(in_channels, 4, 3, 2 if stem == "paper" else 1, padding=1))
        if stem == "small":
            self.input_size = (32, 32)
        self.stages = nn.Sequential(nn.Sequential(nn.MaxPool2d(2), nn.ReLU()))
        self.head = sequence(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(4, classes))
        if auxiliary:
            self.auxiliaries = nn.ModuleDict({"low": nn.Linear(4, classes)})

    def training_scores(self, images: Tensor) -> dict[str, tuple[float, Tensor]]:
        if not hasattr(self, "auxiliaries"):
            return super().training_scores(images)
        low = self.auxiliaries["low"](self.stem(images).mean((2, 3)))
        return {"cross_entropy": (1.0, self(images)), "auxiliary_low": (0.3, low)}


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "forked", Forked)


def test_a_second_head_is_trained_and_neither_saved_nor_asked(
    forked: None, tiny: Splits, tmp_path: Path
) -> None:
    started, run = heard(tiny, tmp_path / "run", model="forked", ema=0.9, stem="small")
    state = load_checkpoint(run.folder / "checkpoints" / "last.pt")
    fresh = create("forked", classes=2, in_channels=1, stem="small", auxiliary=True).state_dict()
    assert set(state["model"]) == {f"network.{name}" for name in fresh}
    assert state["optimizer"]["state"]  # momentum of both heads
    assert not any("auxiliaries" in name for name in run.model.state_dict())
    assert run.model.arguments == {"in_channels": 1, "stem": "small"}
    assert started.parameters == 4 * 9 + 4 + 2 * (4 * 2 + 2)


def test_the_loss_is_the_weighed_sum_of_both_heads(forked: None) -> None:
    from striate.data.preprocess import Preprocess
    from striate.records import Batch, ClassTargets
    from striate.zoo.build import build

    preprocess = Preprocess((64, 64), 1, (0.0,), (1.0,))
    model = build("forked", ("a", "b"), preprocess, auxiliary=True)
    targets = ClassTargets(torch.tensor([0, 1, 1]))
    batch = Batch.full(torch.rand(3, 1, 64, 64), torch.arange(3), targets)
    losses = model.losses(batch)
    scores = model.network.training_scores(batch.images)  # type: ignore[operator]
    low = nn.functional.cross_entropy(scores["auxiliary_low"][1], batch.targets.labels)
    assert losses["auxiliary_low"].item() == pytest.approx(0.3 * low.item())
    assert set(losses) == {"cross_entropy", "auxiliary_low"}


def test_small_pictures_and_a_stem_for_large_ones_are_spoken_of(
    forked: None, tiny: Splits, tmp_path: Path
) -> None:
    started, run = heard(tiny, tmp_path / "run", model="forked", epochs=1)
    assert any("--stem small" in said and "32 pixels" in said for said in started.notes)
    assert (started.settings["stem"], started.settings["size"]) == ("paper", "64x64")
    started, run = heard(tiny, tmp_path / "small", model="forked", epochs=1, stem="small")
    assert not any("--stem small" in said for said in started.notes)
    assert (started.settings["stem"], started.settings["size"]) == ("small", "32x32")
    assert Run.open(run.folder).model.network.input_size == (32, 32)


def test_a_saved_stem_comes_back_with_its_weights(forked: None, tiny: Splits, tmp_path: Path) -> None:
    _, base = heard(tiny, tmp_path / "base", model="forked", epochs=1, stem="small")
    started, run = heard(tiny, tmp_path / "run", weights=base.folder / "model.safetensors", epochs=1)
    assert started.settings["stem"] == "small"
    assert run.model.arguments == base.model.arguments


# ---- classes that are rare


def test_weights_in_the_loss_are_those_of_the_classes(
    other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(TrainingSession, "pulse", lambda work: seen.append(work.engine.task.balance) or ())
    heard(other, tmp_path / "run", model="resnet20", balance="weights", epochs=1)
    assert seen[0].tolist() == pytest.approx([60 / 72, 60 / 72, 60 / 36])


def test_balanced_batches_show_every_class_equally_often(
    other: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, waits = [], TrainingSession.batches

    def batches(work: TrainingSession) -> Any:
        for batch in waits(work):
            seen.append(batch.targets.labels)
            yield batch

    monkeypatch.setattr(TrainingSession, "batches", batches)
    heard(other, tmp_path / "run", model="resnet20", balance="sampling", epochs=1, batch=60)
    assert torch.cat(seen).bincount().tolist() == [20, 20, 20]
