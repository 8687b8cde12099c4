"""Which file a document id belongs to, when folders overlap, move or hold the same names."""

import shutil

import pytest
from ingest_samples import counts, docs_in, ids, write

from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.ingest import IngestReport, ingest
from knowledge_base.store import KnowledgeBase


@pytest.fixture
def docs(tmp_path):
    return docs_in(tmp_path / "docs")


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as opened:
        yield opened


def test_the_same_id_from_another_folder_is_refused(knowledge_base, docs, tmp_path):
    other = write(tmp_path / "other", "fees.md", "Something else.")
    report = ingest([docs, tmp_path / "other"], knowledge_base)
    assert report.added == 2
    assert report.refused[0].path == str(other)
    assert report.refused[0].reason.startswith(
        f"its id 'fees.md' already belongs to {docs / 'fees.md'}; ingest a folder"
    )
    assert knowledge_base.document("fees.md").text == "Fees\n\nFive euros."


def test_the_same_id_with_the_same_content_is_unchanged(knowledge_base, docs, tmp_path):
    ingest([docs], knowledge_base)
    shutil.copytree(docs, tmp_path / "copy")
    assert ingest([tmp_path / "copy"], knowledge_base) == IngestReport(0, 0, 2, 0, (), 3)


def test_a_moved_folder_takes_its_documents_along(knowledge_base, docs, tmp_path):
    ingest([docs], knowledge_base)
    docs.rename(tmp_path / "moved")
    write(tmp_path / "moved", "fees.md", "Seven.")
    assert counts(ingest([tmp_path / "moved"], knowledge_base, prune=True)) == (0, 1, 1, 0)
    assert {document.file for document in knowledge_base.documents()} == {
        str(tmp_path / "moved" / "fees.md"),
        str(tmp_path / "moved" / "post" / "parcel.md"),
    }


def test_the_id_of_a_document_without_a_file_is_not_taken(knowledge_base, docs):
    document = Document("fees.md", "T", "Typed at the desk.")
    knowledge_base.add_document(document, cut_passages(document))
    report = ingest([docs], knowledge_base)
    assert "belongs to a document that came without a file" in report.refused[0].reason
    assert knowledge_base.document("fees.md") == document


def test_one_file_of_an_ingested_folder_refreshes_its_document(knowledge_base, docs):
    ingest([docs], knowledge_base)
    path = write(docs, "post/parcel.md", "Three days.")
    assert counts(ingest([path], knowledge_base)) == (0, 1, 0, 0)
    assert ids(knowledge_base) == ["fees.md", "post/parcel.md"]


def test_a_wider_folder_renames_the_documents(knowledge_base, docs):
    write(docs, "parcel.md", "Another one.")
    ingest([docs / "post"], knowledge_base)
    assert ids(knowledge_base) == ["parcel.md"]
    report = ingest([docs], knowledge_base)
    assert report.refused == ()
    assert ids(knowledge_base) == ["fees.md", "parcel.md", "post/parcel.md"]
    assert knowledge_base.document("parcel.md").text == "Another one."


def test_a_document_removed_at_the_desk_comes_back_with_its_file(knowledge_base, docs):
    ingest([docs], knowledge_base)
    knowledge_base.remove_document("fees.md")
    assert counts(ingest([docs], knowledge_base)) == (1, 0, 1, 0)


def test_a_copy_steps_in_when_the_first_file_is_pruned(knowledge_base, docs, tmp_path):
    ingest([docs], knowledge_base)
    shutil.copytree(docs, tmp_path / "copy")
    ingest([tmp_path / "copy"], knowledge_base)
    (docs / "fees.md").unlink()
    ingest([docs], knowledge_base, prune=True)
    assert ids(knowledge_base) == ["post/parcel.md"]
    assert counts(ingest([tmp_path / "copy"], knowledge_base)) == (1, 0, 1, 0)
