"""Long work of the desk: one piece at a time in the background, with progress that a page can ask for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock, Thread

OnProgress = Callable[[int, int, str], None]
Work = Callable[[OnProgress], str]
"""Does the work and returns one sentence that says what was done."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobState:
    """What the page shows."""

    title: str
    done: int = 0
    total: int = 0
    at: str = ""
    """What is being worked on."""
    running: bool = True
    result: str | None = None
    failed: bool = False


class DeskJobs:
    """Runs one job at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: JobState | None = None
        self._thread: Thread | None = None

    @property
    def state(self) -> JobState | None:
        """The running job, or the last one."""
        return self._state

    def clear(self) -> None:
        """The last job was told of; forget it unless it still runs."""
        with self._lock:
            if self._state is not None and not self._state.running:
                self._state = None

    def start(self, title: str, work: Work) -> bool:
        """Begin; False while another job runs."""
        with self._lock:
            if self._state is not None and self._state.running:
                return False
            self._state = JobState(title)
            self._thread = Thread(target=self._run, args=(work,), name="desk-job", daemon=True)
            self._thread.start()
            return True

    def wait(self, timeout_s: float | None = None) -> None:
        """Until the job is done."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, work: Work) -> None:
        try:
            result, failed = work(self._progress), False
        except Exception as error:
            logger.exception("The desk's work failed")
            result, failed = f"It failed: {error}", True
        with self._lock:
            if self._state is not None:
                self._state = replace(self._state, running=False, result=result, failed=failed)

    def _progress(self, done: int, total: int, at: str) -> None:
        with self._lock:
            if self._state is not None:
                self._state = replace(self._state, done=done, total=total, at=at)
