"""The page of a segmenter."""

from pathlib import Path

import pytest

import striate
from striate.zoo.networks import SEGMENTERS
from tests.tasks.segmentation.stand_in import TwoLayers, write_shapes


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SEGMENTERS, "two_layers", TwoLayers)
        root = tmp_path_factory.mktemp("page")
        data: Path = write_shapes(root / "shapes", 6, size=(24, 20))
        settings = {"model": "two_layers", "epochs": 1, "batch": 4, "size": "24x20", "validation": 0.4}
        run = striate.train(data, out=root / "run", classes="ground,square,stripe", **settings)
    return (run.folder / "report.html").read_text()


def test_worst_pictures_stand_beside_their_truth(page: str) -> None:
    assert "mistakes wide" in page
    assert "Truth, answer, and where they disagree" in page


def test_classes_and_confusions_have_their_cards(page: str) -> None:
    assert 'id="classes"' in page
    assert 'id="confusion"' in page
    assert "classes without a true pixel are left out of the mean" in page
    for name in ("ground", "square", "stripe"):
        assert name in page


def test_numbers_are_named_as_the_field_names_them(page: str) -> None:
    assert "mIoU" in page
    assert "MIoU" not in page
    assert ">pixels<" in page
