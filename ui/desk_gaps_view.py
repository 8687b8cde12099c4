"""The gaps as HTML: the list, one gap with its editor, and what a draft would do."""

from collections.abc import Sequence
from html import escape

from chatbot.draft import Forecast
from chatbot.gaps import Gap
from chatbot.model_choice import load_dictionary
from knowledge_base.question_reports import ClosedGap, OpenQuestion
from ui.desk_gaps import ARTICLE, FAQ, MAX_QUESTION_CHARS, MAX_TEXT_CHARS, Check, Draft, GapOverview, NearArticle
from ui.desk_html import (
    PageContext,
    chips,
    day,
    document_link,
    foreign,
    heading,
    language_chip,
    page,
    plural,
    token_field,
)
from ui.desk_ticks import Ticks

EXAMPLES_SHOWN = 3

GAPS_SHOWN = 100


def gaps_page(found: GapOverview, context: PageContext) -> str:
    """All gaps, biggest first."""
    times = sum(gap.times for gap in found.gaps)
    subtitle = (
        f"{plural(times, 'question')} without a good answer, asking for {plural(len(found.gaps), 'different thing')}."
        if found.gaps
        else ""
    )
    cards = "".join(_gap_card(gap) for gap in found.gaps[:GAPS_SHOWN]) or _nothing()
    more = len(found.gaps) - GAPS_SHOWN
    rest = f"<p class=dk-quiet>And {plural(more, 'smaller gap')}.</p>" if more > 0 else ""
    if found.cut_off:
        rest += "<p class=dk-quiet>Only the latest questions are grouped.</p>"
    body = f'{heading("Gaps", subtitle)}<ol class="dk-gaps">{cards}</ol>{rest}{_set_aside(found, context)}'
    return page("Gaps", "gaps", body + _closed(found.closed), context)


def gap_page(
    gap: Gap,
    near: Sequence[NearArticle],
    context: PageContext,
    draft: Draft | None = None,
    results: str | None = None,
) -> str:
    """One gap: its questions on one side, the answer being written on the other. `results`: from `results_html`."""
    example = gap.example
    results = results or results_html(gap, None, Ticks(gap.ids, preticked=gap.ids))
    if draft is None:
        draft = Draft(FAQ, example.question if example.language == "en" else "", "")
    questions = ",".join(str(number) for number in gap.ids)
    subtitle = f"Asked {plural(gap.times, 'time')} in {plural(len(gap.languages), 'language')}."
    body = (
        '<p class="dk-back"><a href="gaps">All gaps</a></p>'
        f"{heading('Write the answer', subtitle)}"
        f'<form class="dk-write" method="post" action="publish-answer" data-check="check-answer" '
        f'data-questions="{questions}">'
        f"{token_field(context)}"
        f'<input type="hidden" name="gap" value="{example.ids[0]}">'
        f"{_editor(draft, near)}"
        f'<section class="dk-card" aria-labelledby="asked"><h2 id="asked">What people ask</h2>'
        f'<div id="results" aria-live="polite">{results}</div>'
        '<button class="dk-plain" formaction="set-aside" formnovalidate>Set the ticked questions aside: no gap</button>'
        "</section></form>"
    )
    return page("Write the answer", "gaps", body, context)


def results_html(gap: Gap, check: Check | None, ticks: Ticks) -> str:
    """The questions of a gap, each with what the draft would give it; those that it answers are ticked."""
    found: dict[tuple[str, str | None], Forecast] = {}
    if check:
        found = {(forecast.question, forecast.language): forecast for forecast in check.forecasts}
    lines = []
    for question in gap.questions:
        forecast = found.get((question.question, question.language))
        proposed = bool(forecast and forecast.answered) if found else ticks.is_ticked(question)
        lines.append(_question(question, forecast, ticks.by_hand(question), proposed))
    return f'{_meter(check)}<ul class="dk-questions">{"".join(lines)}</ul>'


def _gap_card(gap: Gap) -> str:
    example = gap.example
    others = [question for question in gap.questions if question is not example]
    spread: dict[str | None, OpenQuestion] = {}
    for question in others:
        spread.setdefault(question.language, question)
    shown = "".join(
        f"<li>{foreign(question.question, question.language)}</li>"
        for question in list(spread.values())[:EXAMPLES_SHOWN]
    )
    unhelpful = sum(question.not_helpful for question in gap.questions)
    badge = f'<span class="dk-badge">{plural(unhelpful, "thumb")} down</span>' if unhelpful else ""
    badge += _asked_person(sum(question.asked_person for question in gap.questions))
    last = day(max(question.last_asked_at for question in gap.questions))
    return (
        f'<li class="dk-card dk-gap"><div class="dk-count"><b>{gap.times}</b>'
        f"<span>{'time' if gap.times == 1 else 'times'}</span></div>"
        f'<div class="dk-gap-body"><h2><a href="gap?q={example.ids[0]}">'
        f"{foreign(example.question, example.language)}</a></h2>{_word_by_word(example.question, example.language)}"
        f"{f'<ul class=dk-examples>{shown}</ul>' if shown else ''}"
        f"{chips(gap.languages)}<p class=dk-quiet>Last asked {last} {badge}</p></div>"
        f'<a class="dk-button" href="gap?q={example.ids[0]}" tabindex="-1" aria-hidden="true">Write the answer</a></li>'
    )


def _nothing() -> str:
    return (
        '<li class="dk-card dk-empty"><h2>No gaps</h2><p>Every question found an answer, and nobody said that one '
        "did not help. When that changes, the questions turn up here, grouped by what they ask for.</p></li>"
    )


def _set_aside(found: GapOverview, context: PageContext) -> str:
    if not found.set_aside:
        return ""
    return (
        f'<form method="post" action="take-back" class="dk-row">{token_field(context)}'
        f'<span class="dk-quiet">{plural(found.set_aside, "question")} set aside as no gap.</span>'
        '<button class="dk-plain">Take them back</button></form>'
    )


def _closed(closed: Sequence[ClosedGap]) -> str:
    if not closed:
        return ""
    lines = "".join(
        f"<li><div>{document_link(gap.document, gap.title)}"
        f"<p class=dk-quiet>Written {day(gap.closed_at)} for {plural(gap.questions, 'question')}"
        f" in {plural(len(gap.languages), 'language')}.</p></div>"
        f'<span class="dk-badge dk-good">quoted {plural(gap.cited_since, "time")} since</span></li>'
        for gap in closed
    )
    return f'<section class="dk-card dk-answered"><h2>Answered</h2><ul>{lines}</ul></section>'


def _editor(draft: Draft, near: Sequence[NearArticle]) -> str:
    kinds = "".join(
        f'<label><input type="radio" name="kind" value="{value}"{" checked" if draft.kind == value else ""}> '
        f"{label}</label>"
        for value, label in ((FAQ, "Question and answer"), (ARTICLE, "Article"))
    )
    links = "".join(f"<li>{document_link(article.id, article.title)}</li>" for article in near)
    hint = f"<p>Perhaps it is written already and only hard to find:</p><ul>{links}</ul>" if links else ""
    return (
        '<section class="dk-card dk-editor" aria-labelledby="answer">'
        '<h2 id="answer">Your answer, in English</h2>'
        f'<fieldset class="dk-kinds"><legend class="dk-sr">Publish as</legend>{kinds}</fieldset>'
        '<label for="heading">Question or title</label>'
        f'<input id="heading" name="heading" maxlength="{MAX_QUESTION_CHARS}" value="{escape(draft.heading)}" '
        'placeholder="How do I …?" lang="en" required>'
        '<label for="text">Answer</label>'
        f'<textarea id="text" name="text" rows="9" maxlength="{MAX_TEXT_CHARS}" lang="en" spellcheck="true" required '
        f'placeholder="Write full sentences: the bot quotes your words.">{escape(draft.text)}</textarea>'
        '<div class="dk-row"><button class="dk-button">Publish</button>'
        '<button class="dk-plain" formaction="check-answer">Check now</button>'
        '<span class="dk-quiet" id="checking" hidden>Checking …</span></div>'
        '<p class="dk-notice dk-error" id="logged-out" role="alert" hidden>Your session has ended. Your draft is kept '
        'in this browser: <a href="login">log in</a> and open this gap again.</p>'
        '<p class="dk-quiet" id="kept" role="status" hidden>Your draft was kept in this browser. '
        '<button type="button" class="dk-plain">Start over</button></p>'
        f'<div class="dk-near dk-quiet">{hint}</div></section>'
    )


def _meter(check: Check | None) -> str:
    if check is None:
        return (
            "<p class=dk-quiet>Write, and see here at once whom it helps. What your answer answers, and what you tick "
            "yourself, leaves the gaps. Untick what asks for something else.</p>"
        )
    if check.problem:
        return f'<p class="dk-quiet">{escape(check.problem)}</p>'
    total = len(check.forecasts)
    good, tried = check.languages
    warning = f'<p class="dk-notice dk-error">{escape(check.not_english)}</p>' if check.not_english else ""
    skipped = f" {plural(check.skipped, 'more question')} will be tried when you publish." if check.skipped else ""
    state = "all" if total and check.answered == total else "some" if check.answered else "none"
    return (
        f'{warning}<div class="dk-meter" data-state="{state}"><meter min="0" max="{max(total, 1)}" '
        f'value="{check.answered}" aria-label="Questions answered">{check.answered} of {total}</meter>'
        f"<p><b>{check.answered} of {plural(total, 'question')}</b> answered, "
        f"fully in {good} of {plural(tried, 'language')}.{skipped}</p></div>"
    )


def _question(question: OpenQuestion, forecast: Forecast | None, by_hand: bool | None, proposed: bool) -> str:
    """`by_hand`: the operator's tick; None = `proposed` stands."""
    times = f'<span class="dk-quiet">{plural(question.times, "time")}</span>' if question.times > 1 else ""
    reasons = "".join(f'<span class="dk-quiet">“<bdi>{escape(reason)}</bdi>”</span>' for reason in question.reasons)
    ids = ",".join(str(number) for number in question.ids)
    ticked = proposed if by_hand is None else by_hand
    by_whom = "decided" if by_hand is not None else "preticked" if ticked else ""
    remembered = f'<input type="hidden" name="{by_whom}" value="{ids}">' if by_whom else ""
    # The language comes from outside, so a line without one has no `lang` at all.
    return (
        f'<li data-result="{_result(forecast)}"><label><input type="checkbox" name="question" value="{ids}"'
        f"{' checked' if ticked else ''}>{foreign(question.question, question.language, name='dk-asked')}</label>"
        f"{remembered}"
        f"{_word_by_word(question.question, question.language)}"
        f'<div class="dk-facts">{language_chip(question.language)}{times}'
        f"{_got(question)}{_asked_person(question.asked_person)}{reasons}</div>"
        f"{_outcome(forecast)}</li>"
    )


def _word_by_word(text: str, language: str | None) -> str:
    """What a customer's words stand for, for an operator who cannot read them; "" where the dictionary is silent."""
    gloss = load_dictionary().gloss(text, language)
    return f'<p class="dk-quiet dk-gloss"><span>Word by word:</span> {escape(gloss)}</p>' if gloss else ""


def _got(question: OpenQuestion) -> str:
    if not question.closest:
        return '<span class="dk-quiet">found nothing</span>'
    # As the closest to an answer, or as one after which a person was asked all the same.
    how = "was shown, and did not help" if question.not_helpful else "was shown"
    return f'<span class="dk-quiet">“{escape(question.closest)}” {how}</span>'


def _asked_person(times: int) -> str:
    return f'<span class="dk-badge dk-person">{times:,} asked for a person</span>' if times else ""


def _result(forecast: Forecast | None) -> str:
    if forecast is None:
        return "untried"
    return "answered" if forecast.answered else "near" if forecast.by_draft else "missed"


def _outcome(forecast: Forecast | None) -> str:
    if forecast is None:
        return ""
    quoted = forecast.answer.citation or forecast.answer.closest
    words = f"“{escape(quoted.text)}”" if quoted else ""
    if forecast.answered:
        return f'<p class="dk-outcome"><span aria-hidden="true">✓</span> would be answered: <b>{words}</b></p>'
    if forecast.by_draft:
        return f'<p class="dk-outcome"><span aria-hidden="true">≈</span> near, but not sure enough: {words}</p>'
    if forecast.answer.citation:
        title = escape(forecast.answer.citation.passage.title)
        return f'<p class="dk-outcome"><span aria-hidden="true">✗</span> another article answers: {words} ({title})</p>'
    return '<p class="dk-outcome"><span aria-hidden="true">✗</span> not found in your answer</p>'
