"""Files and folders go into the knowledge base: new, changed, unchanged, gone, refused."""

import shutil

import pytest
from ingest_samples import counts, docs_in, ids, write

from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.ingest import IngestReport, Refusal, ingest
from knowledge_base.store import KnowledgeBase


@pytest.fixture
def docs(tmp_path):
    return docs_in(tmp_path / "docs")


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as opened:
        yield opened


def test_a_folder_is_ingested_with_ids_relative_to_it(knowledge_base, docs):
    assert ingest([docs], knowledge_base) == IngestReport(2, 0, 0, 0, (), 3)
    assert ids(knowledge_base) == ["fees.md", "post/parcel.md"]


def test_paths_may_be_text(knowledge_base, docs):
    assert ingest([str(docs)], knowledge_base).added == 2


def test_an_unchanged_folder_is_not_touched(knowledge_base, docs):
    ingest([docs], knowledge_base)
    version = knowledge_base.version()
    assert ingest([docs], knowledge_base) == IngestReport(0, 0, 2, 0, (), 3)
    assert knowledge_base.version() == version


def test_an_unchanged_file_is_not_parsed_again(knowledge_base, docs, monkeypatch):
    ingest([docs], knowledge_base)
    monkeypatch.setattr("knowledge_base.ingest.parse_file", None)
    assert counts(ingest([docs], knowledge_base)) == (0, 0, 2, 0)


def test_a_touched_file_of_equal_content_is_unchanged(knowledge_base, docs):
    ingest([docs], knowledge_base)
    write(docs, "fees.md", "# Fees\n\nFive\neuros.\n\n")
    version = knowledge_base.version()
    assert counts(ingest([docs], knowledge_base)) == (0, 0, 2, 0)
    assert knowledge_base.version() == version


def test_a_changed_file_replaces_its_passages(knowledge_base, docs):
    ingest([docs], knowledge_base)
    write(docs, "fees.md", "# Fees\n\nSix dollars.\n")
    assert counts(ingest([docs], knowledge_base)) == (0, 1, 1, 0)
    assert knowledge_base.keyword_search("euros", 5) == []
    assert len(knowledge_base.keyword_search("dollars", 5)) == 1


def test_a_file_that_is_gone_stays_without_prune(knowledge_base, docs):
    ingest([docs], knowledge_base)
    (docs / "fees.md").unlink()
    assert counts(ingest([docs], knowledge_base)) == (0, 0, 1, 0)
    assert ids(knowledge_base) == ["fees.md", "post/parcel.md"]


def test_prune_drops_what_is_gone(knowledge_base, docs):
    ingest([docs], knowledge_base)
    (docs / "fees.md").unlink()
    assert ingest([docs], knowledge_base, prune=True) == IngestReport(0, 0, 1, 1, (), 2)
    assert ids(knowledge_base) == ["post/parcel.md"]


def test_prune_leaves_other_folders_and_documents_without_a_file(knowledge_base, docs, tmp_path):
    other = write(tmp_path / "other", "a.md", "Text.")
    ingest([docs, tmp_path / "other"], knowledge_base)
    document = Document("typed", "T", "Typed at the desk.")
    knowledge_base.add_document(document, cut_passages(document))
    other.unlink()
    shutil.rmtree(docs / "post")
    assert ingest([docs], knowledge_base, prune=True).removed == 1
    assert ids(knowledge_base) == ["a.md", "fees.md", "typed"]


def test_prune_of_a_folder_that_is_gone_itself_drops_nothing(knowledge_base, docs):
    ingest([docs], knowledge_base)
    shutil.rmtree(docs)
    report = ingest([docs], knowledge_base, prune=True)
    assert report.removed == 0
    assert report.refused == (Refusal(str(docs), "does not exist"),)


def test_prune_keeps_what_is_now_refused(knowledge_base, docs):
    ingest([docs], knowledge_base)
    (docs / "fees.md").write_bytes(b"")
    report = ingest([docs], knowledge_base, prune=True)
    assert (report.removed, report.refused) == (0, (Refusal(str(docs / "fees.md"), "is empty"),))
    assert knowledge_base.document("fees.md").text == "Fees\n\nFive euros."


def test_a_bad_file_is_refused_with_its_reason_and_the_rest_goes_on(knowledge_base, docs):
    write(docs, "a.xyz", "x")
    write(docs, "b.md", "")
    (docs / "c.pdf").write_bytes(b"%PDF-1.4 cut off")
    report = ingest([docs], knowledge_base)
    assert report.added == 2
    assert [(refusal.path, refusal.reason.split(";")[0]) for refusal in report.refused] == [
        (str(docs / "a.xyz"), "has the ending '.xyz'"),
        (str(docs / "b.md"), "is empty"),
        (str(docs / "c.pdf"), "ends too early (an unfinished download?)"),
    ]


def test_a_refused_file_is_refused_again_next_time(knowledge_base, docs):
    write(docs, "b.md", "")
    assert len(ingest([docs], knowledge_base).refused) == 1
    assert len(ingest([docs], knowledge_base).refused) == 1


def test_headings_without_text_are_refused(knowledge_base, docs):
    path = write(docs, "empty.md", "# Only\n\n## Headings\n")
    assert ingest([path], knowledge_base).refused == (Refusal(str(path), "holds headings but no text"),)


def only_english(text):
    return "is not in English" if "nicht" in text else None


def test_the_language_check_refuses_with_its_reason(knowledge_base, docs):
    path = write(docs, "de.md", "Das ist nicht Englisch.")
    report = ingest([docs], knowledge_base, language_check=only_english)
    assert report.refused == (Refusal(str(path), "is not in English"),)
    assert "de.md" not in ids(knowledge_base)


def test_the_language_check_sees_question_and_answer(knowledge_base, tmp_path):
    seen = []
    ingest([write(tmp_path, "f.csv", "question,answer\nWhy?,Yes.\n")], knowledge_base, language_check=seen.append)
    assert seen == ["Why?\nYes."]


def test_a_document_that_turns_bad_stays_as_it_was(knowledge_base, docs):
    ingest([docs], knowledge_base, language_check=only_english)
    write(docs, "fees.md", "Das ist nicht Englisch.")
    report = ingest([docs], knowledge_base, language_check=only_english)
    assert (report.changed, len(report.refused)) == (0, 1)
    assert knowledge_base.document("fees.md").text == "Fees\n\nFive euros."
    assert len(knowledge_base.keyword_search("euros", 5)) == 1


def test_gone_rows_of_a_faq_are_dropped(knowledge_base, tmp_path):
    path = write(tmp_path, "faq.csv", "id,question,answer\na,A?,One.\nb,B?,Two.\nc,C?,Three.\n")
    assert counts(ingest([path], knowledge_base)) == (3, 0, 0, 0)
    write(tmp_path, "faq.csv", "id,question,answer\na,A?,One.\nc,C?,Four.\n")
    assert counts(ingest([path], knowledge_base)) == (0, 1, 1, 1)
    assert ids(knowledge_base) == ["faq.csv#a", "faq.csv#c"]


def test_a_faq_row_that_turns_bad_stays_as_it_was(knowledge_base, tmp_path):
    path = write(tmp_path, "faq.csv", "id,question,answer\na,A?,One.\nb,B?,Two.\n")
    ingest([path], knowledge_base)
    write(tmp_path, "faq.csv", "id,question,answer\na,A?,\nb,B?,New.\n")
    report = ingest([path], knowledge_base)
    assert counts(report) == (0, 1, 0, 0)
    assert report.refused == (Refusal(f"{path}#a", "entry 1 has no answer"),)
    assert knowledge_base.document("faq.csv#a").text == "One."


def test_a_refused_faq_row_is_named(knowledge_base, tmp_path):
    path = write(tmp_path, "faq.csv", "question,answer\nA?,One.\nB?,Das nicht.\n")
    report = ingest([path], knowledge_base, language_check=only_english)
    assert report.refused == (Refusal(f"{path}#2", "is not in English"),)
    assert ids(knowledge_base) == ["faq.csv#1"]


def test_the_knowledge_base_itself_is_not_ingested(docs):
    with KnowledgeBase(docs / "k.db") as knowledge_base:
        assert ingest([docs], knowledge_base).refused == ()


def test_a_missing_path_is_refused_and_the_rest_goes_on(knowledge_base, docs):
    report = ingest([docs / "nope", docs], knowledge_base)
    assert report.added == 2
    assert report.refused == (Refusal(str(docs / "nope"), "does not exist"),)


def test_nothing_to_ingest_is_nothing_done(knowledge_base, tmp_path):
    (tmp_path / "void").mkdir()
    assert ingest([tmp_path / "void"], knowledge_base) == IngestReport(0, 0, 0, 0, (), 0)


def test_progress_tells_each_file_and_the_end(knowledge_base, docs):
    calls = []
    ingest([docs], knowledge_base, on_progress=lambda *call: calls.append(call))
    assert calls == [
        (0, 2, str(docs / "fees.md")),
        (1, 2, str(docs / "post" / "parcel.md")),
        (2, 2, ""),
    ]


def test_progress_inside_a_long_list_is_told(knowledge_base, tmp_path):
    path = write(tmp_path, "f.csv", "question,answer\n" + "".join(f"Q{n}?,A{n}.\n" for n in range(250)))
    names = []
    ingest([path], knowledge_base, on_progress=lambda done, total, name: names.append(name))
    assert names == [str(path), f"{path} (100 of 250)", f"{path} (200 of 250)", ""]


def test_script_in_a_document_is_just_text(knowledge_base, tmp_path):
    ingest([write(tmp_path, "a.txt", "<script>alert('x')</script> \" * NEAR( lamp")], knowledge_base)
    ((found, _),) = knowledge_base.keyword_search("lamp", 5)
    assert knowledge_base.passage(found).text == "<script>alert('x')</script> \" * NEAR( lamp"


def test_file_names_of_any_bytes_are_ingested(knowledge_base, tmp_path):
    folder = tmp_path / "docs"
    write(folder, "Gebühr – 料金.md", "Text.")
    (tmp_path / "docs" / b"bad\xff.md".decode("utf-8", "surrogateescape")).write_text("Text.")
    assert ingest([folder], knowledge_base).added == 2
    assert ids(knowledge_base) == ["Gebühr – 料金.md", "bad\ufffd.md"]
