"""The try-out as HTML: one question in all languages side by side. Pure."""

from html import escape

from chatbot.parity import Landing, ParityOutcome
from ui.desk_html import PageContext, document_link, foreign, heading, language_chip, page, plural, token_field
from ui.desk_try import TryOut
from ui.excerpt import excerpt

QUOTE_CHARS = 220

_STATES = {
    Landing.SAME: ("good", "same words"),
    Landing.OVERLAP: ("good", "overlapping words"),
    Landing.DOCUMENT: ("bad", "same article, other words"),
    Landing.ELSEWHERE: ("bad", "another article"),
    Landing.NO_ANSWER: ("bad", "no answer"),
    Landing.UNEXPECTED: ("bad", "an answer where the reference has none"),
}

_PLACEHOLDER = (
    "en: How long can I return an item?\nde: Wie lange kann ich etwas zurückgeben?\nja: 返品はいつまでできますか"
)


def try_page(pasted: str, found: TryOut | None, context: PageContext) -> str:
    """The form, and what came of it."""
    subtitle = "Ask one thing in many languages and see whether all of them land on the same words."
    form = (
        f'<form class="dk-card dk-try" method="post" action="try">{token_field(context)}'
        '<label for="lines">One question a line: <code>de: Wie …</code>, JSON, or just the question</label>'
        f'<textarea id="lines" name="lines" rows="7" dir="auto" required placeholder="{escape(_PLACEHOLDER)}">'
        f"{escape(pasted)}</textarea>"
        '<div class="dk-row"><button class="dk-button">Ask all</button>'
        '<label class="dk-plain dk-file">Open a JSONL file<input type="file" id="parity-files" multiple '
        'accept=".jsonl,.json,.txt"></label>'
        '<label id="pick-label" hidden>Question <select id="pick"></select></label></div>'
        '<p class="dk-quiet">After a change of the knowledge base, check whole files with '
        "<code>python main.py parity FILE</code>.</p></form>"
    )
    return page("Try", "try", f"{heading('Try', subtitle)}{form}{_results(found) if found else ''}", context)


def _results(found: TryOut) -> str:
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in found.problems)
    notes = f'<ul class="dk-notice dk-error">{problems}</ul>' if problems else ""
    groups = "".join(_group(identifier, rows) for identifier, rows in found.report.by_question().items())
    return f'<div id="try-results" tabindex="-1">{notes}{groups}</div>'


def _group(identifier: str, outcomes: list[ParityOutcome]) -> str:
    compared = [outcome for outcome in outcomes if not outcome.is_reference]
    agreeing = sum(_STATES[outcome.landing][0] == "good" for outcome in compared)
    state = "all" if agreeing == len(compared) else "some" if agreeing else "none"
    title = f"{agreeing} of {plural(len(compared), 'wording')} agree with the reference" if compared else "One wording"
    lines = "".join(_outcome(outcome) for outcome in outcomes)
    return (
        f'<section class="dk-card dk-parity"><h2>{title}</h2><div class="dk-meter" data-state="{state}">'
        f'<meter min="0" max="{max(len(compared), 1)}" value="{agreeing}" aria-label="{escape(identifier)}">'
        f"{agreeing}</meter></div><ul>{lines}</ul></section>"
    )


def _outcome(outcome: ParityOutcome) -> str:
    question, citation = outcome.question, outcome.answer.citation
    state, words = ("reference", "reference") if outcome.is_reference else _STATES[outcome.landing]
    badge = {"good": " dk-good", "bad": " dk-bad", "reference": ""}[state]
    if citation:
        part = excerpt(citation.passage.text, citation.start, citation.end, QUOTE_CHARS)
        quoted = (
            f'<p class="dk-quote" lang="en" dir="ltr">{escape(part.before)}<mark>{escape(part.marked)}</mark>'
            f'{escape(part.after)}</p><p class="dk-quiet">'
            f"{document_link(citation.passage.document, citation.passage.title)}</p>"
        )
    else:
        closest = outcome.answer.closest
        near = f" The closest: “{escape(closest.text)}”" if closest else ""
        quoted = f'<p class="dk-quiet">No answer was sure enough.{near}</p>'
    return (
        f'<li data-state="{state}"><div class="dk-facts">{language_chip(question.language)}'
        f'<span class="dk-badge{badge}">{words}</span></div>'
        f"{foreign(question.question, question.language, 'p', 'dk-asked')}{quoted}</li>"
    )
