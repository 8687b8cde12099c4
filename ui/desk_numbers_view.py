"""The numbers and the data page as HTML. Pure."""

from collections.abc import Sequence
from datetime import date
from html import escape

from knowledge_base.question_reports import Tally
from ui.desk_charts import Bar, columns, rows
from ui.desk_html import LANGUAGE_NAMES, PageContext, document_link, heading, page, plural, table, token_field
from ui.desk_numbers import NEVER_CITED_SHOWN, RANGES, CitedDocument, Numbers

LANGUAGES_DRAWN = 12


def numbers_page(found: Numbers, context: PageContext) -> str:
    """Tiles, plots and lists."""
    download = f'<a class="dk-button dk-second" href="numbers.csv?days={found.days}" download>Download CSV</a>'
    body = (
        f"{heading('Numbers', '', _ranges(found.days))}{_tiles(found.total)}"
        f"{_days(found.by_day)}{_languages(found.by_language)}"
        f'<div class="dk-columns">{_cited("Most quoted articles", found.most_cited)}{_never(found.never_cited)}</div>'
        f'<p class="dk-row">{download}</p>'
    )
    return page("Numbers", "numbers", body, context)


def data_page(kept: int, keeps_questions: bool, keep_days: int, context: PageContext) -> str:
    """What is kept of people's questions, and how to take it out or erase it."""
    if not keeps_questions:
        rule = "Keeping questions is switched off (ANYTONGUE_LOG_QUESTIONS=0)."
    elif keep_days:
        rule = f"Questions older than {plural(keep_days, 'day')} are deleted (ANYTONGUE_KEEP_QUESTIONS_DAYS)."
    else:
        rule = "Questions are kept until somebody erases them (ANYTONGUE_KEEP_QUESTIONS_DAYS=0)."
    body = (
        f"{heading('Data', plural(kept, 'question') + ' kept.')}"
        '<section class="dk-card"><h2>What is kept</h2>'
        "<p>The question, the language, the English words that were quoted and where they stand, how sure the answer "
        "was, how long it took, when it was asked, whether it helped, and whether a person was asked instead. A random "
        "number joins the questions of one conversation. No name, account, address or device is kept; mail addresses "
        f"and long numbers inside a question are replaced before it is stored.</p><p>{rule}</p></section>"
        '<section class="dk-card"><h2>Take it out</h2><p class="dk-row">'
        '<a class="dk-button dk-second" href="questions.jsonl" download>All questions as JSONL</a>'
        '<a class="dk-button dk-second" href="questions.csv" download>All questions as CSV</a></p></section>'
        f'<section class="dk-card"><h2>Erase</h2><form method="post" action="erase" class="dk-erase">'
        f'{token_field(context)}<label for="conversation">One conversation (its random number), or empty for '
        'everything</label><input id="conversation" name="conversation" autocomplete="off">'
        '<label for="sure">Type <b>erase</b> to confirm</label>'
        '<input id="sure" name="sure" required pattern="erase" autocomplete="off">'
        '<button class="dk-button dk-danger">Erase for good</button></form></section>'
    )
    return page("Data", "data", body, context)


def _ranges(chosen: int) -> str:
    links = "".join(
        f'<li><a href="numbers?days={days}"{" aria-current=page" if days == chosen else ""}>{label}</a></li>'
        for days, label in [*((days, f"{days} days") for days in RANGES), (0, "All")]
    )
    return f'<nav aria-label="Range"><ul class="dk-tabs dk-ranges">{links}</ul></nav>'


def _tiles(total: Tally) -> str:
    judged = total.helpful + total.not_helpful
    tiles = (
        ("Questions", f"{total.asked:,}", ""),
        ("Answered", _percent(total.answered, total.answered + total.unanswered), f"{total.answered:,} of them"),
        ("Helped", _percent(total.helpful, judged), f"{plural(judged, 'thumb')} up or down"),
        ("Asked for a person", f"{total.asked_person:,}", "went on to the team"),
        ("Median time", _duration(total.median_ms), "from question to reply"),
    )
    items = "".join(
        f"<div class=dk-card><dt>{name}</dt><dd>{value}</dd><dd class=dk-quiet>{note}</dd></div>"
        for name, value, note in tiles
    )
    return f'<dl class="dk-tiles">{items}</dl>'


def _days(tallies: Sequence[Tally]) -> str:
    if not any(tally.asked for tally in tallies):
        return '<p class="dk-card dk-empty">Nobody asked anything in this time.</p>'
    bars = [Bar(_short_day(t.name), _label(t.name, t), t.answered, t.asked - t.answered) for t in tallies]
    cells = [_cells(t.name, t) for t in reversed(tallies) if t.asked]
    return (
        f'<section class="dk-card"><h2>By day</h2>{_legend()}{columns("Questions by day", bars)}'
        f"<details><summary>As a table</summary>{_table('Day', cells)}</details></section>"
    )


def _languages(tallies: Sequence[Tally]) -> str:
    if not tallies:
        return ""
    drawn = [
        Bar(_language(t.name), _label(_language(t.name), t), t.answered, t.asked - t.answered)
        for t in tallies[:LANGUAGES_DRAWN]
    ]
    cells = [_cells(_language(t.name), t) for t in tallies]
    return (
        f'<section class="dk-card"><h2>By language</h2>{_legend()}{rows("Questions by language", drawn)}'
        f"<details><summary>As a table</summary>{_table('Language', cells)}</details></section>"
    )


def _legend() -> str:
    return (
        '<p class="dk-legend dk-quiet"><span class="dk-key dk-key-good"></span>answered'
        '<span class="dk-key dk-key-rest"></span>not answered</p>'
    )


def _table(first: str, cells: Sequence[Sequence[str]]) -> str:
    names = (first, "Asked", "Answered", "Helped", "Did not help", "Asked a person", "Median time")
    return table(names, cells, "dk-numbers")


def _cells(name: str, t: Tally) -> list[str]:
    share = _percent(t.answered, t.answered + t.unanswered)
    return [
        escape(name),
        f"{t.asked:,}",
        f"{t.answered:,} ({share})",
        f"{t.helpful:,}",
        f"{t.not_helpful:,}",
        f"{t.asked_person:,}",
        _duration(t.median_ms),
    ]


def _cited(title: str, documents: Sequence[CitedDocument]) -> str:
    items = "".join(
        f"<li>{document_link(document.id, document.title)} <b>{document.times:,}</b></li>" for document in documents
    )
    inner = f"<ol class=dk-ranking>{items}</ol>" if items else "<p class=dk-quiet>None yet.</p>"
    return f'<section class="dk-card"><h2>{title}</h2>{inner}</section>'


def _never(documents: Sequence[CitedDocument]) -> str:
    shown = "".join(f"<li>{document_link(d.id, d.title)}</li>" for d in documents[:NEVER_CITED_SHOWN])
    more = len(documents) - NEVER_CITED_SHOWN
    rest = f"<p class=dk-quiet>And {more:,} more.</p>" if more > 0 else ""
    inner = f"<ul class=dk-ranking>{shown}</ul>{rest}" if shown else "<p class=dk-quiet>All were quoted.</p>"
    return (
        f'<section class="dk-card"><h2>Never quoted</h2><details{" open" if len(documents) <= 10 else ""}>'
        f"<summary>{plural(len(documents), 'article')}</summary>{inner}</details></section>"
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _duration(median_ms: float | None) -> str:
    if median_ms is None:
        return "–"
    return f"{median_ms:.0f} ms" if median_ms < 1000 else f"{median_ms / 1000:.1f} s"


def _label(name: str, t: Tally) -> str:
    return f"{name}: {plural(t.asked, 'question')}, {t.answered:,} answered"


def _short_day(name: str) -> str:
    return date.fromisoformat(name).strftime("%-d %b")


def _language(code: str) -> str:
    return LANGUAGE_NAMES.get(code, code or "Unknown")
