"""Patterns, and names that look like patterns."""

from pathlib import Path

import pytest

from striate.files.patterns import matches


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("loose [1]/*.png", ["loose [1]/a[0].png", "loose [1]/b*.png", "loose [1]/c?.png"]),
        ("loose [1]/b*.png", ["loose [1]/b*.png"]),
        ("loose [1]/a[0].png", ["loose [1]/a[0].png"]),
        ("loose [1]/[ac]*.png", ["loose [1]/a[0].png", "loose [1]/c?.png"]),
        ("*/d?.jpg", ["plain/d1.jpg", "plain/d2.jpg"]),
        ("**/*.jpg", ["plain/d1.jpg", "plain/d2.jpg", "plain/deep/d3.jpg", "top.jpg"]),
        ("plain/**", ["plain/d1.jpg", "plain/d2.jpg", "plain/deep", "plain/deep/d3.jpg"]),
        ("*.none", []),
        ("none/*.jpg", []),
        (".h*", [".hidden.jpg"]),
    ],
)
def test_parts_that_exist_are_meant_as_they_are(
    pattern: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["loose [1]/a[0].png", "loose [1]/b*.png", "loose [1]/c?.png", "plain/d1.jpg", "plain/d2.jpg"]
    for name in [*files, "plain/deep/d3.jpg", "top.jpg", ".hidden.jpg", "plain/.x.jpg"]:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert list(map(str, matches(pattern))) == names
    assert list(map(str, matches(str(tmp_path / pattern)))) == [str(tmp_path / name) for name in names]
