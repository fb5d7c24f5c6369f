"""Pictures that stand under a wrong name: another identity lies nearer than their own."""

import torch
from torch import Tensor

from striate.tasks.suspect import IDENTITY, Suspect

BLOCK = 512
"""Pictures that are compared with all others at once."""


def identity_suspects(vectors: Tensor, labels: Tensor, norm: float = 2.0) -> list[Suspect]:
    """Pictures whose nearest picture shows another identity than theirs, the surest first.

    The score is (own - other) / (own + other), of the distances to the nearest picture of their own identity
    and to the nearest of another. A picture that is the only one of its identity is not judged; nor is one
    whose nearest picture is itself among strangers, as it may be that one which stands wrong.

    Args:
        vectors: (N, D).
        labels: int64 (N,), the identities; ``given`` and ``suggested`` are their numbers.
        norm: of the difference of two vectors.

    >>> points = torch.tensor([[0.0], [0.1], [5.0], [5.1], [0.05]])
    >>> found = identity_suspects(points, torch.tensor([0, 0, 1, 1, 1]))
    >>> [(one.row, one.given, one.suggested) for one in found]
    [(4, '1', '0')]
    """
    found = []
    for rows in torch.split(torch.arange(len(labels)), BLOCK):
        apart = torch.cdist(vectors[rows], vectors, p=norm)
        apart[torch.arange(len(rows)), rows] = torch.inf
        same = labels[rows][:, None] == labels
        own = apart.where(same, torch.inf).amin(1)
        other, place = apart.where(~same, torch.inf).min(1)
        twice = torch.cdist(vectors[place], vectors, p=norm)
        twice[torch.arange(len(rows)), place] = torch.inf
        twice[torch.arange(len(rows)), rows] = torch.inf
        alike = labels[twice.argmin(1)] == labels[place]
        for row in ((other < own) & own.isfinite() & alike).nonzero().flatten().tolist():
            score = float((own[row] - other[row]) / (own[row] + other[row]).clamp(min=1e-12))
            given, likely = int(labels[rows[row]]), int(labels[place[row]])
            found.append(Suspect(int(rows[row]), IDENTITY, score, str(given), str(likely)))
    return sorted(found, key=lambda one: -one.score)
