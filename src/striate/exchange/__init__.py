"""Answers in the words of other libraries, and back.

    Record --to_...--> theirs --from_...--> Record

    supervision_answers.py    supervision    Detections, Classifications, KeyPoints
    fiftyone_labels.py        FiftyOne       Detections, Classification, Keypoints, Segmentation
    coco_results.py           COCO           the list of a file of results: boxes, masks, keypoints
    pandas_tables.py          pandas         a table with a row for each object, class or point
    needed.py                 what is said where such a library is missing

A library is imported when its function is called. None of them is needed by striate.
"""

from striate.exchange.coco_results import from_coco, to_coco
from striate.exchange.fiftyone_labels import from_fiftyone, to_fiftyone
from striate.exchange.pandas_tables import from_pandas, to_pandas
from striate.exchange.supervision_answers import from_supervision, to_supervision

__all__ = [
    "from_coco",
    "from_fiftyone",
    "from_pandas",
    "from_supervision",
    "to_coco",
    "to_fiftyone",
    "to_pandas",
    "to_supervision",
]
