"""What is put into a knowledge base comes out of it, and what is taken out leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Heading, Passage
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_errors import UnknownPassage
from knowledge_base.store_rows import DocumentInfo

ARTICLE = Document(
    id="fees.md",
    title="Fees",
    text="Late\n\nFive euros for the AX-200.\n\nNone\n\nNo fee otherwise.",
    kind="markdown",
    headings=(Heading(0, 4, 2, "Late"), Heading(34, 38, 2, "None")),
    url="https://example.com/fees",
    tags=("money", "fees"),
    translated_titles={"de": "Gebühren"},
    updated="2026-01-02",
)


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as opened:
        yield opened


def add(knowledge_base, document):
    knowledge_base.add_document(document, cut_passages(document))


def rows_left(knowledge_base):
    tables = ("documents", "passages", "vectors", "passages_fts_docsize")
    return [knowledge_base.connection.read(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def check_keyword_index(knowledge_base):
    knowledge_base.connection.write("INSERT INTO passages_fts (passages_fts, rank) VALUES ('integrity-check', 1)")


def test_a_document_comes_back_equal(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.document("fees.md") == ARTICLE


def test_an_unknown_document_is_none(knowledge_base):
    assert knowledge_base.document("x") is None
    assert knowledge_base.content_hash("x") is None


def test_the_list_shows_everything_but_the_text(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.documents() == [
        DocumentInfo(
            id="fees.md",
            title="Fees",
            kind="markdown",
            question=None,
            url="https://example.com/fees",
            tags=("money", "fees"),
            translated_titles={"de": "Gebühren"},
            updated="2026-01-02",
            file=None,
            chars=57,
            passages=2,
        )
    ]


def test_content_hash_is_the_documents_own_or_the_one_given(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.content_hash("fees.md") == ARTICLE.content_hash
    knowledge_base.add_document(ARTICLE, [], source_hash="abc")
    assert knowledge_base.content_hash("fees.md") == "abc"


def test_passages_come_back_with_ids_title_and_path(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.passages([1, 2]) == [
        Passage(1, "fees.md", "Fees", ("Late",), 6, 32, "Five euros for the AX-200.", "https://example.com/fees"),
        Passage(2, "fees.md", "Fees", ("None",), 40, 57, "No fee otherwise.", "https://example.com/fees"),
    ]


def test_passages_come_in_the_order_asked_and_gone_ones_are_left_out(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert [passage.id for passage in knowledge_base.passages([2, 99, 1])] == [2, 1]


def test_numpy_ids_are_ids(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert [passage.id for passage in knowledge_base.passages(np.array([2, 1]))] == [2, 1]


def test_thousands_of_passages_can_be_asked_at_once(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert len(knowledge_base.passages(range(100_000))) == 2


def test_an_unknown_passage_says_so(knowledge_base):
    with pytest.raises(UnknownPassage, match="no passage has the id 7; its document was changed or removed"):
        knowledge_base.passage(7)


def test_a_changed_document_leaves_nothing_stale(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [1, 2], np.ones((2, 3), np.float32))
    add(knowledge_base, Document("fees.md", "Fees", "Nothing to pay."))
    assert rows_left(knowledge_base) == [1, 1, 0, 1]
    assert knowledge_base.keyword_search("AX-200 euros", 5) == []
    assert [id for id, _ in knowledge_base.keyword_search("pay", 5)] == knowledge_base.passage_ids()
    check_keyword_index(knowledge_base)


def test_a_removed_document_leaves_nothing(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [1, 2], np.ones((2, 3), np.float32))
    assert knowledge_base.remove_document("fees.md") is True
    assert rows_left(knowledge_base) == [0, 0, 0, 0]
    check_keyword_index(knowledge_base)


def test_removing_an_unknown_document_is_false_and_changes_nothing(knowledge_base):
    before = knowledge_base.version()
    assert knowledge_base.remove_document("x") is False
    assert knowledge_base.version() == before


def test_passages_that_stay_the_same_keep_their_id_and_vector(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [1, 2], np.eye(2, dtype=np.float32))
    text = "Late\n\nNow ten euros, for all models.\n\nNone\n\nNo fee otherwise."
    headings = (Heading(0, 4, 2, "Late"), Heading(38, 42, 2, "None"))
    add(knowledge_base, Document("fees.md", "Fees", text, "markdown", headings))
    assert [(p.id, p.start, p.text) for p in knowledge_base.document_passages("fees.md")] == [
        (3, 6, "Now ten euros, for all models."),
        (2, 44, "No fee otherwise."),
    ]
    ids, vectors = knowledge_base.load_vectors("e")
    assert (ids.tolist(), vectors.tolist()) == ([2], [[0.0, 1.0]])


def test_a_new_title_makes_new_passages_because_it_is_indexed(knowledge_base):
    add(knowledge_base, ARTICLE)
    add(knowledge_base, Document("fees.md", "Charges", ARTICLE.text, "markdown", ARTICLE.headings))
    assert knowledge_base.passage_ids() == [3, 4]


def test_equal_passages_of_one_document_are_two(knowledge_base):
    document = Document("a", "A", "Yes.\n\nYes.")
    passages = [Passage(0, "a", "A", (), 0, 4, "Yes."), Passage(0, "a", "A", (), 6, 10, "Yes.")]
    knowledge_base.add_document(document, passages)
    knowledge_base.add_document(document, passages)
    assert [(p.id, p.start) for p in knowledge_base.document_passages("a")] == [(1, 0), (2, 6)]


def test_ids_are_never_given_twice(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.remove_document("fees.md")
    add(knowledge_base, ARTICLE)
    assert knowledge_base.passage_ids() == [3, 4]


def test_a_failing_change_changes_nothing(knowledge_base):
    add(knowledge_base, ARTICLE)
    version = knowledge_base.version()
    broken = Passage(0, "fees.md", "Fees", (), None, 3, "New")  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL constraint failed"):
        knowledge_base.add_document(Document("fees.md", "Fees", "New"), [broken])
    assert knowledge_base.document("fees.md") == ARTICLE
    assert knowledge_base.passage_ids() == [1, 2]
    assert knowledge_base.version() == version


def test_keyword_search_finds_the_best_passage_first(knowledge_base):
    add(knowledge_base, ARTICLE)
    found = knowledge_base.keyword_search("How much is the late fee for AX-200?", 5)
    assert [passage_id for passage_id, _ in found] == [1, 2]
    assert found[0][1] > found[1][1] > 0


def test_keyword_search_finds_other_forms_of_a_word(knowledge_base):
    add(knowledge_base, Document("a", "A", "Returned parcels are refunded."))
    assert len(knowledge_base.keyword_search("returning refunds", 5)) == 1


def test_keyword_search_finds_what_the_question_may_mean(knowledge_base):
    add(knowledge_base, Document("a", "A", "Returns within thirty days."))
    add(knowledge_base, Document("b", "B", "Lamps by day."))
    assert knowledge_base.keyword_search("Rückgabe", 5) == []
    found = knowledge_base.keyword_search("Rückgabe", 5, {"return": 0.8, "the": 1.0, "lamp": 0.2})
    assert [knowledge_base.passage(number).document for number, _ in found] == ["a", "b"]
    assert found[0][1] > found[1][1] > 0


def test_one_translation_alone_is_searched_for(knowledge_base):
    add(knowledge_base, Document("a", "A", "Returns within thirty days."))
    assert len(knowledge_base.keyword_search("Rückgabe", 5, {"return": 0.8})) == 1
    assert len(knowledge_base.keyword_search("返品", 5, {"return": 0.8, "the": 1.0})) == 1


def test_own_words_count_wholly_beside_translations(knowledge_base):
    add(knowledge_base, Document("a", "A", "The lamp AX-200."))
    ((_, alone),) = knowledge_base.keyword_search("AX-200", 5)
    ((_, beside),) = knowledge_base.keyword_search("AX-200", 5, {"ax-200": 0.1})
    assert beside == pytest.approx(alone)
    assert knowledge_base.keyword_search("?", 5, {"the": 1.0}) == []


def test_keyword_search_ignores_accents(knowledge_base):
    add(knowledge_base, Document("a", "A", "The café opens at nine."))
    assert len(knowledge_base.keyword_search("cafe", 5)) == 1


def test_keyword_search_finds_a_code_asked_for_in_japanese(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert [passage_id for passage_id, _ in knowledge_base.keyword_search("AX200の料金はいくらですか", 5)] == [1]


def test_keyword_search_finds_the_question_of_a_faq_entry(knowledge_base):
    add(knowledge_base, Document("f#1", "Opening", "Nine to five.", "faq", question="When may I visit the showroom?"))
    assert len(knowledge_base.keyword_search("visit showroom", 5)) == 1


def test_keyword_search_of_nothing_is_nothing(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.keyword_search("who are you?", 5) == []
    assert knowledge_base.keyword_search("fee", 0) == []


def test_keyword_search_survives_query_syntax(knowledge_base):
    add(knowledge_base, ARTICLE)
    assert knowledge_base.keyword_search('" * NEAR( - AND', 5) == []


def test_vectors_come_back_as_float32_in_id_order(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [2, 1], np.array([[0.1, 0.2], [0.3, 0.4]], dtype=np.float64))
    ids, vectors = knowledge_base.load_vectors("e")
    assert ids.dtype == np.int64
    assert ids.tolist() == [1, 2]
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, np.array([[0.3, 0.4], [0.1, 0.2]], dtype=np.float32))


def test_vectors_of_each_encoder_are_apart(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("small", [1], np.ones((1, 2), np.float32))
    knowledge_base.store_vectors("large", [1, 2], np.ones((2, 4), np.float32))
    assert knowledge_base.load_vectors("small")[1].shape == (1, 2)
    assert knowledge_base.load_vectors("large")[1].shape == (2, 4)
    assert [passage.id for passage in knowledge_base.passages_without_vectors("small")] == [2]


def test_an_unknown_encoder_has_no_vectors(knowledge_base):
    ids, vectors = knowledge_base.load_vectors("e")
    assert (ids.shape, vectors.shape) == ((0,), (0, 0))


def test_vectors_of_passages_that_are_gone_are_dropped(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [1, 77], np.ones((2, 2), np.float32))
    assert knowledge_base.load_vectors("e")[0].tolist() == [1]


def test_vectors_of_another_size_are_refused(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("e", [1], np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match="encoder e has stored vectors of 2 numbers, not 3"):
        knowledge_base.store_vectors("e", [2], np.ones((1, 3), np.float32))


def test_an_id_for_each_vector_is_demanded(knowledge_base):
    with pytest.raises(ValueError, match="1 passage ids for 2 vectors"):
        knowledge_base.store_vectors("e", [1], np.ones((2, 3), np.float32))


def test_vectors_of_other_encoders_can_be_dropped(knowledge_base):
    add(knowledge_base, ARTICLE)
    knowledge_base.store_vectors("old", [1, 2], np.ones((2, 2), np.float32))
    knowledge_base.store_vectors("new", [1], np.ones((1, 2), np.float32))
    assert knowledge_base.drop_other_vectors("new") == 1
    assert rows_left(knowledge_base)[2] == 1


def test_version_changes_with_documents_and_vectors_only(knowledge_base):
    versions = [knowledge_base.version()]
    add(knowledge_base, ARTICLE)
    versions.append(knowledge_base.version())
    knowledge_base.store_vectors("e", [1], np.ones((1, 2), np.float32))
    versions.append(knowledge_base.version())
    knowledge_base.keyword_search("fee", 3)
    assert knowledge_base.version() == versions[-1]
    knowledge_base.remove_document("fees.md")
    versions.append(knowledge_base.version())
    assert versions == sorted(set(versions))


def test_version_shows_changes_of_another_connection(knowledge_base, tmp_path):
    before = knowledge_base.version()
    with KnowledgeBase(tmp_path / "k.db") as other:
        add(other, ARTICLE)
    assert knowledge_base.version() > before


def test_many_threads_write_and_read_at_once(knowledge_base):
    def work(number):
        add(knowledge_base, Document(f"{number}.md", "T", f"Text about lamp{number}."))
        (found,) = knowledge_base.keyword_search(f"lamp{number}", 1)
        return knowledge_base.passage(found[0]).document

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(80))) == [f"{number}.md" for number in range(80)]
    assert knowledge_base.passage_count() == 80
