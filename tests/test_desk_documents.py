import io
import threading
import zipfile

import pytest
from desk_samples import client_of, sample_desk, send

from chatbot.conversation import Conversation
from knowledge_base.documents import Document
from knowledge_base.publishing import NothingToAnswerFrom, publish
from knowledge_base.questions import LoggedQuestion
from ui import desk_documents as documents
from ui.desk_routes import PATH
from ui.desk_upload import UploadedFile

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def client(desk):
    with client_of(desk) as client:
        yield client


def upload(desk, name="gifts.md", text=b"# Gifts\n\nGift wrapping costs 4 euros.", replaces=None):
    return documents.receive_upload(desk, [UploadedFile(name, text)], replaces)


def listed(desk):
    return [row.info.id for row in documents.list_documents(desk).rows]


def test_the_list_has_every_document_with_its_passages(desk):
    found = documents.list_documents(desk)
    assert [(row.info.id, row.info.passages) for row in found.rows] == [("lamp.md", 1), ("returns.md", 1)]


def test_the_search_looks_at_titles_and_ids(desk):
    assert [row.info.id for row in documents.list_documents(desk, "about LAMP").rows] == ["lamp.md"]


def test_a_page_that_does_not_exist_is_the_last_one(desk):
    assert documents.list_documents(desk, page=99).page == 1


def test_the_list_says_how_often_a_document_was_cited(desk):
    desk.log.record(LoggedQuestion("q", "en", "c", "found", answer="2 years", document="lamp.md"))
    assert [row.cited for row in documents.list_documents(desk).rows] == [1, 0]


def test_the_list_says_what_does_not_look_english(desk):
    upload_token = upload(desk, "fr.md", b"# Accueil\n\nBonjour tout le monde.")
    documents.accept_upload(desk, upload_token, also=["fr.md"])
    desk.jobs.wait()
    assert documents.list_documents(desk).rows[0].not_english == "not in English"


def test_a_document_knows_when_it_was_stored(desk):
    assert documents.list_documents(desk).rows[0].changed_at is not None


def test_looking_at_an_upload_stores_nothing(desk):
    documents.preview(desk, upload(desk))
    assert listed(desk) == ["lamp.md", "returns.md"]


def test_the_preview_tells_new_from_replaced(desk):
    new = documents.preview(desk, upload(desk)).documents[0]
    old = documents.preview(desk, upload(desk, "lamp.md")).documents[0]
    assert (new.present_passages, old.present_passages) == (None, 1)


def test_an_accepted_upload_answers_questions_at_once(desk):
    documents.accept_upload(desk, upload(desk, text=b"# Prices\n\nThe cost of shipping is 4 euros."))
    desk.jobs.wait()
    assert desk.chatbot.reply("¿Cuánto cuesta el envío?", Conversation()).answer.text == "4 euros"


def test_what_is_not_english_is_left_out(desk):
    documents.accept_upload(desk, upload(desk, "fr.md", b"Bonjour."))
    desk.jobs.wait()
    assert listed(desk) == ["lamp.md", "returns.md"]


def test_an_upload_is_accepted_once_only(desk):
    token = upload(desk)
    assert documents.accept_upload(desk, token)
    desk.jobs.wait()
    assert not documents.accept_upload(desk, token)


def test_a_discarded_upload_is_gone(desk):
    token = upload(desk)
    documents.discard_upload(desk, token)
    assert documents.preview(desk, token) is None


def test_a_replacement_keeps_the_id_and_drops_the_old_words(desk):
    documents.accept_upload(desk, upload(desk, "v2.md", b"# Lamps\n\nThe warranty is 5 years.", replaces="lamp.md"))
    desk.jobs.wait()
    assert listed(desk) == ["lamp.md", "returns.md"]
    assert desk.chatbot.reply("How long is the warranty?", Conversation()).answer.text == "5 years"


def test_a_deleted_document_is_no_longer_quoted(desk):
    documents.delete_document(desk, "lamp.md")
    answer = desk.chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer
    assert "lamp.md" not in [found.passage.document for found in answer.passages]


def test_re_indexing_encodes_every_passage_anew(desk):
    before = desk.encoder.texts_encoded
    documents.reindex(desk)
    desk.jobs.wait()
    assert desk.encoder.texts_encoded - before == 2
    assert desk.jobs.state.result == "2 passages encoded anew."


def test_only_one_piece_of_long_work_runs_at_a_time(desk):
    go = threading.Event()
    desk.jobs.start("Waiting", lambda on_progress: str(go.wait(10)))
    assert not documents.reindex(desk)
    go.set()
    desk.jobs.wait()


def test_work_that_fails_says_so(desk):
    desk.jobs.start("Breaking", lambda on_progress: 1 / 0)
    desk.jobs.wait()
    assert (desk.jobs.state.failed, desk.jobs.state.running) == (True, False)


def test_a_question_is_answered_while_everything_is_encoded_anew(desk, monkeypatch):
    reached, go = threading.Event(), threading.Event()
    encode = desk.encoder.encode_passages

    def slowly(texts, on_progress=None):
        reached.set()
        go.wait(10)
        return encode(texts)

    monkeypatch.setattr(desk.encoder, "encode_passages", slowly)
    documents.reindex(desk)
    reached.wait(10)
    assert desk.chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer.text == "2 years"
    go.set()
    desk.jobs.wait()
    assert desk.chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer.text == "2 years"


def test_while_a_document_is_replaced_its_old_words_answer_until_the_new_ones_can(desk, monkeypatch):
    reached, go = threading.Event(), threading.Event()
    encode = desk.encoder.encode_passages

    def slowly(texts, on_progress=None):
        reached.set()
        go.wait(10)
        return encode(texts)

    monkeypatch.setattr(desk.encoder, "encode_passages", slowly)
    documents.accept_upload(desk, upload(desk, "lamp.md", b"# Lamps\n\nThe warranty of a lamp is 5 years."))
    reached.wait(10)
    assert desk.chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer.text == "2 years"
    go.set()
    desk.jobs.wait()
    assert desk.chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer.text == "5 years"


def test_a_document_and_its_vectors_are_published_together(desk):
    publish(desk.knowledge_base, Document("a", "A", "Text."), desk.encoder.fingerprint, desk.encoder.encode_passages)
    assert desk.knowledge_base.passages_without_vectors(desk.encoder.fingerprint) == []


def test_a_document_that_cannot_be_encoded_leaves_the_old_one(desk):
    def broken(texts):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError):
        publish(desk.knowledge_base, Document("lamp.md", "L", "New."), desk.encoder.fingerprint, broken)
    assert desk.knowledge_base.document("lamp.md").text == "The warranty of a lamp is 2 years."


def test_a_document_without_text_is_not_published(desk):
    with pytest.raises(NothingToAnswerFrom):
        publish(desk.knowledge_base, Document("a", "A", " "), desk.encoder.fingerprint, desk.encoder.encode_passages)


# Over HTTP


def files(name, data):
    return {"files": {"files": (name, data)}}


def test_an_upload_leads_to_its_preview(client):
    response = send(client, "upload", **files("gifts.md", b"# Gifts\n\nWrapping costs 4 euros."))
    assert response.headers["location"].startswith("preview?token=")
    assert "Wrapping costs 4 euros." in client.get(f"{PATH}/{response.headers['location']}").text


def test_accepting_it_over_http_indexes_it(desk, client):
    where = send(client, "upload", **files("gifts.md", b"# Gifts\n\nWrapping costs 4 euros.")).headers["location"]
    send(client, "accept-upload", data={"token": where.split("=")[1]})
    desk.jobs.wait()
    assert "gifts.md" in listed(desk)
    assert "1 document added or replaced and indexed." in client.get(f"{PATH}/documents").text


def test_a_refused_file_is_named_with_its_reason(client):
    where = send(client, "upload", **files("a.png", b"\x89PNG")).headers["location"]
    assert "1 file refused" in client.get(f"{PATH}/{where}").text


def test_script_in_name_title_and_text_is_shown_as_text(client):
    name, text = f"{SCRIPT.replace('/', '')}.md", f"# {SCRIPT}\n\n`{SCRIPT}` is text.".encode()
    where = send(client, "upload", **files(name, text)).headers["location"]
    page = client.get(f"{PATH}/{where}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_script_in_a_stored_document_is_shown_as_text(desk, client):
    document = Document(f"{SCRIPT}.md", SCRIPT, f"{SCRIPT} text.", question=SCRIPT, url=f"javascript:{SCRIPT}")
    publish(desk.knowledge_base, document, desk.encoder.fingerprint, desk.encoder.encode_passages)
    for address in ("documents", "document?id=%3Cscript%3Ealert(1)%3C/script%3E.md", "numbers"):
        page = client.get(f"{PATH}/{address}").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_script_in_the_search_is_shown_as_text(client):
    page = client.get(f"{PATH}/documents", params={"search": f'"{SCRIPT}'}).text
    assert "<script>alert" not in page


def test_deleting_over_http_takes_the_document_out(desk, client):
    send(client, "delete-document", data={"id": "lamp.md"})
    assert listed(desk) == ["returns.md"]


def test_a_zip_bomb_over_http_is_refused_and_the_desk_lives_on(client):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"0" * 30_000_000)
    where = send(client, "upload", **files("bomb.zip", out.getvalue())).headers["location"]
    assert "as only bombs do" in client.get(f"{PATH}/{where}").text


def test_the_progress_can_be_asked_for(client):
    assert client.get(f"{PATH}/job").json()["running"] is False
