"""The empty chat page as HTML, and its texts in every language. Pure: knows the phrases, nothing of gradio.

Visible words carry `data-text`, names for screen readers `data-label`: `page.js` fills both in the page's language,
so that switching needs no round trip and the first paint already speaks the reader's language.
"""

from collections.abc import Mapping, Sequence
from html import escape

from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, language_name, phrases

BRAND = "Anytongue"

PAGE_KEYS = (
    PhraseKey.BOT_NAME,
    PhraseKey.CLOSE,
    PhraseKey.CONVERSATION,
    PhraseKey.COPIED,
    PhraseKey.EDIT,
    PhraseKey.EMPTY_MESSAGE,
    PhraseKey.ERROR,
    PhraseKey.EXAMPLES_HEADING,
    PhraseKey.INPUT_LABEL,
    PhraseKey.INPUT_PLACEHOLDER,
    PhraseKey.LANGUAGE_AUTOMATIC,
    PhraseKey.LANGUAGE_LABEL,
    PhraseKey.LOADING,
    PhraseKey.NETWORK_LOST,
    PhraseKey.NEW_CONVERSATION,
    PhraseKey.NOT_MY_LANGUAGE,
    PhraseKey.PAGE_SUBTITLE,
    PhraseKey.PAGE_TITLE,
    PhraseKey.PRIVACY_NOTE,
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


def page_html() -> str:
    """The whole page before the first question, worded in English until `page.js` has picked the language."""
    return f'<div class="at-page">{_header()}{_main()}{_composer()}{_article_panel()}</div>'


def _header() -> str:
    options = "".join(f'<option value="{code}" lang="{code}">{escape(language_name(code))}</option>' for code in LANGUAGES)
    automatic = f'<option value="" {_text(PhraseKey.LANGUAGE_AUTOMATIC)}</option>'
    return (
        '<header class="at-header">'
        f'<div class="at-brand">{_LOGO}<span translate="no" lang="en">{BRAND}</span></div>'
        f'<button type="button" class="at-plain at-new" data-do="new" hidden {_label(PhraseKey.NEW_CONVERSATION)}>'
        f"{_ICON_NEW}<span {_text(PhraseKey.NEW_CONVERSATION)}</span></button>"
        f'<label class="at-language">{_ICON_GLOBE}<span class="at-sr" {_text(PhraseKey.LANGUAGE_LABEL)}</span>'
        f'<select class="at-select" data-do="language">{automatic}{options}</select></label>'
        "</header>"
    )


def _main() -> str:
    return (
        '<main class="at-main" tabindex="0">'
        '<section class="at-welcome">'
        f"<h1 {_text(PhraseKey.PAGE_TITLE)}</h1><p {_text(PhraseKey.PAGE_SUBTITLE)}</p>"
        f'<div class="at-examples" hidden><h2 {_text(PhraseKey.EXAMPLES_HEADING)}</h2><ul class="at-chips"></ul></div>'
        "</section>"
        # The log is not live itself: a card holds far more than what should be read out. The status line is.
        f'<div class="at-log" role="log" aria-live="off" {_label(PhraseKey.CONVERSATION)}></div>'
        '<p class="at-sr at-status" role="status" aria-live="polite"></p>'
        "</main>"
    )


def _composer() -> str:
    return (
        '<footer class="at-footer"><form class="at-composer">'
        f'<label class="at-sr" for="at-input" {_text(PhraseKey.INPUT_LABEL)}</label>'
        '<textarea id="at-input" class="at-input" rows="1" dir="auto" autocomplete="off" enterkeyhint="send" '
        f'data-placeholder="{PhraseKey.INPUT_PLACEHOLDER.value}" '
        f'placeholder="{escape(phrases("en").text(PhraseKey.INPUT_PLACEHOLDER))}"></textarea>'
        f'<button type="submit" class="at-send" {_label(PhraseKey.SEND)}>{_ICON_SEND}</button>'
        f'<button type="button" class="at-send at-stop" data-do="stop" hidden {_label(PhraseKey.STOP)}>'
        f"{_ICON_STOP}</button></form>"
        '<p class="at-hint"></p>'
        f'<p class="at-privacy" {_text(PhraseKey.PRIVACY_NOTE)}</p></footer>'
    )


def _article_panel() -> str:
    return (
        '<dialog class="at-panel" aria-labelledby="at-panel-title">'
        f'<button type="button" class="at-plain at-close" data-do="close" {_label(PhraseKey.CLOSE)}>{_ICON_CLOSE}</button>'
        '<div class="at-panel-body"></div></dialog>'
    )


def _text(key: PhraseKey) -> str:
    """The end of an opening tag with its text: `<p {_text(key)}</p>`."""
    return f'data-text="{key.value}">{escape(phrases("en").text(key))}'


def _label(key: PhraseKey) -> str:
    text = escape(phrases("en").text(key))
    return f'data-label="{key.value}" aria-label="{text}"'


def _icon(path: str) -> str:
    return (
        '<svg class="at-icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{path}</svg>"
    )


_ICON_NEW = _icon('<path d="M12 5v14M5 12h14"/>')
_ICON_GLOBE = _icon(
    '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.7 2.7 4 5.7 4 9s-1.3 6.3-4 9c-2.7-2.7-4-5.7-4-9s1.3-6.3 4-9z"/>'
)
_ICON_SEND = _icon('<path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/>')
_ICON_STOP = _icon('<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>')
_ICON_CLOSE = _icon('<path d="M6 6l12 12M18 6 6 18"/>')
_LOGO = (
    '<svg class="at-logo" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false">'
    '<path class="at-logo-back" d="M8 3h16a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-7l-6.6 5.3c-.6.5-1.4.1-1.4-.7V24H8a6 6 0 0 1-6-6V9'
    'a6 6 0 0 1 6-6z"/><path class="at-logo-line" d="M9 10.5h14"/><path class="at-logo-mark" d="M9 16.5h8"/></svg>'
)
