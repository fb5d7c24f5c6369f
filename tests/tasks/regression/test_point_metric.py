"""Errors of points over images, by hand."""

import pytest
import torch

from striate.errors import SettingError
from striate.records import Batch, PointTargets
from striate.tasks.regression.point_metric import PointMetric, PointMetrics, named_ends

NAMES = ("a", "b")
# images of 10 x 20 (H, W); a raw row holds x, y of a, x, y of b as shares
IMAGES = torch.zeros(2, 3, 10, 20, dtype=torch.uint8)
POINTS = torch.tensor([[[10.0, 5.0], [10.0, 10.0]], [[0.0, 0.0], [20.0, 10.0]]])
VISIBLE = torch.tensor([[True, True], [True, False]])
RAW = torch.tensor([[0.5, 0.5, 0.65, 0.6], [0.04, 0.0, 0.0, 0.0]])
# image 0: a exact, b at (13, 6): 5 pixels off; image 1: a 0.8 pixels off


def measured(count: int = 2, **arguments: object) -> PointMetrics:
    metric = PointMetric(NAMES, [(0, 1)], **arguments)  # type: ignore[arg-type]
    for index in range(count):
        rows = slice(index, index + 1)
        targets = PointTargets(POINTS[rows], VISIBLE[rows], torch.tensor([20.0]))
        metric.update(RAW[rows], Batch.full(IMAGES[rows], torch.tensor([index]), targets))
    return metric.compute()


def test_errors_are_divided_by_the_scale_and_averaged_over_images():  # (0 + 5/20)/2, .8/20; mean .0825
    found = measured()
    assert found.error == pytest.approx(0.0825)
    assert found.per_image.tolist() == pytest.approx([0.125, 0.04])
    assert found.per_point == {"a": pytest.approx(0.02), "b": pytest.approx(0.25)}


def test_shares_and_limbs():  # within .1: 1 of 2, 1 of 1; the limb has 5 pixels, b is 5 off: more than half
    found = measured()
    assert found.within == {"0.05": 0.75, "0.1": 0.75, "0.2": 0.75}
    assert found.pcp == 0.0
    assert found.values["pck_0.1"] == 0.75


def test_errors_by_the_distance_of_two_points():  # 5 pixels in image 0; in image 1 one of them is hidden
    found = measured(ends=(0, 1))
    assert found.error == pytest.approx(0.5)
    assert found.per_image.isnan().tolist() == [False, True]


def test_parts_of_two_processes_are_the_whole():
    metric, other = PointMetric(NAMES), PointMetric(NAMES)
    for one, index in ((metric, 0), (other, 1)):
        rows = slice(index, index + 1)
        targets = PointTargets(POINTS[rows], VISIBLE[rows], torch.tensor([20.0]))
        one.update(RAW[rows], Batch.full(IMAGES[rows], torch.tensor([index]), targets))
    metric.merge(other)
    assert metric.compute().error == pytest.approx(0.0825)
    assert metric.answers() == ["error 0.125", "error 0.04"]


def test_no_images_have_no_error():
    found = measured(0)
    assert (found.count, found.error, found.interval, found.primary.text()) == (0, None, None, "–")


def test_metrics_come_back_from_a_dictionary():
    found = measured()
    assert PointMetrics.from_dict(found.to_dict()) == found
    assert found.headline("2 val pictures").startswith("error 0.0825 on 2 val pictures")


def test_two_names_or_the_box_divide_errors():
    assert named_ends("b,a", NAMES) == (1, 0)
    for wrong in ("a", "a,c", "a,a", ""):
        with pytest.raises(SettingError, match="box, or two of: a, b"):
            named_ends(wrong, NAMES)
