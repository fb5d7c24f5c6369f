"""The readers by format, and what each format tells of the pictures: hand-written tables.

"voc" --READERS--> read_voc(path) --> Found          "voc" --KINDS_OF--> BoxAnnotations
"""

from collections.abc import Callable, Collection
from functools import partial

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.formats.index import Found
from striate.data.formats.json_stream import Progress
from striate.errors import SettingError
from striate.lazy_table import LazyTable

READERS: LazyTable[Callable[..., Found]] = LazyTable(
    {
        "folder": "striate.data.formats.image_folder:read_folder",
        "csv": "striate.data.formats.csv:read_table",
        "idx": "striate.data.formats.idx:read_idx",
        "npz": "striate.data.formats.npz:read_npz",
        "digits": "striate.data.formats.digits:read_digits",
        "people": "striate.data.formats.people:read_people",
        "people-csv": "striate.data.formats.people:read_people_table",
        "people-npz": "striate.data.formats.people:read_people_arrays",
        "voc": "striate.data.formats.voc:read_voc",
        "yolo": "striate.data.formats.yolo:read_yolo",
        "coco": "striate.data.formats.coco:read_coco_boxes",
        "coco-points": "striate.data.formats.coco_points:read_coco_points",
        "numbered-masks": "striate.data.formats.numbered_masks:read_numbered_masks",
        "masks": "striate.data.formats.masks:read_masks",
        "voc-masks": "striate.data.formats.voc_segmentation:read_voc_masks",
        "coco-masks": "striate.data.formats.coco_segmentation:read_coco_masks",
        "points": "striate.data.formats.points_csv:read_point_table",
        "boxes": "striate.data.formats.points_csv:read_box_table",
        "captions": "striate.data.formats.caption_table:read_caption_table",
        "visual-genome": "striate.data.formats.visual_genome:read_visual_genome",
        "coco-captions": "striate.data.formats.coco_captions:read_coco_captions",
        "pictures": "striate.data.formats.pictures:read_pictures",
    }
)
"""Called with the path. A new format is a line here, and one of ``KINDS_OF``."""

KINDS_OF: dict[str, type[Annotations]] = {
    **dict.fromkeys(("folder", "csv", "idx", "npz", "digits"), ClassAnnotations),
    **dict.fromkeys(("people", "people-csv", "people-npz"), IdentityAnnotations),
    **dict.fromkeys(("voc", "yolo", "coco", "numbered-masks", "boxes"), BoxAnnotations),
    **dict.fromkeys(("coco-points", "points"), PointAnnotations),
    **dict.fromkeys(("masks", "voc-masks", "coco-masks"), MaskAnnotations),
    **dict.fromkeys(("captions", "visual-genome", "coco-captions"), CaptionAnnotations),
    "pictures": PictureAnnotations,
}
"""Format -> what it tells of the pictures."""

OUTSIDE = ("csv", "people-csv", "yolo")
"""Formats that may name files outside of their folder; called with ``outside=True`` to list them."""

LARGE = ("coco", "coco-points", "coco-masks", "coco-captions", "visual-genome")
"""Formats of one file that may take long to read; called with ``progress``."""

DETAILED = ("voc", "yolo", "coco", "numbered-masks")
"""Formats of boxes that say more than boxes; called with ``details=True`` where all is kept."""

NAMED = ("masks", "voc-masks")
"""Formats of masks whose values ``classes`` names."""

GROUPED = ("csv", "points", "boxes", "captions")
"""Formats with columns, one of which can say which pictures belong together; called with ``group``."""


def reader_of(
    name: str,
    accept: Collection[str] = (),
    reading: Progress | None = None,
    group: str | None = None,
    classes: str | None = None,
) -> Callable[..., Found]:
    """What reads a format, to be called with the path.

    Args:
        name: of the format.
        accept: kinds of findings; ``outside`` lists files outside the folder of a table too.
        reading: called now and then with (bytes read, bytes in all) of a large file of annotations.
        group: a column that says which pictures belong together.
        classes: what the values of masks mean.

    Raises:
        SettingError: there is no such format, or it has no columns and ``group`` names one, or no masks and
            ``classes`` names their values.
    """
    if name not in READERS:
        known = "one of: " + ", ".join(READERS)
        raise SettingError(f"format is {name!r}", known, "leave it out to have it recognised")
    if group is not None and name not in GROUPED:
        wrong = f"group is {group!r}, and data read as {name} have no columns"
        raise SettingError(wrong, "a table: " + ", ".join(GROUPED), "leave group out")
    if classes is not None and name not in NAMED:
        wrong = f"classes is {classes[:60]!r}, and data read as {name} name their classes themselves"
        raise SettingError(wrong, "masks: " + ", ".join(NAMED), "leave classes out")
    options = {
        **({"classes": classes} if classes is not None else {}),
        **({"progress": reading} if name in LARGE else {}),
        **({"group": group} if group is not None else {}),
        **({"accept": tuple(accept)} if accept and name in NAMED else {}),
        **({"outside": True} if "outside" in accept and name in OUTSIDE else {}),
    }
    return partial(READERS[name], **options)
