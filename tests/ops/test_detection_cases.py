"""Published numbers for boxes, regions, suppression, anchors, matching, coding, sampling and losses.

``detection_cases.json`` is the part of ``shared/conformance/detection.json`` that pure functions answer. Each
case names its source: tests of torchvision, detectron2, mmdetection, Caffe's SSD, DenseCap and supervision
(BSD, Apache, MIT), or numbers computed by torchvision 0.29. Boxes are xyxy and continuous unless a case says
otherwise.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate import ops
from striate.records.affine import moved_boxes, scaling

CASES = {
    case["id"]: case for case in json.loads(Path(__file__).with_name("detection_cases.json").read_text())
}
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {}
"""What we answer to the inputs of a case, by its id or its beginning."""

NOT_OURS = {
    "spp_paper_window_formula_fails": "tests/ops/test_pool.py",
}

SUPERVISION = {
    f"supervision_{name}"
    for name in (
        *("box_iou", "box_iou_batch", "box_non_max_suppression", "clip_boxes", "denormalize_boxes"),
        *("group_overlapping_boxes", "move_boxes", "scale_boxes"),
        *("xcycwh_to_xyxy", "xywh_to_xyxy", "xyxy_to_xcycarh", "xyxy_to_xywh"),
    )
}
"""Those that concern boxes. Tiles are in tests/tasks/detection/test_tiles.py, precision in test_coco_ap.py;
the others concern masks."""


def answers(*names: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        ANSWERS.update(dict.fromkeys(names, function))
        return function

    return register


def numbers(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def feature(shape: list[int]) -> Tensor:
    n, c, y, x = torch.meshgrid(*(torch.arange(k, dtype=torch.float64) for k in shape), indexing="ij")
    return torch.round(torch.sin(0.9 * n + 1.7 * c + 0.61 * y + 0.37 * x), decimals=4)


@answers("pairwise_iou", "d2_pairwise_iou")
def _(i: dict[str, Any]) -> Any:
    return ops.box_iou(numbers(i["boxes1"]), numbers(i["boxes2"]))


@answers("pairwise_giou")
def _(i: dict[str, Any]) -> Any:
    return ops.generalized_box_iou(numbers(i["boxes1"]), numbers(i["boxes2"]))


@answers("pairwise_ciou")
def _(i: dict[str, Any]) -> Any:
    return ops.complete_box_iou(numbers(i["boxes1"]), numbers(i["boxes2"]))


@answers("d2_pairwise_ioa")
def _(i: dict[str, Any]) -> Any:
    return ops.box_ioa(numbers(i["boxes1"]), numbers(i["boxes2"]))


@answers("densecap_iou_cxcywh")
def _(i: dict[str, Any]) -> Any:
    return ops.box_iou(numbers(i["boxes1"]), numbers(i["boxes2"]), fmt="cxcywh")


@answers("box_convert")
def _(i: dict[str, Any]) -> Any:
    return ops.box_convert(numbers(i["boxes"]), i["in"], i["out"])


@answers("box_area")
def _(i: dict[str, Any]) -> Any:
    return ops.box_area(numbers(i["boxes"]))


@answers("clip_to_image")
def _(i: dict[str, Any]) -> Any:
    return ops.clip_boxes_to_image(numbers(i["boxes"]), tuple(i["size_hw"]))


@answers("supervision_clip_boxes")
def _(i: dict[str, Any]) -> Any:
    width, height = i["resolution_wh"]
    return ops.clip_boxes_to_image(numbers(i["xyxy"]).reshape(-1, 4), (height, width))


@answers("supervision_box_iou")
def _(i: dict[str, Any]) -> Any:
    batch = "boxes_true" in i
    pair = ("boxes_true", "boxes_detection") if batch else ("box_true", "box_detection")
    overlap = ops.box_ios if i["overlap_metric"].lower() == "ios" else ops.box_iou
    found = overlap(*(numbers(i[name]).reshape(-1, 4) for name in pair))
    return found if batch else found.item()


@answers("supervision_xcycwh_to_xyxy", "supervision_xywh_to_xyxy", "supervision_xyxy_to_xywh")
def _(i: dict[str, Any]) -> Any:
    ((name, boxes),) = i.items()
    source, target = {"xcycwh": ("cxcywh", "xyxy"), "xywh": ("xywh", "xyxy"), "xyxy": ("xyxy", "xywh")}[name]
    return ops.box_convert(numbers(boxes).reshape(-1, 4), source, target)


@answers("supervision_xyxy_to_xcycarh")
def _(i: dict[str, Any]) -> Any:  # centre, aspect ratio, height; the ratio of no height is 0
    x, y, width, height = ops.box_convert(numbers(i["xyxy"]).reshape(-1, 4), "xyxy", "cxcywh").unbind(1)
    return torch.stack([x, y, (width / height).nan_to_num(0), height], dim=1)


@answers("supervision_scale_boxes")
def _(i: dict[str, Any]) -> Any:  # around the centres
    around_centre = ops.box_convert(numbers(i["xyxy"]).reshape(-1, 4), "xyxy", "cxcywh")
    return ops.box_convert(around_centre * numbers([1, 1, i["factor"], i["factor"]]), "cxcywh", "xyxy")


@answers("supervision_move_boxes")
def _(i: dict[str, Any]) -> Any:
    boxes = numbers(i["xyxy"]).reshape(-1, 4)
    return moved_boxes(boxes, scaling(1, 1, *i["offset"]).expand(len(boxes), 2, 3))


@answers("supervision_denormalize_boxes")
def _(i: dict[str, Any]) -> Any:
    boxes, (width, height) = numbers(i["xyxy"]).reshape(-1, 4), i["resolution_wh"]
    factor = i["normalization_factor"]
    return moved_boxes(boxes, scaling(width / factor, height / factor).expand(len(boxes), 2, 3))


@answers("supervision_group_overlapping_boxes")
def _(i: dict[str, Any]) -> Any:
    # What survives leads a group, the rest joins the first leader that drops it. There an overlap at the
    # threshold drops too, and of equal scores the last one is the best.
    rows = numbers(i["predictions"]).reshape(-1, 5).flip(0)
    boxes, last, least = rows[:, :4], len(rows) - 1, math.nextafter(i["iou_threshold"], 0)
    leaders = ops.nms(boxes, rows[:, 4], least)
    led = ops.box_iou(boxes, boxes[leaders]) > least
    best_first = rows[:, 4].argsort(descending=True, stable=True).tolist()
    first = led.int().argmax(1)
    groups = [[one for one in best_first if first[one] == group] for group in range(len(leaders))]
    return [[last - one for one in group] for group in groups]


@answers("supervision_box_non_max_suppression")
def _(i: dict[str, Any]) -> Any:  # which boxes survive, class by class
    rows = numbers(i["predictions"])
    rows = rows if rows.dim() == 2 else rows.reshape(0, 6)
    classes = rows[:, 5].long() if rows.shape[1] == 6 else torch.zeros(len(rows), dtype=torch.int64)
    kept = ops.batched_nms(rows[:, :4], rows[:, 4], classes, i["iou_threshold"])
    return torch.zeros(len(rows)).index_fill(0, kept, 1)


@answers("ssd_nms", "nms_", "densecap_nms_3")
def _(i: dict[str, Any]) -> Any:
    boxes, scores = numbers(i.get("boxes") or i["boxes_inclusive_pixels"]), numbers(i["scores"])
    if "boxes" not in i:
        boxes += numbers([0, 0, 1, 1])  # inclusive pixels end one further
    best = scores.argsort(descending=True)[: i.get("pre_nms_top_k")]
    return best[ops.nms(boxes[best], scores[best], i["iou_threshold"])]


@answers("roi_align")
def _(i: dict[str, Any]) -> Any:
    options = {name: i[name] for name in ("spatial_scale", "aligned", "sampling_ratio")}
    return ops.roi_align(feature(i["shape"]), numbers(i["rois"]), tuple(i["out"]), **options)


@answers("ps_roi_align")
def _(i: dict[str, Any]) -> Any:
    maps, rois = feature(i["shape"]), numbers(i["rois"])
    return ops.ps_roi_align(maps, rois, tuple(i["out"]), i["spatial_scale"], i["sampling_ratio"])


@answers("ps_roi_pool")
def _(i: dict[str, Any]) -> Any:
    return ops.ps_roi_pool(feature(i["shape"]), numbers(i["rois"]), tuple(i["out"]), i["spatial_scale"])


@answers("roi_pool")
def _(i: dict[str, Any]) -> Any:
    return ops.roi_pool(feature(i["shape"]), numbers(i["rois"]), tuple(i["out"]), i["spatial_scale"])


@answers("d2_roi_align_aligned")
def _(i: dict[str, Any]) -> Any:
    maps = torch.arange(25.0).reshape(1, 1, 5, 5)
    return ops.roi_align(maps, [torch.tensor([i["box"]]).float()], tuple(i["out"]), 1.0, 0, True)[0, 0]


@answers("fpn_level_assignment")
def _(i: dict[str, Any]) -> Any:
    return ops.pyramid_level(
        numbers(i["boxes"]), i["k_min"], i["k_max"], i["canonical_scale"], i["canonical_level"]
    )


@answers("spp_421")
def _(i: dict[str, Any]) -> Any:
    return ops.spatial_pyramid_pool(feature(i["shape"]), i["levels"])[0]


@answers("tv_fpn_anchors")
def _(i: dict[str, Any]) -> Any:
    sizes, grids = [(size,) for size in i["sizes"]], [tuple(grid) for grid in i["grids"]]
    boxes = ops.pyramid_anchors(tuple(i["image_hw"]), grids, sizes, [i["ratios"]] * 5)
    return {"count": len(boxes), "first6": boxes[:6], "last3": boxes[-3:], "sum": boxes.sum()}


@answers("tv_anchors")
def _(i: dict[str, Any]) -> Any:
    return ops.pyramid_anchors(tuple(i["image_hw"]), [tuple(i["grid_hw"])], [i["sizes"]], [i["ratios"]])


@answers("d2_anchors")
def _(i: dict[str, Any]) -> Any:  # detectron2 has the sizes in the outer loop, and rounds nothing
    ratios = i["ratios_h_over_w"]
    base = torch.cat([ops.base_anchors([size], ratios, rounded=False) for size in i["sizes"]])
    return ops.grid_anchors(base, tuple(i["grid_hw"]), i["stride"], i["offset"])


@answers("mmdet_rect_stride")
def _(i: dict[str, Any]) -> Any:
    right, down = i["stride_wh"]
    return ops.grid_anchors(ops.base_anchors([i["base"]], [1]), tuple(i["grid"]), (down, right))


def around(sizes: Any) -> Tensor:
    return torch.cat([-numbers(sizes) / 2, numbers(sizes) / 2], dim=-1)


@answers("yolov3_base_anchors")
def _(i: dict[str, Any]) -> Any:
    levels = zip(i["wh"], i["strides"], strict=True)
    return torch.stack([ops.grid_anchors(around(wh), (1, 1), stride, offset=0.5) for wh, stride in levels])


@answers("faster_rcnn_9_anchors")
def _(i: dict[str, Any]) -> Any:
    # The published recipe rounds 16 x 16 boxes of the three ratios to 23x12, 16x16, 11x22, then scales them.
    shapes = [(23 * s, 12 * s) for s in i["scales"]] + [(16 * s, 16 * s) for s in i["scales"]]
    shapes += [(11 * s, 22 * s) for s in i["scales"]]
    boxes = ops.grid_anchors(around(shapes), (1, 1), i["base_size"], offset=0.5)
    inclusive = boxes - numbers([0, 0, 1, 1])
    return {"matlab_1based": inclusive + 1, "python_0based(=minus 1)": inclusive}


@answers("ssd300_vgg_base_anchors")
def _(i: dict[str, Any]) -> Any:
    grids = [(size, size) for size in (38, 19, 10, 5, 3, 1)]
    scales = (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05)
    boxes = ops.default_boxes((300, 300), grids, i["ratios"], scales, i["strides"], clip=False)
    assert len(boxes) == 8732
    return [boxes[:4], boxes[-4:]]


@answers("densecap_make_boxes_grid")
def _(i: dict[str, Any]) -> Any:
    base = around([i["anchor_wh"]]) + numbers([i["x0"], i["y0"]]).repeat(2)
    return ops.box_convert(ops.grid_anchors(base, tuple(i["grid_hw"]), (i["sy"], i["sx"])), "xyxy", "cxcywh")


@answers("densecap_make_boxes_offset")
def _(i: dict[str, Any]) -> Any:
    base = around(i["anchors_wh"]) + numbers([i["x0"], i["y0"]]).repeat(2)
    boxes = torch.stack([ops.decode_boxes(numbers(deltas), base) for deltas in i["deltas[n][k]"]])
    return ops.box_convert(boxes, "xyxy", "cxcywh")


@answers("tv_box_decode")
def _(i: dict[str, Any]) -> Any:
    return ops.decode_boxes(numbers(i["deltas[N,C*4]"]), numbers(i["proposals"]), tuple(i["weights"]))


@answers("mmdet_delta_decode")
def _(i: dict[str, Any]) -> Any:
    decoded = ops.decode_boxes(numbers(i["deltas"]), numbers(i["rois"]), tuple(i["weights"]))
    return ops.clip_boxes_to_image(decoded, tuple(i["clip_hw"]))


@answers("ssd_encode_center_size")
def _(i: dict[str, Any]) -> Any:
    box, prior = numbers([i["gt"]]), numbers([i["prior"]])
    return {
        "without_variance": ops.encode_boxes(box, prior)[0],
        "with_variance": ops.encode_boxes(box, prior, ops.SSD_WEIGHTS)[0],
    }


@answers("ssd_match_per_prediction")
def _(i: dict[str, Any]) -> Any:
    quality = ops.box_iou(numbers(i["gt"]), numbers(i["priors"]))
    return {"match": ops.match_ssd(quality, i["threshold"]), "best_iou": quality.amax(dim=0)}


@answers("d2_matcher_low_quality")
def _(
    i: dict[str, Any],
) -> Any:  # here the object is IGNORED or BACKGROUND where detectron2 has labels -1 and 0
    low, high = i["thresholds"]
    quality = numbers(i["iou[gt,anchor]"])
    labels = ops.match(quality, high, low, best_of_each=True)
    named = {ops.IGNORED: -1, ops.BACKGROUND: 0}
    return {"matches": quality.argmax(dim=0), "labels": [named.get(label, 1) for label in labels.tolist()]}


@answers("mmdet_max_iou")
def _(i: dict[str, Any]) -> Any:
    quality = ops.box_iou(numbers(i["gt"]), numbers(i["priors"]))
    return ops.match(quality, i["pos"], i["neg"], best_of_each=i["low_quality"]) + 1


@answers("densecap_sampler")
def _(i: dict[str, Any]) -> Any:
    boxes, objects = (ops.box_convert(numbers(i[name]), "cxcywh", "xyxy") for name in ("input", "target"))
    matches = ops.match(ops.box_iou(objects, boxes), i.get("high", 0.7), i.get("low", 0.3), best_of_each=True)
    found: dict[str, Any] = {"pos": matches >= 0, "neg": matches == ops.BACKGROUND}
    if len(matches) == 10:
        found |= {"target_of_input7(1-based)": matches[6] + 1, "target_of_input8": matches[7] + 1}
    return found


@answers("tv_simota")
def _(i: dict[str, Any]) -> Any:
    matches = ops.match_simota(numbers(i["costs"]), numbers(i["ious"]))
    return {"matched_pred": matches >= 0, "target": matches[matches >= 0]}


@answers("tv_balanced_sampler")
def _(i: dict[str, Any]) -> Any:
    labels = torch.tensor(i["labels"])
    found = ops.sample_balanced(labels, i["batch"], i["positive_fraction"], torch.Generator().manual_seed(0))
    assert all(labels[found.positive] == 1)
    assert all(labels[found.negative] == 0)
    return {"num_pos": len(found.positive), "num_neg": len(found.negative)}


@answers("repeat_factor")
def _(i: dict[str, Any]) -> Any:
    return ops.repeat_factors(i["images_categories"], i["threshold"])


def pairs(i: dict[str, Any]) -> tuple[Tensor, Tensor]:
    named = i.get("boxes", {})
    chosen = numbers([[named.get(name, name) if named else name for name in pair] for pair in i["pairs"]])
    return chosen[:, 0], chosen[:, 1]


@answers("giou_loss")
def _(i: dict[str, Any]) -> Any:
    return ops.generalized_box_iou_loss(*pairs(i))


@answers("ciou_diou_loss")
def _(i: dict[str, Any]) -> Any:  # both losses have these values
    first, second = pairs(i)
    assert torch.allclose(
        ops.distance_box_iou_loss(first, second)[:2], ops.complete_box_iou_loss(first, second)[:2]
    )
    return ops.complete_box_iou_loss(first, second)


@answers("d2_diou_loss")
def _(i: dict[str, Any]) -> Any:
    return ops.distance_box_iou_loss(*pairs(i))


@answers("sigmoid_focal")
def _(i: dict[str, Any]) -> Any:
    return ops.sigmoid_focal_loss(numbers(i["logits"]), numbers(i["targets"]), i["alpha"], i["gamma"])


@answers("smooth_l1")
def _(i: dict[str, Any]) -> Any:
    return ops.smooth_l1_loss(numbers(i["pred"]), numbers(i["target"]), i["beta"])


@answers("fast_rcnn_loss")
def _(i: dict[str, Any]) -> Any:
    logits, offsets = numbers(i["class_logits"]), numbers(i["box_regression[N,(C)*4]"])
    found = ops.region_losses(logits, offsets, torch.tensor(i["labels"]), numbers(i["targets"]))
    return dict(zip(("classification", "box"), found, strict=True))


@answers("ssd_conf_loss_softmax")
def _(i: dict[str, Any]) -> Any:  # the loss by which hard negatives are chosen
    logits, labels = numbers(i["logits[img][prior][class]"]), torch.tensor(i["matched_label"])
    return F.cross_entropy(logits.movedim(2, 1), labels, reduction="none")


@answers("rcnn_warp_window")
def _(i: dict[str, Any]) -> Any:  # pixels are numbered from 1 there, and the last one is inside
    (height, width), crop = i["image_hw"], 227
    boxes = numbers(i["boxes_1based"]) - torch.tensor([1, 1, 0, 0])
    found = []
    for window in ops.context_windows(boxes, crop, padding=16):
        inside = torch.minimum(window.clamp(min=0), numbers([width, height] * 2))
        scale = crop / (window[2:] - window[:2])
        corner = ((inside[:2] - window[:2]) * scale).round()
        side = torch.minimum(((inside[2:] - inside[:2]) * scale).round(), crop - corner)
        pasted = {"paste_left_top": corner, "paste_wh": side}
        found.append({"source_window_1based_inclusive": inside + torch.tensor([1, 1, 0, 0]), **pasted})
    return found


@answers("densecap_box_to_affine")
def _(i: dict[str, Any]) -> Any:  # middles of pixels that are numbered from 1, and y before x
    middle = numbers(i["boxes_cxcywh"]) - torch.tensor([0.5, 0.5, 0, 0])
    boxes = ops.box_convert(middle, "cxcywh", "xyxy")
    return ops.box_affine(boxes, tuple(i["image_hw"]))[:, [1, 0]][..., [1, 0, 2]]


def compare(found: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, dict):
        for name in set(expected) & set(found):
            compare(found[name], expected[name], tolerance)
        assert set(found) & set(expected)
        return
    if (
        isinstance(expected, list)
        and isinstance(found, list)
        and found
        and isinstance(found[0], Tensor | dict)
    ):
        for one, wanted in zip(found, expected, strict=True):
            compare(one, wanted, tolerance)
        return
    if isinstance(expected, list) and len({len(row) for row in expected if isinstance(row, list)}) > 1:
        assert found == expected  # groups of unequal size
        return
    wanted = numbers(expected)
    values = torch.as_tensor(found, dtype=torch.float64)
    assert values.numel() == wanted.numel(), (values, wanted)
    assert torch.allclose(values.reshape(wanted.shape), wanted, rtol=0, atol=tolerance + 1e-12), (
        values - wanted
    )


@pytest.mark.parametrize("name", CASES)
def test_a_published_case(name: str) -> None:
    case = CASES[name]
    prefix = max((start for start in ANSWERS if name.startswith(start)), key=len)
    expected = case["expected"]
    if isinstance(expected, dict):
        expected = expected.get("out", expected.get("keep_0based", expected))
    compare(ANSWERS[prefix](case["inputs"]), expected, case["tol"])


def test_no_case_is_left_out(shared_data: Path) -> None:
    known = json.loads((shared_data.parent / "conformance" / "detection.json").read_text())["cases"]
    groups = {case["group"] for case in CASES.values()} - {"supervision"}
    assert {case["id"] for case in known if case["group"] in groups} <= set(CASES) | set(NOT_OURS)
    of_boxes = {case["id"] for case in known if case["id"].rsplit("_", 1)[0] in SUPERVISION}
    assert of_boxes <= set(CASES)
