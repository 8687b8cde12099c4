"""Why a file or an entry of it cannot be taken: one class per cause, one line per reason."""

from pathlib import Path


class LoadError(Exception):
    """A file (or one entry of it) that gives no document. `reason` is one line for the person who ingests."""

    def __init__(self, path: Path | str, reason: str, document_id: str | None = None) -> None:
        self.path = path
        self.reason = reason
        self.document_id = document_id
        """Set when only this one entry of the file is left out; its earlier version then stays."""
        super().__init__(f"{path}: {reason}")


class UnknownKind(LoadError):
    """The file name does not end like any kind that can be read."""


class UnreadableFile(LoadError):
    """The operating system does not let us read it, or it is gone."""


class EmptyFile(LoadError):
    """Nothing in it, or white space only."""


class HugeFile(LoadError):
    """Larger than what is sensible to parse."""


class BinaryFile(LoadError):
    """Binary content under a name that promises text."""


class EncryptedFile(LoadError):
    """Protected by a password."""


class BrokenFile(LoadError):
    """Truncated or damaged: the parser gives up."""


class WrongStructure(LoadError):
    """Readable, but without the columns, keys or header that its kind needs."""


class NoText(LoadError):
    """Parsed, but there is no text to answer from."""


class BadEntry(LoadError):
    """One row or line of a list of questions and answers that cannot be used."""
