"""What is said of a picture as a whole."""

from dataclasses import dataclass
from typing import Any, final

from striate.records.record import Record


@final
@dataclass(frozen=True)
class ImageCaption(Record):
    """A sentence on one image.

    Args:
        text: words with a space between two; "" where the model says nothing.
        log_probability: of the whole sentence by the model, a natural logarithm.
        source: the file.

    >>> ImageCaption("a red bird", -2.5).in_words()
    'a red bird  log p -2.50'
    """

    text: str
    log_probability: float
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"source": self.source, "caption": self.text, "log_probability": self.log_probability}

    def in_words(self, top: int = 3) -> str:
        """The sentence and its log-probability."""
        return f"{self.text or 'no words'}  log p {self.log_probability:.2f}"
