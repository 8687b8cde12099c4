"""A whole article as HTML, with the cited words marked, for the panel beside the conversation. Pure."""

import re
from html import escape

from chatbot.phrases import PhraseKey, phrase
from knowledge_base.documents import Document
from ui.answer_view import ENGLISH, safe_url

_BLANK_LINE = re.compile(r"\n\s*\n")


def article_html(document: Document, span: tuple[int, int], language: str) -> str:
    """The article; `span` is the characters of its text to mark, an empty one marks nothing."""
    title = document.question or document.title
    return (
        f'<article class="at-article" {ENGLISH}>'
        f'<h2 id="at-panel-title" tabindex="-1">{escape(title)}</h2>'
        f"{_web_link(document, language)}{_body(document, span)}</article>"
    )


def missing_article_html(language: str) -> str:
    """In place of an article that is gone from the knowledge base."""
    text = escape(phrase(PhraseKey.ERROR, language))
    heading = f'<h2 id="at-panel-title" class="at-sr" tabindex="-1">{text}</h2>'
    return f'{heading}<p lang="{escape(language)}" dir="auto">{text}</p>'


def _web_link(document: Document, language: str) -> str:
    url = safe_url(document.url)
    if not url:
        return ""
    text = escape(phrase(PhraseKey.OPEN_ARTICLE, language))
    return (
        f'<a class="at-plain" lang="{escape(language)}" href="{escape(url)}" target="_blank" '
        f'rel="noopener noreferrer">{text}</a>'
    )


def _body(document: Document, span: tuple[int, int]) -> str:
    pieces, done = [], 0
    for heading in sorted(document.headings, key=lambda heading: heading.start):
        if heading.start < done:
            continue
        pieces.append(_paragraphs(document.text, (done, heading.start), span))
        level = min(6, max(3, heading.level + 1))
        text = _marked(document.text, (heading.start, heading.end), span)
        pieces.append(f"<h{level}>{text}</h{level}>" if text != escape(document.title) else "")
        done = heading.end
    return "".join(pieces) + _paragraphs(document.text, (done, len(document.text)), span)


def _paragraphs(text: str, bounds: tuple[int, int], span: tuple[int, int]) -> str:
    pieces, begin = [], bounds[0]
    for gap in [*_BLANK_LINE.finditer(text, *bounds), None]:
        end = gap.start() if gap else bounds[1]
        if text[begin:end].strip():
            pieces.append(f"<p>{_marked(text, (begin, end), span)}</p>")
        begin = gap.end() if gap else end
    return "".join(pieces)


def _marked(text: str, bounds: tuple[int, int], span: tuple[int, int]) -> str:
    """The stretch, escaped, with what it shares with the span marked; a span may run over several stretches."""
    start, end = max(bounds[0], span[0]), min(bounds[1], span[1])
    if start >= end:
        return escape(text[slice(*bounds)].strip())
    before, marked, after = text[bounds[0] : start], text[start:end], text[end : bounds[1]]
    return f"{escape(before.lstrip())}<mark>{escape(marked)}</mark>{escape(after.rstrip())}"
