"""What can be wrong with the knowledge base file, and what to do about each."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class KnowledgeBaseError(Exception):
    """The knowledge base file cannot be used as asked."""


class MissingKnowledgeBase(KnowledgeBaseError):
    """Asked to read a file that does not exist."""


class NotAKnowledgeBase(KnowledgeBaseError):
    """Another kind of file, or a database of another program."""


class CorruptKnowledgeBase(KnowledgeBaseError):
    """Damaged: SQLite cannot make sense of its pages."""


class NewerSchema(KnowledgeBaseError):
    """Written by a later version of this program."""


class OlderSchema(KnowledgeBaseError):
    """Written by an earlier version, and opened for reading only, so that it cannot be brought up to date."""


class ReadOnlyKnowledgeBase(KnowledgeBaseError):
    """Asked to write to a file that may only be read."""


class BusyKnowledgeBase(KnowledgeBaseError):
    """Another process has been writing to it for too long."""


class FullDisk(KnowledgeBaseError):
    """No room for what is to be written."""


class UnknownPassage(KnowledgeBaseError):
    """No passage has this id (any more)."""


_CAUSES: dict[int, tuple[type[KnowledgeBaseError], str]] = {
    sqlite3.SQLITE_BUSY: (
        BusyKnowledgeBase,
        "is being written by another process; wait until it is done, or stop it, and try again",
    ),
    sqlite3.SQLITE_LOCKED: (
        BusyKnowledgeBase,
        "is being written by another process; wait until it is done, or stop it, and try again",
    ),
    sqlite3.SQLITE_READONLY: (
        ReadOnlyKnowledgeBase,
        "may only be read; allow writing to the file and its folder, or choose another file with --kb",
    ),
    sqlite3.SQLITE_NOTADB: (
        NotAKnowledgeBase,
        "is not a knowledge base (not even SQLite); choose another file with --kb",
    ),
    sqlite3.SQLITE_CORRUPT: (
        CorruptKnowledgeBase,
        "is damaged; put back a copy of it, or move it away and ingest the documents again",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        KnowledgeBaseError,
        "cannot be opened; check that its folder exists and that you may write there",
    ),
    sqlite3.SQLITE_FULL: (FullDisk, "cannot grow: the disk is full; make room and try again, nothing is lost"),
    sqlite3.SQLITE_IOERR: (KnowledgeBaseError, "cannot be read or written: the disk reports an error"),
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file into ours; mistakes in SQL stay what they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        cause = _CAUSES.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        if cause is None:
            raise
        kind, reason = cause
        raise kind(f"{path} {reason} (SQLite: {error})") from error
