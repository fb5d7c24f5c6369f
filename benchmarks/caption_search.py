"""How long captions take: greedy against a beam of 5, of 300 regions, one thread, in turns.

    python benchmarks/caption_search.py [region_descriptions.json]

scenes       18 words, 256 wide, learned on captions as dense_captions.py draws them
genome       10,000 words, 512 wide, learned on the phrases of the given file; those that it lacks are filled
             up with words that are never likely and cost as much
untrained    10,000 words, 512 wide, random weights, END unlikely: no beginning can be dropped, every step of
             the beam has five times the products

Held equal: the model, the codes, the thread. A code is the sum of a vector of each word of a caption with
noise; the 300 captions were not learned. Printed: regions a second, the ratio of the medians, captions that
the beam changes, and how much likelier its captions are.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from benchmarks.dense_captions import a_thing
from striate.data.captions.tokenizer import words_of
from striate.data.captions.vocabulary import Vocabulary, vocabulary_of
from striate.tasks.captioning.language_model import LanguageModel
from striate.tasks.captioning.language_targets import numbered
from striate.tasks.captioning.search import Search, write

REGIONS, WORDS, BEAM, TURNS, LONGEST = 300, 10_000, 5, 7, 15
NOISE = 0.5
"""Standard deviation of the noise of a code, whose words have vectors of deviation 1."""

NEVER = -30.0
"""Bias of the score of a word that is filled up."""


def scenes(count: int = 4000) -> list[list[str]]:
    """Captions of drawn things."""
    draw = np.random.default_rng(0)
    return [a_thing(draw, held_out=False).words.split() for _ in range(count)]


def phrases(file: Path) -> list[list[str]]:
    """Those of Visual Genome, in an order drawn by a seed."""
    captions = [words_of(one["phrase"]) for image in json.loads(file.read_text()) for one in image["regions"]]
    return [captions[row][:LONGEST] for row in np.random.default_rng(0).permutation(len(captions))]


def codes_of(words: Tensor, vectors: Tensor) -> Tensor:
    """float32 (M, D): what a region would tell of its caption."""
    return vectors[words].sum(1) + NOISE * torch.randn(len(words), vectors.shape[1])


def learned(captions: list[list[str]], width: int, epochs: int) -> tuple[LanguageModel, Tensor]:
    """A model that has learned all captions but the first 300, and the codes of these."""
    vocabulary = vocabulary_of(captions, least=1, longest=LONGEST)
    vectors = torch.randn(len(vocabulary) + 3, width).index_fill_(0, torch.tensor([0]), 0.0)
    model, words = LanguageModel(width, width, vocabulary), numbered(captions, vocabulary)
    steps = epochs * -(-(len(words) - REGIONS) // 64)
    adam = torch.optim.Adam(model.parameters(), 2e-3)
    falling = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=steps + 1)
    for _ in range(epochs):
        for rows in (torch.randperm(len(words) - REGIONS) + REGIONS).split(64):
            adam.zero_grad()
            loss = model.step_losses(codes_of(words[rows], vectors), words[rows]).sum() / len(rows)
            loss.backward()
            adam.step()
            falling.step()
    return model.eval(), codes_of(words[:REGIONS], vectors)


@torch.no_grad()
def filled_up(model: LanguageModel) -> LanguageModel:
    """The same model with 10,000 words."""
    known = len(model.vocabulary)
    more = (f"never{number}" for number in range(WORDS - known))
    wide = LanguageModel(model.width, model.width, Vocabulary((*model.vocabulary.words, *more), LONGEST))
    wide.encode, wide.recurrent = model.encode, model.recurrent
    wide.scores.bias.fill_(NEVER)
    for ours, theirs in ((wide.scores.weight, model.scores.weight), (wide.scores.bias, model.scores.bias)):
        ours[:known], ours[-2:] = theirs[:known], theirs[-2:]
    vectors = model.look_up.weight
    wide.look_up.weight[: known + 1], wide.look_up.weight[-3:] = vectors[: known + 1], vectors[-3:]
    return wide.eval()


def untrained() -> tuple[LanguageModel, Tensor]:
    """A model of 10,000 words that writes captions as long as they can be."""
    vocabulary = Vocabulary(tuple(f"w{number}" for number in range(WORDS)), LONGEST)
    model = LanguageModel(512, 512, vocabulary).eval()
    with torch.no_grad():
        model.scores.bias[WORDS] = -100.0
    return model, torch.randn(REGIONS, 512)


def measure(name: str, model: LanguageModel, codes: Tensor, turns: int = TURNS) -> None:
    """Greedy and beam in turns."""
    seconds: dict[int, list[float]] = {1: [], BEAM: []}
    for turn in range(turns + 1):
        for beam, own in seconds.items():
            began = time.perf_counter()
            write(model, codes, Search(beam=beam))
            if turn:  # the first one warms up
                own.append(time.perf_counter() - began)
    greedy, wide = (median(own) for own in seconds.values())
    first, second = (write(model, codes, Search(beam=beam)) for beam in seconds)
    changed = int((first.words != second.words).any(1).sum())
    gain = (second.log_probabilities - first.log_probabilities).mean()
    length = (first.words != 0).sum(1).float().mean()
    print(
        f"{name:10} {len(model.vocabulary):6,} words, {length:4.1f} in a caption   greedy "
        f"{len(codes) / greedy:7,.0f} regions/s   beam {BEAM} {len(codes) / wide:7,.0f} regions/s   "
        f"{wide / greedy:.2f}x   {changed} captions changed, log p {gain:+.3f}",
        flush=True,
    )


def main() -> None:
    """Learn, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("phrases", type=Path, nargs="?")
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    measure("scenes", *learned(scenes(), 256, epochs=2))
    if asked.phrases is not None:
        model, codes = learned(phrases(asked.phrases), 512, epochs=6)
        measure("genome", filled_up(model), codes)
    measure("untrained", *untrained(), turns=1)


if __name__ == "__main__":
    main()
