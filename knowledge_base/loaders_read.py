"""Bytes from the disk to clean text: size limit, encodings, and binary content under a text name."""

import codecs
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BinaryFile, EmptyFile, HugeFile, LoadError, UnreadableFile

MAX_FILE_BYTES = 50 * 1024 * 1024
"""A help article is a few kilobytes and a large manual a few megabytes; beyond this it is not a document."""

MAX_CONTROL_SHARE = 0.01
"""Real text has no control characters besides line ends and tabs; a stray form feed is forgiven."""

_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP or Office file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"SQLite format 3\x00": "an SQLite database",
}
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line ends and marks that turn the direction of what follows."""
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file as its loader sees it."""

    path: Path
    """As the person named it: for messages."""
    id: str
    """Path relative to the ingested folder, with forward slashes."""

    @property
    def spoken_name(self) -> str:
        """The file's name as a title: `return-policy.md` -> `Return policy`."""
        words = re.sub(r"[-_\s]+", " ", printable(self.path.stem)).strip()
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What one file gave: its documents, and the entries that had to be left out, with reasons."""

    documents: Sequence[Document]
    left_out: Sequence[LoadError] = ()


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises when it is unreadable, empty or too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(path, "is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise HugeFile(path, _size_reason(status.st_size))
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path, f"cannot be read: {error.strerror or error}") from error
    if not data:
        raise EmptyFile(path, "is empty")
    return data


def decode_text(data: bytes, path: Path, declared: str | None = None) -> str:
    """Text of a text file: UTF-8 or what its byte order mark says, else `declared`, else Windows-1252."""
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            raise BinaryFile(path, f"is {name}, not the text its name promises; give it its right ending")
    text = normalise(_decode(data, path, declared))
    if len(_CONTROL.findall(text)) > MAX_CONTROL_SHARE * len(text):
        raise BinaryFile(path, "holds binary data, not text")
    if not text.strip():
        raise EmptyFile(path, "holds only white space")
    return text


def printable(path: Path | str) -> str:
    """The path as storable text; what no screen shows of a name (bytes, line ends, escapes) becomes U+FFFD."""
    return _UNSHOWN.sub("\ufffd", os.fsencode(path).decode("utf-8", errors="replace"))


def normalise(text: str) -> str:
    """Line ends become one newline; characters that no database stores are replaced; nothing else changes."""
    return storable(_LINE_END.sub("\n", text))


def storable(text: str) -> str:
    """Half surrogates and NUL become U+FFFD, one for one, so that offsets stay right."""
    return _UNSTORABLE.sub("\ufffd", text)


def _decode(data: bytes, path: Path, declared: str | None) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if b"\x00" in data:
        raise BinaryFile(path, "holds binary data, not text")
    mended = data.decode("utf-8", errors="replace")
    damaged = mended.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    # In other encodings high bytes hardly ever form valid UTF-8: mostly valid means UTF-8 with a scratch.
    if not damaged or _count_non_ascii(mended) > 2 * damaged:
        return mended
    for candidate in (declared, "cp1252"):
        decoded = _try_decode(data, candidate)
        if decoded is not None:
            return decoded
    raise BinaryFile(path, "is neither UTF-8 nor Windows-1252 text; save it as UTF-8")


def _count_non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", errors="ignore"))


def _try_decode(data: bytes, encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _size_reason(size_bytes: int) -> str:
    return (
        f"is {size_bytes / 1024 / 1024:.0f} MB; the limit is {MAX_FILE_BYTES // 1024 // 1024} MB a file. "
        "Split it, or leave out what is no help text"
    )
