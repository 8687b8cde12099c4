"""HTML -> a document: what a reader of the page reads, without menus, scripts and footers."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, CData, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BrokenFile, NoText
from knowledge_base.loaders_read import FileSource, LoadedFile, decode_text
from knowledge_base.loaders_tables import Cell, table_lines
from knowledge_base.plain_text import TextBuilder, one_line

_SKIPPED_NAMES = "script style nav noscript template svg math iframe object canvas head title select"
_CONTROLS = frozenset({"button", "textarea"})
"""Left out of pages, where they are there to be used; in a Markdown text they stand for what it tells of."""
_SKIPPED = frozenset(_SKIPPED_NAMES.split()) | _CONTROLS
_CHROME = frozenset({"footer", "aside"})
"""Left out only where the page does not mark its main part."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LINES = frozenset({"li", "dt", "dd", "summary"})
_BLOCK_NAMES = (
    "address article aside blockquote body caption center details div dl fieldset figcaption figure footer form header "
    "hr html main ol p pre section table tbody td tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark meter output "
    "picture progress q ruby s samp small source span strike strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_NAMES.split())
_KNOWN = _SKIPPED | _LINES | _BLOCKS | _INLINE | frozenset(_HEADINGS)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)[\s/>]|<[!?]")
_LAYOUT_CONTENT = ["table", "ul", "ol", *_HEADINGS]
_SPACES = re.compile(r"[ \t\n\r\f]+")
_HIDING_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,6}")
_TO_THE_END = 1_000_000
"""`rowspan="0"`: down to the end of the table."""
_PROLOG = re.compile(r"^\s*<\?xml[^>]*>")


def load_html(data: bytes, source: FileSource) -> LoadedFile:
    """One HTML page as one document."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    soup = _parse(decode_text(data, source.path, declared))
    builder = TextBuilder()
    try:
        _Writer(builder).write(_main_part(soup))
    except RecursionError as error:
        raise BrokenFile(source.path, "is nested too deeply to be read") from error
    if not builder.text:
        raise NoText(source.path, "holds no text outside of scripts, menus and footers")
    document = Document(
        id=source.id,
        title=_title(soup, builder) or source.spoken_name,
        text=builder.text,
        kind="html",
        headings=builder.headings,
        url=_attribute(soup.find("link", attrs={"rel": "canonical"}), "href") or None,
        tags=_keywords(soup),
        updated=_attribute(soup.find("meta", attrs={"property": "article:modified_time"}), "content") or None,
    )
    return LoadedFile((document,))


def html_text(markup: str) -> str:
    """The readable text of a piece of HTML inside another format."""
    builder = TextBuilder()
    _Writer(builder).write(_parse(markup))
    return builder.text


def is_html_tag(markup: str) -> bool:
    """Whether this is a tag or comment of HTML and not just words in angle brackets."""
    match = _TAG_NAME.match(markup)
    if match is None:
        return False
    name = match.group(1)
    return name is None or name.lower() in _KNOWN


def hides_content(markup: str) -> bool:
    """Whether no reader of a Markdown text sees what stands inside the element that this tag opens."""
    match = _TAG_NAME.match(markup)
    tag = _parse(markup).find(match.group(1).lower()) if match and match.group(1) else None
    return isinstance(tag, Tag) and (tag.name in _SKIPPED - _CONTROLS or _hides_itself(tag))


def _parse(markup: str) -> BeautifulSoup:
    # lxml knows which end tags may be missing (li, th, p). The comment keeps the library from warning that markup
    # without a tag looks like a file name.
    return BeautifulSoup("<!---->" + _PROLOG.sub("", markup), "lxml")


def _main_part(soup: BeautifulSoup) -> Tag:
    main = soup.find("main") or soup.find(role="main")
    if main is None:
        articles = soup.find_all("article")
        main = articles[0] if len(articles) == 1 else None
    if isinstance(main, Tag) and main.get_text(strip=True):
        return main
    for tag in soup.find_all(list(_CHROME)):
        tag.decompose()
    return soup.body or soup


def _title(soup: BeautifulSoup, builder: TextBuilder) -> str:
    tops = [heading.text for heading in builder.headings if heading.level == 1]
    if len(tops) == 1:
        return tops[0]
    return one_line(soup.title.get_text()) if soup.title else ""


def _keywords(soup: BeautifulSoup) -> tuple[str, ...]:
    words = _attribute(soup.find("meta", attrs={"name": "keywords"}), "content").split(",")
    return tuple(dict.fromkeys(one_line(word) for word in words if word.strip()))


def _attribute(tag: Tag | None, name: str) -> str:
    value = tag.get(name) if tag is not None else None
    return one_line(value) if isinstance(value, str) else ""


class _Writer:
    """Walks a tree without recursion (pages are nested deeper than Python's stack) and writes its plain text."""

    def __init__(self, builder: TextBuilder) -> None:
        self._out = builder
        self._pending: list[str] = []
        self._line_depth = 0
        self._preformatted = 0
        self._item_numbers: dict[int, int] = {}

    def write(self, root: Tag) -> None:
        stack: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.children))]
        while stack:
            tag, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                self._leave(tag)
            elif isinstance(child, Tag):
                if self._enter(child):
                    stack.append((child, iter(child.children)))
            elif type(child) in (NavigableString, CData):
                self._text(str(child))
        self._flush()

    def _enter(self, tag: Tag) -> bool:
        """Whether the tag's children are to be walked."""
        name = tag.name.lower()
        if _is_hidden(tag):
            return False
        if name == "br":
            self._pending.append("\v")
        elif name in _HEADINGS or name in _LINES or name in _BLOCKS:
            self._flush()
            return self._enter_block(tag, name)
        return True

    def _enter_block(self, tag: Tag, name: str) -> bool:
        if name == "table" and not tag.find(_LAYOUT_CONTENT):
            self._table(tag)
            return False
        if name == "pre":
            self._preformatted += 1
        elif name in _LINES:
            self._line_depth += 1
            if name == "li" and tag.parent is not None and tag.parent.name == "ol":
                self._pending.append(f"{self._item_number(tag, tag.parent)}. ")
        return True

    def _item_number(self, item: Tag, parent: Tag) -> int:
        following = self._item_numbers.get(id(parent), _count(parent, "start", 0))
        number = _count(item, "value", 0) if item.has_attr("value") else following
        self._item_numbers[id(parent)] = number + 1
        return number

    def _leave(self, tag: Tag) -> None:
        name = tag.name.lower()
        if name in _HEADINGS:
            text, self._pending = "".join(self._pending), []
            self._out.heading(_HEADINGS[name], text.replace("\v", " "))
        elif name in _LINES or name in _BLOCKS:
            self._flush()
        if name == "pre":
            self._preformatted -= 1
        elif name in _LINES:
            self._line_depth -= 1

    def _text(self, text: str) -> None:
        self._pending.append(text.replace("\n", "\v") if self._preformatted else _SPACES.sub(" ", text))

    def _flush(self) -> None:
        text, self._pending = "".join(self._pending), []
        lines = [line if self._preformatted else one_line(line) for line in text.split("\v")]
        text = "\n".join(lines).strip()
        if self._line_depth:
            self._out.line(text)
        else:
            self._out.block(text)

    def _table(self, table: Tag) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._out.block(_line_of(caption))
        shown = [row for row in table.find_all("tr") if not any(map(_is_hidden, (row, row.parent or row)))]
        rows = [[_cell(cell) for cell in row.find_all(["td", "th"])] for row in shown]
        write = self._out.block
        for line in table_lines(rows):
            write(line)
            write = self._out.line


def _cell(tag: Tag) -> Cell:
    return Cell(_line_of(tag), tag.name == "th", _count(tag, "colspan", 1), _count(tag, "rowspan", _TO_THE_END))


def _count(tag: Tag, name: str, zero: int) -> int:
    value = _attribute(tag, name)
    return (int(value) or zero) if _NUMBER.fullmatch(value) else 1


def _line_of(tag: Tag) -> str:
    if _is_hidden(tag):
        return ""
    builder = TextBuilder()
    _Writer(builder).write(tag)
    return one_line(builder.text)


def _is_hidden(tag: Tag) -> bool:
    return tag.name.lower() in _SKIPPED or _hides_itself(tag)


def _hides_itself(tag: Tag) -> bool:
    if tag.get("hidden") is not None or tag.get("aria-hidden") == "true":
        return True
    return bool(_HIDING_STYLE.search(_attribute(tag, "style")))
