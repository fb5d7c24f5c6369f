"""What is odd about captions: nothing said, a single word, one sentence again and again, words said once."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from striate.data.captions.tokenizer import words_of
from striate.data.checks.findings import LISTED, Finding, Findings

if TYPE_CHECKING:
    from striate.data.annotations.caption_annotations import CaptionAnnotations

OFTEN = 0.5
"""Share of all captions from which on one sentence is said too often."""

FEW = 4
"""Captions below which a sentence that repeats is no wonder."""

LONGEST = 15
"""Words of a caption that a training learns unless ``--longest-caption`` says otherwise."""

SHOWN = 5
"""Words that are named."""


def caption_findings(annotations: "CaptionAnnotations") -> Iterator[Finding]:
    """What is odd, in one pass over all captions."""
    findings, words, most = Findings(), Counter[str](), Majority()
    for row, captions in enumerate(annotations.captions()):
        if not captions:
            findings.add("empty-caption", annotations.place(row), "nothing is said of the region")
        for text in captions:
            said = words_of(text)
            if len(said) < 2:
                kind = "one-word-caption" if said else "empty-caption"
                findings.add(kind, annotations.place(row), repr(text[:60]))
            if len(said) > LONGEST:
                findings.add("long-caption", annotations.place(row), f"{len(said):,} words: {text[:60]!r}")
            words.update(said)
            most.take(" ".join(said))
    yield from findings
    if len(annotations) and not words:
        yield Finding("no-words", "captions", "none has a letter or a digit")
        return
    yield from _repeated(annotations, most)
    yield from _rare(words)


class Majority:
    """The one text that may be more than half of all, in the memory of one (Boyer, Moore 1981)."""

    def __init__(self) -> None:
        self.text, self.total, self._lead = "", 0, 0

    def take(self, text: str) -> None:
        """One more."""
        self.total += 1
        if not self._lead:
            self.text = text
        self._lead += 1 if text == self.text else -1


def _repeated(annotations: "CaptionAnnotations", most: Majority) -> Iterator[Finding]:
    """A sentence that is more than half of all."""
    if most.total < FEW:
        return
    same = (" ".join(words_of(text)) == most.text for own in annotations.captions() for text in own)
    count = sum(same)
    if count > OFTEN * most.total:
        yield Finding("same-caption", repr(most.text[:60]), f"{count:,} of {most.total:,} captions")


def _rare(words: Counter[str]) -> Iterator[Finding]:
    """Words that stand once: a model can hardly learn them."""
    once = [word for word, count in words.items() if count == 1]
    if once:
        shown = ", ".join(np.sort(once[:LISTED])[:SHOWN])
        more = ", ..." if len(once) > SHOWN else ""
        yield Finding("rare-word", "captions", f"{len(once):,} of {len(words):,} words: {shown}{more}")
