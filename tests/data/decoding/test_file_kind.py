"""What is no picture is called by what it is."""

from pathlib import Path

import pytest

from striate.data.decode import decode, decode_bytes
from striate.data.decoding.file_kind import kind_of
from striate.errors import ImageError

BOX = b"\0\0\0\x18ftyp"
KINDS = {
    BOX + b"heic\0\0\0\0mif1heic" + bytes(2000): "a HEIC picture",
    BOX + b"mif1\0\0\0\0mif1heic" + bytes(2000): "a HEIC picture",
    BOX + b"isom\0\0\0\0isomavc1" + bytes(2000): "a video",
    b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head></html>": "an HTML page",
    b"\xef\xbb\xbf\n  <HTML>": "an HTML page",
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>': "an SVG drawing",
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>": "an XML file",
    b"%PDF-1.7\n" + bytes(500): "a PDF document",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n": "a Git LFS pointer",
    b"/annex/objects/SHA256E-s1--2.jpg\n": "a git-annex pointer",
    b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(100): "a macOS side file",
    b"PK\3\4" + bytes(100): "a ZIP archive",
    b"\x1f\x8b" + bytes(100): "a gzip file",
    b"\0\0\0\x0cJXL \r\n\x87\n": "a JPEG XL picture",
    b"SIMPLE  =                    T": "a FITS picture",
    bytes(128) + b"DICM": "a DICOM picture",
    bytes(3000): "a file of zero bytes only",
    b'{"message": "Not Found"}': "a JSON file",
    "404: l’image n’existe pas\n".encode(): "a text file",
}


@pytest.mark.parametrize(("content", "words"), KINDS.items(), ids=KINDS.values())
def test_a_file_is_named_by_what_it_is(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    for source, read in ((tmp_path / "a.jpg", decode), (content, decode_bytes)):
        with pytest.raises(ImageError, match=f"cannot be read .it is {words}") as error:
            read(source)  # type: ignore[operator]
        assert len(str(error.value).splitlines()) == 3


def test_a_letter_that_is_cut_is_still_text() -> None:
    assert kind_of(("ab" + "é" * 600).encode()[:1025]).words == "a text file"  # type: ignore[union-attr]


def test_noise_is_nothing_known() -> None:
    assert kind_of(bytes(range(1, 256))) is None
