"""Sheets of pictures."""

import pytest
import torch
from PIL import Image

from striate.draw.image_grid import LETTER, SPACE, augmentation_sheet, classification, grid
from striate.errors import ShapeError
from striate.records import Classification


def test_sheet_has_room_for_every_picture_and_caption():
    tall = LETTER + SPACE // 2
    sheet = grid([torch.zeros(1, 8, 8)] * 5, ["a"] * 5, columns=3, side=40)
    assert sheet.size == (3 * (40 + SPACE) + SPACE, 2 * (40 + SPACE + tall) + SPACE)  # two rows of three


def test_picture_is_in_the_middle_of_its_cell():
    sheet = grid([Image.new("RGB", (20, 10), "red")], side=20)
    assert sheet.size == (44, 44)  # 20 and 12 on each side
    red = [(x, y) for x in range(44) for y in range(44) if sheet.getpixel((x, y)) == (255, 0, 0)]
    assert (min(red), max(red)) == ((12, 17), (31, 26))  # 5 of 10 spare rows above


def test_captions_of_every_script_are_drawn():
    names = ["cat", "חתול", "قطة", "고양이", "🐈", "x" * 200]
    assert grid([torch.zeros(3, 4, 4)] * 6, names).getcolors(100_000) is not None


@pytest.mark.parametrize(("images", "captions"), [([], None), ([torch.zeros(1, 2, 2)], ["a", "b"])])
def test_nothing_to_draw_is_refused(images, captions):
    with pytest.raises(ShapeError, match="pictures and"):
        grid(images, captions)


def test_augmentation_sheet_begins_with_the_original():
    sheet = augmentation_sheet(torch.ones(1, 4, 4), [torch.zeros(1, 4, 4)] * 3, side=30)
    middle = SPACE + 15
    assert sheet.getpixel((middle, middle)) == (255, 255, 255)
    assert sheet.getpixel((middle + 30 + SPACE, middle)) == (0, 0, 0)


def test_longer_bar_for_the_likelier_class():
    answer = Classification(torch.tensor([0.7, 0.3]), ("cat", "<b>dog</b>"))
    card = classification(torch.zeros(3, 4, 4), answer, side=200)
    blue, pale = (0, 114, 178), (86, 180, 233)
    counts = {color: count for count, color in card.getcolors(100_000)}
    assert counts[blue] / counts[pale] == pytest.approx(0.7 / 0.3, rel=0.1)


def test_card_of_a_hundred_classes_shows_the_best():
    scores = torch.arange(100.0).softmax(0)
    answer = Classification(scores, tuple(f"class {number}" for number in range(100)))
    assert classification(torch.zeros(1, 300, 200), answer).size == (240 + 24 + 240 + 12, 264)


def test_a_card_names_the_file_and_the_truth():
    answer = Classification(torch.tensor([0.7, 0.3]), ("cat", "dog"), "pets/dog/a.jpg")
    named = classification(torch.zeros(3, 4, 4), answer, truth="dog")
    plain = classification(torch.zeros(3, 4, 4), Classification(answer.scores, ("cat", "dog")))
    assert named.height == plain.height + 25  # a line of 13 pixels, and 12 below it
