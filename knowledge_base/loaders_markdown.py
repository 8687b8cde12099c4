"""Markdown -> a document: plain text without markup, headings with offsets, front matter as its data."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from math import isfinite

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BrokenFile, NoText, WrongStructure
from knowledge_base.loaders_html import hides_content, html_text, is_html_tag
from knowledge_base.loaders_read import FileSource, LoadedFile, decode_text, storable
from knowledge_base.plain_text import TextBuilder, one_line, table_row

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML_FRONT_MATTER = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*$")
"""`## Refunds {#refunds}`: an anchor or class for the page, in the dialects that have them."""
MAX_NESTING = 100
"""Lists count twice. People write five deep; the parser calls itself for each."""
_CONTAINERS = frozenset({"list_item_open", "blockquote_open"})
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)")
_TAG_BREAK = re.compile(r"[,;|]")


def load_markdown(data: bytes, source: FileSource) -> LoadedFile:
    """One Markdown file as one document."""
    text = decode_text(data, source.path).lstrip("\ufeff")
    front, body = _split_front_matter(text, source)
    builder = TextBuilder()
    _Writer(builder).write(_parse(body, source))
    if not builder.text:
        raise NoText(source.path, "holds no text")
    top = next((heading.text for heading in builder.headings if heading.level == 1), "")
    document = Document(
        id=source.id,
        title=scalar(front.get("title")) or top or source.spoken_name,
        text=builder.text,
        kind="markdown",
        headings=builder.headings,
        url=scalar(front.get("url")) or None,
        tags=tag_list(front.get("tags")),
        translated_titles=translations(front.get("titles")),
        updated=scalar(front.get("updated")) or None,
    )
    return LoadedFile((document,))


def _parse(body: str, source: FileSource) -> list[Token]:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    # The parser leaves out what is nested deeper and says nothing.
    if any(token.type in _CONTAINERS and token.level >= MAX_NESTING - 1 for token in tokens):
        raise BrokenFile(source.path, f"has lists or quotes nested more than {MAX_NESTING // 2} deep; flatten them")
    return tokens


def scalar(value: object) -> str:
    """One line of text from a value of front matter or JSON; lists, tables and NaN give nothing."""
    if isinstance(value, float) and not isfinite(value):
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return one_line(storable(str(value)))
    return ""


def tag_list(value: object) -> tuple[str, ...]:
    """Tags from a list, or from text with commas, semicolons or bars between them."""
    parts = value if isinstance(value, list) else _TAG_BREAK.split(scalar(value))
    return tuple(dict.fromkeys(tag for tag in map(scalar, parts) if tag))


def translations(value: object) -> dict[str, str]:
    """Language code -> title, from a table of them."""
    if not isinstance(value, dict):
        return {}
    pairs = {scalar(language).lower(): scalar(title) for language, title in value.items()}
    return {language: title for language, title in pairs.items() if language and title}


def _split_front_matter(text: str, source: FileSource) -> tuple[dict[str, object], str]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return _split_toml(text, source)
    try:
        # Base loaders make text of every value: no dates, and Norwegian's code "no" stays "no". The C one is ten
        # times as fast and not built everywhere.
        front = yaml.load(match.group(1), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 2})" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise WrongStructure(
            source.path, f"has front matter that is not YAML{line}: {problem}; put quotes around values with a colon"
        ) from error
    if not isinstance(front, dict):
        return {}, text  # two rules with text between them, not front matter
    return {str(key).lower(): value for key, value in front.items()}, text[match.end() :]


def _split_toml(text: str, source: FileSource) -> tuple[dict[str, object], str]:
    match = _TOML_FRONT_MATTER.match(text)
    if not match:
        return {}, text
    try:
        front = tomllib.loads(match.group(1))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise WrongStructure(
            source.path, f"has front matter that is not TOML: {error}; put quotes around text"
        ) from error
    return {key.lower(): _toml_value(value) for key, value in front.items()}, text[match.end() :]


def _toml_value(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


class _Writer:
    """Walks the tokens of one Markdown text and writes its plain text."""

    def __init__(self, builder: TextBuilder) -> None:
        self._out = builder
        self._heading_level = 0
        self._list_depth = 0
        self._item_number = ""
        self._table_header: list[str] = []
        self._row: list[str] | None = None
        self._first_row = False
        self._handlers: dict[str, Callable[[Token], None]] = {
            "heading_open": self._open_heading,
            "list_item_open": self._open_item,
            "list_item_close": self._close_item,
            "table_open": self._open_table,
            "tr_open": self._open_row,
            "tr_close": self._close_row,
            "inline": self._inline,
            "fence": self._code,
            "code_block": self._code,
            "html_block": self._html,
        }

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            handler = self._handlers.get(token.type)
            if handler:
                handler(token)

    def _open_heading(self, token: Token) -> None:
        self._heading_level = int(token.tag[1])

    def _open_item(self, token: Token) -> None:
        self._list_depth += 1
        self._item_number = f"{token.info}{token.markup} " if token.info else ""

    def _close_item(self, _: Token) -> None:
        self._list_depth -= 1
        self._item_number = ""

    def _open_table(self, _: Token) -> None:
        self._table_header = []

    def _open_row(self, _: Token) -> None:
        self._row = []

    def _close_row(self, _: Token) -> None:
        cells = self._row or []
        self._row = None
        if not self._table_header:
            self._table_header = cells
            self._first_row = True
            return
        write = self._out.block if self._first_row else self._out.line
        write(table_row(self._table_header, cells))
        self._first_row = False

    def _inline(self, token: Token) -> None:
        text = _inline_text(token.children or [])
        if self._row is not None:
            self._row.append(text)
        elif self._heading_level:
            self._out.heading(self._heading_level, _HEADING_ATTRIBUTES.sub("", text))
            self._heading_level = 0
        else:
            self._paragraph(text)

    def _paragraph(self, text: str) -> None:
        text, self._item_number = self._item_number + text.strip(), ""
        if self._list_depth:
            self._out.line(text)
        else:
            self._out.block(text)

    def _code(self, token: Token) -> None:
        self._out.block(token.content.strip("\n"))

    def _html(self, token: Token) -> None:
        # A line of "<your name>" alone is words here too.
        self._out.block(html_text(token.content) if is_html_tag(token.content.lstrip()) else token.content)


def _inline_text(tokens: Sequence[Token]) -> str:
    return "".join(map(_token_text, _shown(tokens)))


def _shown(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens but those from a tag that hides what is inside to its end; a tag without end is a slip of words."""
    ends = _element_ends(tokens)
    position = 0
    while position < len(tokens):
        end = ends.get(position)
        if end is not None and hides_content(tokens[position].content):
            position = end
        else:
            yield tokens[position]
        position += 1


def _element_ends(tokens: Sequence[Token]) -> dict[int, int]:
    """Position of a start tag -> position of its end tag."""
    ends: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    for position, token in enumerate(tokens):
        match = _TAG.match(token.content) if token.type == "html_inline" else None
        if match is None:
            continue
        opened = waiting.setdefault(match["name"].lower(), [])
        if not match["end"]:
            opened.append(position)
        elif opened:
            ends[opened.pop()] = position
    return ends


def _token_text(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak":
        return "\n"
    if token.type == "html_inline":
        if token.content[:3].lower() == "<br":
            return "\n"
        # "<your name>" is a tag for Markdown but words for its author.
        return "" if is_html_tag(token.content) else token.content
    return token.content
