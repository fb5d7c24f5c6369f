"""BLEU: the share of runs of 1 to 4 words that a true caption has too, of a whole set of captions.

    BLEU = brevity * (p1 p2 p3 p4) ^ 1/4        brevity = exp(1 - r / c) where c < r, else 1

``p`` counts a run as often as one true caption has it, at most; ``c`` are the words of all answers, ``r``
those of the true captions of the nearest length, of two the shorter one. Nothing is smoothed. Papineni,
Roukos, Ward, Zhu 2002, https://aclanthology.org/P02-1040.
"""

import math
from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]
ORDER = 4
"""Words of the longest run."""


def runs(words: Words, length: int) -> Counter[tuple[str, ...]]:
    """How often each run of so many words stands in a sentence.

    >>> runs(["a", "b", "a", "b"], 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(tuple(words[first : first + length]) for first in range(len(words) - length + 1))


def bleu(answers: Sequence[Words], truths: Sequence[Sequence[Words]], order: int = ORDER) -> float:
    """BLEU of a set of captions, 0..1.

    Args:
        answers: words of the caption of each picture.
        truths: of each picture the words of one or more true captions.
        order: words of the longest run that is counted.

    >>> round(bleu([["a", "cat", "sat"]], [[["a", "cat", "sat", "down"]]], order=2), 4)  # exp(1 - 4/3)
    0.7165
    """
    right, said = [0] * order, [0] * order
    spoken, nearest = 0, 0
    for answer, known in zip(answers, truths, strict=True):
        spoken += len(answer)
        nearest += min((abs(len(one) - len(answer)), len(one)) for one in known)[1] if known else 0
        for number in range(order):
            counts = runs(answer, number + 1)
            most: Counter[tuple[str, ...]] = Counter()
            for one in known:
                most |= runs(one, number + 1)
            right[number] += (counts & most).total()
            said[number] += counts.total()
    if not all(right):
        return 0.0
    shares = sum(math.log(one / all_of) for one, all_of in zip(right, said, strict=True))
    return math.exp(min(0.0, 1 - nearest / spoken) + shares / order)
