"""A reply as HTML: the localised sentence, the English words marked in their passage, where they come from.

Pure functions, no gradio. Everything that comes from a person or a document is escaped here, and every quote says
that it is English and runs from left to right, whatever the language around it.
"""

from collections.abc import Iterable, Sequence
from html import escape

from chatbot.answer import Answer, Citation
from chatbot.chatbot import Reply, ReplyKind, found_key
from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, is_right_to_left, labelled, language_name, phrase, phrases
from knowledge_base.documents import Passage
from ui import icons
from ui.excerpt import Excerpt, excerpt

ENGLISH = 'lang="en" dir="ltr"'

QUOTE_CHARS = 420
"""About five lines on a desktop: a glance tells whether the marked words mean what was asked."""

OTHER_PASSAGE_LIMIT = 4
"""More would bury the answer; the whole article is one click away."""

OTHER_PASSAGE_CHARS = 240

NEAREST_ARTICLE_LIMIT = 3

_QUOTE_OPENERS = frozenset("“„«»‹\"'「『《〈\u2068\u00a0")  # in French a no-break space follows the sign
"""What stands before a value in the phrases: tells a quote from the same word in the sentence around it."""

_CONFIDENCE_WORDS = {
    PhraseKey.FOUND_SURE: PhraseKey.CONFIDENCE_SURE,
    PhraseKey.FOUND_FAIRLY_SURE: PhraseKey.CONFIDENCE_FAIRLY_SURE,
    PhraseKey.FOUND_NOT_SURE: PhraseKey.CONFIDENCE_NOT_SURE,
}
_FEEDBACK_KEYS = (PhraseKey.FEEDBACK_THANKS, PhraseKey.FEEDBACK_REASON, PhraseKey.FEEDBACK_SEND)
_ANSWER_KINDS = frozenset({ReplyKind.FOUND, ReplyKind.CLOSEST, ReplyKind.NOT_FOUND})


def reply_html(reply: Reply, hand_over: str = "") -> str:
    """One message of the bot, complete: sentence, card, what can be done with it. `hand_over`: the way to a person."""
    parts = [_followed(reply), _sentence(reply)]
    cited = cited_words(reply)
    if cited and reply.answer:
        parts.append(_card(cited, reply.answer, reply))
    elif reply.kind is ReplyKind.NOT_FOUND and reply.answer:
        parts.append(_nearest_articles(reply.answer, reply.language))
    if reply.kind in _ANSWER_KINDS:
        parts.append(f'<div class="at-meta">{_understood(reply)}{_actions(reply)}</div>{_reason(reply)}{hand_over}')
    return message_html(reply.language, reply.kind.value, "".join(parts))


def message_html(language: str, kind: str, inner: str) -> str:
    """The frame of a message of the bot, in its language and direction."""
    direction = "rtl" if is_right_to_left(language) else "ltr"
    name = escape(phrase(PhraseKey.BOT_NAME, language))
    return (
        f'<article class="at-message at-bot" lang="{escape(language)}" dir="{direction}" data-kind="{escape(kind)}" '
        f'aria-label="{name}">{inner}</article>'
    )


def error_html(language: str) -> str:
    """What is said when something broke on our side."""
    again = escape(phrase(PhraseKey.TRY_AGAIN, language))
    text = escape(phrase(PhraseKey.ERROR, language))
    button = f'<div class="at-meta"><button type="button" class="at-plain" data-do="retry">{again}</button></div>'
    return message_html(language, "error", f'<p class="at-sentence">{text}</p>{button}')


def cited_words(reply: Reply) -> Citation | None:
    """The words that a reply quotes: its answer, or the closest it has."""
    if reply.answer is None:
        return None
    if reply.kind is ReplyKind.FOUND:
        return reply.answer.citation
    return reply.answer.closest if reply.kind is ReplyKind.CLOSEST else None


def quoted_sentence(text: str, quotes: Sequence[tuple[str, str]]) -> str:
    """Plain text -> HTML in which each (words, class) that it quotes is an element of its own, English, left to right.

    Quotes do not overlap: the answer is not looked for inside the title.
    """
    taken: list[tuple[int, int, str]] = []
    for words, name in sorted(quotes, key=lambda quote: -len(quote[0])):
        place = _place_of(text, words, [(begin, end) for begin, end, _ in taken])
        if place is not None:
            taken.append((place, place + len(words), name))
    pieces, done = [], 0
    for begin, end, name in sorted(taken):
        pieces.append(escape(text[done:begin]))
        pieces.append(f'<bdi class="{name}" {ENGLISH}>{escape(text[begin:end])}</bdi>')
        done = end
    return "".join(pieces) + escape(text[done:])


def marked_excerpt(part: Excerpt) -> str:
    """An excerpt with its span in <mark>; dots where the passage goes on."""
    mark = f"<mark>{escape(part.marked)}</mark>" if part.marked else ""
    before, after = ("… " if part.starts_late else ""), (" …" if part.ends_early else "")
    return f"{before}{escape(part.before)}{mark}{escape(part.after)}{after}"


def source_path(passage: Passage) -> str:
    """Title and headings of a passage, outermost first."""
    headings = [heading for heading in passage.heading_path if heading != passage.title]
    parts = "".join(f'<span aria-hidden="true"> › </span><bdi>{escape(heading)}</bdi>' for heading in headings)
    return f'<span class="at-path" {ENGLISH}><bdi class="at-title">{escape(passage.title)}</bdi>{parts}</span>'


def safe_url(url: str | None) -> str | None:
    """The address if it is one to the web; `javascript:` and its like never become a link."""
    return url if url and url.lower().startswith(("https://", "http://")) else None


def _place_of(text: str, words: str, taken: Iterable[tuple[int, int]]) -> int | None:
    ranges = list(taken)
    fallback, place = None, text.find(words) if words else -1
    while place >= 0:
        if all(place + len(words) <= begin or place >= end for begin, end in ranges):
            if place and text[place - 1] in _QUOTE_OPENERS:
                return place
            fallback = place if fallback is None else fallback
        place = text.find(words, place + 1)
    return fallback


def _followed(reply: Reply) -> str:
    """What a follow-up was taken to ask, so that a wrong guess is seen."""
    if not reply.understood_as:
        return ""
    text = phrase(PhraseKey.UNDERSTOOD_AS, reply.language, question=reply.understood_as)
    before, question, after = text.partition(reply.understood_as)
    return f'<p class="at-followed">{escape(before)}<bdi>{escape(question)}</bdi>{escape(after)}</p>'


def _sentence(reply: Reply) -> str:
    cited = cited_words(reply)
    quotes = [(cited.text, "at-answer"), (cited.passage.title, "at-named")] if cited else []
    return f'<p class="at-sentence">{quoted_sentence(reply.text, quotes)}</p>'


def _card(cited: Citation, answer: Answer, reply: Reply) -> str:
    part = excerpt(cited.passage.text, cited.start, cited.end, QUOTE_CHARS)
    language = reply.language
    note = escape(phrase(PhraseKey.QUOTED_IN_ENGLISH, language))
    return (
        '<figure class="at-card">'
        f'<figcaption class="at-source"><span class="at-sr">{escape(labelled(PhraseKey.SOURCE, language))}</span>'
        f"{source_path(cited.passage)}</figcaption>"
        f'<blockquote class="at-passage" {ENGLISH}>{marked_excerpt(part)}</blockquote>'
        f'<div class="at-facts">{_confidence(reply)}<span class="at-note">{note}</span></div>'
        f'<div class="at-links">{_article_button(cited.passage, (cited.start, cited.end), language)}'
        f"{_web_link(cited.passage, language)}</div>"
        f"{_other_passages(answer, cited.passage, language)}</figure>"
    )


def _confidence(reply: Reply) -> str:
    confidence = reply.answer.confidence if reply.answer else 0.0
    word = PhraseKey.CONFIDENCE_NOT_SURE
    if reply.kind is ReplyKind.FOUND:
        word = _CONFIDENCE_WORDS[found_key(confidence)]
    label = escape(labelled(PhraseKey.CONFIDENCE, reply.language))
    level = word.value.removeprefix("confidence_")
    text = escape(phrase(word, reply.language))
    return f'<span class="at-confidence" data-level="{level}">{label}{text}</span>'


def _article_button(passage: Passage, span: tuple[int, int], language: str) -> str:
    """Opens the whole article with the span, given in characters of the passage, marked in it."""
    return (
        f'<button type="button" class="at-plain" data-do="article" data-document="{escape(passage.document)}" '
        f'data-start="{passage.start + span[0]}" data-end="{passage.start + span[1]}">'
        f"{escape(phrase(PhraseKey.SHOW_ARTICLE, language))}</button>"
    )


def _web_link(passage: Passage, language: str) -> str:
    url = safe_url(passage.url)
    if not url:
        return ""
    text = escape(phrase(PhraseKey.OPEN_ARTICLE, language))
    return f'<a class="at-plain" href="{escape(url)}" target="_blank" rel="noopener noreferrer">{text}</a>'


def _other_passages(answer: Answer, cited: Passage, language: str) -> str:
    others = [r.passage for r in answer.passages if r.passage.id != cited.id][:OTHER_PASSAGE_LIMIT]
    if not others:
        return ""
    items = "".join(
        f"<li>{source_path(passage)}"
        f'<p class="at-passage" {ENGLISH}>{marked_excerpt(excerpt(passage.text, 0, 0, OTHER_PASSAGE_CHARS))}</p>'
        f"{_article_button(passage, (0, len(passage.text)), language)}</li>"
        for passage in others
    )
    summary = escape(phrase(PhraseKey.OTHER_PASSAGES, language))
    return f'<details class="at-others"><summary>{summary}</summary><ul>{items}</ul></details>'


def _nearest_articles(answer: Answer, language: str) -> str:
    nearest: dict[str, Passage] = {}
    for retrieved in answer.passages:
        nearest.setdefault(retrieved.passage.document, retrieved.passage)
    if not nearest:
        return ""
    items = "".join(
        f'<li><button type="button" class="at-plain" data-do="article" data-document="{escape(passage.document)}" '
        f'data-start="{passage.start}" data-end="{passage.end}" {ENGLISH}>{escape(passage.title)}</button></li>'
        for passage in list(nearest.values())[:NEAREST_ARTICLE_LIMIT]
    )
    heading = escape(phrase(PhraseKey.NEAREST_ARTICLES, language))
    return f'<div class="at-card at-nearest"><p>{heading}</p><ul>{items}</ul></div>'


def _understood(reply: Reply) -> str:
    language, detected = reply.language, reply.detected_language
    words = phrases(language)
    if not reply.language_certain:
        text = words.text(PhraseKey.LANGUAGE_UNSURE, language=language_name(language))
    elif detected and detected not in LANGUAGES:
        text = words.text(PhraseKey.LANGUAGE_NOT_SERVED, language=language_name(detected))
    else:
        text = words.text(PhraseKey.UNDERSTOOD_LANGUAGE, language=language_name(detected or language))
    change = escape(phrase(PhraseKey.NOT_MY_LANGUAGE, language))
    button = f'<button type="button" class="at-plain" data-do="relanguage">{change}</button>'
    return f"<span>{escape(text)}</span>{button}"


def _actions(reply: Reply) -> str:
    return (
        f'<span class="at-actions">{_thumbs(reply)}'
        f"{_icon_button('copy', PhraseKey.COPY, icons.COPY, reply, extra=_attribute('copy', reply.text))}"
        f"{_icon_button('retry', PhraseKey.RETRY, icons.AGAIN, reply)}</span>"
    )


def _thumbs(reply: Reply) -> str:
    """Yes and no, only where the question was kept: a thumb that nobody sees would be a lie."""
    if reply.logged_id is None:
        return ""
    name = escape(phrase(PhraseKey.HELPFUL_QUESTION, reply.language))
    pressed = 'aria-pressed="false"'
    return (
        f'<span class="at-thumbs" role="group" aria-label="{name}">'
        f"{_icon_button('helpful', PhraseKey.YES, icons.YES, reply, extra=pressed)}"
        f"{_icon_button('unhelpful', PhraseKey.NO, icons.NO, reply, extra=pressed)}</span>"
    )


def _reason(reply: Reply) -> str:
    """What appears after a thumb: thanks, and after "no" room for what was missing."""
    if reply.logged_id is None:
        return ""
    words = {key: escape(phrase(key, reply.language)) for key in _FEEDBACK_KEYS}
    return (
        f'<p class="at-thanks" hidden>{words[PhraseKey.FEEDBACK_THANKS]}</p>'
        f'<form class="at-reason" hidden><label>{words[PhraseKey.FEEDBACK_REASON]}'
        '<input type="text" name="reason" dir="auto" maxlength="500" autocomplete="off"></label>'
        f'<button type="submit" class="at-plain">{words[PhraseKey.FEEDBACK_SEND]}</button></form>'
    )


def _icon_button(action: str, key: PhraseKey, icon: str, reply: Reply, *, extra: str = "") -> str:
    name = escape(phrase(key, reply.language))
    return (
        f'<button type="button" class="at-plain" data-do="{action}" aria-label="{name}" title="{name}" {extra}>'
        f"{icon}</button>"
    )


def _attribute(name: str, value: str) -> str:
    return f'data-{name}="{escape(value)}"'
