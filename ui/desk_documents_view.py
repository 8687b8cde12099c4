"""The documents as HTML: list, one document, preview of an upload. Pure."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from knowledge_base.documents import Passage
from ui.desk_documents import DocumentDetail, DocumentList, DocumentRow, Preview, PreviewedDocument
from ui.desk_html import (
    PageContext,
    day,
    document_link,
    heading,
    job_html,
    page,
    plural,
    table,
    token_field,
)
from ui.desk_jobs import JobState
from ui.desk_upload import MAX_UPLOAD_BYTES

ACCEPTED = ".md,.markdown,.txt,.text,.html,.htm,.xhtml,.pdf,.docx,.csv,.tsv,.jsonl,.json,.zip"

PREVIEWED_OPEN = 3
"""Documents whose passages are unfolded at once."""

PREVIEWED_DOCUMENTS = 200
PREVIEWED_PASSAGES = 60


def documents_page(found: DocumentList, job: JobState | None, context: PageContext) -> str:
    """The list with the upload above it."""
    subtitle = f"{plural(found.documents, 'document')}, cut into {plural(found.passages, 'passage')}."
    reindex = (
        f'<form method="post" action="reindex">{token_field(context)}'
        '<button class="dk-button dk-second" title="Cut and encode everything anew; questions are answered meanwhile">'
        "Re-index</button></form>"
    )
    search = (
        '<form class="dk-search" role="search"><label class="dk-sr" for="search">Search titles</label>'
        f'<input id="search" type="search" name="search" value="{escape(found.search)}" placeholder="Search titles">'
        '<button class="dk-button dk-second">Search</button></form>'
    )
    rows = [_row(row) for row in found.rows]
    columns = ("Title", "Passages", "Language", "Changed", "Cited")
    listing = table(columns, rows, "dk-documents", "Documents") if rows else _no_documents(found)
    top = f"{heading('Documents', subtitle, reindex)}{job_html(job)}{upload_form(context)}"
    body = f"{top}{search}{listing}{_pages(found)}"
    return page("Documents", "documents", body, context)


def document_page(found: DocumentDetail, context: PageContext) -> str:
    """One document as it is cut, with what can be done to it."""
    document, row = found.document, found.row
    facts = (
        f"<dl class=dk-facts-list><div><dt>Id</dt><dd><code>{escape(document.id)}</code></dd></div>"
        f"<div><dt>Kind</dt><dd>{escape(document.kind)}</dd></div>"
        f"<div><dt>Changed</dt><dd>{day(row.changed_at)}</dd></div>"
        f"<div><dt>Language</dt><dd>{_language(row.not_english)}</dd></div>"
        f"<div><dt>Cited</dt><dd>{plural(row.cited, 'time')}</dd></div></dl>"
    )
    replace = (
        f'<details class="dk-more"><summary>Replace</summary>{upload_form(context, document.id)}</details>'
        '<details class="dk-more"><summary>Delete</summary>'
        f'<form method="post" action="delete-document">{token_field(context)}'
        f'<input type="hidden" name="id" value="{escape(document.id)}">'
        "<p>The document can no longer be found or quoted. This cannot be undone.</p>"
        '<button class="dk-button dk-danger">Delete for good</button></form></details>'
    )
    body = (
        '<p class="dk-back"><a href="documents">All documents</a></p>'
        f"{heading(document.title, document.question or '')}{facts}<div class=dk-actions>{replace}</div>"
        f"<h2>{plural(len(found.passages), 'passage')}</h2>{passages_html(found.passages, len(found.passages))}"
    )
    return page(document.title, "documents", body, context)


def preview_page(found: Preview, context: PageContext) -> str:
    """How an upload will be cut, before anything is stored."""
    new = sum(one.present_passages is None for one in found.documents)
    subtitle = (
        f"{plural(len(found.documents), 'document')}: {new} new, {len(found.documents) - new} already there. "
        "Nothing is stored yet."
    )
    items = "".join(
        _previewed(one, is_open=number < PREVIEWED_OPEN)
        for number, one in enumerate(found.documents[:PREVIEWED_DOCUMENTS])
    )
    more = len(found.documents) - PREVIEWED_DOCUMENTS
    rest = f"<p class=dk-quiet>And {plural(more, 'more document')}.</p>" if more > 0 else ""
    hidden = f'{token_field(context)}<input type="hidden" name="token" value="{escape(found.token)}">'
    accept = '<button class="dk-button" autofocus>Accept and index</button>' if found.documents else ""
    body = (
        f'<form method="post" action="accept-upload">{hidden}{heading("Check the upload", subtitle)}'
        f'<div class="dk-row">{accept}'
        '<button class="dk-button dk-second" formaction="discard-upload">Discard</button></div>'
        f'{_refused(found)}<div class="dk-previews">{items}</div>{rest}</form>'
    )
    return page("Check the upload", "documents", body, context)


def upload_form(context: PageContext, replaces: str = "") -> str:
    """Choose files, or drop them; works without a script too."""
    megabytes = MAX_UPLOAD_BYTES // 1024 // 1024
    identifier = "replacement" if replaces else "files"
    words = "Drop the new version here, or choose it" if replaces else "Drop files or a zip here, or choose them"
    hidden = f'<input type="hidden" name="replaces" value="{escape(replaces)}">' if replaces else ""
    several = "" if replaces else " multiple"
    return (
        f'<form class="dk-drop" method="post" action="upload" enctype="multipart/form-data" '
        f'data-max-bytes="{MAX_UPLOAD_BYTES}">{token_field(context)}{hidden}'
        f'<label for="{identifier}">{words}</label>'
        f'<input id="{identifier}" name="files" type="file" accept="{ACCEPTED}" required{several}>'
        f'<p class="dk-quiet">Markdown, text, HTML, PDF, Word, FAQ lists (CSV, JSONL), zip. {megabytes} MB at most.</p>'
        '<p class="dk-notice dk-error" role="alert" hidden></p>'
        '<button class="dk-button">Look at it first</button></form>'
    )


def passages_html(passages: Sequence[Passage], limit: int) -> str:
    """Passages as they are cut, in order."""
    items = "".join(
        f'<li class="dk-passage"><p class="dk-quiet">{escape(" › ".join(passage.heading_path)) or "No heading"}'
        f'<span>{len(passage.text.split())} words</span></p><p lang="en" dir="auto">{escape(passage.text)}</p></li>'
        for passage in passages[:limit]
    )
    more = len(passages) - limit
    rest = f"<p class=dk-quiet>And {plural(more, 'more passage')}.</p>" if more > 0 else ""
    return f'<ol class="dk-passages">{items}</ol>{rest}'


def _previewed(one: PreviewedDocument, is_open: bool) -> str:
    document, passages = one.staged.document, one.staged.passages
    if one.unchanged:
        state = '<span class="dk-badge">unchanged</span>'
    elif one.present_passages is None:
        state = '<span class="dk-badge dk-good">new</span>'
    else:
        state = f'<span class="dk-badge">replaces {plural(one.present_passages, "passage")}</span>'
    problem = ""
    if one.staged.not_english:
        problem = (
            f'<div class="dk-notice dk-error"><p>Left out: {escape(one.staged.not_english)}.</p>'
            f'<label><input type="checkbox" name="also" value="{escape(document.id)}"> '
            "Take it anyway (answers from it will be poor)</label></div>"
        )
    return (
        f'<section class="dk-card"><h2>{escape(document.title)} {state}</h2>'
        f'<p class="dk-quiet"><code>{escape(document.id)}</code></p>{problem}'
        f"<details{' open' if is_open else ''}><summary>{plural(len(passages), 'passage')}</summary>"
        f"{passages_html(passages, PREVIEWED_PASSAGES)}</details></section>"
    )


def _refused(found: Preview) -> str:
    if not found.refused:
        return ""
    lines = "".join(f"<li><code>{escape(file.name)}</code> {escape(file.reason)}</li>" for file in found.refused)
    title = f"<h2>{plural(len(found.refused), 'file')} refused</h2>"
    return f'<section class="dk-card dk-refused">{title}<ul>{lines}</ul></section>'


def _row(row: DocumentRow) -> list[str]:
    info = row.info
    title = f'{document_link(info.id, info.title)}<div class="dk-quiet dk-clip">{escape(info.id)}</div>'
    return [title, f"{info.passages:,}", _language(row.not_english), day(row.changed_at), f"{row.cited:,}"]


def _language(finding: str | None) -> str:
    if finding is None:
        return '<span class="dk-badge dk-good">English</span>'
    return f'<span class="dk-badge dk-bad" title="{escape(finding)}">Not English?</span>'


def _no_documents(found: DocumentList) -> str:
    if found.search:
        return f'<p class="dk-card dk-empty">No title holds “{escape(found.search)}”.</p>'
    return '<p class="dk-card dk-empty">No documents yet. Upload the first above.</p>'


def _pages(found: DocumentList) -> str:
    if found.pages == 1:
        return ""
    links = "".join(
        f'<li><a href="documents?search={quote(found.search)}&amp;page={number}"'
        f"{' aria-current=page' if number == found.page else ''}>{number}</a></li>"
        for number in range(1, found.pages + 1)
    )
    return f'<nav aria-label="Pages"><ul class="dk-pages">{links}</ul></nav>'
