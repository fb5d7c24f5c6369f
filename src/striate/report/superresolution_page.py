"""The page of super-resolution: worst pictures beside bicubic interpolation and the truth, magnified.

whole picture | small, its pixels as squares | bicubic | network | true       PSNR and SSIM below
"""

from dataclasses import replace

import torch
from PIL import Image

from striate.draw.enlarged import before_after
from striate.ops.bicubic import multiples, reduced
from striate.records import SuperResolution
from striate.report import plain_page
from striate.report.inline_images import data_uri
from striate.report.plain_page import WorstPicture, worst, worst_section
from striate.report.section import Contents, Measured, Section
from striate.tasks.superresolution.quality import NAMES, PSNR, QualityMetric
from striate.tasks.superresolution.super_resolver import SuperResolver

SHOWN = 8
WIDTH = 1360
"""Pixels of a row of pictures; about twice of what is seen, for sharp screens."""

HOW = (
    "The worst first. A photograph is reduced, and enlarged again. Shown is the detail in which network and "
    "bicubic interpolation differ most; its place is framed. PSNR and SSIM are those of the whole picture."
)


def worst_pictures(page: Measured) -> Section:
    """The pictures with the lowest PSNR: small, bicubic, network, true."""
    found, dataset = page.evaluation, page.splits[page.run.split]
    assert isinstance(found.metric, QualityMetric)
    values = torch.empty(0) if found.metrics.per_image is None else found.metrics.per_image
    measured, pictures = torch.cat(found.metric.rows), []
    for row in worst(values, PSNR, SHOWN):
        sample = dataset[int(found.indices[row])]
        numbers = dict(zip(NAMES, measured[row].tolist(), strict=True))
        shown = data_uri(compared(page, sample.image, numbers), WIDTH)
        pictures.append(WorstPicture(shown, PSNR.of(numbers["psnr"]).text(), sample.source))
    return worst_section(pictures, PSNR, HOW, wide=True)


def compared(page: Measured, photograph: torch.Tensor, numbers: dict[str, float]) -> Image.Image:
    """A photograph that was reduced, and what became of it."""
    model = page.run.model
    assert isinstance(model, SuperResolver)
    true = multiples(model.preprocess(photograph)[None], model.by)
    small = reduced(true, model.by)[0]
    answer = model.predict([small])[0]
    assert isinstance(answer, SuperResolution)
    names = (
        f"bicubic: {quality(numbers['bicubic_psnr'], numbers['bicubic_ssim'])}",
        f"network: {quality(numbers['psnr'], numbers['ssim'])}",
        "true",
    )
    return before_after(small, answer, true[0], names=names, reduced=True)


def quality(psnr: float, ssim: float) -> str:
    """PSNR and SSIM in words; SSIM is NaN of pictures smaller than its window.

    >>> quality(31.256, 0.91), quality(31.256, float("nan"))
    ('31.26 dB, SSIM 0.910', '31.26 dB')
    """
    return f"{psnr:.2f} dB" + (f", SSIM {ssim:.3f}" if ssim == ssim else "")


def contents() -> Contents:
    """The page."""
    return replace(plain_page.contents(PSNR), before=(worst_pictures,))
