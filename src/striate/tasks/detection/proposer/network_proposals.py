"""Regions that a detector with two stages looks at twice: what its first stage proposes.

    picture --preprocess--> image --features, region proposal network--> regions --> pixels of the picture

Source: Ren, He, Girshick, Sun 2015, section 3.1. https://arxiv.org/abs/1506.01497
"""

from dataclasses import replace
from typing import Any, final

import torch
from torch import Tensor

from striate.data.array_images import from_tensor
from striate.data.inputs import prepared_inputs
from striate.errors import SettingError
from striate.records import Proposals
from striate.records.affine import inverse
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.object_detector import ObjectDetector
from striate.tasks.detection.parts.given_proposals import GivenProposals
from striate.tasks.detection.proposer.proposer import Proposer


@final
class NetworkProposals(Proposer):
    """Proposes what the first stage of a trained detector does, the best first, as many as it was made for.

    That may be a search: ``learned`` says whether it is a network.

    Args:
        model: a detector with two stages. It predicts from now on: its norms no longer learn.
        name: what it is called in settings.

    Raises:
        SettingError: it is another model.
    """

    def __init__(self, model: object, name: str = "") -> None:
        if not isinstance(model, ObjectDetector) or not isinstance(model.detection, TwoStage):
            kind = type(getattr(model, "network", model)).__name__
            expected = "a detector with two stages, such as a trained faster_rcnn"
            raise SettingError(
                f"the model is a {kind}, which proposes nothing", expected, "--model runs/NAME"
            )
        self.model, self.network, self.name = model.eval(), model.detection, name

    @property
    def learned(self) -> bool:
        """Whether a network proposes, and not a search in the pixels."""
        return not isinstance(self.network.first, GivenProposals)

    @property
    def settings(self) -> dict[str, Any]:
        """The name of the model. Its weights are not looked at: its boxes are not to be kept."""
        return {"proposals": "rpn", "model": self.name}

    @torch.inference_mode()
    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """The regions of one picture."""
        preprocess = self.model.preprocess
        (batch,) = prepared_inputs([from_tensor(image)], preprocess, 1)
        images = self.model.normalized(batch.images.to(self.model.device))
        maps = self.network.features(images)
        raw = self.network.first(images, maps)
        size = images.shape[-2], images.shape[-1]
        boxes = self.network.first.propose(raw, self.network.layout(size))[0].float().cpu()
        own = image.shape[1], image.shape[2]
        found = Proposals(boxes, torch.arange(len(boxes), 0, -1) / max(len(boxes), 1))
        return replace(found.moved(inverse(preprocess.affine(own)), own), source=source)
