"""A classifier that slides finds what its window shows, in one pass or crop by crop, with the same answer."""

import pytest
import torch
from torch import nn

from striate.backbones.lenet import lenet5
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.records import Detections
from striate.tasks.classification.classifier import Classifier
from striate.tasks.detection.sliding_window import (
    SlidingWindow,
    convolutional,
    default_scales,
    filled,
    window_boxes,
)

GREY = {"channels": 1, "mean": (0.5,), "std": (0.5,)}


def bright_or_dark():
    """White windows are ``white``, others ``nothing``: pixels 1 -> 20 against 0, 0 -> -20."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Flatten(), nn.Linear(64, 2))
    with torch.no_grad():
        network[0].weight.fill_(1)
        network[0].bias.zero_()
        network[2].weight[0] = 20 / 64
        network[2].weight[1] = 0
        network[2].bias.zero_()
    return Classifier(network.eval(), ("white", "nothing"), Preprocess((8, 8), **GREY))


def picture(*boxes, size=(32, 48)):
    image = torch.zeros(1, *size, dtype=torch.uint8)
    for x1, y1, x2, y2 in boxes:
        image[:, y1:y2, x1:x2] = 255
    return image


@pytest.mark.parametrize("windows", ["crops", "convolutional", "auto"])
def test_what_a_window_shows_is_found_where_it_is(windows):
    sliding = SlidingWindow(bright_or_dark(), 4, [1.0], background="nothing", windows=windows)
    found = sliding.predict(picture((8, 4, 16, 12), (32, 16, 40, 24)), score_threshold=0.99)
    assert isinstance(found, Detections)
    assert sorted(found.boxes.tolist()) == [[8.0, 4.0, 16.0, 12.0], [32.0, 16.0, 40.0, 24.0]]
    assert found.class_names == ("white", "white")


def test_a_small_view_finds_large_things():  # 16 x 16 pixels are a window at half the sides
    sliding = SlidingWindow(bright_or_dark(), 4, [0.5], background="nothing")
    found = sliding.predict(picture((8, 8, 24, 24)), score_threshold=0.99)
    assert found.boxes.tolist() == [[8.0, 8.0, 24.0, 24.0]]


def test_windows_reach_the_end_of_the_picture_and_boxes_do_not_leave_it():
    sliding = SlidingWindow(bright_or_dark(), 5, [1.0], background="nothing")
    found = sliding.predict(picture((27, 12, 33, 20), size=(20, 33)), score_threshold=0.6, top_k=1)
    assert found.boxes[:, 2].tolist() == [33.0]
    assert float(found.boxes[:, 3].max()) <= 20


def test_a_picture_smaller_than_the_window_is_one_window():
    sliding = SlidingWindow(bright_or_dark(), 8, background="nothing")  # of 8 x 16, mostly black
    found = sliding.predict(picture((0, 0, 5, 4), size=(4, 5)), score_threshold=0.9)
    assert found.boxes.tolist() == [[0.0, 0.0, 4.0, 4.0]]


def test_both_ways_give_the_same_windows_and_scores():
    torch.manual_seed(0)
    model = Classifier(lenet5(classes=3).eval(), ("a", "b", "c"), Preprocess((32, 32), **GREY))
    image = torch.randint(0, 256, (1, 70, 90), dtype=torch.uint8)
    found = {
        way: SlidingWindow(model, 8, windows=way).predict(image, score_threshold=0.0)
        for way in ("crops", "convolutional")
    }
    crops, once = found["crops"], found["convolutional"]
    assert len(crops) == len(once) > 5
    assert torch.equal(crops.boxes, once.boxes)
    assert torch.allclose(crops.scores, once.scores, atol=1e-5)


def test_a_network_that_pads_sees_crops_unless_asked():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(128, 2))
    model = Classifier(network.eval(), ("a", "b"), Preprocess((8, 8), **GREY))
    sliding = SlidingWindow(model)
    assert sliding.sliding is None
    assert sliding.notes[0].startswith("crops one by one, which is exact; one pass would be not equal")
    assert SlidingWindow(model, windows="convolutional").sliding is not None


def test_a_stride_between_the_windows_of_one_pass_takes_crops():
    model = Classifier(lenet5(classes=2).eval(), ("a", "b"), Preprocess((32, 32), **GREY))
    assert SlidingWindow(model).stride == (4, 4)
    assert SlidingWindow(model, 8).sliding is not None
    odd = SlidingWindow(model, 6)
    assert odd.sliding is None
    assert "stride is 6" in odd.notes[0]


def test_many_pictures_are_answered_in_order_with_their_files(tmp_path):
    from PIL import Image

    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, box in zip(paths, [(0, 0, 8, 8), (16, 8, 24, 16)], strict=True):
        Image.fromarray(picture(box)[0].numpy()).save(path)
    sliding = SlidingWindow(bright_or_dark(), 8, [1.0], background="nothing")
    found = sliding.predict(paths)
    assert [one.source for one in found] == [str(path) for path in paths]
    assert found[1].boxes.tolist() == [[16.0, 8.0, 24.0, 16.0]]


def test_a_classifier_slides_with_its_normalization():
    model = bright_or_dark()
    sliding = convolutional(model, (8, 8))
    image = picture((8, 4, 16, 12))
    scores = sliding(image[None])
    crop = model(image[None, :, 4:12, 8:16])
    assert torch.allclose(scores[0, :, 4, 8], crop[0], atol=1e-5)


def test_scales_go_down_to_one_window():
    assert default_scales((8, 8), (8, 8)) == [1.0]
    assert default_scales((4, 5), (8, 8)) == [2.0]
    assert [round(one, 2) for one in default_scales((32, 48), (8, 8))] == [1.0, 0.71, 0.5, 0.35, 0.25]


@pytest.mark.parametrize(("size", "stride"), [((20, 33), (5, 5)), ((8, 8), (3, 4)), ((9, 30), (8, 7))])
def test_windows_cover_a_filled_picture(size, stride):
    image = filled(torch.zeros(1, *size, dtype=torch.uint8), (8, 8), stride)
    boxes = window_boxes(tuple(image.shape[1:]), (8, 8), stride)
    assert boxes[:, 2:].amax(0).tolist() == [float(image.shape[2]), float(image.shape[1])]
    assert all(
        0 <= have - want < step for have, want, step in zip(image.shape[1:], size, stride, strict=True)
    )


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"stride": 0}, "stride is 0"),
        ({"scales": [0.0]}, "scales are"),
        ({"scales": []}, "scales are"),
        ({"background": "sky"}, "no class 'sky'"),
        ({"windows": "all"}, "windows is 'all'"),
        ({"stride": 6, "windows": "convolutional"}, "stride is 6"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(arguments, wrong):
    model = Classifier(lenet5(classes=2).eval(), ("a", "b"), Preprocess((32, 32), **GREY))
    with pytest.raises(SettingError, match=wrong):
        SlidingWindow(model, **arguments)


@pytest.mark.parametrize("option", [{"score_threshold": 2.0}, {"iou_threshold": -0.1}, {"top_k": 0}])
def test_limits_of_an_answer_are_checked(option):
    with pytest.raises(SettingError, match=next(iter(option))):
        SlidingWindow(bright_or_dark(), 8).predict(picture(), **option)


def test_only_a_classifier_slides():
    with pytest.raises(SettingError, match="a classifier"):
        SlidingWindow(nn.Linear(1, 1))
