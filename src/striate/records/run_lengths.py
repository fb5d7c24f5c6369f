"""Run lengths of a mask as COCO writes them: how many pixels are off and on in turns, column by column.

    0 1        columns: 0 1, 1 1      counts 1 3      packed: five bits a letter
    1 1

Source: the mask API of https://github.com/cocodataset/cocoapi.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

SIX_BITS, SIGN, MORE, FIRST = 0x1F, 0x10, 0x20, 48
"""The alphabet of packed runs: five bits a letter, a sixth says that more follow; letters begin at "0"."""


def window_counts(bits: Tensor, left: int, top: int, size: tuple[int, int]) -> list[int]:
    """The counts of a mask that is off but for a window; work and memory are those of the window.

    Args:
        bits: bool (h, w), the window.
        left: its first column in the picture.
        top: its first row.
        size: (H, W) of the picture, pixels.

    >>> window_counts(torch.tensor([[False, True], [True, True]]), 1, 0, (2, 3))
    [3, 3]
    """
    height, width = size
    columns = torch.nn.functional.pad(bits.T.to(torch.int8), (1, 1))  # every column begins and ends off
    change = columns.diff(dim=1)
    starts, ends = (_positions(change == sign, left, top, height) for sign in (1, -1))
    begins = torch.cat(
        [starts[:1], starts[1:][starts[1:] != ends[:-1]]]
    )  # a run may go on in the next column
    stops = torch.cat([ends[:-1][starts[1:] != ends[:-1]], ends[-1:]])
    edges = torch.stack([begins, stops], dim=1).flatten()
    whole = torch.cat([edges.new_zeros(1), edges, edges.new_tensor([height * width])])
    counts: list[int] = whole.diff().tolist()
    return counts if counts[-1] or len(counts) == 1 else counts[:-1]


def _positions(marked: Tensor, left: int, top: int, height: int) -> Tensor:
    column, row = marked.nonzero().unbind(1)
    return (left + column) * height + top + row


def bits_of(counts: Sequence[int], size: tuple[int, int]) -> Tensor:
    """bool (H, W): the mask.

    >>> bits_of([1, 3], (2, 2)).tolist()
    [[False, True], [True, True]]
    """
    runs = torch.tensor(counts, dtype=torch.int64)
    on = torch.arange(len(runs)) % 2 == 1
    return on.repeat_interleave(runs).view(size[1], size[0]).T


def packed(counts: Sequence[int]) -> str:
    """Counts as text: from the fourth on the differences to the last but one, five bits a letter.

    >>> packed([5, 3, 2, 6])
    '5323'
    """
    letters = []
    for number, count in enumerate(counts):
        value = count - counts[number - 2] if number > 2 else count
        more = True
        while more:
            bits = value & SIX_BITS
            value >>= 5
            more = value != (-1 if bits & SIGN else 0)
            letters.append(chr((bits | MORE if more else bits) + FIRST))
    return "".join(letters)


def unpacked(text: str) -> list[int]:
    """The run lengths of a packed mask.

    >>> unpacked("5323")  # 5, 3, 2; from the fourth on differences to the last but one: 3 + 3
    [5, 3, 2, 6]
    """
    runs: list[int] = []
    value = shift = 0
    for letter in text.encode("ascii"):
        bits = letter - FIRST
        value |= (bits & SIX_BITS) << shift
        shift += 5
        if not bits & MORE:
            value -= (1 << shift) if bits & SIGN else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs
