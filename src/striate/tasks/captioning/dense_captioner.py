"""Dense captioning: which regions of a picture there is something to say of, and what.

images --> network --> Detections with captions
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

from torch import Tensor, nn

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.captions.vocabulary import Vocabulary
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.records import Batch, Detections
from striate.tasks.captioning.caption_branch import NAME, CaptionBranch, writing
from striate.tasks.captioning.caption_finish import CaptionFinish
from striate.tasks.captioning.caption_losses import AUGMENT
from striate.tasks.captioning.dense_metric import DenseCaptionMetric
from striate.tasks.captioning.networks.densecap import WEIGHTS
from striate.tasks.captioning.search import GREEDY
from striate.tasks.captioning.writing import vocabulary_note, vocabulary_to_learn
from striate.tasks.detection.networks.detection_network import Candidates
from striate.tasks.detection.object_detector import ObjectDetector
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.loss_sums import LossSums
from striate.tasks.raw_outputs import Raw


@final
class DenseCaptioner(ObjectDetector):
    """A network that finds regions and writes a sentence about each.

    Args:
        network: a detector of two stages with a caption branch.
        classes: K names, "region" alone as a rule.
        preprocess: what the network expects of a picture.
        vocabulary: the words that it writes, as ``Vocabulary.to_dict`` gives them; None where nobody has
            named any.

    Raises:
        SettingError: the network writes no captions.
        ModelFileError: the vocabulary is not the one that the weights were learned with, or is none.
    """

    task: ClassVar[str] = "dense_captions"
    usual_network: ClassVar[str | None] = "densecap"
    learns_from: ClassVar[tuple[type[Annotations], ...]] = (CaptionAnnotations,)
    least_measured: ClassVar[float] = 0.02
    most_measured: ClassVar[int] = 100
    usual_settings: ClassVar[Mapping[str, Any]] = {
        **ObjectDetector.usual_settings,
        "augment": AUGMENT,
    }

    def __init__(
        self,
        network: nn.Module,
        classes: Sequence[str],
        preprocess: Preprocess,
        *,
        vocabulary: Mapping[str, Any] | None = None,
    ) -> None:
        branches: Any = getattr(network, "branches", {})
        if NAME not in branches:
            raise SettingError(
                f"the network is a {type(network).__name__}, which writes no captions",
                "a network with a caption branch: densecap",
                "--model densecap",
            )
        super().__init__(network, classes, preprocess, vocabulary=vocabulary)
        if vocabulary is not None:
            self.branch.language.use(Vocabulary.from_dict(vocabulary))

    @property
    def branch(self) -> CaptionBranch:
        """What writes the captions."""
        branches: Any = self.network.branches
        found: CaptionBranch = branches[NAME]
        return found

    @classmethod
    def options_for(cls, annotations: Annotations, settings: Any) -> dict[str, Any]:
        """The vocabulary of the captions to learn from.

        Raises:
            DataError: no word stands often enough.
        """
        assert isinstance(annotations, CaptionAnnotations)
        return vocabulary_to_learn(annotations.captions(), settings)

    def fit_to(self, data: Dataset, settings: Any) -> None:
        """Anchors get the typical sizes of the regions; the vocabulary is told.

        Raises:
            DataError: there are no regions.
        """
        super().fit_to(data, settings)
        self.notes = (*self.notes, vocabulary_note(self.branch.language))

    def _sums(self, batch: Batch) -> LossSums:
        """The losses of each image, weighted as in the paper."""
        return weighted(super()._sums(batch), self.branch.weight)

    def _kept(self, raw: Raw, candidates: Candidates, finish: Finish, sizes: Tensor) -> list[Detections]:
        """What is kept of the regions of each image, with its captions."""
        search = finish.search if isinstance(finish, CaptionFinish) else GREEDY
        with writing(search):
            return super()._kept(raw, candidates, finish, sizes)

    def metric(self) -> DenseCaptionMetric:
        """Dense captioning average precision; of boxes alone where captions weigh nothing."""
        return DenseCaptionMetric(self._measured, self._loss_of, sentences=self.branch.weight > 0)


def weighted(found: LossSums, caption: float = 1.0) -> LossSums:
    """The losses times what each counts, that of captions once more times a weight of its own."""
    counts = WEIGHTS | {"caption": WEIGHTS["caption"] * caption}
    return found._replace(sums={name: counts[name] * values for name, values in found.sums.items()})
