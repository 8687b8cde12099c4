"""The empty chat page as HTML, and its texts in every language. Pure: knows the phrases, nothing of gradio.

Visible words carry `data-text`, names for screen readers `data-label`: `page.js` fills both in the page's language,
so that switching needs no round trip and the first paint already speaks the reader's language.
"""

from collections.abc import Mapping, Sequence
from html import escape

from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, language_name, phrases
from ui import icons

BRAND = "Anytongue"

PAGE_KEYS = (
    PhraseKey.BOT_NAME,
    PhraseKey.BUSY,
    PhraseKey.CLEAR,
    PhraseKey.CLOSE,
    PhraseKey.CONVERSATION,
    PhraseKey.COPIED,
    PhraseKey.COPY_LINK,
    PhraseKey.EDIT,
    PhraseKey.EMPTY_MESSAGE,
    PhraseKey.ERROR,
    PhraseKey.EXAMPLES_HEADING,
    PhraseKey.INPUT_LABEL,
    PhraseKey.INPUT_PLACEHOLDER,
    PhraseKey.LANGUAGE_AUTOMATIC,
    PhraseKey.LANGUAGE_LABEL,
    PhraseKey.LINK_ELSEWHERE,
    PhraseKey.LINK_KEPT,
    PhraseKey.LOADING,
    PhraseKey.NETWORK_LOST,
    PhraseKey.NEW_CONVERSATION,
    PhraseKey.NOT_MY_LANGUAGE,
    PhraseKey.OLDER_LEFT_OUT,
    PhraseKey.PAGE_SUBTITLE,
    PhraseKey.PAGE_TITLE,
    PhraseKey.PRIVACY_NOTE,
    PhraseKey.QUALITY_TITLE,
    PhraseKey.QUOTED_IN_ENGLISH,
    PhraseKey.SEARCHING,
    PhraseKey.SEND,
    PhraseKey.STOP,
    PhraseKey.STOPPED,
    PhraseKey.TRY_AGAIN,
    PhraseKey.YOU,
)
"""What the browser words itself; everything in a reply comes worded from the server."""


def page_texts(examples: Mapping[str, Sequence[str]]) -> dict[str, dict[str, object]]:
    """Language code -> its direction, its example questions and the texts of `PAGE_KEYS`, ready for JSON."""
    return {
        code: {
            "rtl": phrases(code).right_to_left,
            "examples": list(examples.get(code, ())),
            "texts": {key.value: phrases(code).text(key) for key in PAGE_KEYS},
        }
        for code in LANGUAGES
    }


def page_html(*, keeps: bool = True) -> str:
    """The whole page before the first question, worded in English until `page.js` has picked the language.

    `keeps`: whether a conversation may be kept in the browser beyond its tab, and so offers a link to itself.
    """
    return f'<div class="at-page">{_header()}{_main(keeps)}{_composer()}{_article_panel()}{_templates()}</div>'


def _header() -> str:
    options = "".join(
        f'<option value="{code}" lang="{code}">{escape(language_name(code))}</option>' for code in LANGUAGES
    )
    automatic = f'<option value="" {_text(PhraseKey.LANGUAGE_AUTOMATIC)}</option>'
    return (
        '<header class="at-header"><div class="at-header-row at-column">'
        f'<div class="at-brand">{icons.LOGO}<span translate="no" lang="en">{BRAND}</span></div>'
        f'<button type="button" class="at-plain at-new" data-do="new" hidden {_label(PhraseKey.NEW_CONVERSATION)}>'
        f"{icons.NEW}<span {_text(PhraseKey.NEW_CONVERSATION)}</span></button>"
        f'<label class="at-language">{icons.GLOBE}<span class="at-sr" {_text(PhraseKey.LANGUAGE_LABEL)}</span>'
        f'<select class="at-select" data-do="language">{automatic}{options}</select></label>'
        "</div></header>"
    )


def _main(keeps: bool) -> str:
    link = (
        f'<button type="button" class="at-plain" data-do="link">{icons.LINK}<span {_text(PhraseKey.COPY_LINK)}</span>'
        "</button>"
    )
    return (
        '<div class="at-main" tabindex="0">'
        '<section class="at-welcome">'
        f"<h1 {_text(PhraseKey.PAGE_TITLE)}</h1><p {_text(PhraseKey.PAGE_SUBTITLE)}</p>"
        f'<p class="at-elsewhere" hidden {_text(PhraseKey.LINK_ELSEWHERE)}</p>'
        f'<div class="at-examples" hidden><h2 {_text(PhraseKey.EXAMPLES_HEADING)}</h2><ul class="at-chips"></ul></div>'
        "</section>"
        f'<p class="at-older at-column" hidden {_text(PhraseKey.OLDER_LEFT_OUT)}</p>'
        # The log is not live itself: a card holds far more than what should be read out. The status line is.
        f'<div class="at-log at-column" role="log" aria-live="off" {_label(PhraseKey.CONVERSATION)}></div>'
        f'<div class="at-tools at-column">{link if keeps else ""}'
        f'<button type="button" class="at-plain" data-do="clear">{icons.CLEAR}<span {_text(PhraseKey.CLEAR)}</span>'
        "</button></div>"
        '<p class="at-sr at-status" role="status" aria-live="polite"></p>'
        "</div>"
    )


def _composer() -> str:
    return (
        '<footer class="at-footer"><form class="at-composer at-column">'
        f'<label class="at-sr" for="at-input" {_text(PhraseKey.INPUT_LABEL)}</label>'
        '<textarea id="at-input" class="at-input" rows="1" dir="auto" autocomplete="off" enterkeyhint="send" '
        f'data-placeholder="{PhraseKey.INPUT_PLACEHOLDER.value}" '
        f'placeholder="{escape(phrases("en").text(PhraseKey.INPUT_PLACEHOLDER))}"></textarea>'
        f'<button type="submit" class="at-send" {_label(PhraseKey.SEND)}>{icons.SEND}</button>'
        f'<button type="button" class="at-send at-stop" data-do="stop" hidden {_label(PhraseKey.STOP)}>'
        f"{icons.STOP}</button></form>"
        '<p class="at-hint"></p>'
        f'<p class="at-privacy"><span {_text(PhraseKey.PRIVACY_NOTE)}</span> '
        f'<a class="at-quality" href="quality" {_text(PhraseKey.QUALITY_TITLE)}</a></p></footer>'
    )


def _article_panel() -> str:
    return (
        '<dialog class="at-panel" aria-labelledby="at-panel-title"><div class="at-panel-bar">'
        f"<span {_text(PhraseKey.QUOTED_IN_ENGLISH)}</span>"
        f'<button type="button" class="at-plain at-close" data-do="close" {_label(PhraseKey.CLOSE)}>'
        f"{icons.CLOSE}</button>"
        '</div><div class="at-panel-body"></div></dialog>'
    )


def _templates() -> str:
    """What the browser puts into the conversation by itself: a question, and the wait for its answer."""
    return (
        f'<template class="at-question"><article class="at-message at-user" {_label(PhraseKey.YOU)}>'
        '<p class="at-bubble" dir="auto"></p>'
        f'<button type="button" class="at-plain at-edit" data-do="edit" {_label(PhraseKey.EDIT)}>{icons.EDIT}</button>'
        "</article></template>"
        '<template class="at-wait"><div class="at-message at-bot at-waiting">'
        '<span class="at-dots" aria-hidden="true"><i></i><i></i><i></i></span>'
        f"<span {_text(PhraseKey.SEARCHING)}</span></div></template>"
    )


def _text(key: PhraseKey) -> str:
    """The end of an opening tag with its text: `<p {_text(key)}</p>`."""
    return f'data-text="{key.value}">{escape(phrases("en").text(key))}'


def _label(key: PhraseKey) -> str:
    text = escape(phrases("en").text(key))
    return f'data-label="{key.value}" aria-label="{text}"'
