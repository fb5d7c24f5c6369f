"""The nouns that everybody shares.

    file -> Sample -> Batch -> raw scores -> Record -> picture, table or JSON

    sample.py, batch.py     one image and what is known of it; images of one size with their targets
    targets/                what is known: ClassTargets, IdentityTargets, PointTargets, ...
    affine.py               maps of places in one picture to places in another one
    record.py               Record: what all answers have; then one file for each kind of answer:
    classification.py       Classification     which of K classes
    detections.py           Detections         which objects, and where
    localization.py         Localization       where the one object is, and which of K classes
    pose.py                 Pose               L named points
    instance_masks.py       the masks and joints of Detections, kept small; mask_crops.py, rings.py and
                            run_lengths.py hold and write them
    captions.py             Captions           the sentences of Detections on regions
    proposals.py            Proposals          where there may be objects
    segmentation.py         Segmentation       the class of every pixel
    panoptic_segments.py    Panoptic           things by instance and stuff by class, of two answers
    superresolution.py      SuperResolution    a picture with more pixels than it had
    image_caption.py        ImageCaption       a sentence on the whole picture
    embedding.py            Embedding          a vector
    match.py                Match, Comparison  whom a picture shows, whether two show the same

Images are uint8 RGB outside a network; ``Batch.images`` stay uint8 until the device. Places are pixels, x to
the right and y down, measured from the top left corner: the middle of the first pixel is (0.5, 0.5).
"""

from striate.records.batch import Batch
from striate.records.captions import Captions
from striate.records.classification import Classification, class_number
from striate.records.detections import Detections
from striate.records.embedding import Embedding
from striate.records.image_caption import ImageCaption
from striate.records.instance_masks import BitMasks, InstanceJoints, InstanceMasks
from striate.records.localization import Localization
from striate.records.mask_crops import MaskCrops
from striate.records.match import Comparison, Match
from striate.records.panoptic_segments import Panoptic, panoptic
from striate.records.pose import Pose
from striate.records.proposals import Proposals
from striate.records.record import Record
from striate.records.sample import Sample
from striate.records.segmentation import Segmentation
from striate.records.superresolution import SuperResolution
from striate.records.targets.box_targets import BoxTargets
from striate.records.targets.caption_targets import CaptionTargets
from striate.records.targets.class_targets import ClassTargets
from striate.records.targets.identity_targets import IdentityTargets
from striate.records.targets.mask_targets import MaskTargets
from striate.records.targets.picture_targets import PictureTargets
from striate.records.targets.point_targets import PointTargets
from striate.records.targets.targets import Targets

__all__ = [
    "Batch",
    "BitMasks",
    "BoxTargets",
    "CaptionTargets",
    "Captions",
    "ClassTargets",
    "Classification",
    "Comparison",
    "Detections",
    "Embedding",
    "IdentityTargets",
    "ImageCaption",
    "InstanceJoints",
    "InstanceMasks",
    "Localization",
    "MaskCrops",
    "MaskTargets",
    "Match",
    "Panoptic",
    "PictureTargets",
    "PointTargets",
    "Pose",
    "Proposals",
    "Record",
    "Sample",
    "Segmentation",
    "SuperResolution",
    "Targets",
    "class_number",
    "panoptic",
]
