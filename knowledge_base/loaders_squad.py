"""SQuAD-format JSON -> one document a paragraph, its characters untouched so that answer offsets stay right."""

import json

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BrokenFile, NoText, WrongStructure
from knowledge_base.loaders_markdown import scalar
from knowledge_base.loaders_read import FileSource, LoadedFile, decode_text, storable
from knowledge_base.plain_text import one_line

_WANTED = 'SQuAD format: {"data": [{"title": .., "paragraphs": [{"context": ..}]}]}'


def load_squad(data: bytes, source: FileSource) -> LoadedFile:
    """A data set's paragraphs as documents `file#article-paragraph`, both counted from 1."""
    try:
        content = json.loads(decode_text(data, source.path))
    except (ValueError, RecursionError) as error:
        raise BrokenFile(source.path, f"is not JSON: {one_line(str(error))}") from error
    documents = []
    for number, article in enumerate(_list_in(content, "data", source), start=1):
        for place, paragraph in enumerate(_list_in(article, "paragraphs", source), start=1):
            context = paragraph.get("context") if isinstance(paragraph, dict) else None
            if not isinstance(context, str):
                raise WrongStructure(source.path, f"has no context in paragraph {number}-{place}; wanted {_WANTED}")
            if context.strip():
                title = scalar(article.get("title")).replace("_", " ") or source.spoken_name
                documents.append(Document(f"{source.id}#{number}-{place}", title, storable(context), "squad"))
    if not documents:
        raise NoText(source.path, f"holds no paragraph; wanted {_WANTED}")
    return LoadedFile(tuple(documents))


def _list_in(content: object, name: str, source: FileSource) -> list[dict[str, object]]:
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise WrongStructure(source.path, f"has no list {name!r}; a .json file must be in {_WANTED}")
    return found
