"""An explanation holds raw signed values and shows their magnitude."""

import re

import pytest
import torch
from PIL import Image
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import LabelError, RunError, SettingError, ShapeError
from striate.explain.attribution.explanation import Explanation
from striate.explain.attribution.methods import explain
from striate.tasks.classification.classifier import Classifier


@pytest.fixture
def model() -> Classifier:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 2))
    return Classifier(network, ("cat", "dog"), Preprocess((4, 4)))


def colors(count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 4, 4), dtype=torch.uint8)


def test_explain_keeps_signs_images_and_names(model):
    images = colors(2)
    found = explain(model, images, target=["dog", "cat"])
    rows = model.network[1].weight.detach().view(2, 3, 4, 4) / 0.5  # std of the preprocessing is 0.5
    assert torch.allclose(found.values, rows[[1, 0]])
    assert found.values.min() < 0
    assert torch.equal(found.images, images)
    assert (found.method, found.targets, len(found)) == ("saliency", ("dog", "cat"), 2)


def test_explain_takes_one_picture_of_any_size(model, tmp_path):
    Image.new("RGB", (30, 20), "red").save(tmp_path / "a.png")
    assert explain(model, tmp_path / "a.png").values.shape == (1, 3, 4, 4)


def test_pictures_have_the_size_of_the_images(model):
    found = explain(model, colors(3))
    assert [shown.size for shown in found.overlay() + found.heat()] == [(4, 4)] * 6


def test_heat_is_brightest_where_the_magnitude_is_largest():
    values = torch.zeros(1, 3, 4, 4)
    values[0, 1, 2, 3] = -5.0
    found = Explanation(values, torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "saliency", ("x",))
    shown = found.heat()[0].convert("L")
    assert max((shown.getpixel((x, y)), x, y) for x in range(4) for y in range(4))[1:] == (3, 2)


def test_saved_sheet_is_a_picture_and_nothing_else_is_left(model, tmp_path):
    explain(model, colors(2)).save(tmp_path / "why.png")
    with Image.open(tmp_path / "why.png") as sheet:
        assert sheet.width > 3 * 160
    assert [file.name for file in tmp_path.iterdir()] == ["why.png"]


@pytest.mark.parametrize("name", ["file/why.png", "why.docx"])
def test_place_that_cannot_be_written_is_named(model, tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=re.escape(str(tmp_path / name))):
        explain(model, colors(1)).save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_made(model, tmp_path):
    assert explain(model, colors(1)).save(tmp_path / "new" / "why.png").exists()


def test_wrong_arguments_are_named(model):
    with pytest.raises(SettingError, match="no method 'lime'"):
        explain(model, colors(1), "lime")
    with pytest.raises(SettingError, match="layer 'conv1'"):
        explain(model, colors(1), layer="conv1")
    with pytest.raises(LabelError, match="no class 'cow'"):
        explain(model, colors(1), target="cow")
    with pytest.raises(ShapeError, match="values are"):
        Explanation(torch.zeros(1, 3, 4, 4), colors(2), "saliency", ("cat", "dog"))


def test_the_sheet_of_activations_begins_every_picture_with_itself_and_draws_64_maps_at_most() -> None:
    # 1 picture and 70 maps: 65 cells in rows of 8 are 9 rows; two pictures are 18
    # a cell of 80 pixels and its caption is 80 + 12 + 13 + 6 = 111 tall, and 12 are below
    volume = torch.rand(2, 70, 2, 2)
    found = Explanation(volume, torch.full((2, 3, 4, 4), 1.0), "activations", ("", ""), "stem")
    drawn = found.sheet()
    assert drawn.height == 18 * 111 + 12
    assert drawn.getpixel((12 + 40, 12 + 40)) == (255, 255, 255)  # the picture itself, which is white


def test_pixels_outside_0_to_1_are_stretched_when_they_are_drawn() -> None:
    # -2..2 becomes 0..1, so that -1 is drawn as 0.25 * 255 = 64
    image = torch.tensor([[[-2.0, -1.0], [0.0, 2.0]]])[None]
    found = Explanation(torch.zeros(1, 1, 2, 2), image, "saliency", ("x",))
    assert found.sheet(side=2).getpixel((12 + 1, 12)) == (64, 64, 64)
