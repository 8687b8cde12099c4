"""What an operator uploads -> documents, before anything is stored. Nothing is ever written to disk.

Files are parsed from memory under the name they came with; a zip is read entry by entry, within limits that its own
directory cannot lie about.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Passage
from knowledge_base.loaders import check_kind, parse_file
from knowledge_base.loaders_errors import LoadError
from knowledge_base.loaders_read import MAX_FILE_BYTES, printable

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
"""All files of one upload together, as sent. A larger knowledge base is ingested from the command line."""

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_FILES = 2000
MAX_RATIO = 200
"""Text packs to a fifth, the most regular of logs to a fiftieth; beyond this it is a bomb."""

MIN_RATIO_BYTES = 1024 * 1024
"""A small file may pack as well as it likes."""

MAX_NAME_CHARS = 255
READ_BYTES = 256 * 1024

_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1
_LINK, _TYPE = 0o120000, 0o170000
_SKIPPED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

LanguageCheck = Callable[[str], str | None]


class UploadRefused(Exception):
    """The upload as a whole cannot be taken."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as the browser sent it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """A document as it would be stored."""

    document: Document
    passages: tuple[Passage, ...]
    not_english: str | None
    """What the language check says against it."""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file, or an entry of one, that gives no document."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Staged:
    """Everything one upload holds, parsed and cut, waiting to be accepted."""

    documents: tuple[StagedDocument, ...]
    refused: tuple[RefusedFile, ...]


@dataclass(slots=True)
class _Budget:
    """What is still allowed of one upload."""

    files: int = MAX_FILES
    unpacked_bytes: int = MAX_UNPACKED_BYTES
    refused: list[RefusedFile] = field(default_factory=list)


def stage(files: Sequence[UploadedFile], language_check: LanguageCheck) -> Staged:
    """Parse and cut everything. Raises UploadRefused when it is too much as a whole."""
    budget = _Budget()
    documents: dict[str, StagedDocument] = {}
    for name, data in _unpacked(files, budget):
        try:
            path = Path(name)
            check_kind(path)
            loaded = parse_file(path, data, name)
        except LoadError as error:
            budget.refused.append(RefusedFile(name, error.reason))
            continue
        budget.refused += [RefusedFile(printable(str(problem.path)), problem.reason) for problem in loaded.left_out]
        for document in loaded.documents:
            staged = _staged(document, language_check)
            if not staged.passages:
                budget.refused.append(RefusedFile(document.id, "holds headings but no text"))
            elif document.id in documents:
                budget.refused.append(RefusedFile(document.id, "has the name of an earlier file of this upload"))
            else:
                documents[document.id] = staged
    return Staged(tuple(documents.values()), tuple(budget.refused))


def as_replacement(staged: Staged, document_id: str) -> Staged:
    """The one document of an upload under the id of the document it replaces. Raises UploadRefused."""
    if len(staged.documents) != 1:
        raise UploadRefused(
            f"The upload holds {len(staged.documents)} usable documents; exactly one is needed to replace this one."
            + "".join(f" {refused.name}: {refused.reason}." for refused in staged.refused[:3])
        )
    only = staged.documents[0]
    document = replace(only.document, id=document_id)
    passages = tuple(replace(passage, document=document_id) for passage in only.passages)
    return Staged((StagedDocument(document, passages, only.not_english),), staged.refused)


def _staged(document: Document, language_check: LanguageCheck) -> StagedDocument:
    text = f"{document.question}\n{document.text}" if document.question else document.text
    return StagedDocument(document, tuple(cut_passages(document)), language_check(text))


def _unpacked(files: Sequence[UploadedFile], budget: _Budget) -> Iterator[tuple[str, bytes]]:
    for file in files:
        name = _plain_name(file.name)
        if name is None:
            budget.refused.append(RefusedFile(printable(file.name)[:MAX_NAME_CHARS], "has a name that cannot be used"))
        elif name.lower().endswith(".zip"):
            yield from _zip_entries(name, file.data, budget)
        else:
            _spend(budget, len(file.data), name)
            yield name, file.data


def _zip_entries(zip_name: str, data: bytes, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        budget.refused.append(RefusedFile(zip_name, f"is not a readable zip ({error})"))
        return
    with archive:
        for entry in archive.infolist():
            if entry.is_dir() or any(part in entry.filename for part in _SKIPPED):
                continue
            shown = printable(entry.filename)[:MAX_NAME_CHARS]
            name = _plain_name(entry.filename)
            problem = _entry_problem(entry, name)
            if problem is None and name is not None:
                try:
                    content = _read_entry(archive, entry, budget)
                except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
                    problem = f"is damaged inside {zip_name} ({error})"
                else:
                    if isinstance(content, bytes):
                        yield name, content
                        continue
                    problem = content.reason
            budget.refused.append(RefusedFile(shown, problem or "cannot be used"))


def _entry_problem(entry: zipfile.ZipInfo, name: str | None) -> str | None:
    if name is None:
        return "has a name that leads out of the zip, or cannot be used"
    if (entry.external_attr >> 16) & _TYPE == _LINK:
        return "is a link, not a file"
    if entry.flag_bits & _ENCRYPTED:
        return "is protected by a password"
    if name.lower().endswith(".zip"):
        return "is a zip inside a zip; unpack it first"
    return None


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> "bytes | RefusedFile":
    """The content, counted while it unpacks: what the directory says of sizes is only a claim."""
    content = bytearray()
    with archive.open(entry) as stream:
        while block := stream.read(READ_BYTES):
            content += block
            if len(content) > MAX_FILE_BYTES:
                return RefusedFile(entry.filename, f"unpacks to more than {MAX_FILE_BYTES // 1024 // 1024} MB")
            if len(content) > MIN_RATIO_BYTES and len(content) > MAX_RATIO * max(entry.compress_size, 1):
                return RefusedFile(entry.filename, f"unpacks to more than {MAX_RATIO} times its size, as only bombs do")
            if len(content) > budget.unpacked_bytes:
                break
    _spend(budget, len(content), entry.filename)
    return bytes(content)


def _spend(budget: _Budget, size: int, name: str) -> None:
    budget.files -= 1
    budget.unpacked_bytes -= size
    if budget.files < 0:
        raise UploadRefused(f"The upload holds more than {MAX_FILES} files; upload them in parts, or use `ingest`.")
    if budget.unpacked_bytes < 0:
        limit = MAX_UNPACKED_BYTES // 1024 // 1024
        raise UploadRefused(
            f"The upload unpacks to more than {limit} MB (at {printable(name)[:80]}); nothing was taken."
        )


def _plain_name(name: str) -> str | None:
    """The name as a relative path without tricks, or None."""
    name = printable(name).replace("\\", "/")
    parts = PurePosixPath(name).parts
    bad = (
        not parts
        or name.startswith("/")
        or ".." in parts
        or len(name) > MAX_NAME_CHARS
        or _DRIVE.match(name)
        or any(ord(char) < 32 or ord(char) == 127 for char in name)
    )
    return None if bad else str(PurePosixPath(*parts))
