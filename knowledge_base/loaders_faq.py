"""CSV and JSONL lists of questions and answers -> one document an entry, kind "faq"."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BadEntry, LoadError, NoText, WrongStructure
from knowledge_base.loaders_markdown import scalar, tag_list, translations
from knowledge_base.loaders_read import MAX_FILE_BYTES, FileSource, LoadedFile, decode_text, normalise
from knowledge_base.plain_text import one_line

DELIMITERS = (",", ";", "\t", "|")
"""Spreadsheets of many countries write semicolons."""

_SEPARATOR_LINE = re.compile(r'"?sep=([^\s"]|\t)"?[,;\t|]*\n', re.IGNORECASE)
"""What spreadsheets write and read above the header to say which delimiter follows.

Quotes and spaces part no columns, and from Python 3.13 on csv raises ValueError for them.
"""

_WANTED = "it needs the columns question and answer, and may have id, title, url, tags and updated"

Row = tuple[int, Mapping[str, object] | str]
"""Number of the entry, counted from 1, and its values by lower-case name, or why it cannot be read."""


def load_csv(data: bytes, source: FileSource) -> LoadedFile:
    """A table with a header line; the delimiter is the one under which question and answer are columns."""
    # The library refuses fields above 128 KB, and all rows after one; no file that is read holds a longer field.
    csv.field_size_limit(MAX_FILE_BYTES)
    named, text = _split_separator_line(decode_text(data, source.path).lstrip("\ufeff"))
    for delimiter in (*named, *DELIMITERS):
        header = next(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True), [])
        names = [one_line(name).lower() for name in header]
        if {"question", "answer"} <= set(names):
            return _entries(_csv_rows(text, names, delimiter), source)
    first_line = text.strip().split("\n", 1)[0][:80]
    raise WrongStructure(source.path, f"is not a list of questions and answers: {_WANTED}; found {first_line!r}")


def load_jsonl(data: bytes, source: FileSource) -> LoadedFile:
    """One JSON object a line."""
    return _entries(_json_rows(decode_text(data, source.path)), source)


def _split_separator_line(text: str) -> tuple[str, str]:
    match = _SEPARATOR_LINE.match(text)
    return (match.group(1), text[match.end() :]) if match else ("", text)


def _csv_rows(text: str, names: list[str], delimiter: str) -> Iterable[Row]:
    # Strict, or a quote that is never closed would swallow all rows after it.
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    next(rows)
    number = 0
    try:
        for values in rows:
            number += 1
            if any(value.strip() for value in values):
                yield number, _by_name(names, values)
    except csv.Error as error:
        yield number + 1, f"cannot be read ({error}), nor what follows it"


def _by_name(names: Sequence[str], values: Sequence[str]) -> dict[str, object]:
    """Of columns with the same name the first that is filled counts."""
    found: dict[str, object] = {}
    for name, value in zip(names, values, strict=False):
        if value.strip():
            found.setdefault(name, value)
    return found


def _json_rows(text: str) -> Iterable[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"is not JSON: {one_line(str(error))}"
            continue
        if isinstance(value, dict):
            yield number, {name.strip().lower(): item for name, item in value.items()}
        else:
            yield number, "is not a JSON object"


def _entries(rows: Iterable[Row], source: FileSource) -> LoadedFile:
    documents: dict[str, Document] = {}
    left_out: list[LoadError] = []
    rows = list(rows)
    given = {_given_id(values) for _, values in rows}
    for number, values in rows:
        name = _given_id(values) or (f"row-{number}" if str(number) in given else str(number))
        entry_id = f"{source.id}#{name}"
        problem = values if isinstance(values, str) else _problem(values)
        if entry_id in documents:
            problem = f"has the id {name} of an earlier entry"
        if problem or isinstance(values, str):
            left_out.append(BadEntry(f"{source.path}#{name}", f"entry {number} {problem}", entry_id))
        else:
            documents[entry_id] = _document(entry_id, values)
    if not documents:
        reason = f"holds no usable entry: {_WANTED}"
        raise NoText(source.path, f"{reason}; {left_out[0].reason}" if left_out else reason)
    return LoadedFile(tuple(documents.values()), tuple(left_out))


def _given_id(values: Mapping[str, object] | str) -> str:
    return "" if isinstance(values, str) else scalar(values.get("id"))


def _problem(values: Mapping[str, object]) -> str:
    missing = [name for name in ("question", "answer") if not _words(values.get(name))]
    return f"has no {' and no '.join(missing)}" if missing else ""


def _words(value: object) -> str:
    """Text as it is written, many lines of it too."""
    return normalise(value).strip() if isinstance(value, str) else scalar(value)


def _document(entry_id: str, values: Mapping[str, object]) -> Document:
    question = one_line(_words(values.get("question")))
    return Document(
        id=entry_id,
        title=scalar(values.get("title")) or question,
        text=_words(values.get("answer")),
        kind="faq",
        question=question,
        url=scalar(values.get("url")) or None,
        tags=tag_list(values.get("tags")),
        translated_titles=translations(values.get("titles")),
        updated=scalar(values.get("updated")) or None,
    )
