"""Parts of pictures."""

import numpy as np
import torch

from striate.data.crops import Crops
from striate.data.image_store import Array

IMAGES = np.arange(2 * 20 * 30, dtype=np.int64).reshape(2, 20, 30) % 251
STORE = Array(IMAGES.astype(np.uint8), "a.npz")


def test_a_crop_is_the_box_and_the_margin_around_it():  # 10 x 4 pixels at (10, 8); margin 0.2 x 10 = 2
    crops = Crops(STORE, np.array([1]), np.array([[10, 8, 20, 12]], np.float32), margin=0.2)
    assert torch.equal(crops.read(0), STORE.read(1)[:, 6:14, 8:22])
    assert crops.corners.tolist() == [[8, 6]]
    assert crops.name(0) == "a.npz[1][8:22, 6:14]"


def test_a_crop_ends_at_the_edge_of_the_picture():
    crops = Crops(STORE, np.array([0]), np.array([[25, 15, 40, 30]], np.float32), margin=0.2)
    assert torch.equal(crops.read(0), STORE.read(0)[:, 12:, 22:])


def test_a_box_beside_the_picture_still_gives_a_pixel():
    crops = Crops(STORE, np.array([0]), np.array([[50, 50, 60, 60]], np.float32), margin=0)
    assert crops.read(0).shape == (1, 1, 1)
