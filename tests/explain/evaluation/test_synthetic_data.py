"""The synthetic pictures: the mark decides the class, and nothing else tells it."""

import pytest
import torch

from striate.errors import SettingError
from striate.explain.attribution.saliency import saliency
from striate.explain.evaluation.pointing_game import pointing_game
from striate.explain.evaluation.synthetic_data import MARK, MARKS, OTHERS, SIDE, make_synthetic_data
from striate.explain.evaluation.toy_classifier import toy_classifier

BED = make_synthetic_data(2000, seed=5)


def test_a_picture_has_one_mark_whose_box_is_the_mask():
    assert BED.images.shape == (2000, 3, SIDE, SIDE)
    assert BED.images.dtype == torch.uint8
    assert BED.masks.sum((1, 2)).unique().tolist() == [MARK**2]
    box = BED.masks.nonzero()
    for picture in (0, 1, 1999):
        rows, columns = box[box[:, 0] == picture][:, 1:].unbind(1)
        assert rows.max() - rows.min() == columns.max() - columns.min() == MARK - 1


def test_the_mark_of_the_class_is_in_the_box_in_one_ink():
    # every pixel of the stencil has the same color
    for picture in range(50):
        box = BED.images[picture][:, BED.masks[picture]].view(3, MARK, MARK)
        rows = MARKS[BED.classes[BED.labels[picture]]].split()
        drawn = torch.tensor([[dot == "#" for dot in row] for row in rows])
        assert len(box[:, drawn].unique(dim=1)[0]) == 1


def test_every_class_and_every_quarter_comes_equally_often():
    # 2,000 drawn of four: 500 expected, standard deviation 19.4
    assert all(abs(count - 500) < 80 for count in BED.labels.bincount().tolist())
    half = SIDE // 2
    for rows in (slice(0, half), slice(half, SIDE)):
        for columns in (slice(0, half), slice(half, SIDE)):
            quarter = BED.masks[:, rows, columns].flatten(1).any(1)
            assert abs(int(quarter.sum()) - 500) < 80


def test_what_lies_outside_the_box_does_not_tell_the_class():
    # the mean color outside the box differs between classes by less than its own noise: 4 standard errors
    outside = BED.images.float().masked_fill(BED.masks.unsqueeze(1), 0).sum((1, 2, 3)) / (SIDE**2 - MARK**2)
    means = torch.stack([outside[BED.labels == label].mean() for label in range(4)])
    assert (means - outside.mean()).abs().max() < 4 * outside.std() / 500**0.5


def test_a_seed_gives_the_same_pictures_and_another_one_others():
    assert torch.equal(make_synthetic_data(5, 1).images, make_synthetic_data(5, 1).images)
    assert not torch.equal(make_synthetic_data(5, 1).images, make_synthetic_data(5, 2).images)
    assert len(make_synthetic_data(0)) == 0


def test_the_stencils_are_seven_by_seven():
    for drawing in (*MARKS.values(), *OTHERS.values()):
        assert [len(row) for row in drawing.split()] == [MARK] * MARK


def test_it_is_data_to_train_on():
    splits = make_synthetic_data(3).splits()
    assert splits.classes == tuple(MARKS)
    assert torch.equal(splits["train"].image(1), make_synthetic_data(3).images[1])
    assert splits["train"].labels.tolist() == make_synthetic_data(3).labels.tolist()


def test_negative_numbers_are_refused():
    with pytest.raises(SettingError, match="count is -1"):
        make_synthetic_data(-1)


@pytest.mark.slow
def test_the_pupil_learns_the_marks_and_saliency_finds_them():
    before = torch.get_rng_state()
    model = toy_classifier()
    assert torch.equal(torch.get_rng_state(), before)
    synthetic = make_synthetic_data(1000, seed=1)
    right = torch.cat([model(part).argmax(1) for part in synthetic.images.split(250)]) == synthetic.labels
    assert right.float().mean() >= 0.99
    found = saliency(model, synthetic.images, synthetic.labels)
    assert pointing_game(found, synthetic.masks).mean() >= 0.95
