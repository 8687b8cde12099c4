"""What a conversation remembers: a bounded history and the language in use. One per browser tab, never shared."""

from dataclasses import dataclass, field
from uuid import uuid4

from chatbot.answer import Answer, Citation
from chatbot.follow_up import PastTurn

MAX_TURNS = 50
"""Older turns are forgotten: the page shows them no longer and nothing is decided from them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and what came of it."""

    message: str
    language: str
    kind: str
    answer: Answer | None

    @property
    def quoted(self) -> Citation | None:
        """The words that the reply quoted, as the answer or as the closest there are."""
        return (self.answer.citation or self.answer.closest) if self.answer else None


@dataclass(slots=True)
class Conversation:
    """Mutable state of one conversation."""

    browser_language: str | None = None
    """Language of the browser's locale, if it is one we speak."""
    chosen_language: str | None = None
    """Language picked by hand for the replies; a question may still be in any."""
    language: str | None = None
    """Language of the last message that was recognised with certainty and is served."""
    unserved_language: str | None = None
    """Language of the last message that was recognised, where that one is not served."""
    turns: list[Turn] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid4().hex)
    """Random; says nothing about a person."""

    @property
    def page_language(self) -> str:
        """The language to speak when nothing else is known: chosen, then spoken, then the browser's, then English."""
        return self.chosen_language or self.language or self.browser_language or "en"

    @property
    def likely_language(self) -> str:
        """What a message is probably in when it does not show: spoken before, then chosen, the browser's, English."""
        return self.language or self.chosen_language or self.browser_language or "en"

    def last_answered(self) -> PastTurn | None:
        """What a follow-up may lean on: the last question that got words quoted, sure or the closest ones."""
        quoted = [(turn, said) for turn in self.turns if (said := turn.quoted)]
        if not quoted:
            return None
        last, _ = quoted[-1]
        # Of a chain of follow-ups the first and the last say all: "Shipping to Norway? - With express?"
        first = last.answer.completed_by[:1] if last.answer else ()
        questions = (*first, last.message)
        return PastTurn(questions, tuple(said for turn, said in quoted if turn.message in questions))

    def remember(self, turn: Turn) -> None:
        """Add a turn and drop the oldest beyond MAX_TURNS."""
        self.turns.append(turn)
        del self.turns[:-MAX_TURNS]
