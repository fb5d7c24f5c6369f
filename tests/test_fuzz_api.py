"""Whatever is passed to a public function, only a StriateError that says what is wrong escapes.

The 5,000 calls are ``benchmarks/fuzz_api.py``; here are some of them.
"""

from pathlib import Path

import pytest

from benchmarks.fuzz_api import fuzz
from striate.errors import SettingError


def test_only_errors_of_ours_escape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    counts, escapes = fuzz(300, 7, tmp_path)
    assert escapes == []
    assert sum(counts.values()) == 300


def test_an_escape_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import striate

    def careless(k: int = 1) -> int:
        return k + 1

    assert escaped(careless) == "TypeError"
    with pytest.raises(SettingError):
        striate.predict()  # type: ignore[call-overload]


def escaped(function: object) -> str:
    from benchmarks.fuzz_api import Target, outcome

    return outcome(Target("careless", function, {}), {"k": None}).split(":")[0]  # type: ignore[arg-type]
