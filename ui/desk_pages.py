"""Which page and which form does what: from fields of a request to the plain handlers and their views."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from chatbot.carefulness import BadThreshold
from ui import desk_caution, desk_caution_view, desk_try, desk_try_view
from ui import desk_documents as documents
from ui import desk_documents_view as documents_view
from ui import desk_gaps as gaps
from ui import desk_gaps_view as gaps_view
from ui import desk_numbers as numbers
from ui import desk_numbers_view as numbers_view
from ui.desk import Desk
from ui.desk_html import PageContext, document, job_html, plural
from ui.desk_ticks import Ticks
from ui.desk_upload import UploadedFile, UploadRefused

MAX_DAYS = 36_500
BUSY = "Other work is still going on; wait until it is done."
GONE = "This upload waits no longer; upload it again."
TAKEN = "Nobody waits for this answer any more: the gap was closed or its questions were erased."


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sent."""

    fields: Mapping[str, Sequence[str]]
    files: Sequence[tuple[str, bytes]]
    """(name, content) in order."""
    as_fragment: bool
    """The script asks for a part of the page only."""

    def text(self, name: str) -> str:
        """The value of a field, "" where it is missing."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def ids(self, name: str) -> list[int]:
        """All numbers in all values of a field; anything else is ignored."""
        parts = (part for value in self.fields.get(name, ()) for part in value.split(","))
        return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 16]


@dataclass(frozen=True, slots=True)
class Done:
    """Go on at another page, with a sentence about what was done."""

    where: str
    notice: str = ""
    is_error: bool = False
    published_for: str = ""
    """The gap that a draft was published for."""


Query = Mapping[str, str]
Page = Callable[[Desk, Query, PageContext], Response]
Submit = Callable[[Desk, Form, PageContext], "Done | Response"]


def _gaps(desk: Desk, query: Query, context: PageContext) -> Response:
    return HTMLResponse(gaps_view.gaps_page(gaps.overview(desk), context))


def _gap(desk: Desk, query: Query, context: PageContext) -> Response:
    gap = gaps.gap_of(desk, _number(query.get("q", "")))
    if gap is None:
        return _missing(TAKEN, "gaps", context)
    return HTMLResponse(gaps_view.gap_page(gap, gaps.nearest_articles(desk, gap), context))


def _check_answer(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    gap = gaps.gap_of(desk, _number(form.text("gap")))
    if gap is None:
        return Done("gaps", TAKEN, is_error=True)
    ticks, draft = _ticks(form), _draft(form)
    found = gaps.check(desk, draft, ticks.tried(gap.questions))
    results = gaps_view.results_html(gap, found, ticks)
    if form.as_fragment:
        return HTMLResponse(results)
    return HTMLResponse(gaps_view.gap_page(gap, gaps.nearest_articles(desk, gap), context, draft, results))


def _publish_answer(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    gap = gaps.gap_of(desk, _number(form.text("gap")))
    if gap is None:
        return Done("gaps", TAKEN, is_error=True)
    ticks, draft = _ticks(form), _draft(form)
    # What is not tried would count as not answered and stay open.
    found = gaps.check(desk, draft, ticks.tried(gap.questions), limit=len(gap.questions))
    closed = ticks.closed(gap.questions, found.forecasts)
    try:
        published = gaps.publish_answer(desk, draft, [number for question in closed for number in question.ids])
    except gaps.DraftRefused as error:
        results = gaps_view.results_html(gap, found, ticks)
        failed = PageContext(context.form_token, str(error), is_error=True)
        return HTMLResponse(gaps_view.gap_page(gap, gaps.nearest_articles(desk, gap), failed, draft, results), 422)
    good, tried = found.languages
    words = f"Published “{published.title}”."
    if found.forecasts:
        words += (
            f" It answers {found.answered} of {len(found.forecasts)} questions, fully in {good} of {tried} languages."
        )
    stay = len(gap.questions) - len(closed)
    if stay:
        words += f" {plural(stay, 'question')} of this gap stay{'s' if stay == 1 else ''} open."
    return Done("gaps", words, published_for=form.text("gap"))


def _set_aside(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    gap = gaps.gap_of(desk, _number(form.text("gap")))
    ticks = Ticks(form.ids("question"))
    chosen = [question for question in gap.questions if ticks.is_ticked(question)] if gap else []
    count = gaps.set_aside(desk, [number for question in chosen for number in question.ids])
    return Done("gaps", f"{count} set aside.")


def _take_back(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    return Done("gaps", f"{desk.reports.take_back()} taken back.")


def _documents(desk: Desk, query: Query, context: PageContext) -> Response:
    found = documents.list_documents(desk, query.get("search", "")[:200], _number(query.get("page", "")) or 1)
    state = desk.jobs.state
    desk.jobs.clear()
    return HTMLResponse(documents_view.documents_page(found, state, context))


def _document(desk: Desk, query: Query, context: PageContext) -> Response:
    found = documents.show_document(desk, query.get("id", ""))
    if found is None:
        return _missing("There is no such document (any more).", "documents", context)
    return HTMLResponse(documents_view.document_page(found, context))


def _delete_document(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    if documents.delete_document(desk, form.text("id")):
        return Done("documents", f"Deleted {form.text('id')}.")
    return Done("documents", "There is no such document (any more).", is_error=True)


def _upload(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    if not form.files:
        return Done("documents", "No file was chosen.", is_error=True)
    files = [UploadedFile(name, data) for name, data in form.files]
    try:
        token = documents.receive_upload(desk, files, form.text("replaces") or None)
    except UploadRefused as error:
        return Done("documents", str(error), is_error=True)
    return Done(f"preview?token={token}")


def _preview(desk: Desk, query: Query, context: PageContext) -> Response:
    found = documents.preview(desk, query.get("token", ""))
    if found is None:
        return _missing(GONE, "documents", context)
    return HTMLResponse(documents_view.preview_page(found, context))


def _accept_upload(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    token = form.text("token")
    if desk.uploads.get(token) is None:
        return Done("documents", GONE, is_error=True)
    if not documents.accept_upload(desk, token, form.fields.get("also", ())):
        return Done(f"preview?token={token}", BUSY, is_error=True)
    return Done("documents")


def _discard_upload(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    documents.discard_upload(desk, form.text("token"))
    return Done("documents", "Nothing was stored.")


def _reindex(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    return Done("documents") if documents.reindex(desk) else Done("documents", BUSY, is_error=True)


def _job(desk: Desk, query: Query, context: PageContext) -> Response:
    state = desk.jobs.state
    return JSONResponse({"running": bool(state and state.running), "html": job_html(state)})


def _numbers(desk: Desk, query: Query, context: PageContext) -> Response:
    return HTMLResponse(numbers_view.numbers_page(numbers.numbers(desk, _days(query)), context))


def _numbers_csv(desk: Desk, query: Query, context: PageContext) -> Response:
    return _download_csv([numbers.numbers_csv(desk, _days(query))], "numbers.csv")


def _caution(desk: Desk, query: Query, context: PageContext) -> Response:
    return HTMLResponse(desk_caution_view.caution_page(desk_caution.caution(desk), context))


def _choose_caution(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    try:
        return Done("caution", desk_caution.choose(desk, form.text("threshold")))
    except BadThreshold as error:
        return Done("caution", str(error), is_error=True)


def _try(desk: Desk, query: Query, context: PageContext) -> Response:
    return HTMLResponse(desk_try_view.try_page("", None, context))


def _try_out(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    lines = form.text("lines")
    return HTMLResponse(desk_try_view.try_page(lines, desk_try.try_out(desk, lines), context))


def _data(desk: Desk, query: Query, context: PageContext) -> Response:
    settings = desk.settings
    kept = desk.reports.total().asked
    return HTMLResponse(numbers_view.data_page(kept, settings.keeps_questions, settings.keep_days, context))


def _questions_jsonl(desk: Desk, query: Query, context: PageContext) -> Response:
    return _download(numbers.questions_jsonl(desk.reports.questions()), "questions.jsonl", "application/x-ndjson")


def _questions_csv(desk: Desk, query: Query, context: PageContext) -> Response:
    return _download_csv(numbers.questions_csv(desk.reports.questions()), "questions.csv")


def _erase(desk: Desk, form: Form, context: PageContext) -> Done | Response:
    if form.text("sure") != "erase":
        return Done("data", "Nothing was erased: type erase to confirm.", is_error=True)
    conversation = form.text("conversation").strip()
    count = desk.reports.erase_conversation(conversation) if conversation else desk.reports.erase_all()
    return Done("data", f"{count} questions erased.")


def _draft(form: Form) -> gaps.Draft:
    kind = gaps.ARTICLE if form.text("kind") == gaps.ARTICLE else gaps.FAQ
    return gaps.Draft(kind, form.text("heading"), form.text("text"))


def _ticks(form: Form) -> Ticks:
    return Ticks(form.ids("question"), form.ids("preticked"), form.ids("decided"))


def _missing(words: str, back: str, context: PageContext) -> Response:
    body = f'<main class="dk-main"><p class="dk-notice dk-error">{words}</p><p><a href="{back}">Back</a></p></main>'
    return HTMLResponse(document("Not there", body, context), 404)


def _download_csv(lines: Iterable[str], name: str) -> Response:
    # Without the mark a spreadsheet takes UTF-8 for the letters of its own country.
    return _download(chain(["\ufeff"], lines), name, "text/csv")


def _download(lines: Iterable[str], name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=f"{kind}; charset=utf-8", headers=headers)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _days(query: Query) -> int:
    return min(_number(query.get("days", str(numbers.DEFAULT_RANGE))), MAX_DAYS)


PAGES: Mapping[str, Page] = {
    "gaps": _gaps,
    "gap": _gap,
    "documents": _documents,
    "document": _document,
    "preview": _preview,
    "job": _job,
    "numbers": _numbers,
    "numbers.csv": _numbers_csv,
    "caution": _caution,
    "try": _try,
    "data": _data,
    "questions.jsonl": _questions_jsonl,
    "questions.csv": _questions_csv,
}
"""Shown with GET: changes nothing."""

FORMS: Mapping[str, Submit] = {
    "check-answer": _check_answer,
    "publish-answer": _publish_answer,
    "set-aside": _set_aside,
    "take-back": _take_back,
    "upload": _upload,
    "accept-upload": _accept_upload,
    "discard-upload": _discard_upload,
    "delete-document": _delete_document,
    "reindex": _reindex,
    "choose-caution": _choose_caution,
    "try": _try_out,
    "erase": _erase,
}
"""Sent with POST and the session's form token."""
