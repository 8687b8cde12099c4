"""A desk over fakes: a small knowledge base, a few questions nobody could answer, a client that is logged in."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from fakes import FakeEncoder, FakeReaderNetwork
from starlette.testclient import TestClient

from chatbot.calibration import Calibration, TradeOff
from chatbot.chatbot import Chatbot
from chatbot.pipeline import QAPipeline
from chatbot.question_keeping import QuestionKeeper
from chatbot.reader import Reader
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.publishing import source_hash
from knowledge_base.questions import LoggedQuestion, QuestionLog
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index
from retrieval.retriever import Retriever
from ui import desk_gaps
from ui.desk import Desk
from ui.desk_access import DeskAccess
from ui.desk_password import PasswordHash
from ui.desk_routes import PATH, desk_app

PASSWORD = "four random words here"
HASHED = PasswordHash.of(PASSWORD)


FITTED = replace(
    Calibration.default(),
    threshold=0.1,
    target=0.7,
    trade_offs=(TradeOff(0.1, 0.9, 0.7), TradeOff(0.3, 0.7, 0.8), TradeOff(0.6, 0.5, 0.9), TradeOff(0.8, 0.2, 0.96)),
)


class QuickPassword:
    """Hashing is slow on purpose; where it is not what is tested, this stands in for it."""

    def matches(self, password):
        return password == PASSWORD


ARTICLES = {
    "lamp.md": "The warranty of a lamp is 2 years.",
    "returns.md": "You may return an item within 30 days of delivery.",
}
SHIPPING = (
    ("How much does shipping cost?", "en"),
    ("¿Cuánto cuesta el envío?", "es"),
    ("Was kostet der Versand? preis", "de"),
    ("送料はいくら", "ja"),
)
BATTERY = (("battery", "en"), ("akku batterie", "de"))
ANSWER = desk_gaps.Draft(desk_gaps.FAQ, "How much does shipping cost?", "The cost of shipping is 4 euros.")


def make_chatbot(knowledge_base, keeper=None, articles=ARTICLES, dictionary=None):
    encoder = FakeEncoder(dictionary=dictionary)
    for name, text in articles.items():
        document = Document(name, f"About {name}", text)
        knowledge_base.add_document(document, cut_passages(document), source_hash=source_hash(document))
    index(knowledge_base, encoder)
    pipeline = QAPipeline(Retriever(knowledge_base, encoder), Reader(FakeReaderNetwork()), FITTED)
    return Chatbot(pipeline, knowledge_base, question_keeper=keeper)


@contextmanager
def sample_desk(folder, language_check=lambda text: "not in English" if "Bonjour" in text else None, dictionary=None):
    """A desk whose log holds four questions about shipping and two about batteries."""
    with KnowledgeBase(folder / "kb.db") as knowledge_base:
        log = QuestionLog(knowledge_base)
        chatbot = make_chatbot(knowledge_base, QuestionKeeper(log), dictionary=dictionary)
        desk = Desk(chatbot, language_check=language_check)
        for question, language in (*SHIPPING, *BATTERY):
            log.record(unanswered(question, language))
        yield desk


def unanswered(question, language, at=None):
    return LoggedQuestion(question, language, "conversation", "not_found", asked_at=at or datetime.now(UTC), took_ms=50)


@contextmanager
def client_of(desk, logged_in=True, access=None):
    with TestClient(
        in_place(desk_app(desk, access or DeskAccess(QuickPassword()))), base_url="http://testserver"
    ) as client:
        if logged_in:
            client.post(f"{PATH}/login", data={"password": PASSWORD})
        yield client


def in_place(app):
    """Mounted where it is mounted beside the chat page."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount(PATH, app=app)])


def token_of(client):
    """The form token that the pages of this session carry."""
    return client.get(f"{PATH}/data").text.split('name="form-token" content="')[1].split('"')[0]


def send(client, name, **kwargs):
    """Submit a form as the page does, without following where it leads."""
    data = {"form_token": token_of(client), **kwargs.pop("data", {})}
    return client.post(f"{PATH}/{name}", data=data, follow_redirects=False, **kwargs)


def shipping(desk):
    """The gap of the four questions."""
    return desk_gaps.overview(desk).gaps[0]


def form_of(desk, draft=ANSWER, ticked=None):
    """What the page of that gap sends, where each tick and each lack of one was decided by hand."""
    gap = shipping(desk)
    ids = [",".join(map(str, question.ids)) for question in gap.questions]
    return {
        "gap": str(gap.example.ids[0]),
        "kind": draft.kind,
        "heading": draft.heading,
        "text": draft.text,
        "question": ids if ticked is None else ticked,
        "decided": ids,
    }
