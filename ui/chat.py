"""What happens when someone does something on the chat page: plain functions, no gradio types, no HTML of their own.

What comes from the browser is never trusted: a missing or wrong field reads as its harmless default. What goes back is
a dict ready for JSON whose `type` tells `page.js` what to do with it.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chatbot.chatbot import Reply, is_unsure, reword
from chatbot.conversation import Conversation
from chatbot.hand_over import Contact
from chatbot.language import LANGUAGES
from knowledge_base.documents import Document
from ui import received
from ui.answer_view import error_html, reply_html
from ui.article_view import article_html, missing_article_html
from ui.hand_over_view import hand_over_html
from ui.resuming import Quotes, resumed, turn_record

MAX_RECEIVED_CHARS = 20_000
"""Far above what the chatbot accepts, so that it can still say "too long"; the rest of a pasted book is dropped."""

MAX_REASON_CHARS = 500
"""A sentence or two; the input field on the page stops there too."""

EXAMPLES_PER_LANGUAGE = 2

EXAMPLE_DOCUMENT_LIMIT = 300
"""Looking through more documents for suggestions would delay the start of the page."""

_QUESTION_MARKS = ("?", "？", "؟", ";")
"""Latin, fullwidth, Arabic, and the Greek one, which looks like a semicolon."""

logger = logging.getLogger(__name__)


class Answers(Quotes, Protocol):
    """What the page needs of a chatbot."""

    def reply(self, message: str, conversation: Conversation) -> Reply:
        """Answer one message and remember the turn."""
        ...

    def article(self, document_id: str) -> Document | None:
        """The whole document behind a citation."""
        ...

    @property
    def contact(self) -> Contact | None:
        """Where a person can be asked."""
        ...

    def ask_person(self, logged_id: int, conversation_id: str) -> bool:
        """Note that a question goes to a person."""
        ...

    def feedback(self, reply: Reply, helpful: bool, reason: str | None = None) -> bool:
        """Note whether a reply helped."""
        ...


@dataclass(slots=True)
class ChatSession:
    """What the server remembers of one open page. One per browser tab, never shared."""

    conversation: Conversation = field(default_factory=Conversation)
    last_reply: Reply | None = None


def ask(chatbot: Answers, data: Mapping[str, Any], session: ChatSession | None) -> tuple[ChatSession, dict[str, Any]]:
    """Answer `data["message"]`; never raises, because the page would show nothing at all."""
    session = _session(chatbot, data, session)
    conversation = session.conversation
    try:
        reply = chatbot.reply(received.text(data, "message")[:MAX_RECEIVED_CHARS], conversation)
        html = _html(chatbot, reply, conversation)
    except Exception:
        logger.exception("The question could not be answered")
        language = conversation.page_language
        session.last_reply = None  # there is none to put into another language
        return session, _message(data, error_html(language), language, conversation)
    session.last_reply = reply
    message = _message(data, html, reply.language, conversation)
    asked_in = reply.detected_language if reply.language_certain else None
    turn = turn_record(reply)
    return session, {**message, "question_language": asked_in, "spoken": spoken_words(reply), "turn": turn}


def change_language(
    chatbot: Answers, data: Mapping[str, Any], session: ChatSession | None
) -> tuple[ChatSession, dict[str, Any]]:
    """Keep the language that was chosen by hand (none: automatic) and word the last reply in it."""
    session = _session(chatbot, data, session)
    conversation = session.conversation
    if session.last_reply is None:
        return session, {"type": "nothing", "id": received.text(data, "id")}
    last = session.last_reply
    language = conversation.page_language
    if not conversation.chosen_language and last.language_certain and last.detected_language in LANGUAGES:
        language = last.detected_language
    reply = session.last_reply = reword(last, language)
    message = _message(data, _html(chatbot, reply, conversation), language, conversation)
    return session, {**message, "type": "reworded", "spoken": spoken_words(reply), "turn": turn_record(reply)}


def give_feedback(chatbot: Answers, data: Mapping[str, Any], session: ChatSession | None) -> dict[str, Any]:
    """Whether the last reply helped, and why not; the server knows which one that is, the browser cannot name one."""
    return {"type": "judged", "id": received.text(data, "id"), "kept": _kept(chatbot, data, session)}


def ask_person(chatbot: Answers, data: Mapping[str, Any]) -> None:
    """Somebody went on to the team. The browser names the question, but only one of its own conversation counts."""
    try:
        chatbot.ask_person(received.number(data, "logged"), received.conversation_id(data) or "")
    except Exception:
        logger.exception("A question for the team could not be noted")


def show_article(chatbot: Answers, data: Mapping[str, Any]) -> dict[str, Any]:
    """The whole article `data["document"]` with characters `start` to `end` of it marked."""
    language = received.language(data, "language") or "en"
    try:
        document = chatbot.article(received.text(data, "document"))
    except Exception:
        logger.exception("The article could not be read")
        document = None
    if document is None:
        html = missing_article_html(language)
    else:
        html = article_html(document, (received.number(data, "start"), received.number(data, "end")), language)
    return {"type": "article", "id": received.text(data, "id"), "html": html}


def spoken_words(reply: Reply) -> str:
    """What a screen reader hears when the reply arrives: the sentence, without the card's details."""
    return reply.text


def example_questions(documents: Iterable[Document]) -> dict[str, list[str]]:
    """Language code -> a few questions that the documents give themselves: translated titles, FAQ questions, titles.

    Short ones first, as they are read at a glance; each from another document as far as they go.
    """
    offered: dict[str, list[tuple[int, str, str]]] = {code: [] for code in LANGUAGES}
    for document in documents:
        titles = {"en": document.question or document.title, **document.translated_titles}
        for code, question in titles.items():
            if code in offered and question.endswith(_QUESTION_MARKS):
                offered[code].append((len(question), question, document.id))
    shown: set[str] = set()
    chosen: dict[str, list[str]] = {}
    for code, questions in offered.items():
        questions.sort(key=lambda entry: (entry[2] in shown, entry[0]))
        shown.update(document for _, _, document in questions[:EXAMPLES_PER_LANGUAGE])
        if questions:
            chosen[code] = [question for _, question, _ in questions[:EXAMPLES_PER_LANGUAGE]]
    return chosen


def _kept(chatbot: Answers, data: Mapping[str, Any], session: ChatSession | None) -> bool:
    if session is None or session.last_reply is None:
        return False
    reason = received.text(data, "reason").strip()[:MAX_REASON_CHARS] or None
    try:
        return chatbot.feedback(session.last_reply, data.get("helpful") is True, reason)
    except Exception:
        logger.exception("The feedback could not be kept")
        return False


def _session(chatbot: Answers, data: Mapping[str, Any], session: ChatSession | None) -> ChatSession:
    """What is remembered of the conversation that the page shows: a reloaded page goes on with what it kept itself."""
    wanted = received.conversation_id(data)
    if session is None or wanted not in {None, session.conversation.id}:
        session = ChatSession(resumed(chatbot, data))
    session.conversation.chosen_language = received.language(data, "chosen")
    session.conversation.browser_language = received.language(data, "browser")
    return session


def _html(chatbot: Answers, reply: Reply, conversation: Conversation) -> str:
    if chatbot.contact is None or reply.answer is None:
        return reply_html(reply)
    hidden = not is_unsure(reply)
    return reply_html(reply, hand_over_html(chatbot.contact, conversation.turns, reply.language, hidden=hidden))


def _message(data: Mapping[str, Any], html: str, language: str, conversation: Conversation) -> dict[str, Any]:
    return {
        "type": "reply",
        "id": received.text(data, "id"),
        "html": html,
        "language": language,
        "page_language": conversation.page_language,
    }
