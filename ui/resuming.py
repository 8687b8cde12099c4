"""A conversation that the server no longer remembers, put together again from what its browser kept.

What the browser sends back is never trusted: quoted words are looked up, and what does not fit is left out.
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from chatbot.answer import Answer, Citation
from chatbot.chatbot import Reply, ReplyKind
from chatbot.conversation import Conversation, Turn
from chatbot.messages import MAX_MESSAGE_CHARS
from ui import received
from ui.answer_view import cited_words

MAX_PAST_TURNS = 8
"""A follow-up leans on the last answered question, and a mail to the team holds about as many."""

MAX_EARLIER = 2
"""Questions that a follow-up was completed by."""

logger = logging.getLogger(__name__)


class Quotes(Protocol):
    """What resuming needs of a chatbot."""

    def quotation(self, passage_id: int, start: int, end: int) -> Citation | None:
        """Characters of a passage, if they are still there."""
        ...


def turn_record(reply: Reply) -> dict[str, Any] | None:
    """What the browser keeps of a turn beside its question; None for small talk."""
    if reply.answer is None:
        return None
    cited = cited_words(reply)
    place = {"passage": cited.passage.id, "start": cited.start, "end": cited.end} if cited else {}
    return {
        "kind": reply.kind.value,
        "language": reply.language,
        "earlier": list(reply.answer.completed_by),
        "logged": reply.logged_id,
        **place,
    }


def resumed(chatbot: Quotes, data: Mapping[str, Any]) -> Conversation:
    """The conversation `data["conversation"]` with the turns `data["past"]`: question and record, oldest first."""
    conversation = Conversation(language=received.language(data, "spoken"))
    conversation.id = received.conversation_id(data) or conversation.id
    past = data.get("past")
    for record in past[-MAX_PAST_TURNS:] if isinstance(past, list) else []:
        turn = _turn(chatbot, record) if isinstance(record, dict) else None
        if turn:
            conversation.remember(turn)
    return conversation


def _turn(chatbot: Quotes, record: Mapping[str, Any]) -> Turn | None:
    question = received.text(record, "question")[:MAX_MESSAGE_CHARS]
    if not question:
        return None
    kind, quoted = received.text(record, "kind"), _quoted(chatbot, record)
    answer = Answer(
        question,
        quoted if kind == ReplyKind.FOUND else None,
        0.0,
        (),
        closest=quoted if kind == ReplyKind.CLOSEST else None,
        completed_by=_earlier(record),
    )
    kind = ReplyKind.FOUND if answer.citation else ReplyKind.CLOSEST if answer.closest else ReplyKind.NOT_FOUND
    return Turn(question, received.language(record, "language") or "en", kind, answer)


def _earlier(record: Mapping[str, Any]) -> tuple[str, ...]:
    earlier = record.get("earlier")
    words = [one for one in earlier if isinstance(one, str)] if isinstance(earlier, list) else []
    return tuple(one[:MAX_MESSAGE_CHARS] for one in words[:MAX_EARLIER])


def _quoted(chatbot: Quotes, record: Mapping[str, Any]) -> Citation | None:
    try:
        return chatbot.quotation(*(received.number(record, name) for name in ("passage", "start", "end")))
    except Exception:
        logger.exception("What was quoted before could not be looked up")
        return None
