"""Results print in a line."""

from pathlib import Path

import pytest

import striate


def test_what_verbs_return_prints_in_a_line(picture_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(picture_folder.parent)
    run = striate.train("pictures", model="resnet20", epochs=1, size="16", accelerator="cpu", out="run")
    answer = run.model.predict("pictures/sea/00.jpg")
    for result, beginning in (
        (run, "run: resnet20, 1 epoch; "),
        (run.metrics, ""),
        (striate.check("pictures"), "pictures: 48 pictures, 2 classes, "),
        (answer, f"pictures/sea/00.jpg: {answer.class_name} "),
    ):
        assert str(result).startswith(beginning)
        assert 0 < len(str(result)) < 200
        assert "\n" not in str(result)


def test_data_and_model_exchanged_are_told() -> None:
    from striate.data.preprocess import Preprocess
    from striate.zoo.build import build

    model = build("lenet5", ["a", "b"], Preprocess((32, 32)))
    with pytest.raises(striate.StriateError):
        striate.evaluate("digits", model)  # type: ignore[arg-type]
