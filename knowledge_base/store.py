"""`KnowledgeBase`: documents, passages, keyword search and vectors in one SQLite file, safe from any thread."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from knowledge_base.documents import Document, Passage
from knowledge_base.keyword_query import keyword_query, weighted_terms
from knowledge_base.store_connection import BUSY_TIMEOUT_MS, Connection
from knowledge_base.store_errors import UnknownPassage
from knowledge_base.store_rows import (
    DOCUMENT_COLUMNS,
    INFO_SQL,
    PASSAGE_SQL,
    DocumentInfo,
    document_row,
    path_json,
    row_document,
    row_info,
    row_passage,
)

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]

LEAD_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
"""A word in the title, headings or FAQ question says more about a passage than one inside it."""

STORED_FLOAT = np.dtype("<f4")


class KnowledgeBase:
    """One knowledge base file. Open for reading and writing unless `read_only`; made when it does not exist."""

    def __init__(self, path: Path | str, read_only: bool = False, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.path = Path(path)
        self.connection = Connection(self.path, read_only, busy_timeout_ms)
        """For the other files of this folder; nobody else speaks SQL."""

    def __enter__(self) -> "KnowledgeBase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    # Documents

    def add_document(
        self,
        document: Document,
        passages: Sequence[Passage],
        *,
        source_hash: str | None = None,
        file: str | None = None,
    ) -> None:
        """Insert or replace a document with its passages, all or nothing.

        A passage whose indexed text stays the same keeps its id and vectors; the others go with all that hangs on
        them. `source_hash` is what `content_hash` gives back later (default: the document's own). `file` must be
        registered (see `store_files`).
        """
        values = (*document_row(document), source_hash or document.content_hash, file)
        columns = f"{DOCUMENT_COLUMNS}, content_hash, file"
        marks = ", ".join("?" * len(values))
        # Not "INSERT OR REPLACE", which deletes first and takes all passages along.
        updates = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", ") if name != "id")
        with self.connection.transaction():
            self._unfinish(document.id, file)
            self.connection.write(
                f"INSERT INTO documents ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {updates}", values
            )
            self._replace_passages(document.id, passages)
            self._changed()

    def remove_document(self, document_id: str) -> bool:
        """Delete a document and all that hangs on it; False when there is none."""
        with self.connection.transaction():
            self._unfinish(document_id, None)
            removed = self.connection.write("DELETE FROM documents WHERE id = ?", (document_id,)) > 0
            if removed:
                self._changed()
        return removed

    def document(self, document_id: str) -> Document | None:
        """The document with this id."""
        rows = self.connection.read(f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?", (document_id,))
        return row_document(rows[0]) if rows else None

    def documents(self) -> list[DocumentInfo]:
        """All documents, ordered by id."""
        return [row_info(row) for row in self.connection.read(INFO_SQL)]

    def content_hash(self, document_id: str) -> str | None:
        """The hash stored with a document."""
        rows = self.connection.read("SELECT content_hash FROM documents WHERE id = ?", (document_id,))
        return str(rows[0][0]) if rows else None

    # Passages

    def passage(self, passage_id: int) -> Passage:
        """The passage with this id; raises `UnknownPassage`."""
        found = self.passages([passage_id])
        if not found:
            raise UnknownPassage(f"no passage has the id {passage_id}; its document was changed or removed")
        return found[0]

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """Passages in the order asked. Those that are gone meanwhile are left out."""
        wanted = [int(passage_id) for passage_id in ids]
        rows = self.connection.read(
            f"{PASSAGE_SQL} WHERE p.id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),)
        )
        by_id = {row[0]: row_passage(row) for row in rows}
        return [by_id[passage_id] for passage_id in wanted if passage_id in by_id]

    def document_passages(self, document_id: str) -> list[Passage]:
        """Passages of one document in their order."""
        rows = self.connection.read(f"{PASSAGE_SQL} WHERE p.document = ? ORDER BY p.start, p.id", (document_id,))
        return [row_passage(row) for row in rows]

    def passage_ids(self) -> list[int]:
        """Ids of all passages, ascending."""
        return [row[0] for row in self.connection.read("SELECT id FROM passages ORDER BY id")]

    def passage_count(self) -> int:
        """How many passages there are."""
        return int(self.connection.read("SELECT count(*) FROM passages")[0][0])

    def keyword_search(
        self, question: str, limit: int, translations: Mapping[str, float] | None = None
    ) -> list[tuple[int, float]]:
        """(passage id, BM25 score, higher is better) of the best matches; [] when nothing can be searched for.

        `translations`: English words that the question may mean, each with how much its matches count (0..1).
        """
        if translations and limit > 0:
            return self._weighted_search(weighted_terms(question, translations), limit)
        query = keyword_query(question)
        if not query or limit < 1:
            return []
        rows = self.connection.read(
            "SELECT rowid, -bm25(passages_fts, ?, ?) AS score FROM passages_fts WHERE passages_fts MATCH ?"
            " ORDER BY score DESC, rowid LIMIT ?",
            (LEAD_WEIGHT, TEXT_WEIGHT, query, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def _weighted_search(self, weights: Mapping[str, float], limit: int) -> list[tuple[int, float]]:
        """BM25 is a sum over terms, so each can be weighted by itself."""
        if not weights:
            return []
        one = "SELECT rowid, ? * -bm25(passages_fts, ?, ?) AS score FROM passages_fts WHERE passages_fts MATCH ?"
        values = [v for term, weight in weights.items() for v in (weight, LEAD_WEIGHT, TEXT_WEIGHT, f'"{term}"')]
        rows = self.connection.read(
            # Materialized: a single term would be merged into the sum, where bm25() cannot be computed.
            f"WITH hits (id, score) AS MATERIALIZED ({' UNION ALL '.join([one] * len(weights))})"
            " SELECT id, sum(score) AS score FROM hits GROUP BY id ORDER BY score DESC, id LIMIT ?",
            (*values, limit),
        )
        return [(row[0], row[1]) for row in rows]

    # Vectors

    def store_vectors(self, encoder: str, ids: Sequence[int], vectors: FloatArray) -> None:
        """Store the (n, dim) vectors of passages; those of passages that are gone meanwhile are dropped."""
        if len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} passage ids for {len(vectors)} vectors; there must be one for each")
        if not len(ids):
            return
        blobs = [row.tobytes() for row in np.ascontiguousarray(vectors, dtype=STORED_FLOAT)]
        with self.connection.transaction():
            number = self._encoder_number(encoder, vectors.shape[1])
            self.connection.write_many(
                "INSERT OR REPLACE INTO vectors (encoder, passage, vector) SELECT ?, id, ? FROM passages WHERE id = ?",
                [(number, blob, int(passage_id)) for passage_id, blob in zip(ids, blobs, strict=True)],
            )
            self._changed()

    def load_vectors(self, encoder: str) -> tuple[IntArray, FloatArray]:
        """Passage ids (n,) ascending, and their vectors (n, dim)."""
        rows = self.connection.read(
            "SELECT v.passage, v.vector FROM vectors AS v JOIN encoders AS e ON e.id = v.encoder"
            " WHERE e.fingerprint = ? ORDER BY v.passage",
            (encoder,),
        )
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        flat = np.frombuffer(b"".join(row[1] for row in rows), dtype=STORED_FLOAT).astype(np.float32)
        return ids, flat.reshape(len(rows), -1) if rows else np.zeros((0, 0), dtype=np.float32)

    def passages_without_vectors(self, encoder: str) -> list[Passage]:
        """Passages that this encoder has not encoded yet, by id."""
        rows = self.connection.read(
            f"{PASSAGE_SQL} WHERE p.id NOT IN (SELECT v.passage FROM vectors AS v JOIN encoders AS e"
            " ON e.id = v.encoder WHERE e.fingerprint = ?) ORDER BY p.id",
            (encoder,),
        )
        return [row_passage(row) for row in rows]

    def drop_other_vectors(self, encoder: str) -> int:
        """Delete the vectors of all other encoders, which nothing reads any more; returns how many encoders went."""
        with self.connection.transaction():
            dropped = self.connection.write("DELETE FROM encoders WHERE fingerprint != ?", (encoder,))
            if dropped:
                self._changed()
        return dropped

    def version(self) -> int:
        """Changes with every change of passages or vectors, by this or another process."""
        return int(self.connection.read("SELECT value FROM counters WHERE name = 'version'")[0][0])

    def _changed(self) -> None:
        self.connection.write("UPDATE counters SET value = value + 1 WHERE name = 'version'")

    def _unfinish(self, document_id: str, new_file: str | None) -> None:
        """A file that loses a document to somebody else no longer counts as ingested, so that it can come back."""
        self.connection.write(
            "UPDATE files SET fingerprint = ''"
            " WHERE path = (SELECT file FROM documents WHERE id = ?) AND path IS NOT ?",
            (document_id, new_file),
        )

    def _encoder_number(self, fingerprint: str, dim: int) -> int:
        rows = self.connection.read("SELECT id, dim FROM encoders WHERE fingerprint = ?", (fingerprint,))
        if not rows:
            return self.connection.insert("INSERT INTO encoders (fingerprint, dim) VALUES (?, ?)", (fingerprint, dim))
        number, stored_dim = rows[0]
        if stored_dim != dim:
            raise ValueError(f"encoder {fingerprint} has stored vectors of {stored_dim} numbers, not {dim}")
        return int(number)

    def _replace_passages(self, document_id: str, passages: Sequence[Passage]) -> None:
        old = self.connection.read("SELECT id, lead, text FROM passages WHERE document = ? ORDER BY id", (document_id,))
        reusable: dict[tuple[str, str], list[int]] = {}
        for number, lead, text in reversed(old):
            reusable.setdefault((lead, text), []).append(number)
        new = []
        for passage in passages:
            place = (passage.start, passage.end, path_json(passage.heading_path))
            same = reusable.get((passage.lead, passage.text))
            if same:
                self.connection.write(
                    'UPDATE passages SET start = ?, "end" = ?, heading_path = ? WHERE id = ?', (*place, same.pop())
                )
            else:
                new.append((document_id, *place, passage.lead, passage.text))
        gone = [(number,) for numbers in reusable.values() for number in numbers]
        self.connection.write_many("DELETE FROM passages WHERE id = ?", gone)
        self.connection.write_many(
            'INSERT INTO passages (document, start, "end", heading_path, lead, text) VALUES (?, ?, ?, ?, ?, ?)', new
        )
