"""Detection: which objects are in a picture, and where.

images --> network --> Detections with boxes
"""

from typing import ClassVar, final

from striate.tasks.detection.ap_metric import ApMetric
from striate.tasks.detection.object_detector import ObjectDetector


@final
class Detector(ObjectDetector):
    """A network that finds any number of objects."""

    task: ClassVar[str] = "detect"
    usual_network: ClassVar[str | None] = "yolo"

    def metric(self) -> ApMetric:
        """Average precision of boxes."""
        return ApMetric(self.classes, self._measured, self._loss_of)
