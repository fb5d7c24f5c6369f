"""The verbs in Python: one import, names that stay what they are, mistakes in three lines."""

import subprocess
import sys
from pathlib import Path

import pytest

import striate
from striate.data.read_dataset import read
from striate.train.session.events import Event, Finished, Started


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, list[Event]]:
    """A short run on the digits, and what was heard of it."""
    heard: list[Event] = []
    folder = tmp_path_factory.mktemp("runs") / "digits"
    run = striate.train(
        "digits", out=folder, on_event=heard.append, model="lenet5", epochs=1, accelerator="cpu"
    )
    return run, heard


def test_import_is_light() -> None:
    code = "import sys, striate; assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there() -> None:
    assert all(getattr(striate, name) is not None for name in striate.__all__)
    assert dir(striate) == sorted(striate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = striate.trian


def test_a_verb_stays_a_verb_after_the_room_of_its_name_was_imported() -> None:
    code = (
        "import striate.train.run.settings, striate.explain.attribution.methods, striate\n"
        "assert callable(striate.train) and callable(striate.explain)\n"
        "from striate import train\nassert callable(train)\n"
        "from striate.train.run.settings import Settings"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_train_tells_its_events_and_returns_the_run(done: tuple[object, list[Event]]) -> None:
    run, heard = done
    assert isinstance(heard[0], Started)
    assert isinstance(heard[-1], Finished)
    assert (run.folder / "report.html").exists()
    assert len(run.history) == 1
    assert run.split == "test"
    assert run.metrics.count == len(read("digits")["test"])


def test_evaluate_repeats_the_figures_of_the_run(done: tuple[object, list[Event]]) -> None:
    run, _ = done
    for model in (run, run.folder, str(run.folder / "model.safetensors"), run.model):
        assert striate.evaluate(model, "digits").accuracy == pytest.approx(run.metrics.accuracy)


def test_evaluate_reads_the_split_of_the_training(tmp_path: Path) -> None:
    # validation 0.3 instead of 0.1, and the seed 4, are in the model's settings
    run = striate.train("digits", out=tmp_path / "run", epochs=1, validation=0.3, seed=4, accelerator="cpu")
    seen = read("digits", seed=4, validation=0.3)["val"]
    assert striate.evaluate(run.folder, "digits", "val").support == tuple(seen.counts())


def test_classes_are_matched_by_name(done: tuple[object, list[Event]]) -> None:
    data = read("digits")["test"]
    turned = data.remap(tuple(reversed(data.classes)))
    assert turned.labels.tolist() == [9 - label for label in data.labels.tolist()]
    with pytest.raises(striate.errors.LabelError, match="does not know the classes 9"):
        data.remap(data.classes[:9])


def test_predict_and_explain_take_a_run_folder(done: tuple[object, list[Event]]) -> None:
    run, _ = done
    image = read("digits")["test"][0].image
    assert striate.predict(run.folder, image).class_name == run.model.predict(image).class_name
    assert len(striate.explain(run.folder, image)) == 1


def test_an_unknown_setting_names_the_nearest_ones() -> None:
    with pytest.raises(striate.errors.SettingError) as caught:
        striate.train("digits", epoch=3)
    assert caught.value.wrong == "there is no setting 'epoch'"
    assert caught.value.attempt.startswith("epochs or ")


def test_a_finished_run_that_is_resumed_is_left_as_it_is(done: tuple[object, list[Event]]) -> None:
    run, _ = done
    before = (run.folder / "model.safetensors").read_bytes()
    again = striate.train(out=run.folder, resume=True)
    assert again.history == run.history
    assert (run.folder / "model.safetensors").read_bytes() == before


def test_resume_without_a_folder_goes_on_with_the_newest_run_on_the_data(
    picture_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture_folder.parent)
    first = striate.train("pictures", model="resnet32", epochs=1, seed=3, size="16", accelerator="cpu")
    again = striate.train("pictures", resume=True)
    assert again.folder == first.folder == Path("runs/pictures-resnet32")
    assert again.settings.seed == 3


def test_torchrun_needs_a_folder_that_all_processes_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    with pytest.raises(striate.errors.SettingError, match="no folder was named"):
        striate.train("digits", epochs=1)
