"""Which file brought which documents: so that unchanged files are not parsed again and gone ones can be pruned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.store import KnowledgeBase


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file ingested before."""

    path: str
    """Absolute."""
    root: str
    """The folder its document ids are relative to."""
    fingerprint: str
    """Of its bytes when all its documents were last stored; "" when that was not finished."""


class FileRegister:
    """The files of one knowledge base."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._connection = knowledge_base.connection

    def find(self, path: str) -> KnownFile | None:
        """What is known of a file."""
        rows = self._connection.read("SELECT path, root, fingerprint FROM files WHERE path = ?", (path,))
        return KnownFile(*rows[0]) if rows else None

    def all_under(self, folders: Sequence[str]) -> list[KnownFile]:
        """The known files inside these folders, at any depth."""
        rows = self._connection.read("SELECT path, root, fingerprint FROM files ORDER BY path")
        files = (KnownFile(*row) for row in rows)
        return [file for file in files if any(Path(file.path).is_relative_to(folder) for folder in folders)]

    def owner(self, document_id: str) -> str | None:
        """The file that brought a document; "" for one that came without a file, None for an unknown document."""
        rows = self._connection.read("SELECT coalesce(file, '') FROM documents WHERE id = ?", (document_id,))
        return str(rows[0][0]) if rows else None

    def hand_over(self, document_id: str, path: str) -> None:
        """The document now belongs to another (registered) file."""
        self._connection.write("UPDATE documents SET file = ? WHERE id = ?", (path, document_id))

    def document_ids(self, path: str) -> list[str]:
        """The documents that a file brought."""
        rows = self._connection.read("SELECT id FROM documents WHERE file = ? ORDER BY id", (path,))
        return [row[0] for row in rows]

    def begin(self, path: str, root: str) -> None:
        """Register a file whose documents are about to be stored; until `complete` it counts as unfinished."""
        self._connection.write(
            "INSERT INTO files (path, root, fingerprint) VALUES (?, ?, '')"
            " ON CONFLICT (path) DO UPDATE SET root = excluded.root, fingerprint = ''",
            (path, root),
        )

    def complete(self, path: str, fingerprint: str) -> None:
        """All documents of the file are stored."""
        self._connection.write("UPDATE files SET fingerprint = ? WHERE path = ?", (fingerprint, path))

    def forget(self, paths: Iterable[str]) -> None:
        """Drop files without documents."""
        rows = [(path,) for path in paths]
        self._connection.write_many(
            "DELETE FROM files WHERE path = ? AND NOT EXISTS (SELECT 1 FROM documents WHERE file = files.path)", rows
        )
