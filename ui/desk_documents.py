"""The desk's documents: the list, uploads from preview to index, deletion, re-indexing. Plain functions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from knowledge_base.documents import Document, Passage
from knowledge_base.publishing import publish, recut
from knowledge_base.store_rows import DocumentInfo
from retrieval.model_types import FloatArray
from ui.desk import Desk
from ui.desk_jobs import OnProgress
from ui.desk_upload import RefusedFile, Staged, StagedDocument, UploadedFile, as_replacement, stage

DOCUMENTS_PER_PAGE = 50

PASSAGES_PER_WRITE = 1024
"""Vectors written in one step when everything is encoded anew; the retriever reloads once for each step."""

PASSAGES_PER_ENCODING = 32
"""Encoded between two reports of progress."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A line of the list."""

    info: DocumentInfo
    not_english: str | None
    changed_at: datetime | None
    cited: int


@dataclass(frozen=True, slots=True)
class DocumentList:
    """One page of the list."""

    rows: tuple[DocumentRow, ...]
    search: str
    page: int
    """From 1."""
    pages: int
    found: int
    """Documents that the search leaves."""
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """One document as it is indexed."""

    document: Document
    passages: tuple[Passage, ...]
    row: DocumentRow


@dataclass(frozen=True, slots=True)
class PreviewedDocument:
    """A document of an upload, and what is there under its id now."""

    staged: StagedDocument
    present_passages: int | None
    """None: it is new."""
    unchanged: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """An upload before it is accepted."""

    token: str
    documents: tuple[PreviewedDocument, ...]
    refused: tuple[RefusedFile, ...]


def list_documents(desk: Desk, search: str = "", page: int = 1) -> DocumentList:
    """One page of the documents whose title or id holds the words searched for."""
    infos = desk.knowledge_base.documents()
    words = search.casefold().split()
    found = [info for info in infos if all(word in f"{info.title} {info.id}".casefold() for word in words)]
    pages = max(1, -(-len(found) // DOCUMENTS_PER_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * DOCUMENTS_PER_PAGE : page * DOCUMENTS_PER_PAGE]
    return DocumentList(
        tuple(_rows(desk, shown)),
        search,
        page,
        pages,
        len(found),
        len(infos),
        sum(info.passages for info in infos),
    )


def show_document(desk: Desk, document_id: str) -> DocumentDetail | None:
    """A document with its passages; None when it is gone."""
    document = desk.knowledge_base.document(document_id)
    info = next((info for info in desk.knowledge_base.documents() if info.id == document_id), None)
    if document is None or info is None:
        return None
    return DocumentDetail(
        document, tuple(desk.knowledge_base.document_passages(document_id)), next(iter(_rows(desk, [info])))
    )


def delete_document(desk: Desk, document_id: str) -> bool:
    """Take a document out; False when there is none."""
    return desk.knowledge_base.remove_document(document_id)


def receive_upload(desk: Desk, files: Sequence[UploadedFile], replaces: str | None = None) -> str:
    """Parse an upload and keep it for the preview; returns its token. Raises UploadRefused."""
    staged = stage(files, desk.language_check)
    return desk.uploads.put(as_replacement(staged, replaces) if replaces else staged)


def preview(desk: Desk, token: str) -> Preview | None:
    """What an upload would change; None when it waits no longer."""
    staged = desk.uploads.get(token)
    if staged is None:
        return None
    present = {info.id: info.passages for info in desk.knowledge_base.documents()}
    documents = []
    for one in staged.documents:
        stored = desk.knowledge_base.document(one.document.id)
        unchanged = stored is not None and stored.content_hash == one.document.content_hash
        documents.append(PreviewedDocument(one, present.get(one.document.id), unchanged))
    return Preview(token, tuple(documents), staged.refused)


def accept_upload(desk: Desk, token: str, also: Collection[str] = ()) -> bool:
    """Store and index an upload in the background; False when it waits no longer or other work is going on.

    `also`: ids of documents to take although the language check is against them.
    """
    staged = desk.uploads.get(token)
    if staged is None:
        return False
    wanted = [one.document for one in staged.documents if one.not_english is None or one.document.id in also]
    if not desk.jobs.start("Adding documents", lambda on_progress: _publish_all(desk, wanted, on_progress)):
        return False
    desk.uploads.take(token)
    return True


def reindex(desk: Desk) -> bool:
    """Cut and encode everything anew in the background, while questions are answered from what is there.

    False while other work is going on.
    """
    return desk.jobs.start("Re-indexing", lambda on_progress: _reindex(desk, on_progress))


def discard_upload(desk: Desk, token: str) -> None:
    """Forget an upload."""
    desk.uploads.take(token)


def waiting_upload(desk: Desk, token: str) -> Staged | None:
    """The upload of that token."""
    return desk.uploads.get(token)


def _publish_all(desk: Desk, documents: Sequence[Document], on_progress: OnProgress) -> str:
    for done, document in enumerate(documents):
        on_progress(done, len(documents), document.title)
        publish(desk.knowledge_base, document, desk.encoder.fingerprint, desk.encoder.encode_passages)
    on_progress(len(documents), len(documents), "")
    return f"{len(documents)} document{'' if len(documents) == 1 else 's'} added or replaced and indexed."


def _reindex(desk: Desk, on_progress: OnProgress) -> str:
    knowledge_base, encoder = desk.knowledge_base, desk.encoder
    recut(knowledge_base, encoder.fingerprint, encoder.encode_passages, on_progress)
    ids = knowledge_base.passage_ids()
    done = 0
    on_progress(done, len(ids), "")
    for start in range(0, len(ids), PASSAGES_PER_WRITE):
        passages = knowledge_base.passages(ids[start : start + PASSAGES_PER_WRITE])
        vectors: list[FloatArray] = []
        for begin in range(0, len(passages), PASSAGES_PER_ENCODING):
            part = passages[begin : begin + PASSAGES_PER_ENCODING]
            vectors.extend(encoder.encode_passages([passage.indexed_text for passage in part]))
            done += len(part)
            on_progress(done, len(ids), part[-1].title)
        # Written over the present ones in one step: a question in between sees the old or the new, never a hole.
        knowledge_base.store_vectors(encoder.fingerprint, [p.id for p in passages], np.array(vectors))
    return f"{len(ids)} passages encoded anew."


def _rows(desk: Desk, infos: Sequence[DocumentInfo]) -> list[DocumentRow]:
    cited, changed = desk.reports.citations(), desk.reports.change_times()
    rows = []
    for info in infos:
        document = desk.knowledge_base.document(info.id)
        finding = desk.not_english(document) if document else None
        rows.append(DocumentRow(info, finding, changed.get(info.id), cited.get(info.id, 0)))
    return rows
