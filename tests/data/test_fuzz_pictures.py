"""A few hundred mutated pictures; ``benchmarks/fuzz_pictures.py`` tries ten thousand."""

import numpy as np
import pytest

from benchmarks.fuzz_pictures import FORMATS, main, mutants, seeds


def test_every_format_has_a_picture_to_begin_with() -> None:
    assert len(seeds(np.random.default_rng(0))) == len(FORMATS)


def test_the_same_seed_gives_the_same_mutants() -> None:
    assert list(mutants(20, 3)) == list(mutants(20, 3)) != list(mutants(20, 4))


def test_mutated_pictures_are_decoded_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    main(300, seed=5)  # any other error is raised
    words = capsys.readouterr().out
    decoded, refused = (int(part.split()[0]) for part in words.split(";")[0].split(", "))
    assert decoded + refused == 300
    assert min(decoded, refused) > 30
