"""A sentence as words, by one rule for training, answers, search and every measure.

    "A man's T-shirt, 2 dogs!"  -->  a  man's  t-shirt  2  dogs

The text is brought into Unicode form NFKC and into small letters. A word is a run of letters, marks and
digits; an apostrophe or a hyphen between two of them belongs to it. Everything else separates words and is
dropped: punctuation, emoji, control characters.
"""

import re
import unicodedata

WORD = re.compile(r"[^\s'-]+(?:['-][^\s'-]+)*")
OTHER = re.compile(r"[^a-z0-9'-]+")
"""What separates words of plain ASCII."""

JOINING = {"'": "'", "\u2019": "'", "-": "-", "\u2010": "-"}
"""Characters that belong to a word between two letters."""

WORDY = frozenset("LMN")
"""First letters of the Unicode categories of letters, marks and numbers."""

SPACES = dict.fromkeys([*range(32), 127, *range(128, 160), 0x2028, 0x2029], " ")
"""Control characters, which become spaces."""


def cleaned(text: str) -> str:
    r"""A sentence without control characters, and with one space between words.

    >>> cleaned(" a\tcat \n")
    'a cat'
    """
    return " ".join(text.translate(SPACES).split())


def words_of(text: str) -> list[str]:
    """The words of a sentence, in order.

    >>> words_of("A man's T-shirt, 2 dogs!"), words_of("'quoted' \\U0001f600 -")
    (['a', "man's", 't-shirt', '2', 'dogs'], ['quoted'])
    """
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
    plain = OTHER.sub(" ", lowered) if lowered.isascii() else "".join(map(_plain, lowered))
    return WORD.findall(plain)


def _plain(character: str) -> str:
    """A character of a word as it is, what joins two in its plain form, everything else as a space."""
    if character in JOINING:
        return JOINING[character]
    return character if unicodedata.category(character)[0] in WORDY else " "
