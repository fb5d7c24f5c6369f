"""The IoU of every box with every other, without a table of intersections in between."""

from striate.ops.kernels.compile import Array, kernel


@kernel
def iou_rows(begin: int, end: int, first: Array, second: Array, out: Array) -> None:
    """Fill the rows from ``begin`` to ``end`` of ``out`` (M, N); ``first`` (M, 4), ``second`` (4, N)."""
    left, top, right, bottom = second[0], second[1], second[2], second[3]
    zero = first.dtype.type(0)
    for i in range(begin, end):
        x1, y1, x2, y2 = first[i, 0], first[i, 1], first[i, 2], first[i, 3]
        area = (x2 - x1) * (y2 - y1)
        row = out[i]
        for j in range(len(row)):
            width = max(min(x2, right[j]) - max(x1, left[j]), zero)
            height = max(min(y2, bottom[j]) - max(y1, top[j]), zero)
            inside = width * height
            union = area + (right[j] - left[j]) * (bottom[j] - top[j]) - inside
            row[j] = inside / union if union > 0 else zero
