"""Which questions of a gap an answer closes: those it answers, unless the operator ticks or unticks by hand. Pure.

A form says of each question whether it is ticked, and of those that the page ticked or left open by itself which way
it did so. Whatever differs from that was done by hand.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chatbot.draft import Forecast
from knowledge_base.question_reports import OpenQuestion


@dataclass(frozen=True, slots=True)
class Ticks:
    """Numbers of questions, as a form sends them."""

    ticked: Collection[int]
    preticked: Collection[int] = ()
    left_open: Collection[int] = ()

    def is_ticked(self, question: OpenQuestion) -> bool:
        """The box of the question has its tick."""
        return not set(question.ids).isdisjoint(self.ticked)

    def by_hand(self, question: OpenQuestion) -> bool | None:
        """What the operator decided about a question; None = left as the page had it."""
        ticked = self.is_ticked(question)
        as_the_page_had_it = self.preticked if ticked else self.left_open
        return ticked if set(question.ids).isdisjoint(as_the_page_had_it) else None

    def tried(self, questions: Sequence[OpenQuestion]) -> list[OpenQuestion]:
        """What a draft is tried on: all that the operator did not exclude."""
        return [question for question in questions if self.by_hand(question) is not False]

    def closed(self, questions: Sequence[OpenQuestion], forecasts: Sequence[Forecast]) -> list[OpenQuestion]:
        """What leaves the gaps when the draft is published."""
        answered = {(forecast.question, forecast.language) for forecast in forecasts if forecast.answered}
        closed = []
        for question in questions:
            decided = self.by_hand(question)
            if (question.question, question.language) in answered if decided is None else decided:
                closed.append(question)
        return closed
