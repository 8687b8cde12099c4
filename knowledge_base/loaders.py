"""Files and folders -> documents. The kinds, and which ending belongs to which."""

import os
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import LoadError, NoText, UnknownKind, UnreadableFile
from knowledge_base.loaders_read import FileSource, LoadedFile, decode_text, printable, read_bytes

LOADER_VERSION = 2
"""Raise it when the same file would give other documents: the next ingestion reads every file anew."""


Loader = Callable[[bytes, FileSource], LoadedFile]


def load_text(data: bytes, source: FileSource) -> LoadedFile:
    """One plain text file as one document, as written."""
    text = decode_text(data, source.path)
    return LoadedFile((Document(source.id, source.spoken_name, text),))


def _late(module: str, function: str) -> Loader:
    """A loader whose library is imported with its first file: together they delay the start by a quarter second."""

    def load(data: bytes, source: FileSource) -> LoadedFile:
        loader: Loader = getattr(import_module(f"knowledge_base.{module}"), function)
        return loader(data, source)

    return load


_MARKDOWN = _late("loaders_markdown", "load_markdown")
_HTML = _late("loaders_html", "load_html")
_CSV = _late("loaders_faq", "load_csv")

LOADERS: dict[str, Loader] = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": load_text,
    ".text": load_text,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".pdf": _late("loaders_pdf", "load_pdf"),
    ".docx": _late("loaders_office", "load_docx"),
    ".csv": _CSV,
    ".tsv": _CSV,
    ".jsonl": _late("loaders_faq", "load_jsonl"),
    ".json": _late("loaders_squad", "load_squad"),
}
"""Ending -> loader."""

KNOWN_KINDS = (
    "Markdown (.md .markdown), text (.txt .text), HTML (.html .htm .xhtml), PDF (.pdf), Word (.docx), "
    "questions and answers (.csv .tsv .jsonl), SQuAD (.json)"
)


def load_documents(path: Path, root: Path | None = None) -> Iterator[Document]:
    """Documents of one file; ids are relative to `root` (default: its folder). Raises a `LoadError`.

    Bad entries of a FAQ list are left out; `load_file` tells which and why.
    """
    yield from load_file(path, root).documents


def load_file(path: Path, root: Path | None = None) -> LoadedFile:
    """Documents of one file, and its entries that had to be left out."""
    check_kind(path)
    return parse_file(path, read_bytes(path), document_id(path, root or path.parent))


def check_kind(path: Path) -> None:
    """Raises `UnknownKind` before anything is read."""
    if path.suffix.lower() not in LOADERS:
        ending = f"the ending {path.suffix!r}" if path.suffix else "no ending"
        raise UnknownKind(path, f"has {ending}; what can be read: {KNOWN_KINDS}")


def parse_file(path: Path, data: bytes, file_id: str) -> LoadedFile:
    """Documents in the bytes of a file whose kind is known."""
    loaded = LOADERS[path.suffix.lower()](data, FileSource(path, file_id))
    if not any(document.text.strip() for document in loaded.documents):
        raise NoText(path, "holds no text")
    return loaded


def document_id(path: Path, root: Path) -> str:
    """Path relative to the ingested folder, with forward slashes on every system."""
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(root))
    return printable(Path(relative).as_posix())


def find_files(paths: Sequence[Path | str]) -> list[Path]:
    """All files under the given files and folders, in order, each once. Hidden ones are left out."""
    found, _ = search_files(paths)
    return [path for path, _ in found]


def search_files(paths: Sequence[Path | str]) -> tuple[list[tuple[Path, Path]], list[LoadError]]:
    """(file, folder it was found under) of each file, and what could not be searched."""
    found: dict[str, tuple[Path, Path]] = {}
    problems: list[LoadError] = []
    for given in map(Path, paths):
        if given.is_dir():
            pairs = [(path, given) for path in _walk(given, problems)]
        elif given.exists() or given.is_symlink():
            pairs = [(given, given.parent)]
        else:
            problems.append(UnreadableFile(given, "does not exist"))
            continue
        for path, root in pairs:
            found.setdefault(os.path.abspath(path), (path, root))
    return list(found.values()), problems


def _walk(folder: Path, problems: list[LoadError]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        where = Path(os.fsdecode(error.filename or folder))
        problems.append(UnreadableFile(where, f"cannot be searched: {error.strerror or error}"))

    root = Path(os.path.realpath(folder))
    seen = {root}
    for parent, folders, names in os.walk(folder, onerror=note, followlinks=True):
        shown = [Path(parent, name) for name in sorted(folders) if not name.startswith(".")]
        folders[:] = [path.name for path in shown if _is_searched(path, root, seen, problems)]
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)


def _is_searched(folder: Path, root: Path, seen: set[Path], problems: list[LoadError]) -> bool:
    """Each folder once, whatever links lead to it; those under `root` where they really are."""
    target = Path(os.path.realpath(folder))
    if folder.is_symlink():
        if target != root and root.is_relative_to(target):
            reason = "is a link to a folder that holds the searched one, so it is not followed; name that folder itself"
            problems.append(UnreadableFile(folder, reason))
            return False
        if target.is_relative_to(root) and not any(part[0] == "." for part in target.relative_to(root).parts):
            return False
    if target in seen:
        return False
    seen.add(target)
    return True
