"""What Word shows but its plain structure hides: tracked changes, content controls, fields, list numbers."""

from collections.abc import Callable
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

_WRAPPERS = tuple(map(qn, ("w:sdt", "w:ins", "w:moveTo", "w:fldSimple", "w:smartTag", "w:customXml")))
_REMOVED = tuple(map(qn, ("w:del", "w:moveFrom")))
_CONTENTS_GALLERY = "Table of Contents"
"""Word writes this name in every language."""
_MOST_STYLES_ABOVE = 20
_MOST_SPELLED = 780
"""Word itself writes higher numbers as letters no more."""
_ROMAN = {100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix", 5: "v", 4: "iv", 1: "i"}


def unwrap(word: WordDocument) -> None:
    """Put what stands inside tracked insertions, content controls and fields in their place.

    Deleted text and the table of contents that Word makes are dropped.
    """
    body = word.element.body
    for element in list(body.iter(*_REMOVED)):
        element.getparent().remove(element)
    for element in list(body.iter(*_WRAPPERS)):
        for child in _shown_children(element):
            element.addprevious(child)
        element.getparent().remove(element)


def has_properties(word: WordDocument) -> bool:
    """Whether the file has any title and date: python-docx makes some up where it has none."""
    relations = word.part.package.rels.values()
    return any(relation.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for relation in relations)


class ListNumbers:
    """Counts the numbered paragraphs of one document in order, as Word does when it shows them."""

    def __init__(self, word: WordDocument) -> None:
        self._levels: dict[tuple[str, int], Any] = {}
        self._counts: dict[tuple[str, int], int] = {}
        self._starts: dict[tuple[str, int], int] = {}  # where they are not those of the level
        # A file without lists has no such part, and asking for it would make one up.
        parts = [r.target_part for r in word.part.rels.values() if r.reltype == RELATIONSHIP_TYPE.NUMBERING]
        if parts:
            self._read(parts[0].element)

    def next(self, paragraph: Paragraph) -> str:
        """`3. ` for a numbered paragraph; nothing for bullets and for paragraphs outside of lists."""
        number_id, level = _list_place(paragraph)
        if (number_id, level) not in self._levels:
            return ""
        self._counts[number_id, level] = self._count(number_id, level) + 1
        for deeper in [key for key in self._counts if key[0] == number_id and key[1] > level]:
            del self._counts[deeper]
        text = _value(self._levels[number_id, level], "w:lvlText")
        if _value(self._levels[number_id, level], "w:numFmt") in ("bullet", "none"):
            return ""
        for above in range(level + 1):
            text = text.replace(f"%{above + 1}", self._shown(number_id, above))
        return f"{text} " if text.strip() else ""

    def _read(self, numbering: Any) -> None:
        abstract = {item.get(qn("w:abstractNumId")): item for item in numbering.iterchildren(qn("w:abstractNum"))}
        for item in numbering.iterchildren(qn("w:num")):
            number_id = item.get(qn("w:numId"))
            levels = abstract.get(_value(item, "w:abstractNumId"))
            for level in levels.iterchildren(qn("w:lvl")) if levels is not None else ():
                self._levels[number_id, int(level.get(qn("w:ilvl")))] = level
            for override in item.iterchildren(qn("w:lvlOverride")):
                start = _value(override, "w:startOverride")
                if start:
                    self._starts[number_id, int(override.get(qn("w:ilvl")))] = int(start)

    def _count(self, number_id: str, level: int) -> int:
        key = (number_id, level)
        start = self._starts.get(key, int(_value(self._levels[key], "w:start") or 1))
        return self._counts.get(key, start - 1)

    def _shown(self, number_id: str, level: int) -> str:
        if (number_id, level) not in self._levels:
            return ""
        first = 0 if (number_id, level) in self._counts else 1
        number = self._count(number_id, level) + first
        spell = _FORMS.get(_value(self._levels[number_id, level], "w:numFmt"), str)
        return spell(number) if 0 < number <= _MOST_SPELLED else str(number)


def _shown_children(element: Any) -> list[Any]:
    if element.tag != qn("w:sdt"):
        return list(element)
    if element.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None:
        return []  # "Click here to enter text"
    gallery = element.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    if gallery is not None and gallery.get(qn("w:val")) == _CONTENTS_GALLERY:
        return []
    content = element.find(qn("w:sdtContent"))
    return [] if content is None else list(content)


def _list_place(paragraph: Paragraph) -> tuple[str, int]:
    """(list, level) from the paragraph, else from its style or a style above that one."""
    properties = [paragraph._p.pPr]
    style = paragraph.style
    for _ in range(_MOST_STYLES_ABOVE):
        if style is None:
            break
        properties.append(style.element.pPr)
        style = getattr(style, "base_style", None)
    for found in properties:
        numbers = found.numPr if found is not None else None
        if numbers is not None:
            return _value(numbers, "w:numId"), int(_value(numbers, "w:ilvl") or 0)
    return "", 0


def _value(element: Any, name: str) -> str:
    child = element.find(qn(name))
    return "" if child is None else child.get(qn("w:val")) or ""


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN.items():
        text, number = text + sign * (number // value), number % value
    return text


_FORMS: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letter,
    "upperLetter": lambda number: _letter(number).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
}
"""The number forms of Word that are not plain digits."""
