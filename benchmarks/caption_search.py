"""How long captions take: greedy against a beam of 5, of 300 regions, one thread, in turns.

    python benchmarks/caption_search.py

Held equal: the language model (512 wide, 10,000 words, random weights), the codes, the 15 words of every
caption, as END is made unlikely. Printed: regions a second, and the ratio of the medians of seven turns.
"""

import time
from statistics import median

import torch

from striate.data.captions.vocabulary import Vocabulary
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.search import Search, write

REGIONS, WORDS, WIDTH, TURNS = 300, 10_000, 512, 7


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = LanguageModel(WIDTH, WIDTH, Vocabulary(tuple(f"w{number}" for number in range(WORDS)), 15)).eval()
    with torch.no_grad():
        model.scores.bias[WORDS] = -100.0
    codes, seconds = torch.randn(REGIONS, WIDTH), {1: list[float](), 5: list[float]()}
    for turn in range(TURNS + 1):
        for beam, own in seconds.items():
            began = time.perf_counter()
            write(model, codes, Search(beam=beam))
            if turn:  # the first one warms up
                own.append(time.perf_counter() - began)
    greedy, wide = (median(own) for own in seconds.values())
    rates = f"greedy {REGIONS / greedy:,.0f} regions/s   beam 5 {REGIONS / wide:,.0f} regions/s"
    print(f"{rates}   {wide / greedy:.2f}x")


if __name__ == "__main__":
    main()
