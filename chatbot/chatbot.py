"""A message in, a worded reply out: cleans, notices the language, answers small talk, asks the pipeline.

Stateless itself; what is remembered is in the `Conversation` that comes in. Knows nothing of pages or HTML.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter

from chatbot.answer import Answer, Citation
from chatbot.carefulness import Carefulness
from chatbot.conversation import Conversation, Turn
from chatbot.follow_up import PastTurn
from chatbot.hand_over import Contact
from chatbot.language import DetectedLanguage, LanguagePrior, detect_language
from chatbot.messages import MAX_MESSAGE_CHARS, clean, problem_of
from chatbot.phrases import PhraseKey, phrase, small_talk
from chatbot.pipeline import QAPipeline
from chatbot.question_keeping import QuestionKeeper, logged
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase

SURE = 0.8
FAIRLY_SURE = 0.55
"""From these confidences on the reply says it is sure or fairly sure; calibration makes them probabilities."""

UNKNOWN_LANGUAGE = "und"
"""What detection says of a script that belongs to no language it knows (ISO 639: undetermined)."""

CLOSEST_SHARE = 0.5
"""Below the threshold but above this share of it the best span is shown as "the closest I have"."""


class ReplyKind(StrEnum):
    """What sort of reply it is."""

    FOUND = "found"
    CLOSEST = "closest"
    NOT_FOUND = "not_found"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    EMPTY = "empty"
    NO_WORDS = "no_words"
    TOO_LONG = "too_long"
    KNOWLEDGE_BASE_EMPTY = "knowledge_base_empty"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says to one message."""

    text: str
    """Plain text in `language`; the quoted words in it are English, verbatim."""
    kind: ReplyKind
    language: str
    """Language the reply is worded in."""
    language_certain: bool
    """False when the language was kept or guessed rather than recognised."""
    answer: Answer | None = None
    detected_language: str | None = None
    """What was recognised, served or not; None when nothing was."""
    understood_as: str | None = None
    """A follow-up together with the question it follows; None when the question stood alone."""
    logged_id: int | None = None
    """Row of the question log, for `Chatbot.feedback`; None when the question was not kept."""


class Chatbot:
    """Ties the pipeline to wording. One for all conversations; safe to share between threads."""

    def __init__(
        self,
        pipeline: QAPipeline,
        knowledge_base: KnowledgeBase,
        *,
        threshold: float | None = None,
        question_keeper: QuestionKeeper | None = None,
        contact: Contact | None = None,
    ) -> None:
        """`threshold`: answer only when at least this sure; None = what the desk chose, or calibration found.

        `question_keeper`: where questions are kept for the operators; None = nowhere.
        `contact`: where readers can ask a person; None = nowhere.
        """
        self.pipeline = pipeline
        self.knowledge_base = knowledge_base
        self.carefulness = Carefulness(knowledge_base, threshold)
        self.contact = contact
        self._keeper = question_keeper

    @property
    def threshold(self) -> float | None:
        """Answer only when at least this sure, 0..1; None = what calibration found."""
        return self.carefulness.threshold

    @property
    def keeps_questions(self) -> bool:
        """Whether anything of a conversation is kept."""
        return self._keeper is not None

    def reply(self, message: str, conversation: Conversation) -> Reply:
        """Answer one message and remember the turn."""
        started = perf_counter()
        text = clean(message)
        detected = _detect(text, conversation)
        detect_ms = (perf_counter() - started) * 1000
        asked_in = _question_language(detected, conversation)
        language = conversation.chosen_language or asked_in
        reply = self._reply(text, asked_in, language, conversation.last_answered())
        answer = reply.answer and replace(reply.answer, timings_ms={"detect": detect_ms, **reply.answer.timings_ms})
        unserved = detected.unserved if detected.unserved != UNKNOWN_LANGUAGE else None
        reply = replace(
            reply,
            answer=answer,
            language_certain=detected.certain or unserved is not None,
            detected_language=unserved or detected.code,
        )
        if detected.certain:
            conversation.language, conversation.unserved_language = detected.code, None
        elif unserved:
            conversation.unserved_language = unserved
        conversation.remember(Turn(text, language, reply.kind, answer and replace(answer, passages=())))
        return self._kept(reply, text, conversation.id, (perf_counter() - started) * 1000)

    def feedback(self, reply: Reply, helpful: bool, reason: str | None = None) -> bool:
        """Note whether a reply helped; the last word counts. False when its question was not kept."""
        if self._keeper is None or reply.logged_id is None:
            return False
        return self._keeper.feedback(reply.logged_id, helpful, reason)

    def ask_person(self, logged_id: int, conversation_id: str) -> bool:
        """Note that a question of this conversation goes to a person. False when it was not kept."""
        return self._keeper is not None and self._keeper.ask_person(logged_id, conversation_id)

    def quotation(self, passage_id: int, start: int, end: int) -> Citation | None:
        """Characters [start, end) of a passage quoted once more; None when they are not there any more."""
        found = self.knowledge_base.passages([passage_id])
        return Citation(found[0], start, end) if found and 0 <= start < end <= len(found[0].text) else None

    def article(self, document_id: str) -> Document | None:
        """The whole document behind a citation."""
        return self.knowledge_base.document(document_id)

    def _kept(self, reply: Reply, text: str, conversation_id: str, took_ms: float) -> Reply:
        if self._keeper is None or reply.answer is None:
            return reply
        language = reply.detected_language or reply.language
        # "And for Norway?" says nothing to an operator without the question it follows.
        asked = reply.understood_as or text
        question = logged(asked, language, conversation_id, reply.kind.value, reply.answer, took_ms)
        return replace(reply, logged_id=self._keeper.keep(question))

    def _reply(self, text: str, asked_in: str, language: str, history: PastTurn | None) -> Reply:
        """`asked_in`: language of the question, for search and reading; `language`: that of the reply's words."""
        problem = problem_of(text)
        if problem:
            return _worded(ReplyKind(problem.value), None, language)
        talk = small_talk(text, asked_in)
        if talk:
            return _worded(ReplyKind(talk), None, language)
        if not self.knowledge_base.passage_count():
            return _worded(ReplyKind.KNOWLEDGE_BASE_EMPTY, None, language)
        answer = self.pipeline.answer(text, language=asked_in, threshold=self.threshold, history=history)
        return replace(self._answer_reply(answer, language), understood_as=answer.understood_as)

    def _answer_reply(self, answer: Answer, language: str) -> Reply:
        if answer.citation:
            return _worded(ReplyKind.FOUND, answer, language)
        chosen = self.threshold
        needed = self.pipeline.calibration.threshold if chosen is None else chosen
        if answer.closest and answer.confidence >= needed * CLOSEST_SHARE:
            return _worded(ReplyKind.CLOSEST, answer, language)
        return _worded(ReplyKind.NOT_FOUND, replace(answer, closest=None), language)


def found_key(confidence: float) -> PhraseKey:
    """The sentence that matches how sure the answer is."""
    if confidence >= SURE:
        return PhraseKey.FOUND_SURE
    return PhraseKey.FOUND_FAIRLY_SURE if confidence >= FAIRLY_SURE else PhraseKey.FOUND_NOT_SURE


def is_unsure(reply: Reply) -> bool:
    """Whether the reply itself says that it may not help."""
    if reply.kind is ReplyKind.FOUND and reply.answer:
        return found_key(reply.answer.confidence) is PhraseKey.FOUND_NOT_SURE
    return reply.kind in {ReplyKind.CLOSEST, ReplyKind.NOT_FOUND}


def reword(reply: Reply, language: str) -> Reply:
    """The same reply in another language, without asking the pipeline again."""
    return replace(reply, text=_wording(reply.kind, reply.answer, language), language=language)


def _worded(kind: ReplyKind, answer: Answer | None, language: str) -> Reply:
    return Reply(_wording(kind, answer, language), kind, language, True, answer)


def _wording(kind: ReplyKind, answer: Answer | None, language: str) -> str:
    if kind is ReplyKind.FOUND and answer and answer.citation:
        return _quote(found_key(answer.confidence), answer.citation, language)
    if kind is ReplyKind.CLOSEST and answer and answer.closest:
        return _quote(PhraseKey.CLOSEST, answer.closest, language)
    if kind is ReplyKind.NOT_FOUND:
        return f"{phrase(PhraseKey.NOT_FOUND, language)} {phrase(PhraseKey.REPHRASE_HINT, language)}"
    values = {"limit": str(MAX_MESSAGE_CHARS)} if kind is ReplyKind.TOO_LONG else {}
    return phrase(_PLAIN_KEYS[kind], language, **values)


_PLAIN_KEYS = {
    ReplyKind.EMPTY: PhraseKey.EMPTY_MESSAGE,
    ReplyKind.NO_WORDS: PhraseKey.NO_WORDS,
    ReplyKind.TOO_LONG: PhraseKey.TOO_LONG,
    ReplyKind.GREETING: PhraseKey.GREETING,
    ReplyKind.THANKS: PhraseKey.THANKS,
    ReplyKind.GOODBYE: PhraseKey.GOODBYE,
    ReplyKind.KNOWLEDGE_BASE_EMPTY: PhraseKey.KNOWLEDGE_BASE_EMPTY,
}


def _quote(key: PhraseKey, citation: Citation, language: str) -> str:
    return phrase(key, language, answer=citation.text, title=citation.passage.title)


def _detect(text: str, conversation: Conversation) -> DetectedLanguage:
    spoken = conversation.unserved_language or conversation.language
    prior = LanguagePrior(conversation=spoken, browser=conversation.browser_language)
    return detect_language(text[:MAX_MESSAGE_CHARS], prior)


def _question_language(detected: DetectedLanguage, conversation: Conversation) -> str:
    """The language the question is taken to be in; one chosen for the replies is no more than a hint."""
    if detected.certain and detected.code:
        return detected.code
    if detected.unserved or any((conversation.language, conversation.unserved_language, conversation.browser_language)):
        return conversation.likely_language
    return detected.code or conversation.likely_language
