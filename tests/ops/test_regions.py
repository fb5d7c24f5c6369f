"""Regions of maps, pooled to as many bins whatever their size."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
import torchvision.ops as oracle
from torch import Tensor
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops import region_pooling, regions
from striate.ops.regions import ps_roi_align, ps_roi_pool, pyramid_level, roi_align, roi_pool

OPERATIONS = {
    "roi_align": roi_align,
    "roi_pool": roi_pool,
    "ps_roi_align": ps_roi_align,
    "ps_roi_pool": ps_roi_pool,
}
RAMP = torch.arange(36.0).reshape(1, 1, 6, 6)


def rois(count: int, maps: int = 2, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Regions of all sizes, some of them partly or wholly outside a map of 9 x 11 pixels at scale 1/4."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.rand(count, 5, generator=generator, dtype=torch.float64)
    corner = numbers[:, 1:3] * 60 - 10
    rows = [(numbers[:, :1] * maps).floor(), corner, corner + 40 * numbers[:, 3:]]
    return torch.cat(rows, dim=1).to(dtype)


def maps(channels: int = 8, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    """Numbers of which no two are equal."""
    count = 2 * channels * 9 * 11
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return (order.to(dtype) / count - 0.5).reshape(2, channels, 9, 11)


def test_align_by_hand() -> None:
    # The region 1..3 x 1..3 has bins of 1 x 1 pixel, with a sample in the middle of each. The centre of pixel
    # (y, x) lies at (y + .5, x + .5): the first sample (1.5, 1.5) is the centre of pixel (1, 1): 7.
    box = torch.tensor([[0.0, 1, 1, 3, 3]])
    assert roi_align(RAMP, box, 2, sampling_ratio=1, aligned=True).tolist() == [[[[7, 8], [13, 14]]]]
    # The older form has pixel (y, x) at (y, x): half a pixel further, between four of them
    assert roi_align(RAMP, box, 2, sampling_ratio=1).tolist() == [[[[10.5, 11.5], [16.5, 17.5]]]]


def test_pool_by_hand() -> None:
    # 0.6..3.4 are rounded to the pixels 1..3; two bins of 1.5 pixels are 1..2 and 2..3
    box = torch.tensor([[0.0, 0.6, 0.6, 3.4, 3.4]])
    assert roi_pool(RAMP, box, 2).tolist() == [[[[14, 15], [20, 21]]]]
    assert roi_pool(RAMP, box * torch.tensor([1, 2, 2, 2, 2]), 2, spatial_scale=0.5).tolist() == [
        [[[14, 15], [20, 21]]]
    ]
    assert roi_pool(RAMP, torch.tensor([[0.0, 20, 20, 30, 30]]), 1).tolist() == [[[[0]]]]  # outside


def test_halves_are_rounded_away_from_zero() -> None:  # torch.round would give 2 and 4, C gives 3 and 5
    assert roi_pool(RAMP, torch.tensor([[0.0, 2.5, 2.5, 4.5, 4.5]]), 1).item() == 35
    assert roi_pool(RAMP, torch.tensor([[0.0, 2.5, 2.5, 2.5, 2.5]]), 1).item() == 21


def test_every_bin_looks_at_its_own_channels() -> None:
    same = (
        torch.arange(8.0).reshape(1, 8, 1, 1).expand(1, 8, 6, 6)
    )  # channel c * 4 + i * 2 + j holds that number
    box = torch.tensor([[0.0, 0, 0, 5, 5]])
    for operation in (ps_roi_align, ps_roi_pool):
        expected = torch.arange(8.0).reshape(1, 2, 2, 2)
        assert torch.allclose(operation(same, box, 2), expected)


CASES = [
    *(("roi_align", {"sampling_ratio": n, "aligned": a}) for n in (-1, 1, 2, 3) for a in (True, False)),
    ("roi_pool", {}),
    *(("ps_roi_align", {"sampling_ratio": n}) for n in (-1, 1, 2)),
    ("ps_roi_pool", {}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_are_torchvisions(
    name: str, options: dict, dtype: torch.dtype, form: torch.memory_format
) -> None:
    x, boxes = maps(12, dtype), rois(40, dtype=dtype)
    ours = x.clone(memory_format=form).requires_grad_()
    theirs = x.clone().requires_grad_()
    found = OPERATIONS[name](ours, boxes, (3, 2), 0.25, **options)
    expected = getattr(oracle, name)(theirs, boxes, (3, 2), 0.25, **options)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    assert found.shape == expected.shape
    assert found.dtype == dtype
    assert torch.allclose(found, expected, rtol=0, atol=tolerance)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1), dtype=dtype)
    for upstream in (weights, weights.to(memory_format=torch.channels_last)):
        ours.grad = theirs.grad = None
        (found * upstream).sum().backward(retain_graph=True)
        (expected * upstream).sum().backward(retain_graph=True)
        if name != "ps_roi_pool":  # theirs counts the last row and column there, which its values leave out
            assert torch.allclose(ours.grad, theirs.grad, rtol=0, atol=10 * tolerance)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_kernel_and_definition_agree(name: str, options: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    x, boxes = maps(12, torch.float64).requires_grad_(), rois(25, dtype=torch.float64, seed=3)
    call = partial(OPERATIONS[name], x, boxes, (3, 2), 0.25, **options)
    found = call()
    weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradient = torch.autograd.grad((found * weights).sum(), x)[0]
    monkeypatch.setattr(regions, "backend_of", lambda *_: "plain")
    expected = call()
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    assert torch.allclose(gradient, torch.autograd.grad((expected * weights).sum(), x)[0], atol=1e-12)


@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_of_a_maximum_goes_to_the_first_of_equal_numbers(form: torch.memory_format) -> None:
    x = (torch.rand(2, 5, 9, 11, generator=torch.Generator().manual_seed(2)) * 3).floor()
    boxes, gradients = rois(40), []
    for module in (regions, oracle):
        leaf = x.clone(memory_format=form).requires_grad_()
        pooled = module.roi_pool(leaf, boxes, (3, 2), 0.25)
        weights = torch.arange(float(pooled.numel())).reshape(pooled.shape)
        gradients.append(torch.autograd.grad((pooled * weights).sum(), leaf)[0])
    assert torch.equal(*gradients)


def test_a_maximum_passes_over_nan_and_knows_infinity() -> None:
    x = torch.tensor([[[[float("nan"), -3.0], [-float("inf"), float("nan")]]]]).requires_grad_()
    boxes = torch.tensor([[0.0, 0, 0, 1, 1], [0, 0, 1, 0, 1]])  # all four pixels, and the lower left one
    pooled = roi_pool(x, boxes, 1)
    assert (
        pooled.flatten().tolist() == roi_pool(x.detach(), boxes, 1).flatten().tolist() == [-3, -float("inf")]
    )
    assert torch.autograd.grad(pooled, x, torch.tensor([1.0, 2]).reshape(2, 1, 1, 1))[0].tolist() == [
        [[[0, 1], [2, 0]]]
    ]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_gradcheck(name: str, options: dict) -> None:
    boxes = rois(5, dtype=torch.float64, seed=7)
    call = partial(OPERATIONS[name], boxes=boxes, output_size=2, spatial_scale=0.25, **options)
    assert gradcheck(call, maps(4, torch.float64).requires_grad_())


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(name: str, dtype: torch.dtype) -> None:
    x, boxes = maps(8).to(dtype), rois(10)
    found = OPERATIONS[name](x.clone().requires_grad_(), boxes, 2, 0.25)
    assert found.dtype == dtype
    assert torch.equal(found, OPERATIONS[name](x.float(), boxes, 2, 0.25).to(dtype))
    found.sum().backward()


@pytest.mark.parametrize("name", OPERATIONS)
def test_layout_of_memory_changes_nothing_but_the_layout(name: str) -> None:
    x, boxes = maps(8), rois(10)
    expected = OPERATIONS[name](x, boxes, 2, 0.25)
    last = OPERATIONS[name](x.to(memory_format=torch.channels_last), boxes, 2, 0.25)
    assert torch.equal(last, expected)
    sliced = torch.cat([x, x], dim=3)[..., :11]
    assert torch.equal(OPERATIONS[name](sliced, boxes.T.contiguous().T, 2, 0.25), expected)
    if not name.startswith("ps"):
        assert last.is_contiguous(memory_format=torch.channels_last)
        assert expected.is_contiguous()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_region_and_one_region(name: str) -> None:
    x = maps(8).requires_grad_()
    none = OPERATIONS[name](x, torch.zeros(0, 5), 2)
    assert none.shape == (0, 2 if name.startswith("ps") else 8, 2, 2)
    none.sum().backward()
    assert torch.equal(x.grad, torch.zeros_like(x))
    assert torch.equal(none, torch.zeros_like(none))
    as_list = OPERATIONS[name](x, [torch.zeros(0, 4), torch.tensor([[1.0, 1, 5, 5]])], 2)
    assert torch.equal(as_list, OPERATIONS[name](x, torch.tensor([[1.0, 1, 1, 5, 5]]), 2))


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_empty_or_turned_region_is_finite(
    name: str,
) -> None:  # torchvision divides by zero samples, or stops
    boxes = torch.tensor([[0.0, 4, 4, 4, 4], [1, 20, 20, 8, 8]])
    assert OPERATIONS[name](maps(8), boxes, 2, 0.25).isfinite().all()


def test_more_regions_than_are_weighed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    x, boxes = maps(4).requires_grad_(), rois(23)
    expected = roi_align(x, boxes, 2, 0.25)
    gradient = torch.autograd.grad(expected.square().sum(), x)[0]
    monkeypatch.setattr(region_pooling, "CHUNK", 5)
    found = roi_align(x, boxes, 2, 0.25)
    assert torch.equal(found, expected)
    assert torch.equal(torch.autograd.grad(found.square().sum(), x)[0], gradient)


@pytest.mark.parametrize("name", ["roi_align", "roi_pool"])
def test_same_bits_on_any_number_of_threads(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x, boxes = torch.randn(2, 32, 9, 11, generator=generator).requires_grad_(), rois(200)
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found = OPERATIONS[name](x, boxes, 5, 0.25)
            results.append((found.detach(), torch.autograd.grad(found.square().sum(), x)[0]))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_several_callers_at_once() -> None:
    x, cases = maps(8), [rois(30, seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda boxes: roi_align(x, boxes, 3, 0.25), cases))
    for one, boxes in zip(found, cases, strict=True):
        assert torch.equal(one, roi_align(x, boxes, 3, 0.25))


def test_levels_of_a_pyramid() -> None:  # 224 pixels belong to level 4, half of it to level 3
    sides = torch.tensor([10.0, 112, 223, 224, 448, 900])
    boxes = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], dim=1)
    assert pyramid_level(boxes).tolist() == [2, 3, 3, 4, 5, 5]
    assert pyramid_level(boxes, lowest=3, highest=6).tolist() == [3, 3, 3, 4, 5, 6]
    assert pyramid_level(torch.zeros(1, 4)).tolist() == [2]


def test_wrong_arguments_are_refused() -> None:
    x, boxes = maps(6), rois(4)
    bad = boxes.clone()
    bad[2, 3] = float("nan")
    with pytest.raises(SettingError, match=r"boxes\[2\] is "):
        roi_align(x, bad, 7)
    with pytest.raises(ShapeError, match=r"boxes name the maps 0\.\.2"):
        roi_pool(x, torch.tensor([[0.0, 1, 1, 2, 2], [2, 1, 1, 2, 2]]), 7)
    with pytest.raises(ShapeError, match=r"boxes are \(4, 4\)"):
        roi_pool(x, boxes[:, 1:], 7)
    with pytest.raises(ShapeError, match=r"boxes\[1\] are \(3,\)"):
        roi_align(x, [boxes[:, 1:], torch.zeros(3)], 7)
    with pytest.raises(ShapeError, match="input has 6 channels for 2 x 2 bins"):
        ps_roi_pool(x, boxes, 2)
    with pytest.raises(ShapeError, match=r"input is \(6, 9, 11\)"):
        roi_align(x[0], boxes, 2)
    with pytest.raises(SettingError, match="output_size is 0"):
        roi_align(x, boxes, 0)


class Align(torch.nn.Module):
    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        return roi_align(x, boxes, 3, 0.25, 2, True)


def test_an_exported_graph_holds_torchvisions_operator() -> None:
    program = torch.export.export(Align(), (maps(4), rois(5)))
    assert "torchvision.roi_align" in str(program.graph)
    assert torch.allclose(program.module()(maps(4), rois(5)), Align()(maps(4), rois(5)), atol=1e-6)
