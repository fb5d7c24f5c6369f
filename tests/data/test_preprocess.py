"""From any size to the size of one network."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from striate.data.inputs import prepared_inputs
from striate.data.preprocess import Preprocess, ResizeMode
from striate.errors import SettingError
from striate.records.affine import moved_points

GREY = Preprocess((2, 2), channels=1, mean=(0.5,), std=(0.5,))


@given(
    st.sampled_from(["crop", "stretch", "pad"]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([1, 3]),
    st.sampled_from([1, 3]),
)
def test_any_size_becomes_the_size(
    fit: ResizeMode, have: tuple[int, int], want: tuple[int, int], given_: int, channels: int
) -> None:
    image = torch.full((given_, *have), 77, dtype=torch.uint8)
    prepared = Preprocess(want, channels, resize_mode=fit)(image)
    assert prepared.shape == (channels, *want)
    assert prepared.dtype == torch.uint8
    assert set(prepared.unique().tolist()) <= ({77} if fit != "pad" else {0, 77})


def test_crop_takes_the_middle_and_scales_it() -> None:
    # 2 x 6: the middle 2 x 2, columns 2 and 3
    image = torch.tensor([[[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]]], dtype=torch.uint8)
    assert GREY(image).tolist() == [[[2, 3], [12, 13]]]


def test_crop_of_a_thread_does_not_grow_a_page() -> None:
    assert Preprocess((224, 224))(torch.zeros(3, 1, 100_000, dtype=torch.uint8)).shape == (3, 224, 224)


def test_stretch_averages_with_a_triangle() -> None:
    # 6 -> 2: around 1.5 the pixels at 0.5 1.5 2.5 3.5 weigh 2/3 1 2/3 1/3; 200 * (1/3) / (8/3) = 25
    image = torch.tensor([[[0, 0, 0, 200, 200, 200]]], dtype=torch.uint8).expand(1, 6, 6)
    assert Preprocess((2, 2), 1, resize_mode="stretch")(image).tolist() == [[[25, 175], [25, 175]]]


def test_pad_centers_on_black_and_never_enlarges() -> None:
    # 1 x 2 on 2 x 4: the odd row goes below, one column on each side
    image = torch.tensor([[[8, 9]]], dtype=torch.uint8)
    assert Preprocess((2, 4), 1, resize_mode="pad")(image).tolist() == [[[0, 8, 9, 0], [0, 0, 0, 0]]]


def test_color_becomes_grey_as_pillow_does() -> None:
    # 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1
    image = torch.tensor(
        [[[255, 0], [0, 255]], [[0, 255], [0, 255]], [[0, 0], [255, 255]]], dtype=torch.uint8
    )
    assert GREY(image).tolist() == [[[76, 150], [29, 255]]]


def test_many_images_are_prepared_at_once() -> None:
    images = torch.randint(
        0, 256, (5, 3, 6, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    for fit in ("crop", "stretch", "pad"):
        preprocess = Preprocess((4, 4), 3, resize_mode=fit)
        assert torch.equal(preprocess(images), torch.stack([preprocess(image) for image in images]))


@pytest.mark.parametrize("channels", [1, 3])
def test_one_pixel_is_a_size(channels: int) -> None:
    assert Preprocess((1, 1), channels)(torch.zeros(channels, 2, 2, dtype=torch.uint8)).shape == (
        channels,
        1,
        1,
    )


def test_an_unknown_fit_is_refused() -> None:
    with pytest.raises(SettingError, match="resize_mode is 'cover'"):
        Preprocess((4, 4), resize_mode="cover")  # type: ignore[arg-type]


def test_a_share_leaves_out_the_margin() -> None:
    # 2 of 4 pixels: a 4 x 4 picture is not scaled, and its middle 2 x 2 is what the network sees
    image = torch.arange(16, dtype=torch.uint8).view(1, 4, 4)
    half = Preprocess((2, 2), channels=1, mean=(0.5,), std=(0.5,), crop_ratio=0.5)
    assert half.at_least == (4, 4)
    assert half(image).tolist() == [[[5, 6], [9, 10]]]


@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_a_share_of_any_size_becomes_the_size(have: tuple[int, int], want: tuple[int, int]) -> None:
    prepared = Preprocess(want, crop_ratio=0.8)(torch.full((3, *have), 77, dtype=torch.uint8))
    assert prepared.shape == (3, *want)
    assert prepared.unique().tolist() == [77]


def test_a_share_of_a_thread_does_not_grow_a_page() -> None:
    image = torch.zeros(3, 1, 1_000_000, dtype=torch.uint8)
    assert Preprocess((224, 224), crop_ratio=0.875)(image).shape == (3, 224, 224)


@pytest.mark.parametrize("share", [0, -1, 1.5])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(SettingError, match="crop_ratio is"):
        Preprocess((4, 4), crop_ratio=share)


def test_bicubic_overshoots_where_bilinear_does_not() -> None:
    edge = torch.tensor([100, 100, 100, 200, 200, 200], dtype=torch.uint8).expand(1, 6, 6)
    soft = Preprocess((12, 12), 1)(edge)
    sharp = Preprocess((12, 12), 1, interpolation="bicubic")(edge)
    assert (int(soft.min()), int(soft.max())) == (100, 200)
    assert int(sharp.min()) < 100
    assert int(sharp.max()) > 200


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e308])
def test_a_mean_that_makes_every_picture_nan_is_refused(value):
    with pytest.raises(SettingError, match="mean is"):
        Preprocess((4, 4), mean=(0.5, value, 0.5))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -0.5, 1e-9])
def test_a_std_that_cannot_be_divided_by_is_refused(value):
    with pytest.raises(SettingError, match="std is"):
        Preprocess((4, 4), std=(0.5, value, 0.5))


@pytest.mark.parametrize("size", [(0, 4), (4, -1), (4, 10**9), (4,)])
def test_a_size_that_no_picture_has_is_refused(size):
    with pytest.raises(SettingError, match="size is"):
        Preprocess(size)


# torchvision 0.29.2, GeneralizedRCNNTransform(800, 1333).resize: the size of a picture, the size that it
# gets, and where the box 1, 2, 10, 20 lies then
DETECTION_RESIZES = [
    ((480, 640), (800, 1066), (1.66562498, 3.33333325, 16.65625, 33.33333206)),
    ((640, 480), (1066, 800), (1.66666663, 3.33124995, 16.66666603, 33.3125)),
    ((375, 500), (800, 1066), (2.13199997, 4.26666689, 21.31999969, 42.66666794)),
    ((426, 640), (800, 1201), (1.87656248, 3.75586843, 18.765625, 37.5586853)),
    ((100, 2000), (66, 1333), (0.66649997, 1.32000005, 6.66499996, 13.20000076)),
    ((1200, 900), (1066, 800), (0.8888889, 1.77666664, 8.88888931, 17.76666641)),
    ((33, 47), (800, 1139), (24.23404312, 48.48484802, 242.34042358, 484.84848022)),
]


@pytest.mark.parametrize(("size", "becomes", "box"), DETECTION_RESIZES, ids=lambda one: str(one))
def test_the_shorter_side_is_scaled_as_torchvisions_detectors_do(size, becomes, box):
    detector = Preprocess((800, 1333), resize_mode="shortest")
    assert detector(torch.zeros(3, *size, dtype=torch.uint8)).shape[1:] == becomes
    corners = moved_points(torch.tensor([[[1.0, 2], [10, 20]]]), detector.affine(size)[None])
    assert torch.allclose(corners.flatten(), torch.tensor(box), atol=1e-3)


def test_every_size_becomes_what_torchvisions_detectors_make_of_it():
    theirs = GeneralizedRCNNTransform(80, 133, [0.0] * 3, [1.0] * 3)
    for size in itertools.product((7, 79, 80, 81, 133, 241), repeat=2):
        expected, _ = theirs.eval().resize(torch.zeros(3, *size), None)
        ours = Preprocess((133, 80), resize_mode="shortest")(torch.zeros(3, *size, dtype=torch.uint8))
        assert ours.shape == expected.shape


def test_the_shorter_side_of_a_thread_keeps_a_pixel():  # 1 x 2,000 of at most 133: 0.07 rows
    thread = torch.zeros(3, 1, 2000, dtype=torch.uint8)
    assert Preprocess((80, 133), resize_mode="shortest")(thread).shape == (3, 1, 133)


def test_pictures_of_unequal_size_share_a_batch_of_whole_multiples():
    # 100 x 100 -> 64 x 64; 50 x 200 -> 24 x 96, as the longer side may have 96; the batch is 64 x 96
    detector = Preprocess((64, 96), resize_mode="shortest")
    pictures = [torch.full((3, *size), 9, dtype=torch.uint8) for size in ((100, 100), (50, 200))]
    (batch,) = prepared_inputs(pictures, detector, batch=2)
    assert batch.images.shape == (2, 3, 64, 96)
    assert batch.sizes.tolist() == [[64, 64], [24, 96]]
    assert (int(batch.images[0, :, :, :64].min()), int(batch.images[0, :, :, 64:].max())) == (9, 0)


def test_one_picture_is_padded_to_multiples_too():  # 480 x 640 -> 60 x 80 of at most 60 and 100, on 64 x 96
    detector = Preprocess((60, 100), resize_mode="shortest")
    (batch,) = prepared_inputs([torch.zeros(3, 480, 640, dtype=torch.uint8)], detector, batch=4)
    assert batch.images.shape == (1, 3, 64, 96)
    assert batch.sizes.tolist() == [[60, 80]]
