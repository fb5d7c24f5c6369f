"""Where two pictures are alike, or differ, to a network: the gradient of their distance in its deepest map.

    picture a --> map A (C, h, w) --> vector --.
                                                distance d --gradient--> dd/dA
    picture b --> map B (C, h, w) --> vector --'

    heat of a = relu(- sum over C of mean(dd/dA) * A): positions that bring the two together

Source: Selvaraju and others 2017 (Grad-CAM), with the distance in the place of a class score.
"""

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from striate.data.inputs import Input, image_of
from striate.draw.heatmap import enlarge, overlay
from striate.layers.eval_mode import evaluating
from striate.tasks.verification.embedder import Embedder

SIDE, GAP = 240, 8
"""Pixels: of a picture's longer side, and between two."""


def shared_heat(model: Embedder, first: Input, second: Input) -> tuple[Tensor, Tensor, Tensor]:
    """What two pictures share.

    Args:
        model: for verification, on any backbone.
        first, second: pictures, as ``predict`` takes them.

    Returns:
        the images as the network sees them, uint8 (2, C, H, W); their heat, float32 (2, H, W), 0 or more; the
        distance, a scalar.
    """
    images = torch.stack([model.preprocess(image_of(one)) for one in (first, second)]).to(model.device)
    seen: list[Tensor] = []
    handle = model.backbone.stages.register_forward_hook(lambda _module, _given, maps: seen.append(maps))
    try:
        with evaluating(model), torch.enable_grad():
            pixels = model.normalized(images).detach().requires_grad_()
            vectors = model.network(pixels)
            distance = torch.linalg.vector_norm(vectors[0] - vectors[1], model.norm)
            (slope,) = torch.autograd.grad(distance, seen[0], allow_unused=True)
    finally:
        handle.remove()
    maps = seen[0].detach().float()
    weights = torch.zeros_like(maps) if slope is None else slope.float()
    heat = -(weights.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    size = images.shape[2:]
    large = F.interpolate(heat.clamp(min=0).nan_to_num(), size, mode="bilinear", align_corners=False)
    return images.cpu(), large[:, 0].cpu(), distance.detach().cpu()


def shared_picture(model: Embedder, first: Input, second: Input) -> Image.Image:
    """Both pictures beside each other, bright where they are alike to the network."""
    images, heat, _ = shared_heat(model, first, second)
    panels = [enlarge(overlay(image, one[None]), SIDE) for image, one in zip(images, heat, strict=True)]
    whole = Image.new("RGB", (sum(one.width for one in panels) + GAP, max(one.height for one in panels)))
    whole.paste(panels[0], (0, 0))
    whole.paste(panels[1], (panels[0].width + GAP, 0))
    return whole
