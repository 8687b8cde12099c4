"""The desk's gaps: what people ask and nobody wrote, grouped by meaning; write it once and see whom it helps."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chatbot.draft import AskedQuestion, Forecast
from chatbot.gaps import Gap, find_gaps, threshold_for
from knowledge_base.documents import Document
from knowledge_base.loaders import parse_file
from knowledge_base.loaders_errors import LoadError
from knowledge_base.loaders_read import storable
from knowledge_base.publishing import NothingToAnswerFrom, publish
from knowledge_base.question_reports import SET_ASIDE, ClosedGap, OpenQuestion
from ui.desk import Desk

MAX_GROUPED = 1500
"""Different questions grouped at once, the latest: the matrix of all pairs then takes 18 MB."""

BACKGROUND_PASSAGES = 400
"""Enough to know what an unrelated cosine looks like."""

MAX_CHECKED = 40
"""Questions a draft is tried on while it is written: at some 50 ms each, two seconds go by, not twenty."""

MAX_QUESTION_CHARS, MAX_TEXT_CHARS = 300, 20_000

NEAREST_LIMIT = 3

DESK_FOLDER = "desk"
"""Documents written here are named `desk/...`, so that no ingested folder claims them."""

FAQ, ARTICLE = "faq", "article"


class DraftRefused(Exception):
    """The answer cannot be published as it is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the operator wrote."""

    kind: str
    """FAQ or ARTICLE."""
    heading: str
    """The question of a FAQ entry, or the title of an article."""
    text: str


@dataclass(frozen=True, slots=True)
class GapOverview:
    """The list of gaps."""

    gaps: tuple[Gap, ...]
    closed: tuple[ClosedGap, ...]
    set_aside: int
    cut_off: bool
    """There are more open questions than are grouped."""


@dataclass(frozen=True, slots=True)
class NearArticle:
    """A document that exists already and lies near the gap."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a draft would do for a gap."""

    forecasts: tuple[Forecast, ...]
    """In the order of the gap's questions, of those tried."""
    skipped: int
    """Questions beyond what is tried at once."""
    not_english: str | None
    problem: str | None = None
    """Why the draft cannot be published yet."""

    @property
    def answered(self) -> int:
        """Questions that the draft answers."""
        return sum(forecast.answered for forecast in self.forecasts)

    @property
    def languages(self) -> tuple[int, int]:
        """Languages in which it answers every question tried, and all languages tried."""
        tried = {forecast.language for forecast in self.forecasts}
        failing = {forecast.language for forecast in self.forecasts if not forecast.answered}
        return len(tried - failing), len(tried)


def overview(desk: Desk) -> GapOverview:
    """All gaps, biggest first, and what was closed."""
    questions = desk.reports.open_questions(MAX_GROUPED + 1)
    return GapOverview(
        tuple(_grouped(desk, questions[:MAX_GROUPED])),
        tuple(desk.reports.closed_gaps()),
        desk.reports.set_aside_count(),
        len(questions) > MAX_GROUPED,
    )


def gap_of(desk: Desk, question_id: int) -> Gap | None:
    """The gap that a row of the log belongs to; None when it is closed or gone."""
    gaps = _grouped(desk, desk.reports.open_questions(MAX_GROUPED))
    return next((gap for gap in gaps if question_id in gap.ids), None)


def nearest_articles(desk: Desk, gap: Gap) -> list[NearArticle]:
    """Documents that may hold the answer already, worded so that nobody finds it."""
    found = desk.chatbot.pipeline.retriever.retrieve(gap.example.question, language=gap.example.language)
    titles = {retrieved.passage.document: retrieved.passage.title for retrieved in found}
    return [NearArticle(document, title) for document, title in list(titles.items())[:NEAREST_LIMIT]]


def check(desk: Desk, draft: Draft, questions: Sequence[OpenQuestion], limit: int = MAX_CHECKED) -> Check:
    """Try a draft on at most `limit` questions without publishing it."""
    try:
        document = draft_document(desk, draft)
    except DraftRefused as error:
        return Check((), 0, None, str(error))
    tried = spread(questions, limit)
    asked = [AskedQuestion(question.question, question.language) for question in tried]
    with desk.checking:
        forecasts = desk.forecaster.forecast(document, asked, desk.knowledge_base.version())
    return Check(tuple(forecasts), len(questions) - len(tried), desk.not_english(document))


def publish_answer(desk: Desk, draft: Draft, question_ids: Collection[int]) -> Document:
    """Store and index the answer and close these questions. Raises DraftRefused."""
    document = draft_document(desk, draft)
    try:
        publish(desk.knowledge_base, document, desk.encoder.fingerprint, desk.encoder.encode_passages)
    except NothingToAnswerFrom as error:
        raise DraftRefused(str(error)) from None
    desk.reports.close(sorted(question_ids), document.id)
    return document


def set_aside(desk: Desk, question_ids: Collection[int]) -> int:
    """These questions are no gap; returns how many were closed."""
    return desk.reports.close(sorted(question_ids), SET_ASIDE)


def spread(questions: Sequence[OpenQuestion], limit: int) -> list[OpenQuestion]:
    """At most `limit` questions, from as many languages as possible, in their order."""
    turn: dict[str | None, int] = {}
    ranked = []
    for place, question in enumerate(questions):
        turn[question.language] = turn.get(question.language, 0) + 1
        ranked.append((turn[question.language], place))
    kept = sorted(place for _, place in sorted(ranked)[:limit])
    return [questions[place] for place in kept]


def draft_document(desk: Desk, draft: Draft) -> Document:
    """The document that a draft becomes. Raises DraftRefused."""
    heading = storable(" ".join(draft.heading.split()))[:MAX_QUESTION_CHARS]
    text = storable(draft.text.replace("\r\n", "\n")).strip()
    if not heading:
        raise DraftRefused("Write the question or the title first.")
    if not text:
        raise DraftRefused("Write the answer first.")
    if len(text) > MAX_TEXT_CHARS:
        raise DraftRefused(
            f"The answer has {len(text)} characters; {MAX_TEXT_CHARS} are the limit. Upload a file instead."
        )
    document_id = _free_id(desk, heading)
    today = datetime.now(UTC).date().isoformat()
    if draft.kind == FAQ:
        return Document(document_id, heading, text, kind="faq", question=heading, updated=today)
    return _article(document_id, heading, text)


def _article(document_id: str, title: str, text: str) -> Document:
    source = f"# {title}\n\n{text}\n".encode()
    try:
        (document,) = parse_file(Path(f"{document_id}.md"), source, document_id).documents
    except LoadError as error:
        raise DraftRefused(f"The article {error.reason}.") from None
    return document


def _free_id(desk: Desk, heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "answer"
    number, document_id = 1, f"{DESK_FOLDER}/{name}"
    while desk.knowledge_base.content_hash(document_id) is not None:
        number += 1
        document_id = f"{DESK_FOLDER}/{name}-{number}"
    return document_id


def _grouped(desk: Desk, questions: Sequence[OpenQuestion]) -> list[Gap]:
    vectors = desk.question_vectors(questions)
    _, passages = desk.knowledge_base.load_vectors(desk.encoder.fingerprint)
    step = max(1, len(passages) // BACKGROUND_PASSAGES)
    return find_gaps(questions, vectors, threshold_for(vectors, passages[::step]))
