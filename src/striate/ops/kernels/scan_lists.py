"""The nearest vectors to queries within lists: every query with every vector of the lists that it looks at.

A vector is read in two steps. Its head is a projection on a few orthonormal directions, so that heads are no
farther apart than vectors. Only where heads are nearer than the last one that was kept, the distance of the
vectors is computed (partial distances: Bei, Gray 1985).
"""

from functools import partial

import numpy as np

from striate.ops.kernels.compile import ANY_ORDER, Array, part, summing_kernel

TILE, SLACK = 128, np.float32(1e-6)
"""Heads that lie in the nearest cache while all queries of a list are compared; rounding of distances."""


@part
def put(distances: Array, keys: Array, pair: int, square: np.float32, row: int) -> None:
    """Insert a vector that is nearer than the last of those that were kept."""
    j = distances.shape[1] - 1
    while j > 0 and distances[pair, j - 1] > square:
        distances[pair, j], keys[pair, j] = distances[pair, j - 1], keys[pair, j - 1]
        j -= 1
    distances[pair, j], keys[pair, j] = square, row


@partial(part, freedom=ANY_ORDER)
def square_apart(a: Array, i: int, b: Array, j: int) -> np.float32:
    """The squared distance of a[i] and b[j]."""
    total = np.float32(0)
    for d in range(a.shape[1]):
        total += (a[i, d] - b[j, d]) ** 2
    return total


@partial(part, freedom=ANY_ORDER)
def score_four(heads: Array, begin: int, end: int, asked: Array, first: int, scores: Array) -> None:
    """scores[i, j] = |h|^2 / 2 - h q for four queries from first on and the heads begin .. end."""
    size, last = end - begin, heads.shape[0] - 1
    s0, s1, s2, s3 = scores[0], scores[1], scores[2], scores[3]
    q0, q1, q2, q3 = asked[first], asked[first + 1], asked[first + 2], asked[first + 3]
    norms = heads[last, begin:end]
    for j in range(size):
        s0[j] = s1[j] = s2[j] = s3[j] = norms[j]
    for d in range(0, last, 4):
        h0, h1, h2, h3 = (
            heads[d, begin:end],
            heads[d + 1, begin:end],
            heads[d + 2, begin:end],
            heads[d + 3, begin:end],
        )
        a0, a1, a2, a3 = q0[d], q0[d + 1], q0[d + 2], q0[d + 3]
        b0, b1, b2, b3 = q1[d], q1[d + 1], q1[d + 2], q1[d + 3]
        c0, c1, c2, c3 = q2[d], q2[d + 1], q2[d + 2], q2[d + 3]
        e0, e1, e2, e3 = q3[d], q3[d + 1], q3[d + 2], q3[d + 3]
        for j in range(size):
            w, x, y, z = h0[j], h1[j], h2[j], h3[j]
            s0[j] -= a0 * w + a1 * x + a2 * y + a3 * z
            s1[j] -= b0 * w + b1 * x + b2 * y + b3 * z
            s2[j] -= c0 * w + c1 * x + c2 * y + c3 * z
            s3[j] -= e0 * w + e1 * x + e2 * y + e3 * z


@part
def bound_of(limit: np.float32, norm: np.float32) -> np.float32:
    """The score of a head whose squared distance to a query of this squared length is the limit."""
    return (limit - norm) / np.float32(2) + SLACK * (limit + norm)


@summing_kernel
def scan_lists(
    begin: int,
    end: int,
    rows: Array,
    heads: Array,
    first: Array,
    here: Array,
    queries: Array,
    query_heads: Array,
    pairs: Array,
    starts: Array,
    limits: Array,
    distances: Array,
    keys: Array,
) -> None:
    """Write the k nearest of each pair of a query and a list into distances and keys, for lists begin .. end.

    Args:
        rows: float32 (N, D); list c has the rows first[c] .. first[c + 1].
        heads: float32 (H + 1, N), H divisible by 4; the last line is half of the squared length.
        here: bool (N,); others are left out.
        queries, query_heads: float32 (Q, D), (Q, H).
        pairs: int64, sorted by list: list c has pairs[starts[c]] .. ; pair p is of query p // (pairs / Q).
        limits: float32 (Q,); squares that are not below are left out.
        distances: float32 (pairs, k), infinite; squared distances are written, rising.
        keys: int64 (pairs, k); numbers of rows are written.
    """
    last, each = distances.shape[1] - 1, len(pairs) // len(queries)
    most = 4 + np.diff(starts[begin : end + 1]).max()
    asked = np.zeros((most, heads.shape[0] - 1), dtype=np.float32)
    norms, least = np.zeros(most, dtype=np.float32), np.zeros(most, dtype=np.float32)
    scores = np.empty((4, TILE), dtype=np.float32)
    for c in range(begin, end):
        own = pairs[starts[c] : starts[c + 1]]
        for p in range(len(own)):
            asked[p], least[p] = query_heads[own[p] // each], limits[own[p] // each]
            norms[p] = (asked[p] ** 2).sum()
        for tile in range(first[c], first[c + 1], TILE):
            size = min(TILE, first[c + 1] - tile)
            for p in range(len(own)):
                if p % 4 == 0:
                    score_four(heads, tile, tile + size, asked, p, scores)
                line, bound, near = scores[p % 4], bound_of(least[p], norms[p]), 0
                for j in range(size):
                    near += line[j] < bound
                for j in range(size if near else 0):
                    if line[j] < bound and here[tile + j]:
                        square = square_apart(rows, tile + j, queries, own[p] // each)
                        if square < least[p]:
                            put(distances, keys, own[p], square, tile + j)
                            least[p] = min(least[p], distances[own[p], last])
                            bound = bound_of(least[p], norms[p])
