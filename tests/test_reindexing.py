"""Questions while the knowledge base changes under them: readers keep the old index until the new one is whole."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from desk_samples import make_chatbot
from fakes import FakeEncoder

from chatbot.conversation import Conversation
from knowledge_base.ingest import ingest
from knowledge_base.publishing import VectorMaker
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index

QUESTION = "¿Cuánto tiempo dura la garantía de la lámpara?"
ROUNDS = 12
PATIENCE_S = 120

WRITER = """
import sys
from pathlib import Path
from test_reindexing import ROUNDS, reindex
from knowledge_base.store import KnowledgeBase

with KnowledgeBase(Path(sys.argv[1])) as knowledge_base:
    reindex(knowledge_base, Path(sys.argv[2]))
"""


class SlowEncoder(FakeEncoder):
    """As slow as a real one on long documents, so that questions fall in between."""

    def encode_passages(self, texts, *rest):
        threading.Event().wait(0.05)
        return super().encode_passages(texts, *rest)


def write(folder, year):
    for name in ("lamp", "sofa", "table"):
        text = f"# About the {name}\n\nThe warranty of a {name} is {year} years.\n"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def reindex(knowledge_base, folder):
    """Every article with other words, as `ingest` does it: each round another number of years."""
    encoder = SlowEncoder()
    for year in range(1, ROUNDS + 1):
        write(folder, year)
        ingest([folder], knowledge_base, vectors=VectorMaker(encoder.fingerprint, encoder.encode_passages))
        index(knowledge_base, encoder)


def ask_until(chatbot, finished):
    """The answers that one customer gets by asking the same again and again; once more at the end."""
    answers = []
    while True:
        last = finished()
        reply = chatbot.reply(QUESTION, Conversation())
        answers.append(reply.answer.text)
        if last:
            return answers


def years(answers):
    assert None not in answers
    return [int(answer.split()[0]) for answer in answers]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs").mkdir()
    write(tmp_path / "docs", 0)
    return tmp_path / "docs"


@pytest.fixture
def knowledge_base(tmp_path, folder):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        ingest([folder], knowledge_base)
        yield knowledge_base


@pytest.fixture
def chatbot(knowledge_base):
    return make_chatbot(knowledge_base, articles={})


def test_another_process_reindexes_and_no_question_goes_unanswered(chatbot, knowledge_base, folder):
    command = [sys.executable, "-c", WRITER, str(knowledge_base.path), str(folder)]
    tests = Path(__file__).parent
    writer = subprocess.Popen(command, env={"PYTHONPATH": f"{tests}:{tests.parent}"}, stderr=subprocess.PIPE)
    answers = ask_until(chatbot, lambda: writer.poll() is not None)
    assert (writer.wait(PATIENCE_S), writer.stderr.read()) == (0, b"")
    writer.stderr.close()
    assert years(answers) == sorted(years(answers))
    assert years(answers)[0] == 0
    assert years(answers)[-1] == ROUNDS


def test_another_thread_reindexes_and_no_question_goes_unanswered(chatbot, knowledge_base, folder):
    writer = threading.Thread(target=reindex, args=(knowledge_base, folder))
    results = [[], []]
    readers = [
        threading.Thread(target=lambda got=got: got.extend(ask_until(chatbot, lambda: not writer.is_alive())))
        for got in results
    ]
    for thread in (writer, *readers):
        thread.start()
    for thread in (writer, *readers):
        thread.join(PATIENCE_S)
    for answers in results:
        assert years(answers)[-1] == ROUNDS


def test_a_changed_document_stays_findable_while_its_new_words_are_encoded(chatbot, knowledge_base, folder):
    seen = []

    def encode(texts):
        seen.append(chatbot.reply(QUESTION, Conversation()).answer.text)
        return FakeEncoder().encode_passages(texts)

    write(folder, 7)
    ingest([folder], knowledge_base, vectors=VectorMaker(FakeEncoder().fingerprint, encode))
    assert seen[0] == "0 years"
    assert chatbot.reply(QUESTION, Conversation()).answer.text == "7 years"


def test_only_new_words_of_a_changed_document_are_encoded(knowledge_base, folder):
    text = "\n\n".join(f"## Part {n}\n\n" + f"The warranty of lamp number {n} is {n} years. " * 12 for n in range(3))
    (folder / "lamp.md").write_text(text, encoding="utf-8")
    encoder = FakeEncoder()
    maker = VectorMaker(encoder.fingerprint, encoder.encode_passages)
    ingest([folder], knowledge_base, vectors=maker)
    index(knowledge_base, encoder)
    before = encoder.texts_encoded
    (folder / "lamp.md").write_text(text.replace("number 2", "number two"), encoding="utf-8")
    ingest([folder], knowledge_base, vectors=maker)
    assert encoder.texts_encoded - before == 1
    assert knowledge_base.passages_without_vectors(encoder.fingerprint) == []
