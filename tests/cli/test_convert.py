"""``striate convert``: another layout, and what it cannot hold."""

from pathlib import Path

import pytest

from striate.cli.main import run


def test_a_data_set_is_written_in_another_layout(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "convert",
        str(shared_data / "raccoon"),
        str(tmp_path / "a"),
        "--to",
        "coco",
        "--pictures",
        "link",
    ]
    assert run([*words, "--split", "val=0.1"]) == 0
    out, err = capsys.readouterr()
    # 12 of the 118 different pictures, and the twin of one of them
    assert out == f"written: {tmp_path / 'a'}: 120 pictures (train 107, val 13), 127 boxes\n"
    assert "held out 13 of 120 pictures for validation (seed 0)" in err
    assert run(["check", str(tmp_path / "a")]) in (0, 2)
    assert "read as COCO" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--to", "pdf"], "to is 'pdf'"),
        (["--to", "voc", "--split", "0.1"], "split is '0.1'"),
        (["--to", "voc", "--on-bad-box", "mend"], "on_bad_box is 'mend'"),
        (["--to", "voc", "--format", "folder"], "no boxes"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], wrong: str, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["convert", str(shared_data / "raccoon"), str(tmp_path / "a"), *words]) == 2
    assert wrong in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
