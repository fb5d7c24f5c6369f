"""A folder of pictures of which nothing else is known: all of them, at any depth.

photos/2024/a.jpg  photos/b.png        or one picture file
"""

from pathlib import Path

import numpy as np

from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.formats.index import Found
from striate.data.formats.split_names import UNSAID
from striate.data.image_store import Files
from striate.data.picture_files import PictureFiles, pictures_below


def read_pictures(path: Path) -> Found:
    """List the pictures.

    Raises:
        DataError: there is none.
    """
    below = PictureFiles((path,), ()) if path.is_file() else pictures_below(path)
    root = path.parent if path.is_file() else path
    store = Files(root, (one.relative_to(root).as_posix() for one in below.paths))
    split = np.full(len(store), UNSAID, dtype=np.int8)
    note = "read as pictures without labels"
    return Found(store, PictureAnnotations(len(store)), split, notes=(note, *below.notes))
