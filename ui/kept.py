"""A knowledge base that outlives its machine: put back before the page opens, backed up while it is open."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from chatbot.settings import Settings
from knowledge_base.backup import BackupKeeper
from knowledge_base.backup import put_back as copy_back

logger = logging.getLogger(__name__)


def put_back(settings: Settings) -> None:
    """Bring back the copy of the last run, where a backup folder is set and the knowledge base is not there."""
    if settings.backup_dir is not None and copy_back(settings.kb, settings.backup_dir):
        logger.warning("%s was put back from %s.", settings.kb, settings.backup_dir)


@contextmanager
def kept(settings: Settings) -> Iterator[None]:
    """Back up what changes meanwhile, and once more at the end, also when the machine asks the program to end."""
    if settings.backup_dir is None:
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)  # which would end the program without another word
    try:
        with BackupKeeper(settings.kb, settings.backup_dir):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
