"""Files and folders -> the knowledge base: what is new or changed is stored, the rest is not touched.

Each document is one transaction and a file counts as done when all of its documents are, so a run that was killed
is continued by the next one and ends the same. Knows nothing of languages: the check comes from above.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from knowledge_base.chunking import CUTTER_VERSION, cut_passages
from knowledge_base.documents import Document
from knowledge_base.loaders import LOADER_VERSION, check_kind, document_id, parse_file, search_files
from knowledge_base.loaders_errors import LoadError
from knowledge_base.loaders_read import printable, read_bytes
from knowledge_base.publishing import VectorMaker, publish, source_hash
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_files import FileRegister

LanguageCheck = Callable[[str], str | None]
"""Text -> why it is refused, or None."""

Progress = Callable[[int, int, str], None]
"""(files done, files in all, name of the one at hand); the last call has done == total."""

DOCUMENTS_PER_PROGRESS = 100
"""A file with thousands of questions tells this often that it is alive."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or an entry of it, that was not taken. What an earlier run stored of it stays."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingestion did, counted in documents."""

    added: int
    changed: int
    unchanged: int
    removed: int
    refused: tuple[Refusal, ...]
    passages: int
    """Passages in the knowledge base now."""


def ingest(
    paths: Sequence[Path | str],
    knowledge_base: KnowledgeBase,
    *,
    prune: bool = False,
    language_check: LanguageCheck | None = None,
    vectors: VectorMaker | None = None,
    on_progress: Progress | None = None,
) -> IngestReport:
    """Add or refresh the documents of files and folders.

    `prune` also drops the documents of files that are gone from the given folders. An id belongs to the file that
    brought it for as long as that file exists: another file with the same id and other content is refused.
    With `vectors` a changed document is replaced together with them, so that whoever asks meanwhile finds the old one
    until the new one is whole; new documents get theirs from the indexer, which encodes many at once.
    """
    run = _Run(knowledge_base, language_check, on_progress or (lambda done, total, name: None), vectors)
    run.files(paths)
    if prune:
        run.prune(paths)
    return run.report()


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    """As given."""
    key: str
    """Absolute path as text: what the register knows it by."""
    root: str
    widened: bool
    """A folder further up is ingested than last time, so ids change."""


@dataclass
class _Run:
    knowledge_base: KnowledgeBase
    language_check: LanguageCheck | None
    on_progress: Progress
    vectors: VectorMaker | None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: list[Refusal] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)
    present: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.register = FileRegister(self.knowledge_base)

    def report(self) -> IngestReport:
        return IngestReport(
            self.added,
            self.changed,
            self.unchanged,
            self.removed,
            tuple(self.refused),
            self.knowledge_base.passage_count(),
        )

    def files(self, paths: Sequence[Path | str]) -> None:
        found, problems = search_files(paths)
        for problem in problems:
            self._refuse(problem)
            self.unsearched.append(_absolute(problem.path))
        files = [self._known(path, root) for path, root in found if not self._is_own(path)]
        self.present = {file.key for file in files}
        # Files whose ids change come first: they free ids that others may need.
        for done, file in enumerate(sorted(files, key=lambda file: not file.widened)):
            self._file(file, partial(self.on_progress, done, len(files)))
        self.on_progress(len(files), len(files), "")

    def prune(self, paths: Sequence[Path | str]) -> None:
        """Drop what is gone, but nothing under a folder that could not be searched this time."""
        folders = [_absolute(path) for path in paths if Path(path).is_dir()]
        for file in self.register.all_under(folders):
            if file.path in self.present or any(Path(file.path).is_relative_to(path) for path in self.unsearched):
                continue
            for gone in self.register.document_ids(file.path):
                self._remove(gone)
            self.register.forget([file.path])

    def _known(self, path: Path, root: Path) -> _File:
        key, folder = _absolute(path), _absolute(root)
        known = self.register.find(key)
        if known is None or known.root == folder:
            return _File(path, key, folder, widened=False)
        # `ingest docs` then `ingest docs/returns` refreshes the same documents: the wider folder names them.
        widened = Path(known.root).is_relative_to(folder)
        return _File(path, key, folder if widened else known.root, widened)

    def _is_own(self, path: Path) -> bool:
        own = os.path.abspath(self.knowledge_base.path)
        return os.path.abspath(path) in (own, f"{own}-wal", f"{own}-shm", f"{own}-journal")

    def _file(self, file: _File, tell: Callable[[str], None]) -> None:
        tell(printable(file.path))
        try:
            check_kind(file.path)
            data = read_bytes(file.path)
            fingerprint = _fingerprint(data, file.root)
            known = self.register.find(file.key)
            if known is not None and known.fingerprint == fingerprint:
                self.unchanged += len(self.register.document_ids(file.key))
                return
            loaded = parse_file(file.path, data, document_id(file.path, Path(file.root)))
        except LoadError as error:
            self._refuse(error)
            return
        self.register.begin(file.key, file.root)
        refused_before = len(self.refused)
        for number, document in enumerate(loaded.documents):
            if number and number % DOCUMENTS_PER_PROGRESS == 0:
                tell(f"{printable(file.path)} ({number} of {len(loaded.documents)})")
            self._document(file, document)
        for problem in loaded.left_out:
            self._refuse(problem)
        named = {document.id for document in loaded.documents}
        named |= {problem.document_id for problem in loaded.left_out if problem.document_id}
        nothing_refused = len(self.refused) == refused_before
        self._finish(file, named, fingerprint if nothing_refused else "")

    def _finish(self, file: _File, named: set[str], fingerprint: str) -> None:
        with self.knowledge_base.connection.transaction():
            owned = set(self.register.document_ids(file.key))
            for gone in sorted(owned - named):
                self._remove(gone)
            # Unfinished when something was refused or belongs to an equal file elsewhere: the next run looks again.
            self.register.complete(file.key, fingerprint if owned >= named else "")
            self.register.forget([file.key])

    def _document(self, file: _File, document: Document) -> None:
        stored_hash = self.knowledge_base.content_hash(document.id)
        wanted_hash = source_hash(document)
        owner = self.register.owner(document.id)
        if stored_hash == wanted_hash:
            self.unchanged += 1
            if owner != file.key and not _exists(owner):
                self.register.hand_over(document.id, file.key)
            return
        passages = cut_passages(document)
        reason = self._objection(file, document, owner) or ("" if passages else "holds headings but no text")
        if reason:
            where = printable(file.path) + document.id[len(document_id(file.path, Path(file.root))) :]
            self.refused.append(Refusal(where, reason))
            return
        if self.vectors and stored_hash is not None:
            publish(self.knowledge_base, document, self.vectors.encoder, self.vectors.encode, file=file.key)
        else:
            self.knowledge_base.add_document(document, passages, source_hash=wanted_hash, file=file.key)
        if stored_hash is None:
            self.added += 1
        else:
            self.changed += 1

    def _objection(self, file: _File, document: Document, owner: str | None) -> str | None:
        if owner is not None and owner != file.key and (not owner or _exists(owner)):
            return (
                f"its id {document.id!r} already belongs to {owner or 'a document that came without a file'}; "
                "ingest a folder that holds both, rename one, or remove the other first"
            )
        if self.language_check is None:
            return None
        text = f"{document.question}\n{document.text}" if document.question else document.text
        return self.language_check(text)

    def _remove(self, gone: str) -> None:
        self.removed += self.knowledge_base.remove_document(gone)

    def _refuse(self, error: LoadError) -> None:
        self.refused.append(Refusal(printable(error.path), error.reason))


def _absolute(path: Path | str) -> str:
    return printable(os.path.abspath(path))


def _exists(owner: str | None) -> bool:
    return bool(owner) and os.path.lexists(str(owner))


def _fingerprint(data: bytes, root: str) -> str:
    return f"{hashlib.sha256(data).hexdigest()}.{LOADER_VERSION}.{CUTTER_VERSION}.{root}"
