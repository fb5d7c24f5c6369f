"""The sentence that says how good a model is on a split.

metrics, split --headline--> 97.0 % of 33 val pictures right (95 % interval ..)
"""

from striate.formatting import plural
from striate.tasks.metric import Metrics

ROLES = {
    "val": "these pictures also chose the best epoch",
    "train": "the network was trained on these pictures",
}
"""What is to be known of a split beside its name; of ``test`` nothing."""


def headline(metrics: Metrics, split: str) -> str:
    """How good a model is, with the interval and the role of the pictures.

    >>> from striate.tasks.classification.metrics import classification_metrics
    >>> import torch
    >>> scores, labels = torch.eye(2)[[0, 1, 1, 1]], torch.tensor([0, 1, 0, 1])
    >>> headline(classification_metrics(scores, labels, ["cat", "dog"]), "val")
    '75.00 % of 4 val pictures right (95 % interval 30.1 to 95.4 %); these pictures also chose the best epoch'
    """
    if metrics.primary.value is None:
        missing = "nothing that could be measured" if metrics.count else "no pictures"
        return f"nothing was measured: {split} has {missing}"
    return metrics.headline(plural(metrics.count, f"{split} picture")) + role(split)


def role(split: str) -> str:
    """What else the pictures of a split were used for, as the end of a sentence.

    >>> role("val"), role("test")
    ('; these pictures also chose the best epoch', '')
    """
    return f"; {ROLES[split]}" if split in ROLES else ""
