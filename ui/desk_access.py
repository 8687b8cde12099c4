"""Who may use the desk: logins with growing delays after failures, sessions that expire. In memory only.

Knows nothing of HTTP; addresses and tokens come in as text, the time as a function.
"""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from ui.desk_password import PasswordHash

FREE_FAILURES = 5
"""Typing errors happen; from then on each failure doubles the wait."""

FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0

FORGET_FAILURES_S = 24 * 3600.0

MAX_ADDRESSES = 10_000
"""An attacker with many addresses must not fill the memory; the oldest entries go first."""

ALL_ADDRESSES = "*"
FREE_FAILURES_OF_ALL = 100
"""Together, so that a thousand addresses do not have five thousand tries: then everybody waits a little."""

LONGEST_WAIT_OF_ALL_S = 60.0

SESSION_S = 10 * 3600.0
IDLE_S = 2 * 3600.0
MAX_SESSIONS = 200


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_at: float = 0.0
    blocked_until: float = 0.0


@dataclass(slots=True)
class Session:
    """One logged-in browser."""

    form_token: str
    """Sent along with every form: a form of another site does not know it."""
    started_at: float
    seen_at: float
    notice: tuple[str, bool, str] | None = None
    """What was just done, for the next page, whether it went wrong, and the gap that an answer was published for."""


@dataclass(frozen=True, slots=True)
class LoginResult:
    """What came of a try: a token for the cookie, or how long to wait before the next."""

    token: str | None
    wait_s: float = 0.0


class DeskAccess:
    """Checks passwords and remembers sessions. Safe to share between threads."""

    def __init__(self, password: PasswordHash, clock: Callable[[], float] = time.monotonic) -> None:
        self._password = password
        self._clock = clock
        self._lock = Lock()
        self._hashing = Lock()
        self._failures: dict[str, _Failures] = {}
        self._sessions: dict[str, Session] = {}

    def log_in(self, password: str, address: str) -> LoginResult:
        """Try a password from an address."""
        address = _network(address)
        wait_s = self.wait_s(address)
        if wait_s > 0:
            return LoginResult(None, wait_s)
        # One at a time: each takes a core and 32 MB, and tries side by side would slip past the counter.
        with self._hashing:
            wait_s = self.wait_s(address)
            if wait_s > 0:
                return LoginResult(None, wait_s)
            if not self._password.matches(password):
                self._note_failure(address, FREE_FAILURES, LONGEST_WAIT_S)
                self._note_failure(ALL_ADDRESSES, FREE_FAILURES_OF_ALL, LONGEST_WAIT_OF_ALL_S)
                return LoginResult(None, self.wait_s(address))
            return LoginResult(self._open(address))

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0 = now."""
        now = self._clock()
        with self._lock:
            entries = (self._failures.get(name) for name in (_network(address), ALL_ADDRESSES))
            return max(0.0, *(entry.blocked_until - now for entry in entries if entry), 0.0)

    def session(self, token: str | None) -> Session | None:
        """The session of a cookie, if it is still good."""
        if not token:
            return None
        now = self._clock()
        with self._lock:
            session = self._sessions.get(_digest(token))
            if session is None:
                return None
            if now - session.started_at > SESSION_S or now - session.seen_at > IDLE_S:
                del self._sessions[_digest(token)]
                return None
            session.seen_at = now
            return session

    def log_out(self, token: str | None) -> None:
        """End a session at once."""
        with self._lock:
            self._sessions.pop(_digest(token or ""), None)

    def _open(self, address: str) -> str:
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._failures.pop(address, None)
            while len(self._sessions) >= MAX_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[_digest(token)] = Session(secrets.token_urlsafe(24), now, now)
        return token

    def _note_failure(self, name: str, free: int, longest_s: float) -> None:
        now = self._clock()
        with self._lock:
            entry = self._failures.pop(name, None)
            if entry is None or now - entry.last_at > FORGET_FAILURES_S:
                entry = _Failures()
            entry.count += 1
            entry.last_at = now
            if entry.count >= free:
                entry.blocked_until = now + min(FIRST_WAIT_S * 2.0 ** min(entry.count - free, 20), longest_s)
            while len(self._failures) >= MAX_ADDRESSES:
                self._failures.pop(next(iter(self._failures)))
            self._failures[name] = entry


def same_token(given: str, wanted: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _digest(token: str) -> str:
    """What is looked up: neither a memory dump nor the timing of a lookup gives a usable token away."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _network(address: str) -> str:
    """Everybody with IPv6 owns 2^64 addresses: the first half counts."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
