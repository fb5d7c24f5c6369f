"""Pictures made of parts: pixels and boxes go together, and a box stays or goes by one rule."""

import pytest
import torch

from striate.data.augment.augment import Augment
from striate.data.augment.mosaic import mosaic, parts_of
from striate.data.augment.pieces import Pieces, assembled, moved_targets, pieces_of
from striate.data.augment.views import TRIALS, iou_crops, zoom_factors, zoomed_views
from striate.errors import SettingError
from striate.ops.boxes import plain_iou
from striate.records import Batch, BoxTargets, ClassTargets, MaskTargets, PointTargets


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def one_box(*box, label=0):
    return BoxTargets(torch.tensor([[*map(float, box)]]), torch.tensor([label]), torch.tensor([1]))


def piece(window, position, old=0, new=0):
    return Pieces(torch.tensor([new]), torch.tensor([old]), torch.tensor([window]), torch.tensor([position]))


WHOLE = torch.tensor([[0, 0, 20, 10]])


def test_a_piece_is_cut_resized_and_placed_on_black():  # columns 2..4 of 6, twice as wide, at columns 1..5
    image = torch.tensor([[10, 20, 30, 30, 40, 50]], dtype=torch.uint8).view(1, 1, 1, 6)
    found = assembled(image, piece([2, 0, 4, 1], [1, 0, 5, 1]))
    assert found.flatten().tolist() == [0, 30, 30, 30, 30, 0]
    assert found.dtype == torch.uint8


def test_a_box_goes_where_its_piece_goes():  # (x - 2) * 2 + 1, y as it is
    moved = moved_targets(one_box(2.5, 0, 3.5, 4), piece([2, 0, 8, 10], [1, 0, 13, 10]), (10, 20))
    assert moved.boxes.tolist() == [[2.0, 0.0, 4.0, 4.0]]


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ((0, 0, 10, 10), [[5.0, 0.0, 10.0, 10.0]]),  # half of it is left: clipped to the piece
        ((0, 0, 6, 10), []),  # a sixth is left: dropped
        ((12, 0, 18, 10), []),  # beside the window: dropped
        ((5, 0, 10, 0.9), []),  # less than a pixel high: dropped
        ((5, 2, 10, 3), [[5.0, 2.0, 10.0, 3.0]]),
    ],
)
def test_a_box_that_leaves_its_piece_is_clipped_or_dropped_by_one_rule(box, kept):
    window = [5, 0, 10, 10]
    assert moved_targets(one_box(*box), piece(window, window), (10, 20)).boxes.tolist() == kept


def test_boxes_of_all_pieces_stand_by_new_picture():
    targets = BoxTargets(
        torch.tensor([[0.0, 0, 4, 4], [0, 0, 8, 8], [4, 4, 10, 10]]),
        torch.tensor([7, 8, 9]),
        torch.tensor([1, 2]),
    )
    whole = torch.tensor([[0, 0, 10, 10]])
    swapped = Pieces(torch.tensor([0, 1]), torch.tensor([1, 0]), whole.repeat(2, 1), whole.repeat(2, 1))
    moved = moved_targets(targets, swapped, (10, 10))
    assert moved.labels.tolist() == [8, 9, 7]
    assert moved.counts.tolist() == [2, 1]


def test_proposals_go_with_the_pieces_as_boxes_do():
    targets = BoxTargets(
        torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([7]), torch.tensor([1]), proposals=one_box(6, 2, 9, 9)
    )
    moved = moved_targets(targets, piece([5, 0, 10, 10], [0, 0, 5, 10]), (10, 20))
    assert moved.counts.tolist() == [0]
    assert moved.proposals.boxes.tolist() == [[1, 2, 4, 9]]


def test_a_picture_without_a_piece_is_black_and_has_no_box():
    nothing = pieces_of(torch.tensor([0]), torch.tensor([[20.0, 0, 40, 10]]), WHOLE, (10, 20))
    assert len(nothing.new) == 0
    assert assembled(torch.ones(1, 3, 10, 20), nothing).sum() == 0
    moved = moved_targets(one_box(0, 0, 5, 5), nothing, (10, 20))
    assert (len(moved.boxes), moved.counts.tolist()) == (0, [0])


def test_views_become_whole_pixels_of_both_pictures():  # a view of twice the sides
    found = pieces_of(torch.tensor([0]), torch.tensor([[-10.0, -5, 30, 15]]), WHOLE, (10, 20))
    assert found.windows.tolist() == [[0, 0, 20, 10]]
    assert found.positions.tolist() == [[5, 2, 15, 8]]  # 2.5 and 7.5 to the even ones


def test_points_and_masks_go_with_a_zoom_and_not_into_a_mosaic():
    half = piece([0, 0, 10, 5], [0, 0, 20, 10])
    points = PointTargets(torch.tensor([[[5.0, 2.0]]]), torch.ones(1, 1) > 0, torch.ones(1))
    assert moved_targets(points, half, (10, 20)).points.tolist() == [[[10.0, 4.0]]]
    mask = torch.arange(2, dtype=torch.uint8).repeat_interleave(10).expand(1, 10, 20)
    assert moved_targets(MaskTargets(mask), half, (10, 20)).masks.unique().tolist() == [0]
    four = Pieces(torch.zeros(4).long(), torch.arange(4), WHOLE.repeat(4, 1), WHOLE.repeat(4, 1))
    with pytest.raises(SettingError, match="mosaic"):
        moved_targets(points, four, (10, 20))


def test_zoom_factors_are_as_often_below_one_as_above():
    factors = zoom_factors(torch.rand(3, 4000, generator=seeded()), 0.4, 0)
    assert float(factors.min()) == pytest.approx(1 / 1.4, rel=0.01)
    assert float(factors.max()) == pytest.approx(1.4, rel=0.01)
    assert 1850 < int((factors < 1).sum()) < 2150  # five deviations of 4000 throws


def test_a_zoom_out_shows_a_quarter_of_the_sides_at_least():
    factors = zoom_factors(torch.rand(3, 4000, generator=seeded()), 0, 0.5)
    assert float(factors.min()) == pytest.approx(0.25, rel=0.01)
    assert 1850 < int((factors == 1).sum()) < 2150


def test_zoomed_views_lie_in_the_picture_or_around_it():
    uniform = torch.rand(2, 100, generator=seeded())
    near = zoomed_views(torch.full((100,), 1.5), uniform, (10, 20))
    far = zoomed_views(torch.full((100,), 0.5), uniform, (10, 20))
    assert bool((near[:, :2] >= 0).all() & (near[:, 2:] <= torch.tensor([20, 10])).all())
    assert bool((far[:, :2] <= 0).all() & (far[:, 2:] >= torch.tensor([20, 10])).all())


def test_a_random_crop_overlaps_a_box_as_drawn_and_keeps_a_fifth_of_one():
    count = 200
    boxes = torch.rand(count, 2, generator=seeded(1)) * 40
    boxes = torch.cat([boxes, boxes + 40], dim=1)
    targets = BoxTargets(boxes, torch.zeros(count).long(), torch.ones(count).long())
    views = torch.tensor([[0.0, 0, 100, 100]]).repeat(count, 1)
    uniform = torch.rand(count, 2 + 4 * TRIALS, generator=seeded())
    uniform[:, 1] = 0.6  # the fourth of six: IoU 0.5
    crops = iou_crops(views, targets, 1.0, uniform)
    cut = (crops != views).any(1)
    assert int(cut.sum()) > 50
    overlap = torch.stack([plain_iou(boxes[i : i + 1], crops[i : i + 1])[0, 0] for i in range(count)])
    assert float(overlap[cut].min()) >= 0.5
    aspect = (crops[:, 2] - crops[:, 0]) / (crops[:, 3] - crops[:, 1])
    assert bool(((aspect >= 0.5) & (aspect <= 2)).all())


def test_a_picture_without_boxes_keeps_its_view():
    empty = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0]))
    views = torch.tensor([[0.0, 0, 10, 10]])
    assert torch.equal(iou_crops(views, empty, 1.0, torch.rand(1, 2 + 4 * TRIALS)), views)


def test_a_mosaic_shows_four_parts_around_a_point():  # 0.5: all in the middle
    views = torch.tensor([[0.0, 0, 20, 10]]).repeat(4, 1)
    found = mosaic(views, (10, 20), 1.0, torch.full((11, 4), 0.5), torch.tensor([[0, 1, 2, 3]]).repeat(4, 1))
    assert found.new.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
    assert found.old[:4].tolist() == [0, 1, 2, 3]
    assert found.positions[:4].tolist() == [[0, 0, 10, 5], [10, 0, 20, 5], [0, 5, 10, 10], [10, 5, 20, 10]]
    assert found.windows[0].tolist() == [5, 2, 15, 8]  # as large as its position: 10 x 5, rounded outwards


def test_parts_of_a_mosaic_keep_the_scale_of_their_views():  # a view of half the sides: things twice as large
    views = torch.tensor([[[5.0, 0, 15, 5]] * 4])
    parts = parts_of(views, torch.tensor([[[0, 0, 8, 6]] * 4]), torch.tensor([20, 10]), torch.zeros(1, 4, 2))
    assert parts[0, 0].tolist() == [5.0, 0.0, 9.0, 3.0]


def spots(count=6, side=96):
    """Pictures with a bright square each, and its box."""
    images = torch.zeros(count, 3, side, side, dtype=torch.uint8)
    boxes = []
    for number in range(count):
        x, y = 8 + 9 * number, 60 - 8 * number
        images[number, :, y : y + 24, x : x + 24] = 255
        boxes.append([x, y, x + 24, y + 24])
    targets = BoxTargets(
        torch.tensor(boxes, dtype=torch.float32), torch.arange(count), torch.ones(count).long()
    )
    return Batch.full(images, torch.arange(count), targets)


@pytest.mark.parametrize(
    "augment",
    [
        Augment(zoom=1.0),
        Augment(zoom_out=1.0),
        Augment(iou_crop=1.0),
        Augment(mosaic=1.0),
        Augment(mirror=0.5, flip=0.5, crop=0.1, zoom=0.5),
        Augment(mirror=0.5, zoom=0.4, zoom_out=0.5, iou_crop=0.86, mosaic=0.5),
    ],
    ids=str,
)
def test_boxes_lie_on_their_objects_whatever_moved_them(augment):
    generator = seeded(3)
    for _ in range(10):
        batch = augment.on(spots(), generator)
        ends = batch.targets.counts.cumsum(0).tolist()
        for image, boxes in zip(batch.images, batch.targets.boxes.tensor_split(ends[:-1]), strict=True):
            inside = torch.zeros(image.shape[1:], dtype=torch.bool)
            for x1, y1, x2, y2 in boxes.tolist():
                inner = image[0, round(y1) + 1 : round(y2) - 1, round(x1) + 1 : round(x2) - 1]
                assert inner.numel() == 0 or int(inner.min()) > 120, "a box reaches beyond its object"
                inside[max(round(y1) - 1, 0) : round(y2) + 1, max(round(x1) - 1, 0) : round(x2) + 1] = True
                assert x2 - x1 >= 1 <= y2 - y1
                assert 0 <= x1 <= x2 <= 96 >= y2 >= y1 >= 0
            bright = (image[0] > 120) & ~inside  # what is left of objects whose box was dropped
            assert int(bright.sum()) < 0.25 * 24 * 24 * 6


@pytest.mark.parametrize("augment", [Augment(zoom=0.5), Augment(zoom=0.5, zoom_out=0.5)], ids=str)
def test_pictures_with_classes_are_zoomed_too(augment):
    batch = Batch.full(
        torch.full((2, 3, 8, 8), 9, dtype=torch.uint8), torch.arange(2), ClassTargets(torch.tensor([0, 1]))
    )
    changed = augment.on(batch, seeded())
    assert changed.images.dtype == torch.uint8
    assert changed.targets.labels.tolist() == [0, 1]
    assert torch.equal(augment(batch.images, seeded()), changed.images)


@pytest.mark.parametrize("part", ["iou_crop", "mosaic"])
def test_parts_that_need_boxes_say_so(part):
    batch = Batch.full(torch.zeros(1, 3, 8, 8), torch.arange(1), ClassTargets(torch.tensor([0])))
    with pytest.raises(SettingError, match=f"{part} needs boxes"):
        Augment(**{part: 1.0}).on(batch, seeded())


def test_a_warp_is_refused_where_places_are_known():
    points = PointTargets(torch.zeros(1, 1, 2), torch.ones(1, 1) > 0, torch.ones(1))
    batch = Batch.full(torch.zeros(1, 3, 8, 8), torch.arange(1), points)
    with pytest.raises(SettingError, match="warp"):
        Augment(warp=1).on(batch, seeded())


def test_nothing_is_reflected_where_there_are_boxes():
    images = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    images[..., 12:] = 255
    batch = Batch.full(
        images.repeat(8, 1, 1, 1),
        torch.arange(8),
        BoxTargets(
            torch.tensor([[12.0, 0, 16, 16]]).repeat(8, 1), torch.zeros(8).long(), torch.ones(8).long()
        ),
    )
    changed = Augment(crop=4).on(batch, seeded())
    bright = (changed.images[:, 0] > 0).sum((1, 2))
    assert torch.equal(
        bright.float()[changed.targets.counts > 0],
        (changed.targets.boxes[:, 2:] - changed.targets.boxes[:, :2]).prod(1),
    )


def test_one_seed_gives_one_batch():
    augment = Augment(mirror=0.5, color=0.2, zoom=0.4, zoom_out=0.3, iou_crop=0.5, mosaic=0.5)
    first, second = augment.on(spots(), seeded(5)), augment.on(spots(), seeded(5))
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.targets.boxes, second.targets.boxes)
    assert not torch.equal(first.images, augment.on(spots(), seeded(6)).images)


def test_a_batch_of_one_and_a_batch_without_boxes_are_changed_too():
    augment = Augment(zoom=0.4, zoom_out=0.5, iou_crop=1.0, mosaic=1.0)
    empty = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0]))
    changed = augment.on(Batch.full(torch.ones(1, 1, 9, 7), torch.arange(1), empty), seeded())
    assert tuple(changed.images.shape) == (1, 1, 9, 7)
    assert changed.targets.counts.tolist() == [0]
