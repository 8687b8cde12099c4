"""One SQLite connection shared by all threads of the program: opening, locking, transactions, clear errors."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import quote

from sqlite_utils import Database

from knowledge_base.schema import migrations
from knowledge_base.store_errors import (
    CorruptKnowledgeBase,
    MissingKnowledgeBase,
    NewerSchema,
    NotAKnowledgeBase,
    OlderSchema,
    ReadOnlyKnowledgeBase,
    explained,
)

BUSY_TIMEOUT_MS = 5000
"""How long to wait for another process: each of our transactions takes milliseconds."""

CHECKED_BYTES = 64 * 1024 * 1024
"""A file up to this size is checked for damage when opened (some 0.1 s); a larger one shows it when it is read."""


class Connection:
    """Reads and writes under one lock, so that no thread sees another's half-done transaction."""

    def __init__(self, path: Path, read_only: bool = False, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.path = path
        self._lock = RLock()
        _check_path(path, read_only)
        self.read_only = read_only or (path.exists() and not os.access(path, os.W_OK))
        self._db = self._open(busy_timeout_ms)
        try:
            with self._lock, explained(path):
                self._prepare(busy_timeout_ms)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file. The object is of no use after."""
        with self._lock:
            self._db.close()

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, explained(self.path):
            return self._db.execute(sql, parameters).fetchall()

    def write(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement, as a transaction of its own or inside the open one; returns the rows touched."""
        with self.transaction():
            return self._db.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Sequence[object]) -> int:
        """Insert one row; returns its id."""
        with self.transaction():
            return int(self._db.execute(sql, parameters).lastrowid or 0)

    def write_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        with self.transaction():
            self._db.conn.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on any error and on Ctrl-C. Inside an open one it joins that."""
        with self._lock, explained(self.path):
            if self.read_only:
                raise ReadOnlyKnowledgeBase(
                    f"{self.path} is open for reading only; allow writing to it, or choose another file with --kb"
                )
            if self._db.conn.in_transaction:
                yield
                return
            # IMMEDIATE: a transaction that starts by reading and writes later could not wait for another writer.
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.conn.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    def _open(self, busy_timeout_ms: int) -> Database:
        with explained(self.path):
            uri = database_uri(self.path, self.read_only, os.access(self.path.absolute().parent, os.W_OK))
            connection = sqlite3.connect(
                uri, uri=True, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False
            )
            return Database(connection, recursive_triggers=False, execute_plugins=False)

    def _prepare(self, busy_timeout_ms: int) -> None:
        self._db.conn.execute(f"PRAGMA busy_timeout = {int(busy_timeout_ms)}")
        tables = self._db.table_names()
        self._check_owner(tables)
        self._db.conn.execute("PRAGMA foreign_keys = ON")
        if not self.read_only:
            self._db.enable_wal()
            # With a write-ahead log this is safe against a crash of the program; only a power cut may lose the last
            # transactions, and the next ingestion does them again.
            self._db.conn.execute("PRAGMA synchronous = NORMAL")
        self._migrate()
        self._check_pages()

    def _check_owner(self, tables: Sequence[str]) -> None:
        applied = {migration.name for migration in migrations.applied(self._db)} if tables else set()
        if tables and not applied:
            raise NotAKnowledgeBase(
                f"{self.path} is a database of another program (its tables: {', '.join(sorted(tables)[:5])}); "
                "nothing was changed, choose another file with --kb"
            )
        with Database(memory=True) as nothing_applied:
            known = {migration.name for migration in migrations.pending(nothing_applied)}
        unknown = sorted(applied - known)
        if unknown:
            raise NewerSchema(
                f"{self.path} was written by a newer version of this program (it has {', '.join(unknown)}); "
                "update the program, or choose another file with --kb and ingest the documents into it"
            )

    def _migrate(self) -> None:
        if not migrations.pending(self._db):
            return
        if self.read_only:
            raise OlderSchema(
                f"{self.path} was written by an older version of this program; open it once for writing "
                "(any ingestion does that), then it can be read"
            )
        with self.transaction():
            migrations.apply(self._db)

    def _check_pages(self) -> None:
        if self.path.stat().st_size > CHECKED_BYTES:
            return
        finding = self._db.conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if finding != "ok":
            raise CorruptKnowledgeBase(
                f"{self.path} is damaged ({finding}); put back a copy of it, or move it away and ingest again"
            )


def database_uri(path: Path, read_only: bool, folder_writable: bool) -> str:
    """The address under which SQLite opens the file."""
    address = "file:" + quote(path.absolute().as_posix())
    if not read_only:
        return f"{address}?mode=rwc"
    if folder_writable or path.with_name(path.name + "-wal").exists():
        return f"{address}?mode=ro"
    # Even a reader wants to make a helper file beside it; where it cannot, nobody else writes either.
    return f"{address}?mode=ro&immutable=1"


def _check_path(path: Path, read_only: bool) -> None:
    if path.is_dir():
        raise NotAKnowledgeBase(f"{path} is a folder; name a file, such as {path / 'knowledge.db'}")
    if path.exists():
        return
    if read_only:
        raise MissingKnowledgeBase(f"{path} does not exist; ingest documents first: python main.py ingest FOLDER")
    folder = path.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingKnowledgeBase(f"the folder {folder} cannot be made: {error.strerror or error}") from error
