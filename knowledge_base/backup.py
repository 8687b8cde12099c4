"""A copy of the knowledge base in another folder: put back at the start, made again after changes and at the end.

For machines whose own disk is lost with them, such as a Hugging Face Space with a mounted bucket. The live file stays
on the local disk: locks of SQLite do not work on every mounted folder.
"""

import logging
import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType

SECONDS_BETWEEN = 60.0
"""At most one copy in this time, however much changes."""

UNFINISHED = ".part"

logger = logging.getLogger(__name__)


class BackupError(Exception):
    """The copy cannot be made or put back."""


def back_up(knowledge_base: Path, folder: Path) -> Path:
    """Copy the live file into the folder; while it is being written, the copy of before stays whole.

    Raises BackupError.
    """
    target = folder / knowledge_base.name
    unfinished = target.with_name(target.name + UNFINISHED)
    try:
        # First on the local disk: SQLite writes here and there in a file, a bucket wants it in one go.
        with tempfile.TemporaryDirectory() as local:
            copy = Path(local) / knowledge_base.name
            _copy_pages(knowledge_base, copy)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copy, unfinished)
        os.replace(unfinished, target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):  # the folder itself may be what is missing
            unfinished.unlink()
        raise BackupError(f"{knowledge_base} cannot be backed up to {folder} ({error}): check the folder.") from error
    return target


def put_back(knowledge_base: Path, folder: Path) -> bool:
    """Bring the copy to where the live file belongs; False when there is no copy, or a live file already.

    Raises BackupError.
    """
    copy = folder / knowledge_base.name
    if knowledge_base.exists() or not copy.is_file():
        return False
    unfinished = knowledge_base.with_name(knowledge_base.name + UNFINISHED)
    try:
        knowledge_base.absolute().parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, unfinished)
        os.replace(unfinished, knowledge_base)
    except OSError as error:
        with suppress(OSError):  # the folder itself may be what is missing
            unfinished.unlink()
        raise BackupError(
            f"{copy} cannot be copied to {knowledge_base} ({error}): make room, or move the copy away."
        ) from error
    return True


class BackupKeeper:
    """Backs a knowledge base up while the program runs: `with BackupKeeper(file, folder): ...`."""

    def __init__(self, knowledge_base: Path, folder: Path, seconds_between: float = SECONDS_BETWEEN) -> None:
        self._file = knowledge_base
        self._folder = folder
        self._seconds = seconds_between
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="backup", daemon=True)
        # A connection of our own: its data_version tells of the changes of all others.
        self._connection = sqlite3.connect(
            f"{knowledge_base.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._saved: int | None = None

    def __enter__(self) -> "BackupKeeper":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.back_up_changes()
        self._connection.close()

    def back_up_changes(self) -> bool:
        """Make a copy if anything changed since the last one; a failure is logged and tried again next time."""
        version = self._version()
        if version == self._saved:
            return False
        try:
            back_up(self._file, self._folder)
        except BackupError as error:
            logger.warning("%s", error)
            return False
        self._saved = version
        return True

    def _watch(self) -> None:
        self.back_up_changes()
        while not self._stop.wait(self._seconds):
            self.back_up_changes()

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def _copy_pages(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        # A copy in one file: a write-ahead log beside it would be left behind.
        copy.execute("PRAGMA journal_mode = DELETE")
