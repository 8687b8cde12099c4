"""The frame of every desk page and the small parts they share. Pure: text in, HTML out, everything escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from unicodedata import bidirectional
from urllib.parse import quote

from chatbot.phrases import is_right_to_left
from ui.desk_jobs import JobState
from ui.icons import LOGO

TABS = (
    ("gaps", "Gaps"),
    ("documents", "Documents"),
    ("numbers", "Numbers"),
    ("caution", "Caution"),
    ("try", "Try"),
    ("data", "Data"),
)

LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English", "ar": "Arabic", "bg": "Bulgarian", "de": "German", "el": "Greek", "es": "Spanish",
    "fr": "French", "hi": "Hindi", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sw": "Swahili",
    "th": "Thai", "tr": "Turkish", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""Operators read English, so languages are named in it."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page of one session carries."""

    form_token: str
    notice: str | None = None
    """One sentence about what was just done."""
    is_error: bool = False
    published_for: str = ""
    """The gap whose draft the browser need not keep any more."""


def page(title: str, tab: str, body: str, context: PageContext) -> str:
    """A whole page of a logged-in operator."""
    links = "".join(
        f'<li><a href="{name}"{" aria-current=page" if name == tab else ""}>{label}</a></li>' for name, label in TABS
    )
    header = (
        '<a class="dk-skip" href="#main">Skip to content</a>'
        f'<header class="dk-header"><div class="dk-bar"><a class="dk-brand" href="gaps">{LOGO}<span>Anytongue</span>'
        f'<span class="dk-desk">Desk</span></a><nav aria-label="Desk"><ul class="dk-tabs">{links}</ul></nav>'
        f'<form method="post" action="logout">{token_field(context)}'
        '<button class="dk-plain">Log out</button></form></div></header>'
    )
    return document(
        title, f'{header}<main id="main" class="dk-main" tabindex="-1">{_notice(context)}{body}</main>', context
    )


def login_page(message: str | None = None) -> str:
    """The page before the desk."""
    note = f'<p class="dk-notice dk-error" role="alert">{escape(message)}</p>' if message else ""
    return document(
        "Log in",
        f'<main class="dk-login"><form method="post" action="login" class="dk-card">{LOGO}<h1>Anytongue desk</h1>'
        f"<p>For the people who keep the answers right.</p>{note}"
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>'
        '<button class="dk-button">Log in</button></form></main>',
        None,
    )


def logged_out_page() -> str:
    """What a form of an ended session gets."""
    return document(
        "Logged out",
        '<main class="dk-main"><p class="dk-notice dk-error" role="alert">Your session has ended, so nothing was done.'
        "</p><p>An answer that you were writing is kept in this browser: log in and open its gap again.</p>"
        '<p><a class="dk-button" href="login">Log in</a></p></main>',
        None,
    )


def document(title: str, body: str, context: PageContext | None) -> str:
    """An HTML document around a page; no style, script or address of another origin in it."""
    token = f'<meta name="form-token" content="{escape(context.form_token)}">' if context else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
        f"{token}<title>{escape(title)} · Anytongue desk</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="style.css">'
        f'<script src="script.js" defer></script></head><body>{body}</body></html>'
    )


def heading(title: str, subtitle: str = "", actions: str = "") -> str:
    """The top of a page; `actions` is HTML."""
    text = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    return f'<div class="dk-heading"><div><h1>{escape(title)}</h1>{text}</div>{actions}</div>'


def token_field(context: PageContext) -> str:
    """What proves that a form was made by this desk for this session."""
    return f'<input type="hidden" name="form_token" value="{escape(context.form_token)}">'


def language_chip(code: str | None, count: int | None = None) -> str:
    """A language with how often it occurs."""
    name = LANGUAGE_NAMES.get(code or "", "Unknown language")
    times = f' <b aria-hidden="true">{count}</b><span class="dk-sr">: {count}</span>' if count is not None else ""
    return f'<span class="dk-chip" title="{escape(name)}">{escape(name)}{times}</span>'


def chips(languages: Mapping[str, int]) -> str:
    """Languages with their counts."""
    return f'<div class="dk-chips">{"".join(language_chip(code, count) for code, count in languages.items())}</div>'


def foreign(text: str, language: str | None, tag: str = "span", name: str = "") -> str:
    """Words of a customer in their own language and direction."""
    # Not "auto" for them all: a question in Urdu may begin with a name in Latin letters.
    direction = "rtl" if is_right_to_left(language) and any(map(_goes_left, text)) else "auto"
    named = f' class="{escape(name)}"' if name else ""
    spoken = f' lang="{escape(language)}"' if language else ""
    return f'<{tag}{named}{spoken} dir="{direction}">{escape(text)}</{tag}>'


def document_link(document_id: str, title: str) -> str:
    """A link to a document of the desk."""
    return f'<a href="document?id={quote(document_id, safe="")}">{escape(title or document_id)}</a>'


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 question`, `2 questions`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def day(moment: datetime | None) -> str:
    """A date for people, exact for machines; a dash where it is unknown."""
    if moment is None:
        return '<span class="dk-quiet">–</span>'
    stamp = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f'<time datetime="{moment.isoformat()}" title="{stamp}">{moment.strftime("%-d %b %Y")}</time>'


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str = "", caption: str = "") -> str:
    """A table of HTML cells that turns into cards on a narrow screen."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = "".join(
        "<tr>"
        + "".join(f'<td data-label="{escape(column)}">{cell}</td>' for column, cell in zip(columns, row, strict=True))
        + "</tr>"
        for row in rows
    )
    title = f'<caption class="dk-sr">{escape(caption)}</caption>' if caption else ""
    return f'<table class="dk-table {name}">{title}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def job_html(state: JobState | None) -> str:
    """The progress of long work; the script asks for it again while `data-running`."""
    if state is None:
        return '<div id="job" class="dk-job" role="status"></div>'
    if state.running:
        share = f'value="{state.done}" max="{state.total}"' if state.total else ""
        words = f"{state.title}: {state.done} of {state.total}" if state.total else f"{state.title} …"
        inner = (
            f'<label for="progress">{escape(words)}</label><progress id="progress" {share}></progress>'
            f'<span class="dk-quiet dk-clip">{escape(state.at)}</span>'
        )
    else:
        inner = f'<p class="dk-notice{" dk-error" if state.failed else ""}">{escape(state.result or "")}</p>'
    running = " data-running" if state.running else ""
    return f'<div id="job" class="dk-job" role="status"{running}>{inner}</div>'


def _goes_left(letter: str) -> bool:
    return bidirectional(letter) in {"R", "AL"}


def _notice(context: PageContext) -> str:
    if not context.notice:
        return ""
    if context.is_error:
        return f'<p class="dk-notice dk-error" role="alert">{escape(context.notice)}</p>'
    published = f' data-published-for="{escape(context.published_for)}"' if context.published_for else ""
    return f'<p class="dk-notice" role="status"{published}>{escape(context.notice)}</p>'
