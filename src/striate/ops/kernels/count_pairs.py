"""How many pixels have each pair of a true and a guessed class.

Neighbouring pixels are mostly equal. Maps of bytes are compared eight pixels at a time with eight times the
pixel before; what is equal is counted at once.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel

BYTES = 256
EIGHT = np.uint64(0x0101010101010101)
"""A byte, eight times in a word, is its product with this."""


@kernel
def count_bytes(begin: int, end: int, truth: Array, guess: Array, edges: Array, tables: Array) -> None:
    """Count into tables[part] (256, 256) the pairs of uint8 pixels, eight in each uint64 word of the maps.

    A part has the words edges[part] .. edges[part + 1].
    """
    for part in range(begin, end):
        table = tables[part]
        t, g, run = np.uint64(0), np.uint64(0), 0
        for word in range(edges[part], edges[part + 1]):
            true, guessed = truth[word], guess[word]
            if true == t * EIGHT and guessed == g * EIGHT:
                run += 8
                continue
            table[t, g] += run
            for _ in range(8):
                t, g = true & np.uint64(255), guessed & np.uint64(255)
                table[t, g] += 1
                true, guessed = true >> np.uint64(8), guessed >> np.uint64(8)
            run = 0
        table[t, g] += run


@kernel
def count_pairs(
    begin: int, end: int, truth: Array, guess: Array, edges: Array, ignore: int, tables: Array
) -> None:
    """Count into tables[part] (K + 1, K + 1) the pairs of whole numbers.

    A part has the pixels edges[part] .. edges[part + 1]. Truth that is no class is counted in the last row, a
    guess that is none in the last column; pixels to ignore not at all.
    """
    classes = tables.shape[-1] - 1
    for part in range(begin, end):
        table = tables[part]
        for p in range(edges[part], edges[part + 1]):
            t, g = truth[p], guess[p]
            if t != ignore:
                table[t if 0 <= t < classes else classes, g if 0 <= g < classes else classes] += 1
