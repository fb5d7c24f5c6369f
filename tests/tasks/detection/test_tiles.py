"""Objects at seams: planted boxes that tiles see as a perfect detector does come back once and whole."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from striate.data.preprocess import Preprocess
from striate.errors import SettingError, ShapeError
from striate.ops.boxes import plain_iou
from striate.ops.tile_grid import tile_boxes
from striate.records import BitMasks, Captions, Detections, InstanceJoints, MaskCrops
from striate.records.affine import areas, clipped_boxes
from striate.tasks.detection.tiles import (
    is_cut,
    join_tiles,
    predict_tiled,
)
from striate.tasks.tile_size import learned_size
from striate.zoo.build import build

CLASSES = ("car", "bus")
SIZE, TILE = (300, 500), (128, 128)


def detections(boxes, scores=None, labels=None):
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    scores = torch.full((len(boxes),), 0.9) if scores is None else torch.tensor(scores)
    labels = torch.zeros(len(boxes)).long() if labels is None else torch.tensor(labels)
    return Detections(boxes, scores, labels, CLASSES)


def seen(boxes, labels, frame, least=0.1, off=0.0):
    """What a perfect detector says of a tile: what is inside of every object of which a tenth is."""
    x1, y1, x2, y2 = frame.tolist()
    moved = boxes - torch.tensor([x1, y1, x1, y1])
    inside = clipped_boxes(moved, (y2 - y1, x2 - x1))
    sides = inside[:, 2:] - inside[:, :2]
    there = (sides > 1).all(1) & (areas(inside) >= least * areas(moved))
    share = areas(inside)[there] / areas(moved)[there]
    return Detections(inside[there] + off, 0.5 + 0.4 * share, labels[there], CLASSES)


def answered(boxes, labels=None, *, whole=None, off=0.0, tile=TILE, overlap=0.25):
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    labels = torch.zeros(len(boxes)).long() if labels is None else torch.tensor(labels)
    tiles = tile_boxes(SIZE, tile, overlap)
    return join_tiles([seen(boxes, labels, one, off=off) for one in tiles], tiles, SIZE, whole)


def same(found, boxes, near=0.9):
    """Every object once, and nothing else."""
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    assert len(found) == len(boxes)
    if len(boxes):
        assert float(plain_iou(boxes, found.boxes).amax(1).min()) > near


@pytest.mark.parametrize(
    ("size", "count"), [((128, 128), 1), ((128, 129), 2), ((300, 500), 15), ((90, 700), 7)]
)
def test_tiles_cover_the_picture_and_overlap(size, count):  # 300: 1 + 172 / 96 up = 3; 500: 1 + 372 / 96 = 5
    tiles = tile_boxes(size, TILE)
    assert len(tiles) == count
    covered = torch.zeros(size, dtype=torch.bool)
    for x1, y1, x2, y2 in tiles.tolist():
        covered[y1:y2, x1:x2] = True
        assert 0 <= x1 < x2 <= size[1]
        assert 0 <= y1 < y2 <= size[0]
    assert bool(covered.all())
    for row in range(2):
        edges = sorted({(tile[row], tile[row + 2]) for tile in tiles.tolist()})
        assert all(before[1] - after[0] >= 32 for before, after in pairwise(edges))


@pytest.mark.parametrize("x", range(60, 140, 5))
@pytest.mark.parametrize("width", [10, 30])
def test_an_object_no_larger_than_the_overlap_comes_back_once_wherever_it_lies(x, width):
    boxes = [[x, 70, x + width, 90], [x, 110, x + width, 110 + width]]
    same(answered(boxes), boxes, near=0.99)


@pytest.mark.parametrize("box", [[50, 20, 160, 50], [20, 40, 400, 80], [90, 60, 210, 200], [5, 5, 495, 295]])
def test_an_object_that_no_tile_holds_is_joined_from_its_parts(box):
    same(answered([box]), [box], near=0.99)


def test_an_object_that_the_whole_view_sees_is_not_joined_again():
    box = [50, 20, 250, 200]
    found = answered([box], whole=detections([box], [0.95]))
    same(found, [box])
    assert float(found.scores[0]) == pytest.approx(0.95)


def test_boxes_that_miss_the_border_by_pixels_are_cut_too():  # 2 of 128: less than the fiftieth part
    boxes = [[80, 30, 160, 60], [20, 40, 60, 160]]
    same(answered(boxes, off=1.5), boxes, near=0.8)


def test_neighbours_of_one_class_stay_two_objects():
    boxes = [[70, 20, 100, 40], [101, 20, 131, 40], [70, 41, 100, 61], [101, 41, 131, 61]]
    same(answered(boxes), boxes)


def test_a_small_object_in_front_of_a_large_one_stays():
    boxes = [[60, 60, 160, 160], [100, 100, 120, 120]]
    same(answered(boxes), boxes)


def test_classes_do_not_meet():
    boxes = [[80, 30, 160, 60], [80, 30, 160, 60]]
    found = answered(boxes, [0, 1])
    assert sorted(found.labels.tolist()) == [0, 1]


def test_many_objects_come_back_once():
    generator = torch.Generator().manual_seed(0)
    grid = torch.stack(torch.meshgrid(torch.arange(12) * 40.0, torch.arange(7) * 40.0, indexing="xy"), -1)
    corner = grid.reshape(-1, 2) + torch.rand(84, 2, generator=generator) * 8
    boxes = torch.cat([corner, corner + 8 + torch.rand(84, 2, generator=generator) * 20], 1)
    same(answered(boxes.tolist()), boxes.tolist())


def test_what_only_one_tile_found_stays():
    tiles = tile_boxes((100, 160), (100, 100))
    found = join_tiles([detections([[70, 10, 99, 40]]), detections([])], tiles, (100, 160))
    assert found.boxes.tolist() == [[70.0, 10.0, 99.0, 40.0]]


def test_a_box_at_the_border_of_the_picture_is_not_cut():
    frames = torch.tensor([[60.0, 0, 160, 100]])
    assert is_cut(torch.tensor([[130.0, 0, 160, 40]]), frames, (100, 160)).tolist() == [False]
    assert is_cut(torch.tensor([[61.0, 0, 90, 40]]), frames, (100, 160)).tolist() == [True]


def test_nothing_found_is_an_answer():
    tiles = tile_boxes((100, 160), (100, 100))
    assert len(join_tiles([detections([]), detections([])], tiles, (100, 160))) == 0


def test_there_is_an_answer_for_every_tile():
    with pytest.raises(ShapeError, match="1 answers for 2 tiles"):
        join_tiles([detections([])], tile_boxes((100, 160), (100, 100)), (100, 160))


class Perfect:
    """Finds the planted objects in a part of the picture, whose first pixel tells where it was cut."""

    task, preprocess, trained_on = "detect", Preprocess((128, 128), resize_mode="letterbox"), None

    def __init__(self, boxes):
        self.boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
        self.seen = []

    def decode(self) -> list[Detections]:
        """What the model of a task answers with."""

    def predict(self, images, **options):
        if isinstance(images, torch.Tensor):
            return self.one(images, **options)
        return [self.one(image, **options) for image in images]

    def one(self, image, iou_threshold, top_k):
        self.seen.append(tuple(image.shape[1:]))
        y, x = int(image[0, 0, 0]), int(image[1, 0, 0])  # the picture tells where it is cut
        frame = torch.tensor([x, y, x + image.shape[2], y + image.shape[1]])
        return seen(self.boxes, torch.zeros(len(self.boxes)).long(), frame)


def places(size):
    """uint8 (3, H, W): every pixel's row and column."""
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.uint8) for side in size), indexing="ij")
    return torch.stack([y, x, x])


def test_a_large_picture_is_predicted_in_tiles_and_a_small_one_at_once():
    boxes = [[90, 20, 140, 60], [100, 110, 130, 150], [10, 10, 220, 180]]
    model = Perfect(boxes)
    same(predict_tiled(model, places((200, 240))), boxes)
    assert model.seen == [(200, 240)] + [(128, 128)] * 6
    model.seen.clear()
    predict_tiled(model, [places((100, 128))])
    assert model.seen == [(100, 128)]


@pytest.mark.parametrize(
    ("trained", "tile"),
    [
        (None, (128, 128)),  # nothing is known: as large as its images
        ((128, 128), (128, 128)),
        ((200, 256), (256, 256)),  # shrunk by a half: tiles twice as large
        ((64, 32), (64, 64)),  # enlarged twice
    ],
)
def test_tiles_show_things_as_large_as_in_training(trained, tile):
    model = Perfect([])
    model.trained_on = SimpleNamespace(size=trained) if trained else None
    assert learned_size(model) == tile


def test_a_picture_that_is_larger_by_the_overlap_is_one_view_unless_tiles_are_asked_for():
    model = Perfect([])
    predict_tiled(model, places((150, 160)))  # up to 128 + 32
    assert model.seen == [(150, 160)]
    model.seen.clear()
    predict_tiled(model, places((150, 160)), tile=128)
    assert model.seen == [(150, 160)] + [(128, 128)] * 4


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"tile": 0}, "tile is 0"),
        ({"overlap": 0.95}, "overlap is 0.95"),
        ({"tile": "large"}, "tile is 'large'"),
    ],
)
def test_tiles_that_mean_nothing_are_refused(arguments, wrong):
    with pytest.raises(SettingError, match=wrong):
        predict_tiled(Perfect([]), places((20, 20)), **arguments)


def test_a_detector_answers_in_tiles_as_large_as_its_images():
    torch.manual_seed(0)
    model = build("yolo", CLASSES, Preprocess((64, 64), resize_mode="letterbox"), task="detect", width=0.125)
    model.eval()
    image = torch.randint(0, 256, (3, 100, 150), dtype=torch.uint8)
    found = predict_tiled(model, image, score_threshold=0.0, top_k=50)
    assert len(found) == 50
    assert float(found.boxes[:, 2:].amax()) <= 150
    small = predict_tiled(model, image[:, :64, :64], score_threshold=0.0, top_k=50)
    assert torch.equal(small.boxes, model.predict(image[:, :64, :64], score_threshold=0.0, top_k=50).boxes)
    with pytest.raises(SettingError, match="no option 'depth'"):
        predict_tiled(model, image, depth=3)


# supervision, test_inference_slicer.py, test_generate_offset: (W, H) of the picture and of the tiles, pixels
# that neighbours share
SLICES = [
    (
        (256, 256),
        (128, 128),
        0,
        [[0, 0, 128, 128], [128, 0, 256, 128], [0, 128, 128, 256], [128, 128, 256, 256]],
    ),
    (
        (256, 256),
        (128, 128),
        64,
        [
            [0, 0, 128, 128],
            [64, 0, 192, 128],
            [128, 0, 256, 128],
            [0, 64, 128, 192],
            [64, 64, 192, 192],
            [128, 64, 256, 192],
            [0, 128, 128, 256],
            [64, 128, 192, 256],
            [128, 128, 256, 256],
        ],
    ),
    (
        (192, 128),
        (64, 64),
        0,
        [
            [0, 0, 64, 64],
            [64, 0, 128, 64],
            [128, 0, 192, 64],
            [0, 64, 64, 128],
            [64, 64, 128, 128],
            [128, 64, 192, 128],
        ],
    ),
    (
        (192, 128),
        (64, 64),
        32,
        [
            [0, 0, 64, 64],
            [32, 0, 96, 64],
            [64, 0, 128, 64],
            [96, 0, 160, 64],
            [128, 0, 192, 64],
            [0, 32, 64, 96],
            [32, 32, 96, 96],
            [64, 32, 128, 96],
            [96, 32, 160, 96],
            [128, 32, 192, 96],
            [0, 64, 64, 128],
            [32, 64, 96, 128],
            [64, 64, 128, 128],
            [96, 64, 160, 128],
            [128, 64, 192, 128],
        ],
    ),
    (
        (128, 192),
        (64, 64),
        32,
        [
            [0, 0, 64, 64],
            [32, 0, 96, 64],
            [64, 0, 128, 64],
            [0, 32, 64, 96],
            [32, 32, 96, 96],
            [64, 32, 128, 96],
            [0, 64, 64, 128],
            [32, 64, 96, 128],
            [64, 64, 128, 128],
            [0, 96, 64, 160],
            [32, 96, 96, 160],
            [64, 96, 128, 160],
            [0, 128, 64, 192],
            [32, 128, 96, 192],
            [64, 128, 128, 192],
        ],
    ),
    (
        (160, 160),
        (80, 40),
        0,
        [
            [0, 0, 80, 40],
            [80, 0, 160, 40],
            [0, 40, 80, 80],
            [80, 40, 160, 80],
            [0, 80, 80, 120],
            [80, 80, 160, 120],
            [0, 120, 80, 160],
            [80, 120, 160, 160],
        ],
    ),
]


@pytest.mark.parametrize(("picture", "tile", "shared", "expected"), SLICES)
def test_tiles_are_those_of_supervision_where_they_fit(picture, tile, shared, expected):
    assert tile_boxes(picture[::-1], tile[::-1], shared / tile[0]).tolist() == expected


def with_shapes(masks, joints):
    crops = MaskCrops.of(masks)
    points = InstanceJoints(torch.tensor(joints).view(len(masks), 1, 2), torch.ones(len(masks), 1), ("nose",))
    labels, scores = torch.zeros(len(masks)).long(), torch.linspace(0.9, 0.8, len(masks))
    return Detections(crops.windows.float(), scores, labels, CLASSES, "", BitMasks(crops), points)


def test_masks_and_joints_move_into_the_picture_and_parts_of_one_object_are_one_mask():
    whole = torch.zeros(40, 100, dtype=torch.bool)
    whole[10:30, 20:90], whole[12, 50] = True, False  # reaches over both tiles, 40 pixels of overlap; a hole
    tiles = torch.tensor([[0, 0, 70, 40], [30, 0, 100, 40]])
    views = [with_shapes(whole[None, :, x1:x2], [25.0 - x1, 15.0]) for x1, _, x2, _ in tiles.tolist()]
    found = join_tiles(views, tiles, (40, 100))
    assert found.boxes.tolist() == [[20, 10, 90, 30]]
    assert torch.equal(found.masks.mask(0), whole)
    assert found.joints.points.tolist() == [[[25, 15]]]
    alone = whole.clone()
    alone[:, 60:] = False  # whole in the first tile, cut by the second
    views = [with_shapes(alone[None, :, x1:x2], [25.0 - x1, 15.0]) for x1, _, x2, _ in tiles.tolist()]
    found = join_tiles(views, tiles, (40, 100))
    assert torch.equal(found.masks.pasted(), alone[None])
    nothing = [one.where(one.scores > 1) for one in views]
    assert len(join_tiles(nothing, tiles, (40, 100)).masks) == 0


def test_an_object_that_two_tiles_saw_has_the_caption_of_the_better_score():
    tiles = torch.tensor([[0, 0, 70, 40], [30, 0, 100, 40]])
    views = [  # one object reaches over both tiles, one is in the second tile alone
        replace(detections([[20, 10, 70, 30]], [0.6]), captions=Captions(("a bar",), torch.tensor([-2.0]))),
        replace(
            detections([[0, 10, 60, 30], [50, 2, 60, 8]], [0.9, 0.7]),
            captions=Captions(("a long bar", "a dot"), torch.tensor([-1.0, -3.0])),
        ),
    ]
    found = join_tiles(views, tiles, (40, 100))
    assert found.boxes.tolist() == [[20, 10, 90, 30], [80, 2, 90, 8]]
    assert found.captions.texts == ("a long bar", "a dot")
    assert found.captions.log_probabilities.tolist() == [-1.0, -3.0]
    nothing = [one.where(one.scores > 1) for one in views]
    assert len(join_tiles(nothing, tiles, (40, 100)).captions) == 0
