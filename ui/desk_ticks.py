"""Which questions of a gap an answer closes: those it answers, unless the operator ticks or unticks by hand. Pure.

A form says which questions are ticked, which the page ticked by itself, and which the operator decided before. A
question without its tick that is named in neither way was left open by the page, or came in after it was shown.
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
    decided: Collection[int] = ()

    def is_ticked(self, question: OpenQuestion) -> bool:
        """The box of the question has its tick."""
        return not set(question.ids).isdisjoint(self.ticked)

    def by_hand(self, question: OpenQuestion) -> bool | None:
        """What the operator decided about a question; None = the answer decides."""
        ids = set(question.ids)
        preticked = not ids.isdisjoint(self.preticked)
        if self.is_ticked(question):
            return None if preticked else True
        return False if preticked or not ids.isdisjoint(self.decided) else None

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
